//! Cross-entropy between class labels and predicted probabilities.

use super::{
    ClassLabels, Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView,
    declare::{described, loss},
    rows,
};
use crate::kernels::{
    math::ln_outlined,
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Cross-entropy between class labels and predicted probabilities: `-ln p[y]`, the classes along the last axis.
    /// [Keras' `SparseCategoricalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#sparsecategoricalcrossentropy-class).
    ///
    /// If the model ends in a softmax, the loss is computed from what went into it, `ln Σ exp z - z[y]`, whose gradient
    /// there is `p - onehot(y)`: no probability is clipped, as with Keras' TensorFlow backend. Probabilities from elsewhere
    /// are clipped to `1e-7 … 1 - 1e-7`, then divided by their sum. A label that is not a class is an error. (In Keras, it
    /// is an error or a loss of NaN, depending on the device.)
    ///
    /// The classes lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = SparseCategoricalCrossentropy::default().value(&[1, 2], &[[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])?;
    /// assert!((loss - 1.177).abs() < 1e-3);
    /// let sum = SparseCategoricalCrossentropy::default().reduction(Reduction::Sum).value(&[0, 1], &[[0.5, 0.5], [0.5, 0.5]])?;
    /// assert!((sum - 2.0 * 2f32.ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
    /// let (x, y) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.1), SparseCategoricalCrossentropy::default(), ());
    /// let (first, second) = (compiled.train_on_batch(&x, &y)?, compiled.train_on_batch(&x, &y)?);
    /// assert!(second.loss < first.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct SparseCategoricalCrossentropy {
        /// Whether the predictions are logits, which have not passed a softmax.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = SparseCategoricalCrossentropy::default().from_logits(true).value(&[1], &[[5.0, 5.0]])?;
        /// assert!((loss - 2f32.ln()).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        from_logits: bool = false,
        /// The class whose positions do not count, which need not be one of the predicted classes: 255, say, for pixels
        /// without a label (default: none).
        ///
        /// Their loss and its gradient are 0, and a mean is that of the other positions. Keras' class may be negative;
        /// labels here are not. In a metric without sample weights, their losses of 0 count in the mean, as in Keras: with
        /// a weight of 1 for each sample, the mean is that of the other positions.
        ///
        /// If the output has a mask as well, each of the two scales the mean by the positions that it leaves out. (Keras
        /// divides by the number of positions that neither leaves out.)
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = SparseCategoricalCrossentropy::default().ignore_class(255);
        /// let value = loss.value(&[1, 255, 0], &[[0.5, 0.5], [0.9, 0.1], [0.25, 0.75]])?;
        /// assert!((value - (2f32.ln() + 4f32.ln()) / 2.0).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        ignore_class: u32,
    }
}

impl Loss for SparseCategoricalCrossentropy {
    type Target = ClassLabels;

    const MINIMUM_LAST: usize = 2;
    const FUSES: Option<Logits> = Some(Logits::Softmax);

    described!("sparse_categorical_crossentropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_classes_or(self.name(), self.ignore_class, target, prediction)
    }

    fn ignored_class(&self) -> Option<u32> {
        self.ignore_class
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        if self.ignore_class.is_some_and(|ignored| ignored as f32 == row.target.number(0)) {
            if let Some((gradient, _)) = gradient {
                gradient.fill(0.0);
            }
            return 0.0;
        }
        rows::row(self, row, gradient)
    }

    fn rows(&self, rows: rows::Rows<'_>) -> bool {
        match self.ignore_class {
            None => rows.compute(self),
            Some(ignored) => rows.compute_except(self, ignored),
        }
    }
}

impl RowFunction for SparseCategoricalCrossentropy {
    const OF_CLASSES: bool = true;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (class, zero) = (row.class(), V::zero());
        if let Some(softmax) = row.softmax(self.from_logits) {
            if let Some(slopes) = slopes {
                // `p - 1` would be 0 where the probability rounds to 1
                let of_class = -softmax.complement_at(row, class);
                for at in row.elements() {
                    slopes.write(at, V::select(row.is(class, at), of_class, softmax.probability(at)));
                }
            }
            return softmax.negative_log_at(row, class);
        }
        let mut sum = Sum::zero();
        for at in row.elements() {
            row.add(&mut sum, at, rows::clip(row.value(at)));
        }
        let (sum, value) = (row.total(sum), row.value_at(class));
        let p = rows::clip(value);
        if let Some(slopes) = slopes {
            let (share, own) = (V::splat(1.0) / sum, V::select(p.eq(value), V::splat(1.0) / p, zero));
            for at in row.elements() {
                let value = row.value(at);
                let slope = V::select(rows::clip(value).eq(value), share, zero);
                slopes.write(at, slope - V::select(row.is(class, at), own, zero));
            }
        }
        ln_outlined(sum) - ln_outlined(p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{losses::testing, shape::Dims};

    const LABELS: TargetView<'static> = TargetView::Labels(&[1, 2]);

    #[test]
    fn gradients() {
        let loss = SparseCategoricalCrossentropy::default();
        for loss in [loss, loss.from_logits(true)] {
            testing::check_gradient(&loss, LABELS, &[0.2, 0.7, 0.1, 0.3, 0.3, 0.4], 3);
            testing::check_gradient(&loss.reduction(Reduction::Sum), LABELS, &[0.2, 0.7, 0.6, 0.3, 0.3, 0.4], 3);
        }
        testing::check_fused_gradient(&loss, LABELS, &[0.2, -0.7, 3.1, 0.3, 1.3, 0.4], 3);
    }

    #[test]
    fn ignored_positions_have_no_gradient() {
        // More rows than are computed at once; the predictions of ignored ones may be anything.
        const ROWS: usize = 1200;
        let labels: Vec<u32> = (0..ROWS as u32).map(|at| if at % 3 == 0 { 255 } else { at % 2 }).collect();
        let values: Vec<f32> =
            labels.iter().flat_map(|&label| if label == 255 { [f32::NAN, 0.0] } else { [0.75, 0.25] }).collect();
        let prediction = Prediction { values: &values, dims: Dims::new(&[2]), count: ROWS, logits: None };
        let (loss, mut gradient) =
            (SparseCategoricalCrossentropy::default().ignore_class(255), vec![f32::NAN; 2 * ROWS]);
        let target = TargetView::Labels(&labels);
        let (value, _) = loss.evaluate(target, &prediction, None, Some(&mut gradient)).unwrap();
        let expected = -(0.75f32.ln() + 0.25f32.ln()) / 2.0;
        assert!((value - expected).abs() < 1e-5, "{value} is not {expected}");
        for (at, (slopes, &label)) in gradient.chunks(2).zip(&labels).enumerate() {
            let row = Row { target: target.slice(at, 1), values: &values[2 * at..][..2], logits: None };
            let mut alone = [f32::NAN; 2];
            let value = loss.row(row, Some((&mut alone, 1.0 / 800.0)));
            assert_eq!(slopes, alone, "{at}");
            assert_eq!((label == 255, label == 255), (value == 0.0, slopes == [0.0; 2]), "{at}");
        }
        let wrong = SparseCategoricalCrossentropy::default().ignore_class(7).evaluate(target, &prediction, None, None);
        assert_eq!(wrong, Err(LossError::Label { sample: 0, label: 255, classes: 2 }));
        let none = loss.evaluate(
            TargetView::Labels(&[255]),
            &Prediction { count: 1, values: &values[..2], ..prediction },
            None,
            None,
        );
        assert_eq!(none.unwrap().0, 0.0);
    }

    #[test]
    fn probabilities_are_clipped_and_logits_are_not() {
        let loss = SparseCategoricalCrossentropy::default();
        assert!((loss.value(&[1], &[[1.0, 0.0]]).unwrap() - 16.118_095).abs() < 1e-5);
        let prediction = Prediction {
            values: &[1.0, 0.0],
            dims: Dims::new(&[2]),
            count: 1,
            logits: Some((Logits::Softmax, &[100.0, 0.0])),
        };
        assert_eq!(loss.evaluate(TargetView::Labels(&[1]), &prediction, None, None).unwrap().0, 100.0);
    }

    #[test]
    fn a_large_logit_of_the_right_class_keeps_its_gradient() {
        let small = 5.602_796e-9; // sigmoid(-19)
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-14, "{a} is not {b}");
        let (value, gradient) = SparseCategoricalCrossentropy::default()
            .from_logits(true)
            .value_and_gradient(&[0], &[[19.0, 0.0]])
            .unwrap();
        close(value, small);
        close(gradient[0][0], -small);
        close(gradient[0][1], small);
        let logits = Some((Logits::Softmax, &[19.0, 0.0][..]));
        let prediction = Prediction { values: &[1.0, small], dims: Dims::new(&[2]), count: 1, logits };
        let mut gradient = [f32::NAN; 2];
        let loss = SparseCategoricalCrossentropy::default();
        let (value, _) = loss.evaluate((&[0]).into(), &prediction, None, Some(&mut gradient)).unwrap();
        close(value, small);
        close(gradient[0], -small);
        close(gradient[1], small);
    }

    #[test]
    fn a_label_out_of_range_is_named() {
        let error = SparseCategoricalCrossentropy::default().value(&[0, 3], &[[0.5; 3]; 2]).unwrap_err();
        assert_eq!(error.to_string(), "sample 1 has label 3, but there are 3 classes (0 to 2)");
    }
}

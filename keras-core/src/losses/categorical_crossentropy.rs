//! Cross-entropy between target probabilities and predicted ones.

use super::{
    Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    rows::{self, by_vectors},
};
use crate::kernels::{
    math::ln_outlined,
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Cross-entropy between target probabilities (one-hot or soft) and predicted ones: `-Σ yᵢ·ln pᵢ` over the last axis.
    /// [Keras' `CategoricalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalcrossentropy-class).
    ///
    /// If the model ends in a softmax, the loss is computed from what went into it, and its gradient there is `p - y`
    /// (exact for targets that add up to 1): no probability is clipped, as with Keras' TensorFlow backend. Probabilities
    /// from elsewhere are divided by their sum, then clipped to `1e-7 … 1 - 1e-7`.
    ///
    /// The classes lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let y = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    /// let p = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]];
    /// let loss = CategoricalCrossentropy::default().value(&y, &p)?;
    /// assert!((loss - 1.177).abs() < 1e-3);
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]);
    /// let sum = CategoricalCrossentropy::default().reduction(Reduction::Sum).value(&y, &p)?;
    /// assert!((sum - 2.0 * 2f32.ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
    /// let (x, labels) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.1), CategoricalCrossentropy::default(), ());
    /// let (first, second) = (compiled.train_on_batch(&x, labels.one_hot()?)?, compiled.train_on_batch(&x, labels.one_hot()?)?);
    /// assert!(second.loss < first.loss);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct CategoricalCrossentropy {
        /// Whether the predictions are logits, which have not passed a softmax.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = CategoricalCrossentropy::default().from_logits(true).value(&[[0.0, 1.0]], &[[5.0, 5.0]])?;
        /// assert!((loss - 2f32.ln()).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        from_logits: bool = false,
        /// Label smoothing: `s` makes `y·(1 - s) + s/classes` of a target.
        ///
        /// [Szegedy et al. 2015](https://arxiv.org/abs/1512.00567) describe it.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let smoothed = CategoricalCrossentropy::default().label_smoothing(0.5).value(&[[0.0, 1.0]], &[[0.25, 0.75]])?;
        /// assert_eq!(smoothed, CategoricalCrossentropy::default().value(&[[0.25, 0.75]], &[[0.25, 0.75]])?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        label_smoothing: f32 = 0.0,
        const axis = -1,
    }
}

impl Loss for CategoricalCrossentropy {
    type Target = Values;

    const MINIMUM_LAST: usize = 2;
    const FUSES: Option<Logits> = Some(Logits::Softmax);

    described!("categorical_crossentropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_smoothing(self.name(), self.label_smoothing)?;
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    by_vectors!();
}

impl RowFunction for CategoricalCrossentropy {
    const OF_CLASSES: bool = false;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (keep, add) = (V::splat(1.0 - self.label_smoothing), V::splat(self.label_smoothing / row.length() as f32));
        let zero = V::zero();
        if let Some(softmax) = row.softmax(self.from_logits) {
            let mut loss = Sum::zero();
            for at in row.elements() {
                row.add(&mut loss, at, row.target(at).mul_add(keep, add) * softmax.negative_log(at));
            }
            if let Some(slopes) = slopes {
                for at in row.elements() {
                    let (p, y) = (softmax.probability(at), row.target(at).mul_add(keep, add));
                    // `p - y` would be 0 where both round to 1
                    let of_largest = p * (V::splat(1.0) - y) - softmax.rest * y;
                    slopes.write(at, V::select(row.is(softmax.largest, at), of_largest, p - y));
                }
            }
            return row.total(loss);
        }
        let share = rows::normalizer(row);
        let (mut loss, mut passing) = (Sum::zero(), Sum::zero());
        for at in row.elements() {
            let (value, y) = (row.value(at) * share, row.target(at).mul_add(keep, add));
            let p = rows::clip(value);
            row.add(&mut loss, at, y * ln_outlined(p));
            row.add(&mut passing, at, V::select(p.eq(value), y, zero));
        }
        if let Some(slopes) = slopes {
            let passing = row.total(passing);
            for at in row.elements() {
                let (value, y) = (row.value(at) * share, row.target(at).mul_add(keep, add));
                let p = rows::clip(value);
                slopes.write(at, (passing - V::select(p.eq(value), y / p, zero)) * share);
            }
        }
        -row.total(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{losses::testing, shape::Dims};

    const ONE_HOT: TargetView<'static> = TargetView::Values(&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    const SOFT: TargetView<'static> = TargetView::Values(&[0.1, 0.6, 0.3, 0.2, 0.2, 0.6]);

    #[test]
    fn gradients() {
        let plain = CategoricalCrossentropy::default();
        for loss in [plain, plain.from_logits(true), plain.label_smoothing(0.1), plain.reduction(Reduction::Sum)] {
            for target in [ONE_HOT, SOFT] {
                testing::check_gradient(&loss, target, &[0.2, 0.7, 0.1, 0.3, 0.5, 0.4], 3);
                testing::check_fused_gradient(&loss, target, &[0.2, -0.7, 3.1, 0.3, 1.3, 0.4], 3);
            }
        }
    }

    #[test]
    fn smoothing_moves_the_targets() {
        let loss = CategoricalCrossentropy::default().label_smoothing(0.3);
        let expected = -(0.8 * 0.7f32.ln() + 0.1 * 0.2f32.ln() + 0.1 * 0.1f32.ln());
        assert!((loss.value(&[[1.0, 0.0, 0.0]], &[[0.7, 0.2, 0.1]]).unwrap() - expected).abs() < 1e-6);
    }

    #[test]
    fn probabilities_are_normalised_before_they_are_clipped() {
        let loss = CategoricalCrossentropy::default();
        assert!((loss.value(&[[1.0, 0.0]], &[[1.0, 3.0]]).unwrap() - 4f32.ln()).abs() < 1e-6);
        assert!((loss.value(&[[0.0, 1.0]], &[[2.0, 0.0]]).unwrap() - 16.118_095).abs() < 1e-5);
    }

    #[test]
    fn a_large_logit_of_the_right_class_keeps_its_gradient() {
        let small = 5.602_796e-9; // sigmoid(-19)
        let (one_hot, logits) = ([[1.0, 0.0]], [[19.0, 0.0]]);
        let expect = |(value, gradient): (f32, [f32; 2])| {
            for (found, expected) in [(value, small), (gradient[0], -small), (gradient[1], small)] {
                assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
            }
        };
        let (loss, mut gradient) = (CategoricalCrossentropy::default(), [f32::NAN; 2]);
        let (value, rows) = loss.from_logits(true).value_and_gradient(&one_hot, &logits).unwrap();
        expect((value, rows[0]));
        let fused = Some((Logits::Softmax, logits.as_flattened()));
        let prediction = Prediction { values: &[1.0, small], dims: Dims::new(&[2]), count: 1, logits: fused };
        let (value, _) = loss.evaluate((&one_hot).into(), &prediction, None, Some(&mut gradient)).unwrap();
        expect((value, gradient));
    }

    #[test]
    fn a_row_of_nothing_is_finite() {
        let (value, gradient) =
            CategoricalCrossentropy::default().value_and_gradient(&[[0.0, 1.0]], &[[0.0, 0.0]]).unwrap();
        assert!((value - 16.118_095).abs() < 1e-5);
        assert_eq!(gradient, [[0.0, 0.0]]);
    }
}

//! Generalized cross-entropy, for noisy labels.

use super::{
    ClassLabels, Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView,
    declare::{described, loss},
    math,
    rows::by_vectors,
};
use crate::kernels::{
    math::{exp_m1_outlined, exp_outlined, ln_outlined},
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
};

loss! {
    /// Generalized cross-entropy: `(1 - p[y]^q) / q`. It approaches cross-entropy as `q` goes to 0 and the mean absolute
    /// error as `q` goes to 1, and is more robust to noisy labels than cross-entropy.
    /// [Keras' `CategoricalGeneralizedCrossEntropy`](https://keras.io/api/losses/probabilistic_losses/);
    /// [Zhang and Sabuncu 2018](https://arxiv.org/abs/1805.07836).
    ///
    /// If the model ends in a softmax, the loss is computed from what went into it, whose gradient there is
    /// `p[y]^q·(p - onehot(y))`. A probability from elsewhere that is below 1e-7 has the gradient of one of 1e-7. (In
    /// Keras, a probability of 0 has an infinite one, and makes all weights NaN.) A label that is not a class is an error.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = CategoricalGeneralizedCrossEntropy::default().value(&[1, 0], &[[0.75, 0.25], [1.0, 0.0]])?;
    /// assert_eq!(loss, (1.0 + 0.0) / 2.0);
    /// let loss = CategoricalGeneralizedCrossEntropy::default().reduction(Reduction::Sum);
    /// assert_eq!(loss.value(&[1, 1], &[[0.75, 0.25], [0.75, 0.25]])?, 2.0);
    ///
    /// sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
    /// let (x, y) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.5), CategoricalGeneralizedCrossEntropy::default(), (Accuracy::default(),));
    /// compiled.fit(&x, &y).epochs(50).verbose(0).run()?;
    /// assert_eq!(compiled.evaluate(&x, &y)?["accuracy"], 1.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct CategoricalGeneralizedCrossEntropy {
        /// How close the loss is to the mean absolute error: more than 0, less than 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = CategoricalGeneralizedCrossEntropy::default();
        /// assert_eq!(loss.q(0.25).value(&[1], &[[0.9375, 0.0625]])?, (1.0 - 0.5) / 0.25);
        /// let error = loss.q(1.0).value(&[1], &[[0.5, 0.5]]).unwrap_err();
        /// assert_eq!(
        ///     error.to_string(),
        ///     "categorical_generalized_cross_entropy's `q` is 1, but must be more than 0 and less than 1"
        /// );
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        q: f32 = 0.5,
    }
}

impl Loss for CategoricalGeneralizedCrossEntropy {
    type Target = ClassLabels;

    const MINIMUM_LAST: usize = 2;
    const FUSES: Option<Logits> = Some(Logits::Softmax);

    described!("categorical_generalized_cross_entropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        let right = self.q > 0.0 && self.q < 1.0;
        LossError::expect(right, self.name(), "q", self.q, "more than 0 and less than 1")?;
        LossError::expect_classes(self.name(), target, prediction)
    }

    by_vectors!();
}

impl RowFunction for CategoricalGeneralizedCrossEntropy {
    const OF_CLASSES: bool = true;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (class, q) = (row.class(), V::splat(self.q));
        let (loss, of_class, of_others) = if let Some(softmax) = row.softmax(false) {
            // p[y]^q is the exponential of this
            let exponent = -(q * softmax.negative_log_at(row, class));
            let power = exp_outlined(exponent);
            (-exp_m1_outlined(exponent) / q, -softmax.complement_at(row, class) * power, Some((softmax, power)))
        } else {
            let p = row.value_at(class);
            let slope = -exp_outlined((q - V::splat(1.0)) * ln_outlined(V::splat(math::EPSILON).max(p)));
            ((V::splat(1.0) - exp_outlined(q * ln_outlined(p))) / q, slope, None)
        };
        if let Some(slopes) = slopes {
            for at in row.elements() {
                let other = match &of_others {
                    Some((softmax, power)) => softmax.probability(at) * *power,
                    None => V::zero(),
                };
                slopes.write(at, V::select(row.is(class, at), of_class, other));
            }
        }
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{losses::testing, shape::Dims};

    #[test]
    fn gradients() {
        let labels = TargetView::Labels(&[1, 2]);
        for q in [0.3, 0.5, 0.9] {
            let loss = CategoricalGeneralizedCrossEntropy::default().q(q);
            testing::check_gradient(&loss, labels, &[0.2, 0.7, 0.1, 0.3, 0.3, 0.4], 3);
            testing::check_fused_gradient(&loss, labels, &[0.2, -0.7, 3.1, 0.3, 1.3, 0.4], 3);
        }
    }

    /// The loss and the gradient by the logits, as of a model that ends in a softmax.
    fn fused(logits: [f32; 2], label: u32) -> (f32, [f32; 2]) {
        let exponential = (logits[1] - logits[0]).exp();
        let values = [1.0 / (1.0 + exponential), exponential / (1.0 + exponential)];
        let fused = Some((Logits::Softmax, &logits[..]));
        let prediction = Prediction { values: &values, dims: Dims::new(&[2]), count: 1, logits: fused };
        let mut gradient = [f32::NAN; 2];
        let loss = CategoricalGeneralizedCrossEntropy::default();
        let (value, _) = loss.evaluate((&[label]).into(), &prediction, None, Some(&mut gradient)).unwrap();
        (value, gradient)
    }

    #[test]
    fn a_class_of_probability_zero_has_a_finite_loss_and_gradient() {
        assert_eq!(fused([255.0, 0.0], 1), (2.0, [0.0, -0.0]));
        // p = sigmoid(-30): the loss is 2·(1 - √p), its gradient √p·(1 - p)
        let (value, gradient) = fused([30.0, 0.0], 1);
        let root = (1.0 / (1.0 + 30f64.exp())).sqrt();
        assert!((f64::from(value) - 2.0 * (1.0 - root)).abs() < 1e-6, "{value}");
        for (slope, expected) in gradient.iter().zip([root, -root]) {
            assert!((f64::from(*slope) - expected).abs() < 1e-5 * root, "{slope} is not {expected}");
        }
        let (value, gradient) = fused([19.0, 0.0], 0);
        assert!((value - 5.602_796e-9).abs() < 1e-14 && (gradient[0] + 5.602_796e-9).abs() < 1e-14);
        let loss = CategoricalGeneralizedCrossEntropy::default();
        let (value, gradient) = loss.value_and_gradient(&[1], &[[1.0, 0.0]]).unwrap();
        assert_eq!((value, gradient[0][0]), (2.0, 0.0));
        assert!((gradient[0][1] + 1e7f32.sqrt()).abs() < 0.1, "that of a probability of 1e-7");
    }

    #[test]
    fn labels_are_checked() {
        assert!(CategoricalGeneralizedCrossEntropy::default().value(&[2], &[[0.5, 0.5]]).is_err());
        assert!(CategoricalGeneralizedCrossEntropy::default().value(&[[0.0, 1.0]], &[[0.5, 0.5]]).is_err());
    }
}

//! Cross-entropy between targets of 0 or 1 and predicted probabilities.

use super::{
    Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    math::{self, Sigmoid},
};

loss! {
    /// Cross-entropy between targets of 0 or 1 and predicted probabilities: `-(y·ln p + (1 - y)·ln(1 - p))`, the mean over
    /// the last axis.
    /// [Keras' `BinaryCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class).
    ///
    /// If the model ends in a sigmoid, the loss is computed from what went into it, `max(z, 0) - z·y + ln(1 + exp(-|z|))`,
    /// whose gradient there is `p - y`: no probability is clipped, as with Keras' TensorFlow backend. Probabilities from
    /// elsewhere are clipped to `1e-7 … 1 - 1e-7`.
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// The mean is over the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = BinaryCrossentropy::default().value(&[[0.0, 1.0], [0.0, 0.0]], &[[0.6, 0.4], [0.4, 0.6]])?;
    /// assert!((loss - 0.815).abs() < 1e-3);
    /// let sum = BinaryCrossentropy::default().reduction(Reduction::Sum).value(&[[1.0], [1.0]], &[[0.5], [0.5]])?;
    /// assert!((sum - 2.0 * 2f32.ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Or { Input(2), Dense(1, activation = "sigmoid") } }
    /// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// let y = Tensor::from([0.0, 1.0, 1.0, 1.0]); // as in Keras, one number a sample may stand for a vector of one
    /// let mut or = Or::with_seed(1);
    /// or.compile(Adam::new(0.1), BinaryCrossentropy::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!(or.predict_one(&[0.0, 0.0])[0] < 0.5 && or.predict_one(&[0.0, 1.0])[0] > 0.5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct BinaryCrossentropy {
        /// Whether the predictions are logits, which have not passed a sigmoid.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = BinaryCrossentropy::default().from_logits(true).value(&[[1.0]], &[[0.0]])?;
        /// assert!((loss - 2f32.ln()).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        from_logits: bool = false,
        /// Label smoothing: `s` makes `y·(1 - s) + s/2` of a target.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let smoothed = BinaryCrossentropy::default().label_smoothing(0.5).value(&[[1.0]], &[[0.9]])?;
        /// assert_eq!(smoothed, BinaryCrossentropy::default().value(&[[0.75]], &[[0.9]])?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        label_smoothing: f32 = 0.0,
        const axis = -1,
    }
}

impl Loss for BinaryCrossentropy {
    type Target = Values;

    const ELEMENTWISE: bool = true;
    const FUSES: Option<Logits> = Some(Logits::Sigmoid);

    described!("binary_crossentropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_smoothing(self.name(), self.label_smoothing)?;
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        let (keep, add) = (1.0 - self.label_smoothing, self.label_smoothing / 2.0);
        let logits = if self.from_logits { Some(row.logits.unwrap_or(row.values)) } else { row.logits };
        match logits {
            Some(logits) => math::mean(row.target, logits, gradient, |y, z| from_logit(y * keep + add, z)),
            None => row.mean(gradient, |y, p| from_probability(y * keep + add, p)),
        }
    }
}

/// The loss, and its derivative by the logit.
pub(super) fn from_logit(y: f32, z: f32) -> (f32, f32) {
    let Sigmoid { probability, complement, exponential } = Sigmoid::new(z);
    // `probability - y`, which would be 0 where a probability rounds to its target
    let derivative = (1.0 - y) * probability - y * complement;
    (if z > 0.0 { z } else { 0.0 } - z * y + math::ln_1p(exponential), derivative)
}

/// The loss, and its derivative by the probability.
pub(super) fn from_probability(y: f32, p: f32) -> (f32, f32) {
    let (p, inside) = math::clip(p);
    let derivative = if inside { (1.0 - y) / (1.0 - p) - y / p } else { 0.0 };
    (-(y * p.ln() + (1.0 - y) * (1.0 - p).ln()), derivative)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    const TARGET: TargetView<'static> = TargetView::Values(&[0.0, 1.0, 1.0, 0.0]);

    #[test]
    fn gradients() {
        let plain = BinaryCrossentropy::default();
        for loss in [plain, plain.from_logits(true), plain.label_smoothing(0.2), plain.reduction(Reduction::Sum)] {
            for last in [1, 2] {
                testing::check_gradient(&loss, TARGET, &[0.6, 0.4, 0.7, 0.1], last);
                testing::check_fused_gradient(&loss, TARGET, &[0.6, -1.4, 2.7, -3.1], last);
            }
            testing::check_gradient(&loss, TargetView::Labels(&[1, 0, 0, 1]), &[0.6, 0.4, 0.7, 0.1], 1);
        }
    }

    #[test]
    fn saturated_sides() {
        let loss = BinaryCrossentropy::default();
        assert!((loss.value(&[[1.0]], &[[0.0]]).unwrap() - 16.118_095).abs() < 1e-5);
        assert!((loss.value(&[[0.0]], &[[1.0]]).unwrap() - 15.942_385).abs() < 1e-5);
        assert_eq!(loss.from_logits(true).value(&[[0.0]], &[[100.0]]).unwrap(), 100.0);
    }

    #[test]
    fn a_large_logit_on_the_right_side_keeps_its_gradient() {
        let loss = BinaryCrossentropy::default().from_logits(true);
        for (y, z) in [(1.0, 19.0), (0.0, -19.0), (1.0, 60.0), (1.0, 2.0), (0.25, 19.0), (0.0, 19.0), (1.0, -19.0)] {
            let (_, gradient) = loss.value_and_gradient(&[[y]], &[[z]]).unwrap();
            // `sigmoid(z) - y`, without the difference of numbers that are nearly the same
            let (y, z) = (f64::from(y), f64::from(z));
            let expected = (1.0 - y) / (1.0 + (-z).exp()) - y / (1.0 + z.exp());
            let found = f64::from(gradient[0][0]);
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{y}, {z}: {found} is not {expected}");
        }
        let (value, gradient) = loss.value_and_gradient(&[[1.0]], &[[19.0]]).unwrap();
        assert!((value - 5.602_796e-9).abs() < 1e-14 && (gradient[0][0] + 5.602_796e-9).abs() < 1e-14);
    }
}

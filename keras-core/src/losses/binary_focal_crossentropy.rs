//! Binary focal crossentropy.

use super::{
    Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values, binary_crossentropy,
    declare::{described, loss},
    math::{self, Sigmoid},
};

loss! {
    /// Binary focal crossentropy: `(1 - p_t)^γ` times the [`BinaryCrossentropy`](super::BinaryCrossentropy), averaged over
    /// the last axis, where `p_t` is the predicted probability of the target. Easy examples, such as the background of an
    /// image, are down-weighted.
    /// [Keras' `BinaryFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#binaryfocalcrossentropy-class);
    /// [Lin et al. 2017](https://arxiv.org/abs/1708.02002).
    ///
    /// If the model ends in a sigmoid, the loss is computed from what went into it.
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// The mean is over the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = BinaryFocalCrossentropy::default().value(&[[1.0]], &[[0.9]])?;
    /// assert!((loss - 0.1f32.powi(2) * -0.9f32.ln()).abs() < 1e-6);
    /// let sum = BinaryFocalCrossentropy::default().reduction(Reduction::Sum).value(&[[1.0], [1.0]], &[[0.5], [0.5]])?;
    /// assert!((sum - 2.0 * 0.25 * 2f32.ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Or { Input(2), Dense(1, activation = "sigmoid") } }
    /// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// let y = Tensor::from([0.0, 1.0, 1.0, 1.0]);
    /// let mut or = Or::with_seed(1);
    /// or.compile(Adam::new(0.1), BinaryFocalCrossentropy::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!(or.predict_one(&[0.0, 0.0])[0] < 0.5 && or.predict_one(&[0.0, 1.0])[0] > 0.5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct BinaryFocalCrossentropy {
        /// Whether `alpha` weights the two sides.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (plain, balanced) =
        ///     (BinaryFocalCrossentropy::default(), BinaryFocalCrossentropy::default().apply_class_balancing(true));
        /// assert_eq!(balanced.value(&[[1.0]], &[[0.5]])?, 0.25 * plain.value(&[[1.0]], &[[0.5]])?);
        /// assert_eq!(balanced.value(&[[0.0]], &[[0.5]])?, 0.75 * plain.value(&[[0.0]], &[[0.5]])?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        apply_class_balancing: bool = false,
        /// The weight of targets of 1, with class balancing; targets of 0 have `1 - alpha`.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let balanced = BinaryFocalCrossentropy::default().apply_class_balancing(true).alpha(0.75);
        /// assert_eq!(balanced.value(&[[1.0]], &[[0.5]])?, 3.0 * balanced.value(&[[0.0]], &[[0.5]])?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        alpha: f32 = 0.25,
        /// The focusing parameter `γ`; with 0, all predictions count alike.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (y, p) = ([[1.0, 0.0]], [[0.9, 0.6]]);
        /// let all_alike = BinaryFocalCrossentropy::default().gamma(0.0).value(&y, &p)?;
        /// assert_eq!(all_alike, BinaryCrossentropy::default().value(&y, &p)?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        gamma: f32 = 2.0,
        /// Whether the predictions are logits, which have not passed a sigmoid.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = BinaryFocalCrossentropy::default().from_logits(true).value(&[[1.0]], &[[0.0]])?;
        /// assert!((loss - 0.25 * 2f32.ln()).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        from_logits: bool = false,
        /// Label smoothing: `s` makes `y·(1 - s) + s/2` of a target.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let smoothed = BinaryFocalCrossentropy::default().label_smoothing(0.5).value(&[[1.0]], &[[0.9]])?;
        /// assert_eq!(smoothed, BinaryFocalCrossentropy::default().value(&[[0.75]], &[[0.9]])?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        label_smoothing: f32 = 0.0,
        const axis = -1,
    }
}

impl BinaryFocalCrossentropy {
    /// The loss of a value, and its derivative: of the probability given to the wrong side, and of the crossentropy, with
    /// the derivatives of both. A probability counts as `least` at least where it is divided by.
    fn focused(
        &self,
        y: f32,
        (wrong, wrong_slope): (f32, f32),
        (entropy, entropy_slope): (f32, f32),
        least: f32,
    ) -> (f32, f32) {
        let (focus, focus_slope) = math::power(wrong, self.gamma, least);
        let weight = if self.apply_class_balancing { y * self.alpha + (1.0 - y) * (1.0 - self.alpha) } else { 1.0 };
        (weight * focus * entropy, weight * (focus_slope * wrong_slope * entropy + focus * entropy_slope))
    }
}

impl Loss for BinaryFocalCrossentropy {
    type Target = Values;

    const ELEMENTWISE: bool = true;
    const FUSES: Option<Logits> = Some(Logits::Sigmoid);

    described!("binary_focal_crossentropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_smoothing(self.name(), self.label_smoothing)?;
        LossError::expect(self.gamma >= 0.0, self.name(), "gamma", self.gamma, "at least 0")?;
        LossError::expect((0.0..=1.0).contains(&self.alpha), self.name(), "alpha", self.alpha, "from 0 to 1")?;
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        let (keep, add) = (1.0 - self.label_smoothing, self.label_smoothing / 2.0);
        let wrong = |y: f32, p: f32, rest: f32| y * rest + (1.0 - y) * p;
        let logits = if self.from_logits { Some(row.logits.unwrap_or(row.values)) } else { row.logits };
        match logits {
            Some(logits) => math::mean(row.target, logits, gradient, |y, z| {
                let Sigmoid { probability: p, complement: rest, .. } = Sigmoid::new(z);
                let y = y * keep + add;
                let wrong = (wrong(y, p, rest), (1.0 - 2.0 * y) * p * rest);
                self.focused(y, wrong, binary_crossentropy::from_logit(y, z), f32::MIN_POSITIVE)
            }),
            None => row.mean(gradient, |y, p| {
                let y = y * keep + add;
                let wrong = (wrong(y, p, 1.0 - p), 1.0 - 2.0 * y);
                self.focused(y, wrong, binary_crossentropy::from_probability(y, p), math::EPSILON)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    const TARGET: TargetView<'static> = TargetView::Values(&[0.0, 1.0, 1.0, 0.0]);

    #[test]
    fn gradients() {
        let plain = BinaryFocalCrossentropy::default();
        let balanced = plain.apply_class_balancing(true).alpha(0.3);
        for loss in [plain, balanced, plain.gamma(0.0), plain.gamma(3.5), plain.label_smoothing(0.2)] {
            for last in [1, 2] {
                testing::check_gradient(&loss, TARGET, &[0.6, 0.4, 0.7, 0.1], last);
                testing::check_gradient(&loss.from_logits(true), TARGET, &[0.6, -1.4, 2.7, -3.1], last);
                testing::check_fused_gradient(&loss, TARGET, &[0.6, -1.4, 2.7, -3.1], last);
            }
        }
    }

    #[test]
    fn what_is_certain_and_right_costs_nothing() {
        let loss = BinaryFocalCrossentropy::default();
        assert_eq!(loss.value(&[[1.0, 0.0]], &[[1.0, 0.0]]), Ok(0.0));
        assert!((loss.from_logits(true).value(&[[0.0]], &[[100.0]]).unwrap() - 100.0).abs() < 1e-4);
    }

    #[test]
    fn a_large_logit_on_the_right_side_keeps_its_gradient() {
        for gamma in [0.0, 0.5, 1.0] {
            let loss = BinaryFocalCrossentropy::default().gamma(gamma).from_logits(true);
            for z in [2.0, 19.0, 30.0] {
                let (_, gradient) = loss.value_and_gradient(&[[1.0]], &[[z]]).unwrap();
                // of `(1 - p)^γ·-ln p`, by the logit
                let (gamma, z) = (f64::from(gamma), f64::from(z));
                let (rest, cost) = (1.0 / (1.0 + z.exp()), (-z).exp().ln_1p());
                let expected = -rest.powf(gamma) * (gamma * cost * (1.0 - rest) + rest);
                let found = f64::from(gradient[0][0]);
                assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{gamma}, {z}: {found} is not {expected}");
            }
        }
    }

    #[test]
    fn what_is_certain_has_a_finite_gradient() {
        let loss = BinaryFocalCrossentropy::default().gamma(0.5);
        for p in [0.0, 1.0] {
            let (value, gradient) = loss.value_and_gradient(&[[0.0, 1.0]], &[[p, p]]).unwrap();
            assert!(value.is_finite() && gradient.as_flattened().iter().all(|slope| slope.is_finite()), "{gradient:?}");
        }
        let (_, gradient) = loss.from_logits(true).value_and_gradient(&[[0.0, 1.0]], &[[-200.0, 200.0]]).unwrap();
        assert!(gradient.as_flattened().iter().all(|slope| slope.abs() < 1e-15), "{gradient:?}");
    }
}

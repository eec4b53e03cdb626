//! Tversky loss.

use super::{
    GradientAt, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    regions::{self, Axes, Overlap, RegionLoss, Sums},
};

loss! {
    /// Tversky loss, for segmentation, with separate weights for false negatives and false positives:
    /// `1 - Σ y·p / (Σ y·p + α·Σ y·(1 - p) + β·Σ (1 - y)·p)`, summed over the whole batch.
    /// [Keras' `Tversky`](https://keras.io/api/losses/probabilistic_losses/#tversky-class);
    /// [Salehi et al. 2017](https://arxiv.org/abs/1706.05721).
    ///
    /// As in Keras' code, `α` is the weight of false negatives and `β` that of false positives. (Keras' documentation has
    /// them the other way round.) With both at ½, this is [`Dice`](super::Dice), whose notes on batches and weights hold
    /// here too.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// // Of two values one is found, and one more.
    /// let loss = Tversky::default().alpha(0.75).beta(0.25).value(&[[1.0, 1.0, 0.0]], &[[0.0, 1.0, 1.0]])?;
    /// assert!((loss - (1.0 - 1.0 / (1.0 + 0.75 + 0.25))).abs() < 1e-6);
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
    /// assert!((Tversky::default().axis(&[1]).reduction(Reduction::Sum).value(&y, &p)? - 1.0).abs() < 1e-6);
    ///
    /// // Marks what is dark of an image.
    /// sequential! { struct Mask { Input(2, 2, 1), Conv2D(1, 1, activation = "sigmoid") } }
    /// let x = Tensor::from([[[[0.0], [1.0]], [[1.0], [1.0]]]]);
    /// let y = Tensor::from([[[[1.0], [0.0]], [[0.0], [0.0]]]]);
    /// let mut mask = Mask::with_seed(1);
    /// mask.compile(Adam::new(0.1), Tversky::default(), ()).fit(&x, &y).epochs(100).verbose(0).run()?;
    /// let marks = mask.predict(&x)?;
    /// assert!(marks.values()[0] > 0.8 && marks.values()[1] < 0.2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Tversky {
        /// The weight of false negatives.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = Tversky::default().alpha(3.0).value(&[[1.0, 1.0]], &[[1.0, 0.0]])?;
        /// assert!((loss - (1.0 - 1.0 / (1.0 + 3.0))).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        alpha: f32 = 0.5,
        /// The weight of false positives.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = Tversky::default().beta(3.0).value(&[[1.0, 0.0]], &[[1.0, 1.0]])?;
        /// assert!((loss - (1.0 - 1.0 / (1.0 + 3.0))).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        beta: f32 = 0.5,
        /// The axes of a region: 0 is the batch axis, -1 the last (default: all).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
        /// let of_samples = Tversky::default().axis(&[1]).value(&y, &p)?; // one right, one wrong
        /// assert!((of_samples - (0.0 + 1.0) / 2.0).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        axis: &[i32] => Axes = Axes::ALL,
    }
}

impl RegionLoss for Tversky {
    fn axes(&self) -> Axes {
        self.axis
    }

    fn overlap(&self, sums: Sums) -> Overlap {
        let (alpha, beta, both) = (f64::from(self.alpha), f64::from(self.beta), sums.both);
        let (missed, too_much) = (sums.target - both, sums.prediction - both);
        let divisor = both + alpha * missed + beta * too_much + f64::from(super::math::EPSILON);
        let tversky = both / divisor;
        Overlap {
            loss: 1.0 - tversky,
            by_both: -(1.0 - tversky * (1.0 - alpha - beta)) / divisor,
            by_prediction: tversky * beta / divisor,
        }
    }
}

impl Loss for Tversky {
    type Target = Values;

    const WHOLE_BATCH: bool = true;

    described!("tversky");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        for (argument, factor) in [("alpha", self.alpha), ("beta", self.beta)] {
            LossError::expect(factor >= 0.0, self.name(), argument, factor, "at least 0")?;
        }
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        regions::row(self, row, gradient)
    }

    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError> {
        regions::evaluate(self, target, prediction, sample_weight, gradient)
    }

    fn evaluate_each(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<Vec<f32>, LossError> {
        regions::evaluate_each(self, target, prediction, sample_weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{Dice, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, 0.0]);
        let plain = Tversky::default().alpha(0.7).beta(0.4);
        for loss in [plain, plain.axis(&[0]), plain.axis(&[-1]), plain.reduction(Reduction::Sum)] {
            testing::check_region_gradient(&loss, target, &[0.6, 0.4, 0.7, 0.1], 2);
        }
    }

    #[test]
    fn halves_are_dice() {
        let (y, p) = ([[1.0, 0.0, 1.0]], [[0.3, 0.6, 0.8]]);
        let (tversky, dice) = (Tversky::default().value(&y, &p).unwrap(), Dice::default().value(&y, &p).unwrap());
        assert!((tversky - dice).abs() < 1e-6, "{tversky} is not {dice}");
    }
}

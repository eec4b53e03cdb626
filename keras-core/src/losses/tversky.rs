//! How little predicted regions overlap with the true ones, what is missed and what is too much weighed apart.

use super::{
    GradientAt, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    regions::{self, Axes, Overlap, RegionLoss, Sums},
};

/// How little predicted regions overlap with the true ones, what is missed and what is too much weighed apart:
/// `1 - Σ y·p / (Σ y·p + α·Σ y·(1 - p) + β·Σ (1 - y)·p)`, the sums over the whole batch.
/// [Keras' `Tversky`](https://keras.io/api/losses/probabilistic_losses/#tversky-class);
/// [Salehi et al. 2017](https://arxiv.org/abs/1706.05721).
///
/// As Keras computes it, `α` weighs what is missed and `β` what is too much. (Keras' documentation has it the other way
/// round.) With both at ½, this is [`Dice`](super::Dice), which says how batches are taken and weights count.
///
/// | argument | default | |
/// |---|---|---|
/// | [`alpha`](Self::alpha) | 0.5 | the weight of what is missed |
/// | [`beta`](Self::beta) | 0.5 | the weight of what is too much |
/// | [`axis`](Self::axis) | all | the axes that the sums go over |
/// | [`reduction`](Self::reduction) | [`Reduction::SumOverBatchSize`] | |
///
/// ```
/// use keras::prelude::*;
///
/// // Of two values one is found, and one more.
/// let loss = Tversky::default().alpha(0.75).beta(0.25).value(&[[1.0, 1.0, 0.0]], &[[0.0, 1.0, 1.0]])?;
/// assert!((loss - (1.0 - 1.0 / (1.0 + 0.75 + 0.25))).abs() < 1e-6);
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
    alpha: f32,
    beta: f32,
    axes: Axes,
    reduction: Reduction,
}

impl Default for Tversky {
    fn default() -> Self {
        Self { alpha: 0.5, beta: 0.5, axes: Axes::default(), reduction: Reduction::default() }
    }
}

impl Tversky {
    /// Sets the weight of what is missed.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let loss = Tversky::default().alpha(3.0).value(&[[1.0, 1.0]], &[[1.0, 0.0]])?;
    /// assert!((loss - (1.0 - 1.0 / (1.0 + 3.0))).abs() < 1e-6);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Sets the weight of what is too much.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let loss = Tversky::default().beta(3.0).value(&[[1.0, 0.0]], &[[1.0, 1.0]])?;
    /// assert!((loss - (1.0 - 1.0 / (1.0 + 3.0))).abs() < 1e-6);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    pub const fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
    }

    /// Sets the axes that the sums go over: axis 0 is that of the samples, -1 the last. What is left has a loss each.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
    /// let of_samples = Tversky::default().axis(&[1]).value(&y, &p)?; // one right, one wrong
    /// assert!((of_samples - (0.0 + 1.0) / 2.0).abs() < 1e-6);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    pub const fn axis(mut self, axes: &[i32]) -> Self {
        self.axes = Axes::new(axes);
        self
    }

    /// Chooses how the losses of a batch's regions become one number.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]);
    /// assert!((Tversky::default().axis(&[1]).reduction(Reduction::Sum).value(&y, &p)? - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    pub const fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }
}

impl RegionLoss for Tversky {
    fn axes(&self) -> Axes {
        self.axes
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

    fn name(&self) -> &'static str {
        "tversky"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

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

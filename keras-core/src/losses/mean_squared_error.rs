//! The mean of the squared errors.

use super::{Loss, Reduction, Row, RowGradient, Values};

/// The mean of the squared errors: `Σ (p - y)² / n` over the last axis; its gradient is `2·(p - y) / n`.
///
/// | argument | default |
/// |---|---|
/// | [`reduction`](Self::reduction) | [`Reduction::SumOverBatchSize`] |
///
/// ```
/// use keras_core::losses::{Loss, MeanSquaredError};
///
/// let loss = MeanSquaredError::default().value(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [1.0, 0.0]])?;
/// assert_eq!(loss, 0.5);
/// # Ok::<(), keras_core::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MeanSquaredError {
    reduction: Reduction,
}

impl MeanSquaredError {
    /// Chooses how the losses of a batch become one number.
    pub const fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }
}

impl Loss for MeanSquaredError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    fn name(&self) -> &'static str {
        "mean_squared_error"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| ((p - y) * (p - y), 2.0 * (p - y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        for loss in [MeanSquaredError::default(), MeanSquaredError::default().reduction(Reduction::Sum)] {
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 1);
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 2);
        }
    }
}

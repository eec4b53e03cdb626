//! The mean of the absolute errors.

use super::{Loss, Reduction, Row, RowGradient, Values};

/// The mean of the absolute errors: `Σ |p - y| / n` over the last axis; its gradient is `sign(p - y) / n`, 0 where they
/// are equal.
///
/// | argument | default |
/// |---|---|
/// | [`reduction`](Self::reduction) | [`Reduction::SumOverBatchSize`] |
///
/// ```
/// use keras_core::losses::{Loss, MeanAbsoluteError};
///
/// let loss = MeanAbsoluteError::default().value(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [1.0, 0.0]])?;
/// assert_eq!(loss, 0.5);
/// # Ok::<(), keras_core::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MeanAbsoluteError {
    reduction: Reduction,
}

impl MeanAbsoluteError {
    /// Chooses how the losses of a batch become one number.
    pub const fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }
}

impl Loss for MeanAbsoluteError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    fn name(&self) -> &'static str {
        "mean_absolute_error"
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let error = p - y;
            (error.abs(), if error == 0.0 { 0.0 } else { error.signum() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        testing::check_gradient(&MeanAbsoluteError::default(), target, &[0.6, 0.4, 3.7, 0.1], 1);
        testing::check_gradient(&MeanAbsoluteError::default(), target, &[0.6, 0.4, 3.7, 0.1], 2);
    }

    #[test]
    fn there_is_no_slope_at_zero() {
        let row = Row { target: TargetView::Values(&[1.0]), values: &[1.0], logits: None };
        let mut gradient = [9.0];
        assert_eq!(MeanAbsoluteError::default().row(row, Some((&mut gradient, 1.0))), 0.0);
        assert_eq!(gradient, [0.0]);
    }
}

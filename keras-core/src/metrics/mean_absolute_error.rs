//! The mean of the absolute errors.

use super::{Direction, Mean, Metric, MetricError, expect, position_weight, target_for_each_value};
use crate::losses::{Prediction, TargetView};

/// The mean of the absolute errors: `Σ wᵢ·|pᵢ - yᵢ| / Σ wᵢ`.
/// [Keras' `MeanAbsoluteError`](https://keras.io/api/metrics/regression_metrics/#meanabsoluteerror-class).
///
/// It is not in the prelude, where the loss of this name is.
///
/// ```
/// use keras::metrics::{MeanAbsoluteError, Metric};
///
/// let mut error = MeanAbsoluteError::default();
/// error.update_arrays(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [0.0, 0.0]]);
/// assert_eq!(error.result(), 0.25);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanAbsoluteError {
    mean: Mean,
}

impl Metric for MeanAbsoluteError {
    fn name(&self) -> &str {
        "mean_absolute_error"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        target_for_each_value(self.name(), target, prediction)
    }

    fn update(&mut self, target: TargetView<'_>, prediction: &Prediction<'_>, sample_weight: Option<&[f32]>) {
        expect(self.check(target, prediction));
        let (weight, last) = (position_weight(prediction, sample_weight), prediction.dims.last());
        for (at, p) in prediction.values.iter().enumerate() {
            self.mean.add((p - target.number(at)).abs(), weight(at / last));
        }
    }

    fn result(&self) -> f32 {
        self.mean.result()
    }

    fn reset(&mut self) {
        self.mean.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

    #[test]
    fn weights_divide() {
        let mut error = MeanAbsoluteError::default();
        let prediction = Prediction { values: &[1.0, 1.0, 1.0, 0.0], dims: Dims::new(&[2]), count: 2, logits: None };
        error.update(TargetView::Values(&[0.0, 1.0, 0.0, 0.0]), &prediction, Some(&[0.7, 0.3]));
        assert!((error.result() - 0.5).abs() < 1e-7);
        error.reset();
        error.update(TargetView::Values(&[0.0, 0.0, 0.0, 0.0]), &prediction, Some(&[3.0, 1.0]));
        assert!((error.result() - 7.0 / 8.0).abs() < 1e-7);
    }
}

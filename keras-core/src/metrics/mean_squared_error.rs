//! The mean of the squared errors.

use super::{Direction, Mean, Metric, MetricError, expect, position_weight, target_for_each_value};
use crate::losses::{Prediction, TargetView};

/// The mean of the squared errors: `Σ wᵢ·(pᵢ - yᵢ)² / Σ wᵢ`.
/// [Keras' `MeanSquaredError`](https://keras.io/api/metrics/regression_metrics/#meansquarederror-class).
///
/// It is not in the prelude, where the loss of this name is.
///
/// ```
/// use keras::metrics::{MeanSquaredError, Metric};
///
/// let mut error = MeanSquaredError::default();
/// error.update_arrays(&[[0.0, 1.0], [0.0, 0.0]], &[[2.0, 1.0], [0.0, 0.0]]);
/// assert_eq!(error.result(), 1.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanSquaredError {
    mean: Mean,
}

impl Metric for MeanSquaredError {
    fn name(&self) -> &str {
        "mean_squared_error"
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
            self.mean.add((p - target.number(at)).powi(2), weight(at / last));
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
        let mut error = MeanSquaredError::default();
        let prediction = Prediction { values: &[3.0, 1.0, 1.0, 0.0], dims: Dims::new(&[2]), count: 2, logits: None };
        error.update(TargetView::Values(&[0.0, 1.0, 0.0, 0.0]), &prediction, Some(&[0.5, 1.5]));
        assert_eq!(error.result(), (9.0 * 0.5 + 1.0 * 1.5) / 4.0);
        error.reset();
        assert_eq!(error.result(), 0.0);
    }
}

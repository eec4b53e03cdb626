//! The root of the mean of the squared errors.

use super::{Direction, MeanSquaredError, Metric, MetricError};
use crate::losses::{Prediction, TargetView};

/// The root of the mean of the squared errors: `√(Σ wᵢ·(pᵢ - yᵢ)² / Σ wᵢ)`, over all batches.
/// [Keras' `RootMeanSquaredError`](https://keras.io/api/metrics/regression_metrics/#rootmeansquarederror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::prelude::*;
///
/// let mut error = RootMeanSquaredError::default();
/// error.update_arrays(&[[0.0], [0.0]], &[[1.0], [7.0]])?;
/// assert_eq!(error.result(), 5.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RootMeanSquaredError {
    squares: MeanSquaredError,
}

impl Metric for RootMeanSquaredError {
    fn name(&self) -> &str {
        "root_mean_squared_error"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.squares.check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.squares.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.squares.result().sqrt()
    }

    fn reset(&mut self) {
        self.squares.reset();
    }
}

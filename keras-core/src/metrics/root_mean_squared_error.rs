//! Root mean squared error.

use super::{
    MeanLoss, Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::losses::{self, Prediction, TargetView};

metric! {
    /// Root mean squared error, over all batches: `√(Σ wᵢ·(pᵢ - yᵢ)² / Σ wᵢ)`.
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
    pub struct RootMeanSquaredError("root_mean_squared_error", Minimize) {}
    keeps { loss: MeanLoss<losses::MeanSquaredError> }
}

impl Gather for RootMeanSquaredError {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.loss.check(target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.loss.update(batch.target, batch.prediction, batch.sample_weight)
    }

    fn summary(&self) -> f32 {
        self.loss.result().sqrt()
    }
}

//! Cosine similarity.

use super::{
    MeanLoss, Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::losses::{self, Prediction, TargetView};

metric! {
    /// Cosine similarity of predictions and targets, as vectors along the last axis: the mean of `Σ y·p / (‖y‖·‖p‖)`, 1 for
    /// the same direction.
    /// [Keras' `CosineSimilarity`](https://keras.io/api/metrics/regression_metrics/#cosinesimilarity-class).
    ///
    /// It is not in the prelude, which has the loss of this name, of the opposite sign.
    ///
    /// Vectors lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::metrics::{CosineSimilarity, Metric};
    ///
    /// let mut similarity = CosineSimilarity::default();
    /// similarity.update_arrays(&[[0.0, 1.0], [1.0, 1.0]], &[[1.0, 0.0], [1.0, 1.0]])?;
    /// assert!((similarity.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct CosineSimilarity("cosine_similarity", Maximize) {}
    keeps { loss: MeanLoss<losses::CosineSimilarity> }
}

impl Gather for CosineSimilarity {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.loss.check(target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.loss.update(batch.target, batch.prediction, batch.sample_weight)
    }

    fn summary(&self) -> f32 {
        0.0 - self.loss.result()
    }
}

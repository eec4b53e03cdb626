//! How much predictions point the targets' way.

use super::{Direction, MeanLoss, Metric, MetricError};
use crate::losses::{self, Prediction, TargetView};

/// How much predictions point the targets' way, as vectors over the last axis: the mean of `Σ y·p / (‖y‖·‖p‖)`, 1 for the
/// same direction. [Keras' `CosineSimilarity`](https://keras.io/api/metrics/regression_metrics/#cosinesimilarity-class).
///
/// It is not in the prelude, where the loss of this name is, which has the opposite sign.
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
#[derive(Clone, Debug, Default)]
pub struct CosineSimilarity {
    loss: MeanLoss<losses::CosineSimilarity>,
}

impl Metric for CosineSimilarity {
    fn name(&self) -> &str {
        "cosine_similarity"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.loss.check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.loss.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        0.0 - self.loss.result()
    }

    fn reset(&mut self) {
        self.loss.reset();
    }
}

//! How often the largest value is that of the right class, by one-hot targets.

use super::{Direction, Mean, Metric, MetricError, largest, weights};
use crate::losses::{Prediction, TargetView};

/// How often the largest value is that of the class with the largest target.
/// [Keras' `CategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#categoricalaccuracy-class).
///
/// Of several largest values, the first counts.
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = CategoricalAccuracy::default();
/// accuracy.update_arrays(&[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CategoricalAccuracy {
    mean: Mean,
}

impl Metric for CategoricalAccuracy {
    fn name(&self) -> &str {
        "categorical_accuracy"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last().max(1));
        for (at, row) in prediction.values.chunks_exact(last).enumerate() {
            let right = largest(target.slice(at * last, last)) == largest(TargetView::Values(row));
            self.mean.update(if right { 1.0 } else { 0.0 }, weight(at));
        }
        Ok(())
    }

    fn result(&self) -> f32 {
        self.mean.result()
    }

    fn reset(&mut self) {
        self.mean.reset();
    }
}

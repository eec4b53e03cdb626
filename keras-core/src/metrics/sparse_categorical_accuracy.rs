//! How often the largest value is that of the right class, by class labels.

use super::{Direction, Mean, Metric, MetricError, largest, weights};
use crate::losses::{Prediction, TargetView};

/// How often the largest value is that of the labelled class.
/// [Keras' `SparseCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsecategoricalaccuracy-class).
///
/// Of several largest values, the first counts. A label that is not a class is an error. (In Keras, it is never right.)
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = SparseCategoricalAccuracy::default();
/// accuracy.update_arrays(&[2, 1], &[[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SparseCategoricalAccuracy {
    mean: Mean,
}

impl Metric for SparseCategoricalAccuracy {
    fn name(&self) -> &str {
        "sparse_categorical_accuracy"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_classes(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let weight = weights(prediction, sample_weight)?;
        for (at, row) in prediction.values.chunks_exact(prediction.dims.last().max(1)).enumerate() {
            let right = target.number(at) == largest(TargetView::Values(row)) as f32;
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

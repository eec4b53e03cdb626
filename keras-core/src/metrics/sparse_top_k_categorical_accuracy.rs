//! How often the right class is among those of the largest values, by class labels.

use super::{Direction, Mean, Metric, MetricError, is_in_top_k, weights};
use crate::losses::{Prediction, TargetView};

/// How often the labelled class is among those of the `k` largest values.
/// [Keras' `SparseTopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class).
///
/// Of values equal to the last that counts, all count. A row with a value that is not finite is never right. A label
/// that is not a class is an error. (In Keras, it is never right.)
///
/// | argument | default |
/// |---|---|
/// | [`k`](Self::k) | 5 |
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = SparseTopKCategoricalAccuracy::default().k(2);
/// accuracy.update_arrays(&[2, 0], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.1]])?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseTopKCategoricalAccuracy {
    k: usize,
    mean: Mean,
}

impl Default for SparseTopKCategoricalAccuracy {
    fn default() -> Self {
        Self { k: 5, mean: Mean::default() }
    }
}

impl SparseTopKCategoricalAccuracy {
    /// Sets how many of the largest values count.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = SparseTopKCategoricalAccuracy::default().k(1);
    /// accuracy.update_arrays(&[1], &[[0.6, 0.4]])?;
    /// assert_eq!(accuracy.result(), 0.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }
}

impl Metric for SparseTopKCategoricalAccuracy {
    fn name(&self) -> &str {
        "sparse_top_k_categorical_accuracy"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect(self.k > 0, self.name(), "k", 0.0, "at least 1")?;
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
            let right = is_in_top_k(row, target.number(at) as usize, self.k);
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

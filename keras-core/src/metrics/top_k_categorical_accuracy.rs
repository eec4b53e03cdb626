//! How often the right class is among those of the largest values, by one-hot targets.

use super::{Direction, Mean, Metric, MetricError, is_in_top_k, largest, weights};
use crate::losses::{Prediction, TargetView};

/// How often the class with the largest target is among those of the `k` largest values.
/// [Keras' `TopKCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class).
///
/// Of values equal to the last that counts, all count. A row with a value that is not finite is never right.
///
/// | argument | default |
/// |---|---|
/// | [`k`](Self::k) | 5 |
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = TopKCategoricalAccuracy::default().k(2);
/// accuracy.update_arrays(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.1]])?;
/// assert_eq!(accuracy.result(), 0.5);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TopKCategoricalAccuracy {
    k: usize,
    mean: Mean,
}

impl Default for TopKCategoricalAccuracy {
    fn default() -> Self {
        Self { k: 5, mean: Mean::default() }
    }
}

impl TopKCategoricalAccuracy {
    /// Sets how many of the largest values count.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = TopKCategoricalAccuracy::default().k(1);
    /// accuracy.update_arrays(&[[0.0, 1.0]], &[[0.6, 0.4]])?;
    /// assert_eq!(accuracy.result(), 0.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn k(mut self, k: usize) -> Self {
        self.k = k;
        self
    }
}

impl Metric for TopKCategoricalAccuracy {
    fn name(&self) -> &str {
        "top_k_categorical_accuracy"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect(self.k > 0, self.name(), "k", 0.0, "at least 1")?;
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
            let right = is_in_top_k(row, largest(target.slice(at * last, last)), self.k);
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

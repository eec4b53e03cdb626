//! How often values are on the right side of a threshold.

use super::{Direction, Mean, Metric, MetricError, weights};
use crate::losses::{Prediction, TargetView};

/// How often values are on the right side of a threshold: the target is 1 and `p` above it, or 0 and not.
/// [Keras' `BinaryAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class).
///
/// | argument | default |
/// |---|---|
/// | [`threshold`](Self::threshold) | 0.5 |
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = BinaryAccuracy::default();
/// accuracy.update_arrays(&[[1.0, 1.0], [0.0, 0.0]], &[[0.98, 1.0], [0.0, 0.6]])?;
/// assert_eq!(accuracy.result(), 0.75);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BinaryAccuracy {
    threshold: f32,
    mean: Mean,
}

impl Default for BinaryAccuracy {
    fn default() -> Self {
        Self { threshold: 0.5, mean: Mean::default() }
    }
}

impl BinaryAccuracy {
    /// Sets the threshold, which a value must exceed to be a 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = BinaryAccuracy::default().threshold(0.75);
    /// accuracy.update_arrays(&[[1.0], [1.0]], &[[0.75], [0.8]])?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Metric for BinaryAccuracy {
    fn name(&self) -> &str {
        "binary_accuracy"
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
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last());
        for (at, &p) in prediction.values.iter().enumerate() {
            let right = target.number(at) == if p > self.threshold { 1.0 } else { 0.0 };
            self.mean.update(if right { 1.0 } else { 0.0 }, weight(at / last));
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

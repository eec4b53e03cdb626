//! The number of targets of 0 that are taken for positive.

use super::{Direction, Metric, MetricError, confusion::Confusion};
use crate::losses::{Prediction, TargetView};

/// The number of targets of 0 that are taken for positive; with weights, their sum.
/// [Keras' `FalsePositives`](https://keras.io/api/metrics/classification_metrics/#falsepositives-class).
///
/// A prediction is positive if it is above the [threshold](Self::thresholds), strictly; a target if it is not 0.
///
/// | argument | default |
/// |---|---|
/// | [`thresholds`](Self::thresholds) | 0.5 |
///
/// ```
/// use keras::prelude::*;
///
/// let mut count = FalsePositives::default();
/// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
/// assert_eq!(count.result(), 1.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FalsePositives {
    confusion: Confusion,
}

impl FalsePositives {
    /// Sets the threshold, from 0 to 1. (Keras takes a list too; here, one metric has one threshold.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = FalsePositives::default().thresholds(0.1);
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn thresholds(mut self, threshold: f32) -> Self {
        self.confusion.threshold = Some(threshold);
        self
    }
}

impl Metric for FalsePositives {
    fn name(&self) -> &str {
        "false_positives"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.confusion.check(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        self.confusion.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.confusion.false_positives as f32
    }

    fn reset(&mut self) {
        self.confusion.reset();
    }
}

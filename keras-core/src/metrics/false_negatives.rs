//! The number of positive targets that are not found.

use super::{Direction, Metric, MetricError, confusion::Confusion};
use crate::losses::{Prediction, TargetView};

/// The number of positive targets that are not found; with weights, their sum.
/// [Keras' `FalseNegatives`](https://keras.io/api/metrics/classification_metrics/#falsenegatives-class).
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
/// let mut count = FalseNegatives::default();
/// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
/// assert_eq!(count.result(), 1.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FalseNegatives {
    confusion: Confusion,
}

impl FalseNegatives {
    /// Sets the threshold, from 0 to 1. (Keras takes a list too; here, one metric has one threshold.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = FalseNegatives::default().thresholds(0.95);
    /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn thresholds(mut self, threshold: f32) -> Self {
        self.confusion.threshold = Some(threshold);
        self
    }
}

impl Metric for FalseNegatives {
    fn name(&self) -> &str {
        "false_negatives"
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
        self.confusion.false_negatives as f32
    }

    fn reset(&mut self) {
        self.confusion.reset();
    }
}

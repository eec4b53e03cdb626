//! The number of targets of 0 that are not taken for positive.

use super::{Direction, Metric, MetricError, confusion::Confusion};
use crate::losses::{Prediction, TargetView};

/// The number of targets of 0 that are not taken for positive; with weights, their sum.
/// [Keras' `TrueNegatives`](https://keras.io/api/metrics/classification_metrics/#truenegatives-class).
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
/// let mut count = TrueNegatives::default();
/// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
/// assert_eq!(count.result(), 1.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrueNegatives {
    confusion: Confusion,
}

impl TrueNegatives {
    /// Sets the threshold, from 0 to 1. (Keras takes a list too; here, one metric has one threshold.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = TrueNegatives::default().thresholds(0.95);
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn thresholds(mut self, threshold: f32) -> Self {
        self.confusion.threshold = Some(threshold);
        self
    }
}

impl Metric for TrueNegatives {
    fn name(&self) -> &str {
        "true_negatives"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
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
        self.confusion.true_negatives as f32
    }

    fn reset(&mut self) {
        self.confusion.reset();
    }
}

//! The number of targets of 0 that are taken for positive.

use super::confusion::count;

count! {
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
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut count = FalsePositives::default();
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    FalsePositives, "false_positives", Minimize, false_positives,
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut count = FalsePositives::default().thresholds(0.1);
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
}

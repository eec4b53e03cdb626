//! The number of positive targets that are found.

use super::confusion::count;

count! {
    /// The number of positive targets that are found; with weights, their sum.
    /// [Keras' `TruePositives`](https://keras.io/api/metrics/classification_metrics/#truepositives-class).
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
    /// let mut count = TruePositives::default();
    /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    TruePositives, "true_positives", Maximize, true_positives,
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut count = TruePositives::default().thresholds(0.1);
    /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
}

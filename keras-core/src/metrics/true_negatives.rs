//! The number of targets of 0 that are not taken for positive.

use super::confusion::count;

count! {
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
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut count = TrueNegatives::default();
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    TrueNegatives, "true_negatives", Maximize, true_negatives,
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut count = TrueNegatives::default().thresholds(0.95);
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 2.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
}

//! The largest part of the positive predictions that is right at a threshold at which so much of the positives is found.

use super::trade_off::trade_off;

trade_off! {
    /// The largest part of the positive predictions that is right at a threshold at which so much of the positives is found.
    /// [Keras' `PrecisionAtRecall`](https://keras.io/api/metrics/classification_metrics/#precisionatrecall-class).
    ///
    /// It is 0 where there is no such threshold. A prediction is positive if it is above the threshold, strictly.
    ///
    /// | argument | default | |
    /// |---|---|---|
    /// | `recall` | | how much, from 0 to 1 |
    /// | [`num_thresholds`](Self::num_thresholds) | 200 | how many thresholds are tried, from 0 to 1 in equal steps |
    /// | [`class_id`](Self::class_id) | all | the only class that counts |
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
    /// let mut metric = PrecisionAtRecall::new(0.5);
    /// metric.update_arrays(&y, &p)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    PrecisionAtRecall, "precision_at_recall", recall, |recall, precision|
}

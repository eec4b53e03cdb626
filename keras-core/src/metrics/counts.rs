//! The numbers of true and false positives and negatives.

use super::{
    Thresholds,
    confusion::{Confusion, of_counts},
    declare::metric,
};

metric! {
    /// The number of positive targets that are predicted as positive; with weights, the sum of their weights.
    /// [Keras' `TruePositives`](https://keras.io/api/metrics/classification_metrics/#truepositives-class).
    ///
    /// A prediction is positive if it is greater than the [threshold](Self::thresholds), a target if it is not 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = TruePositives::default();
    /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct TruePositives("true_positives", Maximize) {
        /// The threshold, or several of them, from 0 to 1 (default: 0.5). A list has a [result](super::Metric::results) for each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut count = TruePositives::default().thresholds(0.1);
        /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
        /// assert_eq!(count.result(), 2.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: impl Into<Thresholds> => Thresholds,
    }
    keeps { counts: Vec<Confusion> }
}

of_counts!(TruePositives { thresholds }, |counts| counts.true_positives as f32);

metric! {
    /// The number of negative targets that are predicted as negative; with weights, the sum of their weights.
    /// [Keras' `TrueNegatives`](https://keras.io/api/metrics/classification_metrics/#truenegatives-class).
    ///
    /// A prediction is positive if it is greater than the [threshold](Self::thresholds), a target if it is not 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = TrueNegatives::default();
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct TrueNegatives("true_negatives", Maximize) {
        /// The threshold, or several of them, from 0 to 1 (default: 0.5). A list has a [result](super::Metric::results) for each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut count = TrueNegatives::default().thresholds(0.95);
        /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
        /// assert_eq!(count.result(), 2.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: impl Into<Thresholds> => Thresholds,
    }
    keeps { counts: Vec<Confusion> }
}

of_counts!(TrueNegatives { thresholds }, |counts| counts.true_negatives as f32);

metric! {
    /// The number of negative targets that are predicted as positive; with weights, the sum of their weights.
    /// [Keras' `FalsePositives`](https://keras.io/api/metrics/classification_metrics/#falsepositives-class).
    ///
    /// A prediction is positive if it is greater than the [threshold](Self::thresholds), a target if it is not 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = FalsePositives::default();
    /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct FalsePositives("false_positives", Minimize) {
        /// The threshold, or several of them, from 0 to 1 (default: 0.5). A list has a [result](super::Metric::results) for each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut count = FalsePositives::default().thresholds(0.1);
        /// count.update_arrays(&[[0.0], [0.0], [1.0]], &[[0.9], [0.2], [0.8]])?;
        /// assert_eq!(count.result(), 2.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: impl Into<Thresholds> => Thresholds,
    }
    keeps { counts: Vec<Confusion> }
}

of_counts!(FalsePositives { thresholds }, |counts| counts.false_positives as f32);

metric! {
    /// The number of positive targets that are predicted as negative; with weights, the sum of their weights.
    /// [Keras' `FalseNegatives`](https://keras.io/api/metrics/classification_metrics/#falsenegatives-class).
    ///
    /// A prediction is positive if it is greater than the [threshold](Self::thresholds), a target if it is not 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut count = FalseNegatives::default();
    /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(count.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct FalseNegatives("false_negatives", Minimize) {
        /// The threshold, or several of them, from 0 to 1 (default: 0.5). A list has a [result](super::Metric::results) for each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut count = FalseNegatives::default().thresholds(0.95);
        /// count.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
        /// assert_eq!(count.result(), 2.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: impl Into<Thresholds> => Thresholds,
    }
    keeps { counts: Vec<Confusion> }
}

of_counts!(FalseNegatives { thresholds }, |counts| counts.false_negatives as f32);

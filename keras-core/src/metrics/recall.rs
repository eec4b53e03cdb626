//! Recall.

use super::{
    Thresholds,
    confusion::{Confusion, of_counts},
    declare::metric,
};

metric! {
    /// Recall: the fraction of positive targets that are predicted, `true positives / (true positives + false negatives)`;
    /// 0 without positive targets.
    /// [Keras' `Recall`](https://keras.io/api/metrics/classification_metrics/#recall-class).
    ///
    /// A prediction is positive if it is greater than the [threshold](Self::thresholds). Targets are 0 or 1 for each value,
    /// or labels of 0 or 1 where the output's last axis is 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut recall = Recall::default();
    /// recall.update_arrays(&[[0.0], [1.0], [1.0], [1.0]], &[[0.0], [0.0], [1.0], [1.0]])?;
    /// assert_eq!(recall.result(), 2.0 / 3.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct Recall("recall", Maximize) {
        /// The threshold, or several of them, from 0 to 1 (default: 0.5, or none with `top_k`). A list has a [result](super::Metric::results) for
        /// each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut recall = Recall::default().thresholds(0.25);
        /// recall.update_arrays(&[[1.0], [1.0]], &[[0.3], [0.8]])?;
        /// assert_eq!(recall.result(), 1.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: impl Into<Thresholds> => Thresholds,
        /// At each position, only the `k` largest values can be positive (default: all). Of equal values, the first count.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut recall = Recall::default().top_k(1);
        /// recall.update_arrays(&[[1.0, 1.0, 0.0]], &[[0.4, 0.9, 0.8]])?;
        /// assert_eq!(recall.result(), 0.5);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        top_k: usize,
        /// The only class that counts, by its index on the last axis (default: all).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut recall = Recall::default().class_id(0);
        /// recall.update_arrays(&[[1.0, 1.0], [1.0, 0.0]], &[[0.7, 0.1], [0.2, 0.9]])?;
        /// assert_eq!(recall.result(), 0.5);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        class_id: usize,
    }
    keeps { counts: Vec<Confusion> }
}

of_counts!(Recall { thresholds, top_k, class_id }, Confusion::recall);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        losses::{Prediction, TargetView},
        metrics::Metric,
        shape::Dims,
    };

    #[test]
    fn weights_and_thresholds() {
        let values = [0.5, 0.6, 0.9, 0.2];
        let prediction = Prediction { values: &values, dims: Dims::new(&[1]), count: 4, logits: None };
        let labels = TargetView::Labels(&[1, 0, 1, 0]);
        let mut recall = Recall::default();
        assert_eq!(recall.result(), 0.0);
        recall.update(labels, &prediction, None).unwrap();
        assert_eq!(recall.result(), 0.5, "0.5 is not above the threshold");
        recall.update(labels, &prediction, Some(&[3.0, 0.0, 0.5, 9.0])).unwrap();
        assert_eq!(recall.result(), 1.5 / 5.5);
        let mut strict = Recall::default().thresholds(0.95);
        strict.update(labels, &prediction, None).unwrap();
        assert_eq!(strict.result(), 0.0);
    }
}

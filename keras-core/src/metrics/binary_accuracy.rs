//! Binary accuracy.

use super::{
    Mean, Metric, MetricError,
    declare::{Batch, Gather, metric, number},
};
use crate::losses::{Prediction, TargetView};

metric! {
    /// Binary accuracy: the fraction of predictions on the correct side of a threshold. A target of 1 is to be above, one of
    /// 0 not.
    /// [Keras' `BinaryAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class).
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
    pub struct BinaryAccuracy("binary_accuracy", Maximize) {
        /// The threshold, which a prediction of 1 exceeds.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut accuracy = BinaryAccuracy::default().threshold(0.75);
        /// accuracy.update_arrays(&[[1.0], [1.0]], &[[0.75], [0.8]])?;
        /// assert_eq!(accuracy.result(), 0.5);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        threshold: f32 = 0.5,
    }
    keeps { mean: Mean }
}

impl Gather for BinaryAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        for row in batch.rows() {
            for (at, &p) in row.values.iter().enumerate() {
                self.mean.update(number(row.target.number(at) == number(p > self.threshold)), row.weight);
            }
        }
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

//! Concordance correlation.

use super::{
    Mean, Metric, MetricError,
    correlation::Moments,
    declare::{Batch, Gather, metric},
};
use crate::losses::{Prediction, TargetView};

metric! {
    /// Concordance correlation of predictions and targets along the last axis, which is 1 only if they are equal: the mean
    /// over all positions of `2·cov / (var y + var p + (ȳ - p̄)²)`.
    /// [Keras' `ConcordanceCorrelation`](https://keras.io/api/metrics/regression_metrics/#concordancecorrelation-class);
    /// [Lin 1989](https://doi.org/10.2307/2532051).
    ///
    /// 1e-7 is added to the divisor.
    ///
    /// Vectors lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut concordance = ConcordanceCorrelation::default();
    /// concordance.update_arrays(&[[0.0, 2.0]], &[[1.0, 3.0]])?;
    /// assert!((concordance.result() - 2.0 / (1.0 + 1.0 + 1.0)).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct ConcordanceCorrelation("concordance_correlation", Maximize) {
        const axis = -1,
    }
    keeps { mean: Mean }
}

impl Gather for ConcordanceCorrelation {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        for row in batch.rows() {
            let moments = Moments::new(row.target, row.values);
            let apart = (moments.target_mean - moments.prediction_mean).powi(2);
            let divisor = moments.target_variance + moments.prediction_variance + apart + 1e-7;
            self.mean.update((2.0 * moments.covariance / divisor) as f32, row.weight);
        }
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

//! Pearson correlation.

use super::{
    Mean, Metric, MetricError,
    correlation::Moments,
    declare::{Batch, Gather, metric},
};
use crate::losses::{Prediction, TargetView};

metric! {
    /// Pearson correlation of predictions and targets along the last axis, from -1 to 1: the mean over all positions.
    /// [Keras' `PearsonCorrelation`](https://keras.io/api/metrics/regression_metrics/#pearsoncorrelation-class).
    ///
    /// A position whose targets or predictions are all equal has a correlation of 0. (In Keras, it makes the result NaN.)
    ///
    /// Vectors lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut correlation = PearsonCorrelation::default();
    /// correlation.update_arrays(&[[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], &[[5.0, 7.0, 9.0], [1.0, 0.0, -1.0]])?;
    /// assert!(correlation.result().abs() < 1e-6); // the mean of 1 and -1
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct PearsonCorrelation("pearson_correlation", Maximize) {
        const axis = -1,
    }
    keeps { mean: Mean }
}

impl Gather for PearsonCorrelation {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        for row in batch.rows() {
            let moments = Moments::new(row.target, row.values);
            let product = (moments.target_variance * moments.prediction_variance).sqrt();
            let correlation = if product == 0.0 { 0.0 } else { moments.covariance / product };
            self.mean.update(correlation as f32, row.weight);
        }
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_vary_have_none() {
        let mut correlation = PearsonCorrelation::default();
        correlation.update_arrays(&[[1.0, 1.0], [0.0, 1.0]], &[[0.0, 1.0], [3.0, 5.0]]).unwrap();
        assert_eq!(correlation.result(), 0.5);
    }
}

//! How much predictions rise and fall with the targets.

use super::{Direction, Mean, Metric, MetricError, correlation::Moments, weights};
use crate::losses::{Prediction, TargetView};

/// How much predictions rise and fall with the targets, along the last axis: the mean of the rows' correlation, from -1 to 1.
/// [Keras' `PearsonCorrelation`](https://keras.io/api/metrics/regression_metrics/#pearsoncorrelation-class).
///
/// A row in which the targets or the predictions are all alike has a correlation of 0. (In Keras, it is not a number, nor is
/// the mean with it.)
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
#[derive(Clone, Debug, Default)]
pub struct PearsonCorrelation {
    mean: Mean,
}

impl Metric for PearsonCorrelation {
    fn name(&self) -> &str {
        "pearson_correlation"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last().max(1));
        for (at, row) in prediction.values.chunks_exact(last).enumerate() {
            let moments = Moments::new(target.slice(at * last, last), row);
            let product = (moments.target_variance * moments.prediction_variance).sqrt();
            let correlation = if product == 0.0 { 0.0 } else { moments.covariance / product };
            self.mean.update(correlation as f32, weight(at));
        }
        Ok(())
    }

    fn result(&self) -> f32 {
        self.mean.result()
    }

    fn reset(&mut self) {
        self.mean.reset();
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

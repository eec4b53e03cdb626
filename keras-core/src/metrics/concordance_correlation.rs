//! How much predictions are the targets, and not only rise and fall with them.

use super::{Direction, Mean, Metric, MetricError, correlation::Moments, weights};
use crate::losses::{Prediction, TargetView};

/// How much predictions are the targets, and not only rise and fall with them: the mean of the rows'
/// `2·cov / (var y + var p + (ȳ - p̄)²)`, along the last axis.
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
#[derive(Clone, Debug, Default)]
pub struct ConcordanceCorrelation {
    mean: Mean,
}

impl Metric for ConcordanceCorrelation {
    fn name(&self) -> &str {
        "concordance_correlation"
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
            let apart = (moments.target_mean - moments.prediction_mean).powi(2);
            let divisor = moments.target_variance + moments.prediction_variance + apart + 1e-7;
            self.mean.update((2.0 * moments.covariance / divisor) as f32, weight(at));
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

//! The mean of the logarithms of the hyperbolic cosines of the errors.

use super::{Direction, MeanLoss, Metric, MetricError};
use crate::losses::{LogCosh, Prediction, TargetView};

/// The mean of the logarithms of the hyperbolic cosines of the errors: the loss [`LogCosh`] as a metric, under the name of
/// `logcosh`. [Keras' `LogCoshError`](https://keras.io/api/metrics/regression_metrics/#logcosherror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{LogCoshError, Metric};
///
/// let mut error = LogCoshError::default();
/// error.update_arrays(&[[0.0]], &[[1.0]])?;
/// assert!((error.result() - 1f32.cosh().ln()).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogCoshError {
    mean: MeanLoss<LogCosh>,
}

impl Metric for LogCoshError {
    fn name(&self) -> &str {
        "logcosh"
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.mean.check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.mean.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.mean.result()
    }

    fn reset(&mut self) {
        self.mean.reset();
    }
}

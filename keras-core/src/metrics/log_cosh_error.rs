//! Log-cosh error.

use super::{
    MeanLoss, Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::losses::{self, Prediction, TargetView};

metric! {
    /// Mean of the logarithm of the hyperbolic cosine of the errors: the loss [`LogCosh`](losses::LogCosh) as a metric, with
    /// the name `logcosh`.
    /// [Keras' `LogCoshError`](https://keras.io/api/metrics/regression_metrics/#logcosherror-class).
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
    pub struct LogCoshError("logcosh", Minimize) {}
    keeps { loss: MeanLoss<losses::LogCosh> }
}

impl Gather for LogCoshError {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.loss.check(target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.loss.update(batch.target, batch.prediction, batch.sample_weight)
    }

    fn summary(&self) -> f32 {
        self.loss.result()
    }
}

//! Metrics under names that the program gives them.

use super::{Direction, Metric, MetricError};
use crate::{
    config::Config,
    losses::{Prediction, TargetView},
};

/// A metric under another name, made by [`Metric::named`]: what Keras' argument `name` and its short strings, such as
/// `"mae"`, are for.
///
/// ```
/// use keras::{metrics::{MeanAbsoluteError, Named}, prelude::*};
///
/// /// Made once, for several models.
/// fn error() -> Named<MeanAbsoluteError> {
///     MeanAbsoluteError::default().named("mae")
/// }
///
/// let mut error = error();
/// error.update_arrays(&[[1.0]], &[[3.0]])?;
/// assert_eq!((error.name(), error.result()), ("mae", 2.0));
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Named<M> {
    pub(super) metric: M,
    pub(super) name: String,
}

impl<M: Metric> Metric for Named<M> {
    fn name(&self) -> &str {
        &self.name
    }

    fn direction(&self) -> Direction {
        self.metric.direction()
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.metric.check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.metric.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.metric.result()
    }

    fn results(&self) -> Vec<(String, f32)> {
        self.metric.results()
    }

    fn reset(&mut self) {
        self.metric.reset();
    }

    fn config(&self) -> Config {
        self.metric.config().with("name", self.name())
    }
}

//! The learning rate: a number, or a schedule.

use std::{fmt, sync::Arc};

use super::{
    OptimizerError,
    schedules::{self, LearningRateSchedule},
};
use crate::config::{ConfigError, ConfigValue, FromConfig};

/// A learning rate: a number, or a schedule.
///
/// ```
/// use keras::{optimizers::{IntoLearningRate, LearningRate}, prelude::*};
///
/// assert_eq!(0.5.into_learning_rate().at(100), 0.5);
/// let halved: LearningRate = ExponentialDecay::new(1.0, 10, 0.5).into_learning_rate();
/// assert_eq!((halved.at(0), halved.at(10), halved.at(20)), (1.0, 0.5, 0.25));
/// ```
#[derive(Clone)]
pub enum LearningRate {
    /// The same for all steps, until it is [set](super::Optimizer::set_learning_rate).
    Constant(f32),
    /// A schedule.
    Scheduled(Arc<dyn LearningRateSchedule>),
}

impl LearningRate {
    /// The learning rate of a step: 0 is the first.
    ///
    /// ```
    /// use keras::optimizers::LearningRate;
    ///
    /// assert_eq!(LearningRate::Constant(0.5).at(100), 0.5);
    /// ```
    pub fn at(&self, step: u64) -> f32 {
        match self {
            Self::Constant(rate) => *rate,
            Self::Scheduled(schedule) => schedule.at(step),
        }
    }

    pub(super) fn check(&self, optimizer: &'static str) -> Result<(), OptimizerError> {
        match self {
            Self::Constant(rate) => {
                OptimizerError::expect(rate.is_finite(), optimizer, "learning_rate", (*rate).into(), "a finite number")
            }
            Self::Scheduled(schedule) => schedule.check(),
        }
    }
}

impl From<LearningRate> for ConfigValue {
    fn from(rate: LearningRate) -> Self {
        match rate {
            LearningRate::Constant(rate) => rate.into(),
            LearningRate::Scheduled(schedule) => schedule.config().into(),
        }
    }
}

impl FromConfig for LearningRate {
    const EXPECTED: &'static str = "a number or a schedule";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        match value {
            ConfigValue::Object(config) => schedules::from_config(config).map(Some),
            value => Ok(f32::from_config(value)?.map(Self::Constant)),
        }
    }
}

impl fmt::Debug for LearningRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(rate) => f.debug_tuple("Constant").field(rate).finish(),
            Self::Scheduled(schedule) => f.debug_tuple("Scheduled").field(&schedule.name()).finish(),
        }
    }
}

/// A learning rate: a number or a [schedule](super::schedules).
///
/// ```
/// use keras::{optimizers::IntoLearningRate, prelude::*};
///
/// /// An optimizer for any learning rate.
/// fn optimizer(learning_rate: impl IntoLearningRate) -> Adam {
///     Adam::new(learning_rate).clipnorm(1.0)
/// }
///
/// assert_eq!(optimizer(0.01).current_learning_rate(), 0.01);
/// assert_eq!(optimizer(CosineDecay::new(0.1, 1000)).current_learning_rate(), 0.1);
/// assert_eq!(optimizer(|step| 1.0 / (1.0 + step as f32)).current_learning_rate(), 1.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a learning rate",
    label = "a number with a decimal point, or a schedule, is needed",
    note = "a learning rate is an `f32` like `0.1`, a schedule like `ExponentialDecay::new(0.1, 1000, 0.9)`, or a function \
            of the step like `|step: u64| 0.1 / (step + 1) as f32`"
)]
pub trait IntoLearningRate {
    /// The learning rate.
    fn into_learning_rate(self) -> LearningRate;
}

impl IntoLearningRate for f32 {
    fn into_learning_rate(self) -> LearningRate {
        LearningRate::Constant(self)
    }
}

impl IntoLearningRate for LearningRate {
    fn into_learning_rate(self) -> LearningRate {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S: LearningRateSchedule + 'static> IntoLearningRate for S {
    fn into_learning_rate(self) -> LearningRate {
        LearningRate::Scheduled(Arc::new(self))
    }
}

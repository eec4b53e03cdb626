//! A learning rate that is multiplied by a factor, again and again.

use super::{LearningRateSchedule, check_steps, times};
use crate::optimizers::OptimizerError;

/// A learning rate that is multiplied by a factor, again and again: `lr·decay_rate^(step / decay_steps)`.
/// [Keras' `ExponentialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/).
///
/// | argument | default | |
/// |---|---|---|
/// | `initial_learning_rate` | | the rate of the first step |
/// | `decay_steps` | | after how many steps the factor has counted once |
/// | `decay_rate` | | the factor |
/// | [`staircase`](Self::staircase) | `false` | whether it counts once, twice and so on, and not in between |
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// let decay = ExponentialDecay::new(0.1, 1000, 0.5);
/// assert_eq!((decay.at(0), decay.at(1000), decay.at(2000)), (0.1, 0.05, 0.025));
/// assert_eq!(Adam::new(decay).current_learning_rate(), 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExponentialDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    decay_rate: f32,
    staircase: bool,
}

impl ExponentialDecay {
    /// From this rate on, multiplied by `decay_rate` in the course of each `decay_steps` steps.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let schedule = ExponentialDecay::new(0.5, 100, 0.5);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(200)), (0.5, 0.25, 0.125));
    /// ```
    pub const fn new(initial_learning_rate: f32, decay_steps: u64, decay_rate: f32) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Keeps the rate for `decay_steps` steps each.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = ExponentialDecay::new(0.1, 1000, 0.5).staircase(true);
    /// assert_eq!((decay.at(999), decay.at(1000), decay.at(1999)), (0.1, 0.05, 0.05));
    /// ```
    pub const fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

impl LearningRateSchedule for ExponentialDecay {
    fn at(&self, step: u64) -> f32 {
        let times = times(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) * f64::from(self.decay_rate).powf(times)) as f32
    }

    fn name(&self) -> &'static str {
        "ExponentialDecay"
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

//! A learning rate that is divided by a number that grows evenly.

use super::{LearningRateSchedule, check_steps, times};
use crate::optimizers::OptimizerError;

/// A learning rate that is divided by a number that grows evenly: `lr / (1 + decay_rate·step / decay_steps)`.
/// [Keras' `InverseTimeDecay`](https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/).
///
/// | argument | default | |
/// |---|---|---|
/// | `initial_learning_rate` | | the rate of the first step |
/// | `decay_steps` | | after how many steps the divisor has grown by `decay_rate` |
/// | `decay_rate` | | by how much it grows |
/// | [`staircase`](Self::staircase) | `false` | whether it grows once every `decay_steps`, and not in between |
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// let decay = InverseTimeDecay::new(0.5, 100, 1.0);
/// assert_eq!((decay.at(0), decay.at(100), decay.at(300)), (0.5, 0.25, 0.125));
/// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InverseTimeDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    decay_rate: f32,
    staircase: bool,
}

impl InverseTimeDecay {
    /// From this rate on, divided by 1 and `decay_rate` more for each `decay_steps` steps.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let schedule = InverseTimeDecay::new(0.5, 100, 1.0);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(300)), (0.5, 0.25, 0.125));
    /// ```
    pub const fn new(initial_learning_rate: f32, decay_steps: u64, decay_rate: f32) -> Self {
        Self { initial_learning_rate, decay_steps, decay_rate, staircase: false }
    }

    /// Keeps the rate for `decay_steps` steps each.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = InverseTimeDecay::new(0.5, 100, 1.0).staircase(true);
    /// assert_eq!((decay.at(99), decay.at(100), decay.at(199)), (0.5, 0.25, 0.25));
    /// ```
    pub const fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    fn at(&self, step: u64) -> f32 {
        let times = times(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) / (1.0 + f64::from(self.decay_rate) * times)) as f32
    }

    fn name(&self) -> &'static str {
        "InverseTimeDecay"
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

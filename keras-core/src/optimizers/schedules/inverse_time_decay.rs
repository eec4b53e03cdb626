//! Inverse time decay of the learning rate.

use super::{LearningRateSchedule, check_steps, declare::described, times};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// Inverse time decay: `lr / (1 + decay_rate·step / decay_steps)`.
    /// [Keras' `InverseTimeDecay`](https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/).
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = InverseTimeDecay::new(0.5, 100, 1.0);
    /// assert_eq!((decay.at(0), decay.at(100), decay.at(300)), (0.5, 0.25, 0.125));
    /// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
    /// let schedule = InverseTimeDecay::new(0.5, 100, 1.0);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(300)), (0.5, 0.25, 0.125));
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct InverseTimeDecay {
        /// The learning rate of the first step.
        new initial_learning_rate: f32,
        /// The number of steps in which the divisor grows by `decay_rate`.
        new decay_steps: u64,
        /// The increase of the divisor.
        new decay_rate: f32,
        /// Whether the rate changes only once every `decay_steps`.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = InverseTimeDecay::new(0.5, 100, 1.0).staircase(true);
        /// assert_eq!((decay.at(99), decay.at(100), decay.at(199)), (0.5, 0.25, 0.25));
        /// ```
        staircase: bool = false,
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    described!("InverseTimeDecay");

    fn at(&self, step: u64) -> f32 {
        let times = times(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) / (1.0 + f64::from(self.decay_rate) * times)) as f32
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

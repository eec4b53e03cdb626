//! Exponential decay of the learning rate.

use super::{LearningRateSchedule, check_steps, declare::described, times};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// Exponential decay: `lr·decay_rate^(step / decay_steps)`.
    /// [Keras' `ExponentialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/).
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = ExponentialDecay::new(0.1, 1000, 0.5);
    /// assert_eq!((decay.at(0), decay.at(1000), decay.at(2000)), (0.1, 0.05, 0.025));
    /// assert_eq!(Adam::new(decay).current_learning_rate(), 0.1);
    /// let schedule = ExponentialDecay::new(0.5, 100, 0.5);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(200)), (0.5, 0.25, 0.125));
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct ExponentialDecay {
        /// The learning rate of the first step.
        new initial_learning_rate: f32,
        /// The number of steps in which the rate is multiplied by `decay_rate`.
        new decay_steps: u64,
        /// The factor.
        new decay_rate: f32,
        /// Whether the rate changes only once every `decay_steps`.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = ExponentialDecay::new(0.1, 1000, 0.5).staircase(true);
        /// assert_eq!((decay.at(999), decay.at(1000), decay.at(1999)), (0.1, 0.05, 0.05));
        /// ```
        staircase: bool = false,
    }
}

impl LearningRateSchedule for ExponentialDecay {
    described!("ExponentialDecay");

    fn at(&self, step: u64) -> f32 {
        let times = times(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) * f64::from(self.decay_rate).powf(times)) as f32
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

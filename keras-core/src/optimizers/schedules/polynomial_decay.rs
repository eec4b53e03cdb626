//! Polynomial decay of the learning rate.

use super::{LearningRateSchedule, check_steps, declare::described};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// Polynomial decay: `(lr - end)·(1 - step / decay_steps)^power + end`, and then constant.
    /// [Keras' `PolynomialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/).
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = PolynomialDecay::new(0.5, 100).end_learning_rate(0.25);
    /// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200)), (0.5, 0.375, 0.25, 0.25));
    /// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
    /// let schedule = PolynomialDecay::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(50), schedule.at(100)), (0.5, 0.25005, 0.0001));
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct PolynomialDecay {
        /// The learning rate of the first step.
        new initial_learning_rate: f32,
        /// The number of steps over which the rate decays.
        new decay_steps: u64,
        /// The learning rate at the end.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// assert_eq!(PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).at(100), 0.0);
        /// ```
        end_learning_rate: f32 = 0.0001,
        /// The power of the decay: 1 for a straight line.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// assert_eq!(PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).power(2.0).at(50), 0.125);
        /// ```
        power: f32 = 1.0,
        /// Whether the rate starts again at the end, to decay over twice, three times the steps, and so on.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).cycle(true);
        /// assert_eq!((decay.at(100), decay.at(150), decay.at(200)), (0.0, 0.125, 0.0));
        /// ```
        cycle: bool = false,
    }
}

impl LearningRateSchedule for PolynomialDecay {
    described!("PolynomialDecay");

    fn at(&self, step: u64) -> f32 {
        let times = step as f64 / self.decay_steps as f64;
        // of the way to the end: of the cycle, or of the only one
        let passed = if self.cycle && step > 0 { times / times.ceil() } else { times.min(1.0) };
        let (start, end) = (f64::from(self.initial_learning_rate), f64::from(self.end_learning_rate));
        ((start - end) * (1.0 - passed).powf(f64::from(self.power)) + end) as f32
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

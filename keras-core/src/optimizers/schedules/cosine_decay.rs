//! Cosine decay of the learning rate.

use super::{LearningRateSchedule, check_steps, declare::described, half_wave};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// Cosine decay: `lr·((1 - α)·½·(1 + cos(π·step / decay_steps)) + α)`, and then constant.
    /// [Keras' `CosineDecay`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/);
    /// [Loshchilov and Hutter 2016](https://arxiv.org/abs/1608.03983).
    ///
    /// With a warm-up, the rate first changes linearly from `lr` to the target, and then decays from there over `decay_steps`
    /// more steps.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = CosineDecay::new(0.5, 100);
    /// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200)), (0.5, 0.25, 0.0, 0.0));
    /// assert_eq!(Adam::new(decay).current_learning_rate(), 0.5);
    /// let schedule = CosineDecay::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(200)), (0.5, 0.0, 0.0));
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct CosineDecay {
        /// The learning rate of the first step.
        new initial_learning_rate: f32,
        /// The number of steps over which the rate decays.
        new decay_steps: u64,
        /// The fraction of the rate that is left at the end.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// assert_eq!(CosineDecay::new(0.5, 100).alpha(0.25).at(100), 0.125);
        /// ```
        alpha: f32 = 0.0,
        /// The learning rate at the end of a warm-up, from which it decays (default: no warm-up).
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = CosineDecay::new(0.0, 100).warmup_target(0.5).warmup_steps(10);
        /// assert_eq!((decay.at(0), decay.at(5), decay.at(10), decay.at(60), decay.at(110)), (0.0, 0.25, 0.5, 0.25, 0.0));
        /// ```
        warmup_target: f32,
        /// The number of steps of the warm-up, if there is a target.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// assert_eq!(CosineDecay::new(0.0, 100).warmup_target(1.0).warmup_steps(4).at(1), 0.25);
        /// ```
        warmup_steps: u64 = 0,
    }
}

impl LearningRateSchedule for CosineDecay {
    described!("CosineDecay");

    fn at(&self, step: u64) -> f32 {
        let initial = f64::from(self.initial_learning_rate);
        let (from, warmup_steps) = match self.warmup_target {
            Some(target) => (f64::from(target), self.warmup_steps),
            None => (initial, 0),
        };
        if step < warmup_steps {
            return ((from - initial) * (step as f64 / warmup_steps as f64) + initial) as f32;
        }
        let passed = ((step - warmup_steps) as f64 / self.decay_steps as f64).min(1.0);
        let alpha = f64::from(self.alpha);
        (from * ((1.0 - alpha) * half_wave(passed) + alpha)) as f32
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

//! A learning rate that falls along a half wave, perhaps after a warm-up.

use super::{LearningRateSchedule, check_steps, half_wave};
use crate::optimizers::OptimizerError;

/// A learning rate that falls along a half wave: `lr·((1 - α)·½·(1 + cos(π·step / decay_steps)) + α)`, and stays at its end.
/// [Keras' `CosineDecay`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/);
/// [Loshchilov and Hutter 2016](https://arxiv.org/abs/1608.03983).
///
/// With a warm-up, the rate first goes in a straight line from `lr` to the target, and then falls from there in `decay_steps`
/// more steps.
///
/// | argument | default | |
/// |---|---|---|
/// | `initial_learning_rate` | | the rate of the first step |
/// | `decay_steps` | | how many steps it falls for |
/// | [`alpha`](Self::alpha) | 0 | which part of the rate is left |
/// | [`warmup_target`](Self::warmup_target) | none | the rate after the warm-up |
/// | [`warmup_steps`](Self::warmup_steps) | 0 | how many steps the warm-up has |
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// let decay = CosineDecay::new(0.5, 100);
/// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200)), (0.5, 0.25, 0.0, 0.0));
/// assert_eq!(Adam::new(decay).current_learning_rate(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    alpha: f32,
    warmup_target: Option<f32>,
    warmup_steps: u64,
}

impl CosineDecay {
    /// From this rate down to 0 in so many steps.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let schedule = CosineDecay::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(100), schedule.at(200)), (0.5, 0.0, 0.0));
    /// ```
    pub const fn new(initial_learning_rate: f32, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, alpha: 0.0, warmup_target: None, warmup_steps: 0 }
    }

    /// Sets which part of the rate is left in the end.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(CosineDecay::new(0.5, 100).alpha(0.25).at(100), 0.125);
    /// ```
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Starts with a warm-up to this rate, from where it falls. It counts if there are [steps](Self::warmup_steps) for it.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = CosineDecay::new(0.0, 100).warmup_target(0.5).warmup_steps(10);
    /// assert_eq!((decay.at(0), decay.at(5), decay.at(10), decay.at(60), decay.at(110)), (0.0, 0.25, 0.5, 0.25, 0.0));
    /// ```
    pub const fn warmup_target(mut self, warmup_target: f32) -> Self {
        self.warmup_target = Some(warmup_target);
        self
    }

    /// Sets how many steps the warm-up has, if there is a [target](Self::warmup_target).
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(CosineDecay::new(0.0, 100).warmup_target(1.0).warmup_steps(4).at(1), 0.25);
    /// ```
    pub const fn warmup_steps(mut self, warmup_steps: u64) -> Self {
        self.warmup_steps = warmup_steps;
        self
    }
}

impl LearningRateSchedule for CosineDecay {
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

    fn name(&self) -> &'static str {
        "CosineDecay"
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

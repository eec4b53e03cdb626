//! A learning rate that falls to an end along a line or a power of one.

use super::{LearningRateSchedule, check_steps};
use crate::optimizers::OptimizerError;

/// A learning rate that falls to an end: `(lr - end)·(1 - step / decay_steps)^power + end`, and stays there.
/// [Keras' `PolynomialDecay`](https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/).
///
/// | argument | default | |
/// |---|---|---|
/// | `initial_learning_rate` | | the rate of the first step |
/// | `decay_steps` | | after how many steps the end is reached |
/// | [`end_learning_rate`](Self::end_learning_rate) | 0.0001 | the end |
/// | [`power`](Self::power) | 1 | 1 for a straight line |
/// | [`cycle`](Self::cycle) | `false` | whether the rate rises again, to fall for longer |
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// let decay = PolynomialDecay::new(0.5, 100).end_learning_rate(0.25);
/// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200)), (0.5, 0.375, 0.25, 0.25));
/// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolynomialDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    end_learning_rate: f32,
    power: f32,
    cycle: bool,
}

impl PolynomialDecay {
    /// From this rate down to 0.0001 in so many steps, along a straight line.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let schedule = PolynomialDecay::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(50), schedule.at(100)), (0.5, 0.25005, 0.0001));
    /// ```
    pub const fn new(initial_learning_rate: f32, decay_steps: u64) -> Self {
        Self { initial_learning_rate, decay_steps, end_learning_rate: 0.0001, power: 1.0, cycle: false }
    }

    /// Sets the rate at the end.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).at(100), 0.0);
    /// ```
    pub const fn end_learning_rate(mut self, end_learning_rate: f32) -> Self {
        self.end_learning_rate = end_learning_rate;
        self
    }

    /// Sets the power of the way that is left.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).power(2.0).at(50), 0.125);
    /// ```
    pub const fn power(mut self, power: f32) -> Self {
        self.power = power;
        self
    }

    /// Lets the rate rise again after the end, and fall to it in twice, three times the steps from the start, and so on.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = PolynomialDecay::new(0.5, 100).end_learning_rate(0.0).cycle(true);
    /// assert_eq!((decay.at(100), decay.at(150), decay.at(200)), (0.0, 0.125, 0.0));
    /// ```
    pub const fn cycle(mut self, cycle: bool) -> Self {
        self.cycle = cycle;
        self
    }
}

impl LearningRateSchedule for PolynomialDecay {
    fn at(&self, step: u64) -> f32 {
        let times = step as f64 / self.decay_steps as f64;
        // of the way to the end: of the cycle, or of the only one
        let passed = if self.cycle && step > 0 { times / times.ceil() } else { times.min(1.0) };
        let (start, end) = (f64::from(self.initial_learning_rate), f64::from(self.end_learning_rate));
        ((start - end) * (1.0 - passed).powf(f64::from(self.power)) + end) as f32
    }

    fn name(&self) -> &'static str {
        "PolynomialDecay"
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "decay_steps", self.decay_steps)
    }
}

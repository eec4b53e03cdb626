//! A learning rate that falls along half waves that start anew.

use super::{LearningRateSchedule, check_steps, half_wave};
use crate::optimizers::OptimizerError;

/// A learning rate that falls along a half wave, as [`CosineDecay`](super::CosineDecay), and starts anew at its end, each
/// time for longer. [Keras' `CosineDecayRestarts`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/);
/// [Loshchilov and Hutter 2016](https://arxiv.org/abs/1608.03983).
///
/// | argument | default | |
/// |---|---|---|
/// | `initial_learning_rate` | | the rate of the first step |
/// | `first_decay_steps` | | how many steps the first wave has |
/// | [`t_mul`](Self::t_mul) | 2 | how much longer each is than the one before |
/// | [`m_mul`](Self::m_mul) | 1 | how much higher each starts |
/// | [`alpha`](Self::alpha) | 0 | which part of the rate is left at the end of each |
///
/// A step at which a wave starts has the rate of the start. (In Keras, rounding may give it that of the end before.)
///
/// ```
/// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
///
/// let decay = CosineDecayRestarts::new(0.5, 100);
/// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200), decay.at(300)), (0.5, 0.25, 0.5, 0.25, 0.5));
/// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CosineDecayRestarts {
    initial_learning_rate: f32,
    first_decay_steps: u64,
    t_mul: f32,
    m_mul: f32,
    alpha: f32,
}

impl CosineDecayRestarts {
    /// From this rate down to 0 in so many steps, then anew in twice as many, and so on.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let schedule = CosineDecayRestarts::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(100)), (0.5, 0.5)); // the second period, of 200 steps, starts
    /// ```
    pub const fn new(initial_learning_rate: f32, first_decay_steps: u64) -> Self {
        Self { initial_learning_rate, first_decay_steps, t_mul: 2.0, m_mul: 1.0, alpha: 0.0 }
    }

    /// Sets how much longer each wave is than the one before: at least 1.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = CosineDecayRestarts::new(0.5, 100).t_mul(1.0);
    /// assert_eq!((decay.at(150), decay.at(250)), (0.25, 0.25));
    /// ```
    pub const fn t_mul(mut self, t_mul: f32) -> Self {
        self.t_mul = t_mul;
        self
    }

    /// Sets how much higher each wave starts than the one before.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = CosineDecayRestarts::new(0.5, 100).m_mul(0.5);
    /// assert_eq!((decay.at(100), decay.at(300)), (0.25, 0.125));
    /// ```
    pub const fn m_mul(mut self, m_mul: f32) -> Self {
        self.m_mul = m_mul;
        self
    }

    /// Sets which part of the rate is left at the end of each wave.
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// assert_eq!(CosineDecayRestarts::new(0.5, 100).alpha(0.5).at(50), 0.25 + 0.5 * 0.25);
    /// ```
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    fn at(&self, step: u64) -> f32 {
        let (t_mul, step) = (f64::from(self.t_mul), step as f64 / self.first_decay_steps as f64);
        // the wave's number, and how much of it has passed
        let (wave, passed) = if t_mul > 1.0 {
            let start = |wave: i32| (t_mul.powi(wave) - 1.0) / (t_mul - 1.0);
            let mut wave = ((1.0 + step * (t_mul - 1.0)).ln() / t_mul.ln()) as i32;
            // the logarithms round, to either side of a start
            if start(wave + 1) <= step {
                wave += 1;
            } else if start(wave) > step {
                wave -= 1;
            }
            (wave, (step - start(wave)) / t_mul.powi(wave))
        } else {
            (step as i32, step.fract())
        };
        let (m_mul, alpha) = (f64::from(self.m_mul), f64::from(self.alpha));
        let height = (1.0 - alpha) * m_mul.powi(wave) * half_wave(passed) + alpha;
        (f64::from(self.initial_learning_rate) * height) as f32
    }

    fn name(&self) -> &'static str {
        "CosineDecayRestarts"
    }

    fn check(&self) -> Result<(), OptimizerError> {
        check_steps(self.name(), "first_decay_steps", self.first_decay_steps)?;
        let (found, expected) = (f64::from(self.t_mul), "at least 1");
        OptimizerError::expect(self.t_mul >= 1.0, self.name(), "t_mul", found, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_is_the_highest_step_of_its_wave() {
        for t_mul in [1.0, 1.5, 2.0, 3.0, 5.0] {
            let decay = CosineDecayRestarts::new(1.0, 10).t_mul(t_mul);
            let (mut start, mut length) = (0.0f64, 10.0);
            while start < 20_000.0 {
                let first = start.ceil() as u64;
                assert!(decay.at(first) > 0.9, "{t_mul}: step {first}");
                assert!(first == 0 || decay.at(first - 1) < 0.1, "{t_mul}: step {first}");
                (start, length) = (start + length, length * f64::from(t_mul));
            }
        }
    }

    #[test]
    fn arguments_are_checked() {
        assert!(CosineDecayRestarts::new(1.0, 10).check().is_ok());
        assert!(CosineDecayRestarts::new(1.0, 0).check().is_err());
        assert!(CosineDecayRestarts::new(1.0, 10).t_mul(0.5).check().is_err());
    }
}

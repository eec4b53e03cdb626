//! Cosine decay of the learning rate, with restarts.

use super::{LearningRateSchedule, check_steps, declare::described, half_wave};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// Cosine decay, as [`CosineDecay`](super::CosineDecay), that restarts at its end, each time for a longer period.
    /// [Keras' `CosineDecayRestarts`](https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/);
    /// [Loshchilov and Hutter 2016](https://arxiv.org/abs/1608.03983).
    ///
    /// The first step of a period has the rate of the restart. (In Keras, rounding may give it that of the end before.)
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let decay = CosineDecayRestarts::new(0.5, 100);
    /// assert_eq!((decay.at(0), decay.at(50), decay.at(100), decay.at(200), decay.at(300)), (0.5, 0.25, 0.5, 0.25, 0.5));
    /// assert_eq!(SGD::new(decay).current_learning_rate(), 0.5);
    /// let schedule = CosineDecayRestarts::new(0.5, 100);
    /// assert_eq!((schedule.at(0), schedule.at(100)), (0.5, 0.5)); // the second period, of 200 steps, starts
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct CosineDecayRestarts {
        /// The learning rate of the first step.
        new initial_learning_rate: f32,
        /// The number of steps of the first period.
        new first_decay_steps: u64,
        /// The factor by which each period is longer than the one before: at least 1.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = CosineDecayRestarts::new(0.5, 100).t_mul(1.0);
        /// assert_eq!((decay.at(150), decay.at(250)), (0.25, 0.25));
        /// ```
        t_mul: f32 = 2.0,
        /// The factor by which each period starts higher than the one before.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// let decay = CosineDecayRestarts::new(0.5, 100).m_mul(0.5);
        /// assert_eq!((decay.at(100), decay.at(300)), (0.25, 0.125));
        /// ```
        m_mul: f32 = 1.0,
        /// The fraction of the rate that is left at the end of each period.
        ///
        /// ```
        /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
        ///
        /// assert_eq!(CosineDecayRestarts::new(0.5, 100).alpha(0.5).at(50), 0.25 + 0.5 * 0.25);
        /// ```
        alpha: f32 = 0.0,
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    described!("SGDRDecay");

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

//! A piecewise constant learning rate.

use super::{LearningRateSchedule, declare::described};
use crate::{arguments::arguments, optimizers::OptimizerError};

arguments! {
    /// A piecewise constant learning rate: each value up to and including a boundary.
    /// [Keras' `PiecewiseConstantDecay`](https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/).
    ///
    /// ```
    /// use keras::{optimizers::schedules::LearningRateSchedule, prelude::*};
    ///
    /// let rates = PiecewiseConstantDecay::new([100, 200], [0.1, 0.01, 0.001]);
    /// assert_eq!((rates.at(0), rates.at(100), rates.at(101), rates.at(201)), (0.1, 0.1, 0.01, 0.001));
    /// assert_eq!(SGD::new(rates).current_learning_rate(), 0.1);
    /// let schedule = PiecewiseConstantDecay::new([100, 200], [0.5, 0.25, 0.125]);
    /// assert_eq!((schedule.at(100), schedule.at(101), schedule.at(1000)), (0.5, 0.25, 0.125));
    /// ```
    #[derive(Clone, Debug, PartialEq)]
    pub struct PiecewiseConstantDecay {
        /// The last step of each value but the last, ascending.
        new boundaries: impl Into<Vec<u64>> => Vec<u64>,
        /// The learning rates: one more than there are boundaries.
        new values: impl Into<Vec<f32>> => Vec<f32>,
    }
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    described!("PiecewiseConstant");

    fn at(&self, step: u64) -> f32 {
        let stretch = self.boundaries.partition_point(|&boundary| boundary < step);
        self.values.get(stretch).or(self.values.last()).copied().unwrap_or(0.0)
    }

    fn check(&self) -> Result<(), OptimizerError> {
        if self.values.len() != self.boundaries.len() + 1 {
            let (boundaries, values) = (self.boundaries.len(), self.values.len());
            return Err(OptimizerError::Pieces { boundaries, values });
        }
        match self.boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => {
                let (argument, found) = ("boundaries", pair[1] as f64);
                OptimizerError::expect(false, self.name(), argument, found, "more than the one before")
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::{Optimizer, SGD};

    #[test]
    fn what_does_not_go_together_is_said() {
        let say = |rates: PiecewiseConstantDecay| SGD::new(rates).step(&mut [0.0], &[0.0]).unwrap_err().to_string();
        assert_eq!(
            say(PiecewiseConstantDecay::new([10], [0.1])),
            "PiecewiseConstantDecay needs one more value than boundaries, but there are 1 boundaries and 1 values"
        );
        assert_eq!(
            say(PiecewiseConstantDecay::new([10, 10], [0.1, 0.2, 0.3])),
            "PiecewiseConstantDecay's `boundaries` is 10, but must be more than the one before"
        );
        assert_eq!(PiecewiseConstantDecay::new([], [0.1]).at(7), 0.1);
    }
}

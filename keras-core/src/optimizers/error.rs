//! Errors of optimizers and schedules.

use crate::shape::Dims;

/// Conflicting arguments or incompatible buffers.
///
/// ```
/// use keras::{optimizers::OptimizerError, prelude::*};
///
/// let error = SGD::default().step(&mut [1.0, 2.0], &[0.1]).unwrap_err();
/// assert_eq!(error, OptimizerError::Gradients { optimizer: "sgd", weights: 2, gradients: 1 });
/// assert_eq!(error.to_string(), "sgd was given 2 weights, but 1 gradients");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// More than one way to clip.
    #[error("only one of clipnorm, clipvalue and global_clipnorm can be set")]
    Clipping,
    /// An argument that is out of its range.
    #[error("{of}'s `{argument}` is {found}, but must be {expected}")]
    Argument {
        /// The optimizer, or the schedule of its learning rate.
        of: &'static str,
        /// The argument.
        argument: &'static str,
        /// The value that was given.
        found: f64,
        /// The values that are possible.
        expected: &'static str,
    },
    /// Boundaries and values of a [`PiecewiseConstantDecay`](super::schedules::PiecewiseConstantDecay) of incompatible lengths.
    #[error(
        "PiecewiseConstantDecay needs one more value than boundaries, but there are {boundaries} boundaries and \
         {values} values"
    )]
    Pieces {
        /// The number of boundaries.
        boundaries: usize,
        /// The number of values.
        values: usize,
    },
    /// Gradients that are not as many as the weights.
    #[error("{optimizer} was given {weights} weights, but {gradients} gradients")]
    Gradients {
        /// The optimizer.
        optimizer: &'static str,
        /// The number of weights.
        weights: usize,
        /// The number of gradients.
        gradients: usize,
    },
    /// An optimizer of some layers, without any.
    #[error("MultiOptimizer's optimizer {index} (counted from 0) is given to layers that have no weights here")]
    NoLayers {
        /// The index of the optimizer.
        index: usize,
    },
    /// Arguments of a [`MultiOptimizer`](super::MultiOptimizer) itself.
    #[error(
        "decay, clipping, averages and accumulation are arguments of the optimizers that a MultiOptimizer consists of"
    )]
    OfAll,
    /// A variable that ends beyond the buffer.
    #[error("{optimizer} was given a variable that ends at {end}, but only {weights} weights")]
    Variable {
        /// The optimizer.
        optimizer: &'static str,
        /// The end of the variable.
        end: usize,
        /// The number of weights.
        weights: usize,
    },
    /// A variable whose dimensions are of another size.
    #[error("{optimizer} was given a variable of shape {dims}, but {found} weights for it")]
    VariableSize {
        /// The optimizer.
        optimizer: &'static str,
        /// The variable's dimensions.
        dims: Dims,
        /// The number of its weights.
        found: usize,
    },
    /// Averages of other weights.
    #[error("{optimizer} averaged {found} weights, but the model has {weights}")]
    Average {
        /// The optimizer.
        optimizer: &'static str,
        /// The number of the model's trainable weights.
        weights: usize,
        /// The number of averages.
        found: usize,
    },
    /// A state that belongs to other weights or to other arguments.
    #[error("{optimizer} keeps {slots} numbers for each weight; a state of {found} does not fit")]
    State {
        /// The optimizer.
        optimizer: &'static str,
        /// The numbers kept for each weight, including averages and accumulated gradients.
        slots: usize,
        /// The length of the state.
        found: usize,
    },
}

impl OptimizerError {
    /// Checks an argument: an error if it is not `right`.
    ///
    /// A custom optimizer does so in its [`check`](super::Optimizer::check):
    ///
    /// ```
    /// use keras::optimizers::OptimizerError;
    ///
    /// let rho = 1.5;
    /// let error = OptimizerError::expect(rho < 1.0, "mine", "rho", rho, "less than 1").unwrap_err();
    /// assert_eq!(error.to_string(), "mine's `rho` is 1.5, but must be less than 1");
    /// ```
    pub fn expect(
        right: bool,
        of: &'static str,
        argument: &'static str,
        found: f64,
        expected: &'static str,
    ) -> Result<(), Self> {
        if right { Ok(()) } else { Err(Self::Argument { of, argument, found, expected }) }
    }

    /// Checks the factors of averages whose start is corrected: by a division by what they do not keep.
    pub(super) fn expect_factors<const N: usize>(
        of: &'static str,
        factors: [(&'static str, f64); N],
    ) -> Result<(), Self> {
        for (argument, found) in factors {
            Self::expect((0.0..1.0).contains(&found), of, argument, found, "at least 0 and less than 1")?;
        }
        Ok(())
    }

    /// Checks a factor that may keep all of what was: nothing is divided by the rest.
    pub(super) fn expect_share(of: &'static str, argument: &'static str, found: f64) -> Result<(), Self> {
        Self::expect((0.0..=1.0).contains(&found), of, argument, found, "from 0 to 1")
    }

    /// Checks what is added to a divisor.
    pub(super) fn expect_epsilon(of: &'static str, epsilon: f32) -> Result<(), Self> {
        Self::expect(epsilon >= 0.0, of, "epsilon", epsilon.into(), "at least 0")
    }
}

#[cfg(test)]
mod tests {
    use super::OptimizerError;
    use crate::optimizers::{Adadelta, Adagrad, Adam, AdamW, Adamax, Lamb, Lion, Nadam, Optimizer, RMSprop, SGD};

    #[test]
    fn arguments_out_of_their_range_are_errors() {
        fn refused(mut optimizer: impl Optimizer) -> (&'static str, f64) {
            let mut weights = [1.0, 2.0];
            let error = optimizer.step(&mut weights, &[1.0, 1.0]);
            assert_eq!(weights, [1.0, 2.0], "nothing is changed");
            match error {
                Err(OptimizerError::Argument { argument, found, .. }) => (argument, found),
                other => panic!("{} gave {other:?}", optimizer.name()),
            }
        }
        assert_eq!(refused(SGD::new(f32::INFINITY)).0, "learning_rate");
        assert_eq!(refused(SGD::default().momentum(2.0)), ("momentum", 2.0));
        assert_eq!(refused(SGD::default().momentum(-0.5)), ("momentum", -0.5));
        assert_eq!(refused(SGD::default().weight_decay(-1.0)), ("weight_decay", -1.0));
        assert_eq!(refused(RMSprop::default().rho(1.5)), ("rho", 1.5));
        assert_eq!(refused(RMSprop::default().momentum(1.5)), ("momentum", 1.5));
        assert_eq!(refused(RMSprop::default().epsilon(-1.0)), ("epsilon", -1.0));
        assert_eq!(refused(Adam::default().beta_1(1.0)), ("beta_1", 1.0));
        assert_eq!(refused(Adam::default().beta_2(-0.5)), ("beta_2", -0.5));
        assert_eq!(refused(AdamW::default().beta_2(2.0)), ("beta_2", 2.0));
        assert_eq!(refused(Adamax::default().beta_2(1.5)), ("beta_2", 1.5));
        assert_eq!(refused(Nadam::default().beta_1(1.5)), ("beta_1", 1.5));
        assert_eq!(refused(Lamb::default().epsilon(-1.0)), ("epsilon", -1.0));
        assert_eq!(refused(Lion::default().beta_2(1.5)), ("beta_2", 1.5));
        assert_eq!(refused(Adadelta::default().rho(-0.5)), ("rho", -0.5));
        assert_eq!(refused(Adagrad::default().epsilon(-1.0)), ("epsilon", -1.0));
    }
}

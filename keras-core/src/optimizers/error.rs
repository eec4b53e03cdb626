//! What an optimizer says of arguments and buffers that do not go together.

use crate::shape::Dims;

/// Arguments or buffers that do not go together.
///
/// ```
/// use keras::{optimizers::OptimizerError, prelude::*};
///
/// let error = SGD::default().step(&mut [1.0, 2.0], &[0.1]).unwrap_err();
/// assert_eq!(error, OptimizerError::Gradients { optimizer: "SGD", weights: 2, gradients: 1 });
/// assert_eq!(error.to_string(), "SGD was given 2 weights, but 1 gradients");
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
        /// What was given.
        found: f64,
        /// What can be.
        expected: &'static str,
    },
    /// Boundaries and values of a [`PiecewiseConstantDecay`](super::schedules::PiecewiseConstantDecay) that do not go together.
    #[error(
        "PiecewiseConstantDecay needs one value more than boundaries, but there are {boundaries} boundaries and {values} values"
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
    /// A variable that ends beyond the buffer.
    #[error("{optimizer} was given a variable that ends at {end}, but only {weights} weights")]
    Variable {
        /// The optimizer.
        optimizer: &'static str,
        /// Where the variable ends.
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
        /// The numbers kept for each weight, averages and gathered gradients among them.
        slots: usize,
        /// The length of the state.
        found: usize,
    },
}

impl OptimizerError {
    /// Checks an argument: an error if it is not `right`.
    ///
    /// An optimizer of one's own does so in its [`check`](super::Optimizer::check):
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
}

//! What an optimizer says of arguments and buffers that do not go together.

/// Arguments or buffers that do not go together.
///
/// ```
/// use keras::{optimizers::OptimizerError, prelude::*};
///
/// let error = SGD::default().step(&mut [1.0, 2.0], &[0.1]).unwrap_err();
/// assert_eq!(error, OptimizerError::Gradients { optimizer: "SGD", weights: 2, gradients: 1 });
/// assert_eq!(error.to_string(), "SGD was given 2 weights, but 1 gradients");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// More than one way to clip.
    #[error("only one of clipnorm, clipvalue and global_clipnorm can be set")]
    Clipping,
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
    /// A state that belongs to other weights or to other arguments.
    #[error("{optimizer} keeps {slots} numbers for each weight; a state of {found} does not fit")]
    State {
        /// The optimizer.
        optimizer: &'static str,
        /// The numbers kept for each weight.
        slots: usize,
        /// The length of the state.
        found: usize,
    },
}

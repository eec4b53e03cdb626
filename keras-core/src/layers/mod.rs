//! The layer protocol, and the layers.
//!
//! A layer is a constant. `build` says, when the program is compiled, what it makes of its input's dimensions and which
//! weights it has; `forward` and `backward` run over plain slices. Built-in layers and layers that users write go
//! through the same door:
//!
//! - `pub const fn layer(required arguments) -> Self`, and one builder method for each optional argument;
//! - `pub const fn build(&self, input: Dims) -> Result<Built, ShapeError>` (`inputs: &[Dims]` with several inputs);
//! - [`Layer`] with its two passes.

mod built;
mod pass;

pub use built::{Built, FinalActivation, MAX_WEIGHTS, Reuse, Space, Weight, Weights};
pub use pass::{Backward, Buffers, Forward, State};

/// The two passes of a layer.
///
/// A layer holds its configuration only; weights, inputs and outputs come in as slices. Every slice over samples holds
/// the samples one after another (channels last).
pub trait Layer: Copy + Send + Sync {
    /// Computes the output of a batch.
    fn forward(&self, pass: Forward<'_>);

    /// Computes the gradients of a batch from the gradient of its output.
    fn backward(&self, pass: Backward<'_>);
}

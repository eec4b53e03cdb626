//! The layer protocol, and the layers.
//!
//! A layer is a constant. `build` says, when the program is compiled, what it makes of its input's dimensions and which
//! weights it has; `forward` and `backward` run over plain slices. Built-in layers and layers that users write go
//! through the same door:
//!
//! - `pub const fn layer(required arguments) -> Self`, and one builder method for each optional argument;
//! - `pub const fn build(&self, input: Dims) -> Result<Built, ShapeError>` (`inputs: &[Dims]` with several inputs);
//! - [`Layer`] with its two passes.

mod activation;
mod add;
mod average_pooling2d;
mod batch_normalization;
mod built;
mod concatenate;
mod conv2d;
mod dense;
mod dropout;
mod flatten;
mod fused;
mod global_average_pooling2d;
mod max_pooling2d;
mod multiply;
mod padding;
mod pass;
mod re_lu;
mod reshape;
mod softmax;
mod subtract;

pub use activation::Activation;
pub use add::Add;
pub use average_pooling2d::AveragePooling2D;
pub use batch_normalization::BatchNormalization;
pub use concatenate::Concatenate;
pub use conv2d::Conv2D;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use global_average_pooling2d::GlobalAveragePooling2D;
pub use max_pooling2d::MaxPooling2D;
pub use multiply::Multiply;
pub use padding::Padding;
pub use re_lu::ReLU;
pub use reshape::Reshape;
pub use softmax::Softmax;
pub use subtract::Subtract;

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

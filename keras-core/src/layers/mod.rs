//! The layers, and the protocol by which they and layers of one's own work.
//!
//! In a listing, a layer is written as in Keras: positional arguments in Keras' order, named ones after them. All take
//! `name = "…"`, by which the layer is reached in the model (`model.scores()`), and `trainable = false`, which freezes it
//! from the start. An optional argument may be `None`. A layer without a name is called by its type and a number, as in
//! Keras: `dense`, `dense_1`.
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     struct Digits {
//!         Input(28, 28, 1),
//!         Conv2D(32, 3, padding = "same", activation = "relu"),
//!         MaxPooling2D(2),
//!         Flatten(),
//!         Dropout(0.5),
//!         Dense(10, activation = "softmax", name = "scores"),
//!     }
//! }
//!
//! let digits = Digits::with_seed(1);
//! assert_eq!(digits.conv2d().kernel().shape(), [3, 3, 1, 32]);
//! assert_eq!(digits.scores().bias().shape(), [10]);
//! ```
//!
//! A layer is a constant. `build` says, when the program is compiled, what it makes of its input's dimensions and which
//! weights it has; `forward` and `backward` run over plain slices. Built-in layers and layers that users write go
//! through the same door:
//!
//! - `pub const fn layer(required arguments) -> Self`, and one builder method for each optional argument;
//! - `pub const fn build(&self, input: Dims) -> Result<Built, ShapeError>` (`inputs: &[Dims]` with several inputs);
//! - [`Layer`] with its two passes.

mod activation;
mod activity_regularization;
mod add;
mod alpha_dropout;
mod average;
mod average_pooling2d;
mod batch_normalization;
pub(crate) mod broadcast;
mod built;
mod concatenate;
mod conv2d;
mod cropping2d;
mod dense;
mod dot;
mod dropout;
mod elu;
mod embedding;
mod flatten;
mod fused;
mod gaussian_dropout;
mod gaussian_noise;
mod global_average_pooling2d;
mod global_max_pooling2d;
mod identity;
mod layer_normalization;
mod leaky_re_lu;
mod list;
mod max_pooling2d;
mod maximum;
mod minimum;
mod multiply;
mod normalization;
mod numbers;
mod p_re_lu;
mod padding;
mod pass;
mod permute;
mod re_lu;
mod repeat_vector;
mod rescaling;
mod reshape;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod runner;
mod softmax;
mod spatial_dropout2d;
#[cfg(feature = "std")]
mod standalone;
mod subtract;
mod up_sampling2d;
mod zero_padding2d;

pub use activation::Activation;
pub use activity_regularization::ActivityRegularization;
pub use add::Add;
pub use alpha_dropout::AlphaDropout;
pub use average::Average;
pub use average_pooling2d::AveragePooling2D;
pub use batch_normalization::BatchNormalization;
pub use concatenate::Concatenate;
pub use conv2d::Conv2D;
pub use cropping2d::Cropping2D;
pub use dense::Dense;
pub use dot::Dot;
pub use dropout::Dropout;
pub use elu::ELU;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use gaussian_dropout::GaussianDropout;
pub use gaussian_noise::GaussianNoise;
pub use global_average_pooling2d::GlobalAveragePooling2D;
pub use global_max_pooling2d::GlobalMaxPooling2D;
pub use identity::Identity;
pub use layer_normalization::LayerNormalization;
pub use leaky_re_lu::LeakyReLU;
pub use max_pooling2d::MaxPooling2D;
pub use maximum::Maximum;
pub use minimum::Minimum;
pub use multiply::Multiply;
pub use normalization::Normalization;
#[cfg(feature = "std")]
pub(crate) use normalization::measure;
#[doc(hidden)]
pub use numbers::Numbers;
pub use p_re_lu::PReLU;
pub use padding::Padding;
pub use permute::Permute;
pub use re_lu::ReLU;
pub use repeat_vector::RepeatVector;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use softmax::Softmax;
pub use spatial_dropout2d::SpatialDropout2D;
#[cfg(feature = "std")]
pub use standalone::{LayerGradients, Standalone};
pub use subtract::Subtract;
pub use up_sampling2d::{Interpolation, UpSampling2D};
pub use zero_padding2d::ZeroPadding2D;

pub(crate) use built::Role;
pub use built::{Built, FinalActivation, Fusion, MAX_OUTPUTS, MAX_WEIGHTS, Output, Reuse, Space, Weight, Weights};
pub use list::{List, ListMut};
pub use pass::{Backward, Buffers, Forward, Fused, NonTrainable};

/// The two passes of a layer.
///
/// A layer holds its configuration only; weights, inputs and outputs come in as slices. Every slice over samples holds
/// the samples one after another (channels last).
///
/// ```
/// use keras::{layers::{Backward, Built, Forward, Layer}, prelude::*, shape::{Dims, ShapeError}};
///
/// /// Turns the sign of its input.
/// #[derive(Clone, Copy)]
/// pub struct Negate;
///
/// impl Negate {
///     pub const fn layer() -> Self { Self }
///     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> { Built::new(input).ok() }
/// }
///
/// impl Layer for Negate {
///     fn forward(&self, pass: Forward<'_>) {
///         let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
///         for (to, from) in output.iter_mut().zip(input) { *to = -from; }
///     }
///     fn backward(&self, pass: Backward<'_>) {
///         let [output_gradient] = pass.output_gradients.array();
///         let [Some(input_gradient)] = pass.input_gradients.array() else { return };
///         for (to, from) in input_gradient.iter_mut().zip(output_gradient) { *to = -*from; }
///     }
/// }
///
/// sequential! { struct Net { Input(2), Negate() } }
/// assert_eq!(Net::new().predict_one(&[1.0, -2.0]), [-1.0, 2.0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer: it does not implement `Layer`",
    label = "this layer computes nothing",
    note = "a layer computes in `impl Layer for {Self}`, which has `fn forward(&self, pass: Forward<'_>)` and \
            `fn backward(&self, pass: Backward<'_>)`"
)]
pub trait Layer: Copy + Send + Sync {
    /// Whether the layer computes what its `build` declares as [`Built::fusion`]. Without it, the plan fuses nothing with it.
    const FUSES: bool = false;

    /// Computes the outputs of a batch.
    fn forward(&self, pass: Forward<'_>);

    /// Computes the gradients of a batch from those of its outputs.
    fn backward(&self, pass: Backward<'_>);
}

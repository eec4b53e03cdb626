//! Layers: the built-in ones, and the traits and types for custom layers.
//!
//! In a model, a layer is written as in Keras: positional arguments in Keras' order, followed by named ones. All layers
//! take `name = "…"`, the name of the accessor in the model (`model.scores()`), and `trainable = false`, which freezes
//! the layer. Optional arguments may be `None`. Unnamed layers are named after their type and numbered, as in Keras:
//! `dense`, `dense_1`.
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
//! A layer is a constant. At compile time, `build` computes the shape of its output and its weights from the shape of
//! its input; `forward` and `backward` work on plain slices. Built-in and custom layers use the same interface:
//!
//! - `pub const fn layer(required arguments) -> Self`, and one builder method for each optional argument;
//! - `pub const fn build(&self, input: Dims) -> Result<Built, ShapeError>` (`inputs: &[Dims]` for multiple inputs);
//! - [`Layer`] with its two passes.

#[macro_use]
mod declare;

mod activations;
mod built;
#[cfg(feature = "std")]
mod config;
mod convolutional;
mod core;
mod elements;
#[cfg(test)]
mod extremes;
mod fused;
mod list;
pub(crate) mod merging;
mod normalization;
mod numbers;
mod padding;
mod pass;
mod pooling;
mod preprocessing;
mod regularization;
mod reshaping;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod runner;
#[cfg(feature = "std")]
mod standalone;
mod state;
mod tensor_spec;
mod unavailable;
mod weight;
mod windows;
mod wrappers;

use crate::schema::Schema;

/// The built-in layers and the types of their arguments: the prelude exports these, but not the interface for custom
/// layers.
#[doc(hidden)]
pub mod all {
    pub use super::{
        activations::*, convolutional::*, core::*, merging::*, normalization::*, padding::Padding, pooling::*,
        preprocessing::*, regularization::*, reshaping::*, wrappers::*,
    };
}

pub use all::*;

/// The layers of a family.
macro_rules! of_families {
    ($list:ident) => {
        [
            $crate::layers::core::$list,
            $crate::layers::convolutional::$list,
            $crate::layers::pooling::$list,
            $crate::layers::normalization::$list,
            $crate::layers::regularization::$list,
            $crate::layers::activations::$list,
            $crate::layers::reshaping::$list,
            $crate::layers::merging::$list,
            $crate::layers::preprocessing::$list,
            $crate::layers::wrappers::$list,
        ]
    };
}

#[cfg(test)]
pub(crate) use of_families;

/// The schemas of all built-in layers, family by family.
///
/// ```
/// use keras::layers::schemas;
///
/// let with_weights = schemas().filter(|schema| !schema.weights.is_empty());
/// assert!(with_weights.map(|schema| schema.class_name).any(|name| name == "PReLU"));
/// ```
pub fn schemas() -> impl Iterator<Item = &'static Schema> {
    of_families!(SCHEMAS).into_iter().flatten().copied()
}

#[doc(hidden)]
pub use numbers::Numbers;
#[cfg(feature = "std")]
pub(crate) use preprocessing::measure;
#[cfg(feature = "std")]
pub use standalone::{LayerGradients, Standalone};

pub use built::{Built, Dtypes, Fusion, MAX_OUTPUTS, Masks, Reuse, Space};
#[doc(hidden)]
pub use elements::elements;
pub use elements::{Element, Elements, Inputs};
pub use list::{List, ListMut};
pub use pass::{Backward, Buffers, Forward, Fused, InvalidId, NonTrainable};
pub use state::{MAX_STATES, StateVariable};
pub use tensor_spec::{FinalActivation, TensorSpec};
pub use unavailable::Available;
#[doc(hidden)]
pub use unavailable::{Unavailable0, Unavailable1, Unavailable2, Unavailable3, names as unavailable_names};
pub use weight::{MAX_WEIGHTS, MAX_WEIGHTS_WITHIN, Scope, Weight, Weights};
pub(crate) use weight::{Role, without_scope};

/// The two passes of a layer.
///
/// A layer only contains its configuration; weights, inputs and outputs are passed as slices. Slices of a batch contain
/// its samples one after another (channels last).
///
/// ```
/// use keras::{layers::{Backward, Built, Forward, Layer}, prelude::*, shape::{Dims, ShapeError}};
///
/// /// Negates its input.
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
    message = "`{Self}` is not a layer: it does not implement `Layer`",
    label = "this layer has no `forward` and no `backward`",
    note = "write `impl Layer for {Self}` with `fn forward(&self, pass: Forward<'_>)` and `fn backward(&self, pass: \
            Backward<'_>)`"
)]
pub trait Layer: Copy + Send + Sync {
    /// Whether the layer implements the fusion that its `build` declares. If not, the plan does not fuse it.
    const FUSES: bool = false;

    /// Computes the outputs of a batch.
    fn forward(&self, pass: Forward<'_>);

    /// Computes the gradients of a batch from the gradients of its outputs.
    fn backward(&self, pass: Backward<'_>);

    /// The names and values of the layer's arguments, as [Keras' `get_config`](https://keras.io/api/layers/base_layer/)
    /// (default: the path of the type, without arguments).
    ///
    /// ```
    /// use keras::{config::Config, layers::{Backward, Forward, Layer}, prelude::*};
    ///
    /// #[derive(Clone, Copy)]
    /// pub struct Scale { by: f32 }
    ///
    /// impl Layer for Scale {
    ///     fn config(&self) -> Config {
    ///         Config::of::<Self>().with("by", self.by)
    ///     }
    ///     # fn forward(&self, _: Forward<'_>) {}
    ///     # fn backward(&self, _: Backward<'_>) {}
    /// }
    ///
    /// assert_eq!(Scale { by: 2.0 }.config().get("by").map(ToString::to_string).as_deref(), Some("2.0"));
    /// ```
    #[cfg(feature = "std")]
    fn config(&self) -> crate::config::Config {
        crate::config::Config::of::<Self>()
    }
}

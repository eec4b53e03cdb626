//! Operations on tensors, as in [Keras' `ops`](https://keras.io/api/ops/), called in a model without creating a layer.
//!
//! ```
//! use keras::prelude::*;
//!
//! model! {
//!     /// Standardizes the values of a sample.
//!     struct Standardize(x: Input(3, 4)) {
//!         let distance = x - mean(x, axis = -1, keepdims = true);
//!         distance / sqrt(mean(square(distance), axis = -1, keepdims = true) + 1e-6)
//!     }
//! }
//!
//! let output = Standardize::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 2.0, 2.0, -1.0, 1.0, -1.0, 1.0]);
//! assert!((output[4] + 1.0).abs() < 1e-5 && (output[11] - 1.0).abs() < 1e-5);
//! ```
//!
//! An operation is a layer without weights: it implements the same trait, and is named in the summary as in Keras:
//! `exp`, `exp_1`. Tensors come first, then the arguments, positional or named. Axes are numbered as in Keras, with the
//! batch as axis 0; no operation reduces along the batch. A block of the model, `fn exp(x) { … }`, takes precedence
//! over an operation of the same name.
//!
//! | in a model | type |
//! |---|---|
//! | `x + y`, `x - y`, `x * y`, `x / y`, with a number on one side or none, `maximum(x, y)`, `minimum(x, y)`; `-x` | [`Add`](crate::layers::Add), [`Subtract`](crate::layers::Subtract), [`Multiply`](crate::layers::Multiply), [`Divide`], [`Maximum`](crate::layers::Maximum), [`Minimum`](crate::layers::Minimum); with a number, [`Rescaling`](crate::layers::Rescaling), [`DivideBy`], [`Reciprocal`], [`Clip`]; [`Negative`] |
//! | `x @ y`, `matmul(x, y)` | [`Matmul`] |
//! | `x[.., 0..3]` | [`GetItem`] |
//! | `abs`, `log`, `reciprocal`, `rsqrt`, `sqrt`, `square` | [`Absolute`], [`Log`], [`Reciprocal`], [`Rsqrt`], [`Sqrt`], [`Square`] |
//! | `exp`, `relu`, `sigmoid`, `tanh` and the other activations | [`Activation`](crate::layers::Activation) |
//! | `clip(x, x_min, x_max)` | [`Clip`] |
//! | `random_normal(x)`, `random_uniform(x)`, of the shape of `x` | [`RandomNormal`], [`RandomUniform`] |
//! | `add_loss(x);`, a statement | [`AddLoss`] |
//! | `max`, `mean`, `min`, `sum` | [`Max`], [`Mean`], [`Min`], [`Sum`] |
//! | `reshape`, `transpose` | [`Reshape`], [`Transpose`] |

mod add_loss;
mod clip;
mod divide;
mod divide_by;
mod functions;
mod get_item;
mod matmul;
mod negative;
mod random;
mod reciprocal;
mod reductions;
mod reshape;
mod transpose;
#[doc(hidden)]
pub mod weighted;

pub use add_loss::AddLoss;
pub use clip::Clip;
pub use divide::Divide;
pub use divide_by::DivideBy;
pub use functions::{Absolute, Log, Rsqrt, Sqrt, Square};
pub use get_item::{GetItem, Index};
pub use matmul::Matmul;
pub use negative::Negative;
pub use random::{RandomNormal, RandomUniform};
pub use reciprocal::Reciprocal;
pub use reductions::{Max, Mean, Min, Sum};
pub use reshape::Reshape;
pub use transpose::Transpose;

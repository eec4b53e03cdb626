//! Shapes: [`Dims`] values for const evaluation, and `Shape…` types for users.
//!
//! A shape is that of one sample, without the batch axis. [`Shape3<28, 28, 1>`](Shape3) appears in the signatures of a
//! model and in compile errors; `Dims::new(&[28, 28, 1])` is passed to a layer's `build`.
//!
//! ```
//! use keras::{prelude::*, shape::Dims};
//!
//! sequential! { struct Net { Input(28, 28, 1), Conv2D(8, 3), Flatten(), Dense(10) } }
//!
//! let images: Tensor<Shape3<28, 28, 1>> = Tensor::from_vec(vec![0.0; 2 * 784])?;
//! let scores: Tensor<Shape1<10>> = Net::with_seed(1).predict(&images)?;
//! assert_eq!(scores.len(), 2);
//! assert_eq!(Shape3::<28, 28, 1>::DIMS, Dims::new(&[28, 28, 1]));
//! # Ok::<(), keras::Error>(())
//! ```

mod axes;
mod dims;
mod dtype;
mod error;
mod integers;
mod strided;
mod types;

pub(crate) use axes::{Axes, Chosen};
pub use dims::{Dims, MAX_ELEMENTS, MAX_LENGTH, MAX_RANK};
pub use dtype::Dtype;
pub use error::{Message, ShapeError};
pub(crate) use integers::Integers;
pub(crate) use strided::{Offsets, Strided};
pub use types::{Pick, Rank, Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, Text, Typed};

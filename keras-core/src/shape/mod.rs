//! Shapes: `Dims` values that const evaluation computes with, `Shape…` types that users see.

mod dims;
mod error;
mod types;

pub use dims::{Dims, MAX_RANK};
pub use error::{Message, ShapeError};
pub use types::{Pick, Rank, Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5};

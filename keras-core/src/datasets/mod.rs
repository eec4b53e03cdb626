//! Data sets: one that comes with the crate, and loaders of files.

mod digits;
mod idx;

pub use digits::digits;
pub use idx::{Idx, mnist, read_idx};

use crate::{
    data::{Dataset, Labels, Tensor},
    shape::Shape3,
};

/// Images with a class each.
pub type Images<const HEIGHT: usize, const WIDTH: usize, const CHANNELS: usize> =
    Dataset<Tensor<Shape3<HEIGHT, WIDTH, CHANNELS>>, Labels>;

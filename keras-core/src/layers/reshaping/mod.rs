//! Samples in another shape.

mod cropping2d;
pub(in crate::layers) mod flatten;
mod permute;
mod repeat_vector;
mod reshape;
mod up_sampling2d;
pub(in crate::layers) mod zero_padding2d;

pub use cropping2d::Cropping2D;
pub use flatten::Flatten;
pub use permute::Permute;
pub use repeat_vector::RepeatVector;
pub use reshape::Reshape;
pub use up_sampling2d::{Interpolation, UpSampling2D};
pub use zero_padding2d::ZeroPadding2D;

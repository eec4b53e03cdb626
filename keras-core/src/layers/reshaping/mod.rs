//! Reshaping layers.

mod cropping2d;
pub(in crate::layers) mod flatten;
mod permute;
mod repeat_vector;
mod reshape;
mod up_sampling2d;
pub(in crate::layers) mod zero_padding2d;

pub use up_sampling2d::Interpolation;

family! {
    cropping2d::Cropping2D,
    flatten::Flatten,
    permute::Permute,
    repeat_vector::RepeatVector,
    reshape::Reshape,
    up_sampling2d::UpSampling2D,
    zero_padding2d::ZeroPadding2D,
}

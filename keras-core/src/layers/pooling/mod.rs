//! Pooling.

mod average_pooling2d;
mod global_average_pooling1d;
mod global_average_pooling2d;
mod global_max_pooling2d;
pub(in crate::layers) mod max_pooling2d;

pub use average_pooling2d::AveragePooling2D;
pub use global_average_pooling1d::GlobalAveragePooling1D;
pub use global_average_pooling2d::GlobalAveragePooling2D;
pub use global_max_pooling2d::GlobalMaxPooling2D;
pub use max_pooling2d::MaxPooling2D;

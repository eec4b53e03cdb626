//! Inputs in another range.

mod normalization;
mod rescaling;

pub use normalization::Normalization;
#[cfg(feature = "std")]
pub(crate) use normalization::measure;
pub use rescaling::Rescaling;

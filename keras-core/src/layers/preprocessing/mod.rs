//! Preprocessing layers.

mod normalization;
mod rescaling;

#[cfg(feature = "std")]
pub(crate) use normalization::measure;

family! {
    normalization::Normalization,
    rescaling::Rescaling,
}

//! Shapes, layers, kernels and training behind the `keras` crate.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod activations;
#[cfg(feature = "std")]
pub mod callbacks;
#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
pub mod datasets;
pub mod embedding;
#[cfg(feature = "std")]
mod error;
pub mod initializers;
pub mod kernels;
pub mod layers;
#[cfg(feature = "std")]
pub mod losses;
#[cfg(feature = "std")]
pub mod metrics;
pub mod model;
#[cfg(feature = "std")]
pub mod optimizers;
pub mod regularizers;
#[cfg(feature = "std")]
pub mod saving;
pub mod shape;
#[cfg(feature = "std")]
pub mod training;

#[cfg(feature = "std")]
pub use error::{Error, Result};

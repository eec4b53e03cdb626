//! Shapes, layers, kernels and training behind the `keras` crate.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod activations;
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
pub mod shape;

//! Shapes, layers, kernels and training behind the `keras` crate.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
pub mod losses;
#[cfg(feature = "std")]
pub mod metrics;
#[cfg(feature = "std")]
pub mod optimizers;
pub mod shape;

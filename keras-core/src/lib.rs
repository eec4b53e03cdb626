//! Shapes, layers, kernels and training behind the `keras` crate.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod embedding;
#[cfg(feature = "std")]
pub mod saving;
pub mod shape;

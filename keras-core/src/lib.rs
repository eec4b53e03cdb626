//! Shapes, layers, kernels and training behind the `keras` crate.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod activations;
pub mod initializers;
pub mod kernels;
pub mod layers;
pub mod model;
pub mod regularizers;
pub mod shape;

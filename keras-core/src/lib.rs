//! Shapes, layers, kernels and training of the crate `keras`.
//!
//! Programs depend on `keras`, which provides the macros and re-exports this crate. It also contains the runtime part
//! of the generated code: the trait [`model::Model`], which every declared model implements, and the functions that its
//! constants and passes call.
//!
//! ```
//! use keras::prelude::*;
//! use keras_core::model::Model;
//!
//! sequential! { struct Net { Input(4), Dense(3) } }
//!
//! let names: Vec<String> = Net::<Embedded>::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
//! assert_eq!(names, ["dense/kernel", "dense/bias"]);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

pub mod activations;
#[cfg(feature = "std")]
mod arguments;
#[cfg(feature = "std")]
pub mod callbacks;
#[cfg(feature = "std")]
pub mod config;
pub mod constraints;
#[cfg(feature = "std")]
pub mod data;
#[cfg(feature = "std")]
pub mod datasets;
#[doc(hidden)]
pub mod embedding;
#[cfg(feature = "std")]
mod error;
pub mod initializers;
#[doc(hidden)]
pub mod kernels;
pub mod layers;
#[cfg(all(test, feature = "std"))]
mod long_sums;
#[cfg(feature = "std")]
pub mod losses;
#[cfg(feature = "std")]
pub mod metrics;
pub mod model;
pub mod ops;
#[cfg(feature = "std")]
pub mod optimizers;
pub mod regularizers;
#[cfg(feature = "std")]
pub mod saving;
pub mod schema;
pub mod shape;
#[cfg(feature = "std")]
pub mod training;
#[cfg(feature = "std")]
mod tuples;
mod weights_file;

#[doc(hidden)]
pub use weights_file::Dtype as WeightDtype;

#[cfg(feature = "std")]
pub use error::{Error, Result};
pub use kernels::random::Random;

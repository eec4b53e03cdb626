//! Keras for Rust, resolved by the compiler.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
extern crate self as keras;

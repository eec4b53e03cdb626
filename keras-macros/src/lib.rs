//! The macros of the `keras` crate.
#![forbid(unsafe_code)]

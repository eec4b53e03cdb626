//! What this crate computes, compared with what Keras computed: see `tests/recordings/README.md`.
//!
//! Every recorded case is compared, or listed in its module with the reason why not; a case that is neither fails.

mod activations;
mod configs;
mod constraints;
mod initializers;
mod layers;
mod losses;
mod masks;
mod metrics;
mod object_configs;
mod ops;
mod optimizers;
mod pass;
mod regularizers;
mod schedules;
mod support;
mod training;

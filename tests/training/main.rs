//! What `compile`, `fit`, `evaluate` and `predict` do, as Keras does it.

mod data;
mod errors;
mod history;
mod order;
mod support;
mod verbosity;

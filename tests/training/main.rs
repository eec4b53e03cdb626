//! What `compile`, `fit`, `evaluate` and `predict` do, as Keras does it.

mod batches;
mod convergence;
mod data;
mod errors;
mod history;
mod losses;
mod optimizers;
mod order;
mod own_steps;
mod support;
mod verbosity;

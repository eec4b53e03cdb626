//! Gradients against differences of the loss: of every layer, operation, activation, loss and regularizer. `tests/catalogue`
//! compares with the source what is checked here, so that nothing new is left out.

#[macro_use]
mod support;

mod activations;
mod layers;
mod losses;

//! Layers declared by `layer!`.

#[macro_use]
#[path = "../gradients/support.rs"]
#[allow(unused_macros, reason = "of the gradients of losses")]
mod support;

mod arguments;
mod basics;
mod graphs;
mod losses;
mod random;
mod weights;

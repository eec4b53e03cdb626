//! The activation at the end of a layer: what it keeps in training, and how its gradient starts the backward pass.

use super::{Built, FinalActivation};
use crate::{
    activations::Activation,
    kernels::{Epilogue, activation, elementwise},
};

/// What `build` says for a layer that ends in an activation.
pub(super) const fn build(built: Built, activation: Activation) -> Built {
    let final_activation = match activation {
        Activation::Softmax => FinalActivation::Softmax,
        Activation::Sigmoid => FinalActivation::Sigmoid,
        _ => FinalActivation::Other,
    };
    // Softmax and sigmoid keep their logits for a loss that starts there; others only what their gradient needs.
    let keeps = activation.gradient_needs_input() || !matches!(final_activation, FinalActivation::Other);
    let size = built.output().size();
    let built = if keeps { built.saved(size, built.saved.fixed) } else { built };
    let built = if matches!(activation, Activation::Linear) { built } else { built.backward_reads_output() };
    built.final_activation(final_activation)
}

/// Computes the output: `compute` is given the epilogue to apply, without an activation if what goes in is to be kept.
#[inline]
pub(super) fn forward(
    epilogue: Epilogue<'_>,
    last: usize,
    output: &mut [f32],
    saved: &mut [f32],
    compute: impl FnOnce(Epilogue<'_>, &mut [f32]),
) {
    if saved.is_empty() {
        return compute(epilogue, output);
    }
    compute(Epilogue { activation: Activation::Linear, ..epilogue }, output);
    elementwise::copy(output, saved);
    activation::forward_in_place(epilogue.activation, last, output);
}

/// Turns the gradient of the output into that of what went into the activation.
pub(super) fn backward(
    activation: Activation,
    last: usize,
    saved: &[f32],
    output: &[f32],
    gradient: &mut [f32],
    from_logits: u32,
) {
    if from_logits & 1 == 0 {
        activation::backward_in_place(activation, last, saved, output, gradient);
    }
}

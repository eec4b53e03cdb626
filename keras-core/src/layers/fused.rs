//! The activation at the end of a layer: the tensors that it saves in training, and its backward pass.

use super::{Built, FinalActivation};
use crate::{
    activations::Activation,
    kernels::{Epilogue, activation, elementwise},
};

/// Builds a layer that ends with an activation.
pub(super) const fn build(built: Built, activation: Activation) -> Built {
    let final_activation = match activation {
        Activation::Softmax => FinalActivation::Softmax,
        Activation::Sigmoid => FinalActivation::Sigmoid,
        _ => FinalActivation::Other,
    };
    // Softmax and sigmoid save their logits for the loss; others save the tensors that their gradients need.
    let keeps = activation.gradient_needs_input() || !matches!(final_activation, FinalActivation::Other);
    let size = built.output().size();
    let built = if keeps { built.saved(size, built.saved.fixed) } else { built };
    let built = if matches!(activation, Activation::Linear) { built } else { built.backward_reads_output() };
    built.final_activation(final_activation)
}

/// Computes the output: `compute` receives the epilogue to apply, without the activation if its input must be saved.
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

/// Converts the gradient of the output to that of the activation's input.
pub(super) fn backward(
    activation: Activation,
    last: usize,
    saved: &[f32],
    output: &[f32],
    gradient: &mut [f32],
    from_logits: u64,
) {
    if from_logits & 1 == 0 {
        activation::backward_in_place(activation, last, saved, output, gradient);
    }
}

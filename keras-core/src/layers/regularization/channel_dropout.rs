//! Dropout of whole channels, whatever the axes before them.

use crate::{
    kernels::{channels, elementwise, random},
    layers::{Backward, Built, Forward, Masks, Reuse},
    shape::{Dims, ShapeError},
};

pub(super) const fn build(rate: f32, input: Dims) -> Result<Built, ShapeError> {
    if !(rate >= 0.0 && rate <= 1.0) {
        return Err(ShapeError::new("its rate is the fraction of channels to drop; it must be between 0 and 1"));
    }
    let built = Built::new(input).masks(Masks::Passed).scratch(input.last(), 0).saved(input.last(), 0);
    built.reuse(if rate == 0.0 { Reuse::Always } else { Reuse::Inference }).ok()
}

pub(super) fn forward(rate: f32, pass: Forward<'_>) {
    let ([input], [output], [dims]) = (pass.inputs.array(), pass.outputs.array(), pass.output_dims.array());
    if pass.training {
        let (mask, ones) = (pass.saved.per_sample, pass.scratch.per_sample);
        ones.fill(1.0);
        random::dropout(rate, pass.random, ones, mask);
        mask_channels(dims, mask, input, output);
    } else {
        elementwise::copy(input, output);
    }
}

pub(super) fn backward(pass: Backward<'_>) {
    if !pass.training {
        return pass.copy();
    }
    let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
    if let [Some(input_gradient)] = pass.input_gradients.array() {
        mask_channels(output_dims, pass.saved.per_sample, output_gradient, input_gradient);
    }
}

/// Multiplies each channel of each sample by its factor.
fn mask_channels(dims: Dims, mask: &[f32], input: &[f32], output: &mut [f32]) {
    let channels = dims.last().max(1);
    channels::scale_channels(dims.size() / channels, channels, mask, input, output);
}

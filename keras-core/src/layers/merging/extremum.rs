//! Elementwise maximum and minimum of tensors.

use crate::{
    kernels::arithmetic,
    layers::{
        Backward, Built,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

/// The shape rule of both layers.
pub(super) const fn build(inputs: &[Dims]) -> Result<Built, ShapeError> {
    match broadcast::build(inputs) {
        Ok(built) => built.backward_reads_input().backward_reads_output().ok(),
        Err(error) => Err(error),
    }
}

/// The gradient goes to the first input that is equal to the output.
pub(super) fn backward(pass: Backward<'_>) {
    let (memory, repeated) = broadcast::halves(pass.scratch.per_sample);
    let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
    let [output_gradient] = pass.output_gradients.array();
    let inputs = pass.inputs.iter().zip(pass.input_dims);
    for ((input, dims), input_gradient) in inputs.zip(pass.input_gradients) {
        let spread = Spread::new(pass.batch, *dims, output_dims);
        let input = spread.repeat(input, repeated);
        // The gradient of an input that is not needed is subtracted all the same: it does not belong to another input.
        spread.sum_of(input_gradient.as_deref_mut().unwrap_or_default(), memory, |input_gradient| {
            arithmetic::take_chosen(input, output, output_gradient, input_gradient);
        });
    }
}

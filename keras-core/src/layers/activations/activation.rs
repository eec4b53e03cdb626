//! Activation function as a layer.

use crate::{
    activations,
    kernels::{activation, elementwise},
    layers::{Backward, Built, FinalActivation, Forward, Fusion, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Applies an activation function to the input.
    ///
    /// See [Keras' `Activation`](https://keras.io/api/layers/core_layers/activation/). The functions are those of
    /// [`activations::Activation`].
    ///
    /// # Shapes
    /// Output of the same shape as the input; softmax and log_softmax are computed along the last axis. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Activation("relu") } }
    /// assert_eq!(Net::new().predict_one(&[-1.0, 0.0, 2.0]), [0.0, 0.0, 2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::{activations, prelude::*};
    ///
    /// let alone = standalone!(Activation::layer(activations::Activation::Relu), [3], 7)?;
    /// assert_eq!(alone.call(&[&[-1.0, 0.0, 2.0]])?, [0.0, 0.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Activation {
        /// Activation function, such as `"relu"`
        activation: Activation,
    }
    masks: Passed;
}

impl Activation {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the activation is softmax or log_softmax and the input is a scalar.
    ///
    /// ```
    /// use keras::{activations, layers::Activation, shape::Dims};
    ///
    /// let built = Activation::layer(activations::Activation::Tanh).build(Dims::new(&[8, 8, 3]))?;
    /// assert_eq!(built.output(), Dims::new(&[8, 8, 3]));
    /// assert!(Activation::layer(activations::Activation::Softmax).build(Dims::SCALAR).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.works_on_axis() && input.rank() == 0 {
            return Err(ShapeError::new(
                "softmax works on the last axis of its input, but its input is a scalar {a}; put Reshape(1) before it",
            )
            .dims(input));
        }
        let mut built = Built::new(input).backward_reads_output().masks(Masks::Passed);
        if self.activation.gradient_needs_input() {
            built = built.backward_reads_input();
        }
        match self.activation {
            activations::Activation::Softmax => {
                built = built.saved(input.size(), 0).final_activation(FinalActivation::Softmax);
            }
            activations::Activation::Sigmoid => {
                built = built.saved(input.size(), 0).final_activation(FinalActivation::Sigmoid);
            }
            activations::Activation::Relu => built = built.fusion(Fusion::Rectifier),
            _ => {}
        }
        built.ok()
    }

    const fn works_on_axis(&self) -> bool {
        matches!(self.activation, activations::Activation::Softmax | activations::Activation::LogSoftmax)
    }
}

/// Also used by [`Softmax`](crate::layers::Softmax) and [`ReLU`](crate::layers::ReLU): saves the logits of the
/// activation in `saved`.
pub(in crate::layers) fn keep(input: &[f32], kept: &mut [f32]) {
    // At inference nothing is saved, and the slice is empty.
    if !kept.is_empty() {
        elementwise::copy(input, kept);
    }
}

impl Layer for Activation {
    const FUSES: bool = true;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let [input] = pass.inputs.array();
        keep(input, pass.saved.per_sample);
        let last = last_axis(self.works_on_axis(), output_dims.last());
        activation::forward(self.activation, last, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient], [output_dims]) =
            (pass.outputs.array(), pass.output_gradients.array(), pass.output_dims.array());
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        if pass.from_logits & 1 == 1 {
            input_gradient.copy_from_slice(output_gradient);
            return;
        }
        let last = last_axis(self.works_on_axis(), output_dims.last());
        activation::backward(self.activation, last, input, output, output_gradient, input_gradient);
    }
}

fn last_axis(works_on_axis: bool, last: usize) -> usize {
    if works_on_axis { last } else { 1 }
}

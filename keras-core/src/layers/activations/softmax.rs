//! Softmax as a layer, along any axis.

use crate::{
    kernels::softmax::{softmax, softmax_backward},
    layers::{Backward, Built, FinalActivation, Forward, Layer, Masks, activations::activation::keep},
    shape::{Dims, ShapeError},
};

layer! {
    /// Softmax along an axis: `exp(x) / Σ exp(x)`.
    ///
    /// See [Keras' `Softmax`](https://keras.io/api/layers/activation_layers/softmax/). Axes are numbered as in Keras,
    /// with the batch as axis 0.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Softmax() } }
    /// assert_eq!(Net::new().predict_one(&[2.0, 2.0, 2.0, 2.0]), [0.25, 0.25, 0.25, 0.25]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Softmax::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[3.0, 3.0]])?, [0.5, 0.5]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Softmax {
        /// Axis along which the outputs sum to 1
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Columns { Input(2, 3), Softmax(axis = 1) } }
        /// assert_eq!(Columns::new().predict_one(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]), [0.5; 6]);
        /// ```
        axis: Axis = -1,
    }
    masks: Refused;
}

impl Softmax {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the axis does not exist, or is the batch axis.
    ///
    /// ```
    /// use keras::{layers::Softmax, shape::Dims};
    ///
    /// assert_eq!(Softmax::layer().build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// assert!(Softmax::layer().axis(2).build(Dims::new(&[10])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let Some(axis) = input.resolve_axis(self.axis) else {
            return Err(ShapeError::new(
                "its axis does not exist in its input {a}; use 1 to {0} (0 is the batch), or count back from -1",
            )
            .dims(input)
            .number(input.rank()));
        };
        let built = Built::new(input)
            .masks(Masks::Refused(
                "its input has a mask, which it does not support; put it before the layer that makes the mask",
            ))
            .backward_reads_output();
        if axis + 1 == input.rank() {
            built.saved(input.size(), 0).final_activation(FinalActivation::Softmax).ok()
        } else {
            built.ok()
        }
    }
}

impl Softmax {
    /// The number of elements of a batch before the axis, along it, and after it.
    fn extents(&self, dims: Dims, batch: usize) -> (usize, usize, usize) {
        let axis = dims.resolve_axis(self.axis).unwrap_or_default();
        (batch * dims.before(axis).size(), dims.length(axis), dims.after(axis).size())
    }
}

impl Layer for Softmax {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let [input] = pass.inputs.array();
        keep(input, pass.saved.per_sample);
        let (outer, length, inner) = self.extents(output_dims, pass.batch);
        softmax(outer, length, inner, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient], [output_dims]) =
            (pass.outputs.array(), pass.output_gradients.array(), pass.output_dims.array());
        let [Some(input_gradient)] = pass.input_gradients.array() else { return };
        if pass.from_logits & 1 == 1 {
            input_gradient.copy_from_slice(output_gradient);
            return;
        }
        let (outer, length, inner) = self.extents(output_dims, pass.batch);
        softmax_backward(outer, length, inner, output, output_gradient, input_gradient);
    }
}

//! Leaky rectified linear unit as a layer.

use crate::{
    kernels::activation,
    layers::{Backward, Built, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Leaky rectified linear unit: `x` if positive, `negative_slope · x` otherwise.
    ///
    /// See [Keras' `LeakyReLU`](https://keras.io/api/layers/activation_layers/leaky_relu/). The activation
    /// `"leaky_relu"` has a slope of 0.2.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), LeakyReLU(negative_slope = 0.5) } }
    /// assert_eq!(Net::new().predict_one(&[-10.0, 0.0, 5.0]), [-5.0, 0.0, 5.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(LeakyReLU::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[-10.0, 2.0]])?, [-3.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct LeakyReLU {
        /// Slope for negative inputs
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), LeakyReLU(0.25) } }
        /// assert_eq!(Net::new().predict_one(&[-4.0, 4.0]), [-1.0, 4.0]);
        /// ```
        negative_slope: Float = 0.3,
    }
    masks: Passed;
}

impl LeakyReLU {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the slope is negative.
    ///
    /// ```
    /// use keras::{layers::LeakyReLU, shape::Dims};
    ///
    /// assert_eq!(LeakyReLU::layer().build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// assert!(LeakyReLU::layer().negative_slope(-0.5).build(Dims::new(&[10])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.negative_slope < 0.0 {
            return Err(ShapeError::new("negative_slope must not be negative"));
        }
        Built::new(input).backward_reads_input().masks(Masks::Passed).ok()
    }
}

impl Layer for LeakyReLU {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        activation::relu(self.negative_slope, f32::INFINITY, 0.0, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            let (slope, gradient) = (self.negative_slope, &*output_gradient);
            activation::relu_backward(slope, f32::INFINITY, 0.0, input, gradient, input_gradient);
        }
    }
}

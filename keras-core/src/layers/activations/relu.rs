//! Rectified linear unit as a layer.

use crate::{
    kernels::activation,
    layers::{Backward, Built, Forward, Fusion, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Rectified linear unit: `min(x, max_value)` if `x > threshold`, `negative_slope · (x − threshold)` otherwise.
    ///
    /// See [Keras' `ReLU`](https://keras.io/api/layers/activation_layers/relu/).
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), ReLU() } }
    /// assert_eq!(Net::new().predict_one(&[-1.0, 0.0, 7.0]), [0.0, 0.0, 7.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(ReLU::layer(), [3], 7)?;
    /// assert_eq!(alone.call(&[&[-1.0, 0.0, 7.0]])?, [0.0, 0.0, 7.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ReLU {
        /// Maximum of the output
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(3), ReLU(max_value = 6) } }
        /// assert_eq!(Net::new().predict_one(&[-1.0, 5.0, 7.0]), [0.0, 5.0, 6.0]);
        /// ```
        max_value: Float = None,
        /// Slope for inputs below the threshold
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), ReLU(negative_slope = 0.5) } }
        /// assert_eq!(Net::new().predict_one(&[-2.0, 2.0]), [-1.0, 2.0]);
        /// ```
        negative_slope: Float = 0.0,
        /// Threshold below which the slope is `negative_slope`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), ReLU(threshold = 1.0) } }
        /// assert_eq!(Net::new().predict_one(&[0.5, 2.0]), [0.0, 2.0]);
        /// ```
        threshold: Float = 0.0,
    }
    masks: Passed;
}

impl ReLU {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If `max_value`, `negative_slope` or `threshold` is negative.
    ///
    /// ```
    /// use keras::{layers::ReLU, shape::Dims};
    ///
    /// assert_eq!(ReLU::layer().build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// assert!(ReLU::layer().max_value(-1.0).build(Dims::new(&[10])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if self.largest() < 0.0 {
            return Err(ShapeError::new("max_value must not be negative"));
        }
        if self.negative_slope < 0.0 {
            return Err(ShapeError::new("negative_slope must not be negative"));
        }
        if self.threshold < 0.0 {
            return Err(ShapeError::new("threshold must not be negative"));
        }
        let plain = self.negative_slope == 0.0 && self.threshold == 0.0 && self.max_value.is_none();
        let fusion = if plain { Fusion::Rectifier } else { Fusion::None };
        Built::new(input).backward_reads_input().masks(Masks::Passed).fusion(fusion).ok()
    }

    const fn largest(&self) -> f32 {
        match self.max_value {
            Some(value) => value,
            None => f32::INFINITY,
        }
    }
}

impl Layer for ReLU {
    const FUSES: bool = true;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        activation::relu(self.negative_slope, self.largest(), self.threshold, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            activation::relu_backward(
                self.negative_slope,
                self.largest(),
                self.threshold,
                input,
                output_gradient,
                input_gradient,
            );
        }
    }
}

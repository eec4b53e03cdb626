//! Exponential linear unit as a layer.

use crate::{
    activations::elu,
    kernels::activation,
    layers::{Backward, Built, Forward, Layer, Masks},
    shape::{Dims, ShapeError},
};

layer! {
    /// Exponential linear unit: `x` if positive, `alpha·(exp(x) − 1)` otherwise.
    ///
    /// See [Keras' `ELU`](https://keras.io/api/layers/activation_layers/elu/). With `alpha = 1.0` it is the activation
    /// `"elu"`.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), ELU(alpha = 0.5) } }
    /// let [below, above] = Net::new().predict_one(&[-1.0, 2.0]);
    /// assert!((below - 0.5 * (f32::exp(-1.0) - 1.0)).abs() < 1e-6);
    /// assert_eq!(above, 2.0);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(ELU::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[-1e9, 2.0]])?, [-1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ELU {
        /// Slope of the negative section
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), ELU(alpha = 2) } }
        /// assert_eq!(Net::new().predict_one(&[-100.0]), [-2.0]);
        /// ```
        alpha: Float = 1.0,
    }
    masks: Passed;
}

impl ELU {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// ```
    /// use keras::{layers::ELU, shape::Dims};
    ///
    /// assert_eq!(ELU::layer().build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).backward_reads_input().masks(Masks::Passed).backward_reads_output().ok()
    }
}

impl Layer for ELU {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        activation::forward(elu(self.alpha), 1, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        activation::backward(elu(self.alpha), 1, input, output, output_gradient, input_gradient);
    }
}

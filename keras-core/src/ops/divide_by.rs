//! Division by a number.

use crate::{
    kernels::arithmetic,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Divides every element by a number.
///
/// In a model: `x / 3`. See [Keras' `ops.divide`](https://keras.io/api/ops/numpy/#divide-function). It divides, rather
/// than multiplying by the reciprocal, which would round twice.
///
/// # Shapes
/// Output of the same shape as the input.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(2)) { x / 41 } }
/// assert_eq!(Net::new().predict_one(&[41.0, -20.5]), [1.0, -0.5]);
/// assert_ne!(41.0 * (1.0 / 41.0f32), 1.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DivideBy {
    divisor: f32,
}

impl DivideBy {
    /// Divides by this number.
    ///
    /// ```
    /// use keras::{ops::DivideBy, prelude::*};
    ///
    /// let alone = standalone!(DivideBy::layer(4.0), [2], 7)?;
    /// assert_eq!(alone.call(&[&[2.0, -6.0]])?, [0.5, -1.5]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(divisor: f32) -> Self {
        Self { divisor }
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{ops::DivideBy, shape::Dims};
    ///
    /// assert_eq!(DivideBy::layer(2.0).build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).ok()
    }
}

impl Layer for DivideBy {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        arithmetic::divide_by(self.divisor, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let [Some(input_gradient)] = pass.input_gradients.array() else { return };
        arithmetic::divide_by(self.divisor, output_gradient, input_gradient);
    }
}

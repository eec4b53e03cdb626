//! Negation.

use crate::{
    kernels::arithmetic,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Elementwise negation.
///
/// In a model: `-x` or `negative(x)`. See [Keras' `ops.negative`](https://keras.io/api/ops/numpy/#negative-function).
///
/// # Shapes
/// Output of the same shape as the input.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(2)) { -x } }
/// assert_eq!(Net::new().predict_one(&[1.0, -2.0]), [-1.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Negative;

impl Negative {
    /// Creates the operation.
    ///
    /// ```
    /// use keras::{ops::Negative, prelude::*};
    ///
    /// let alone = standalone!(Negative::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, -2.0]])?, [-1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{ops::Negative, shape::Dims};
    ///
    /// assert_eq!(Negative::layer().build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[8, 8, 3]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).ok()
    }
}

impl Layer for Negative {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        arithmetic::negate(input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let [Some(input_gradient)] = pass.input_gradients.array() else { return };
        arithmetic::negate(output_gradient, input_gradient);
    }
}

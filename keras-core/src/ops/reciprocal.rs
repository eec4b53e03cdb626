//! Reciprocals.

use crate::{
    kernels::arithmetic,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Elementwise reciprocal, or the quotient of another number and every element.
///
/// In a model: `reciprocal(x)` and `2 / x`. See [Keras'
/// `ops.reciprocal`](https://keras.io/api/ops/numpy/#reciprocal-function).
///
/// # Shapes
/// Output of the same shape as the input.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Net(x: Input(2)) { reciprocal(x) + 3 / x } }
/// assert_eq!(Net::new().predict_one(&[2.0, -4.0]), [2.0, -1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reciprocal {
    numerator: f32,
}

impl Reciprocal {
    /// Creates the operation, with numerator 1.
    ///
    /// ```
    /// use keras::{ops::Reciprocal, prelude::*};
    ///
    /// let alone = standalone!(Reciprocal::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[2.0, -4.0]])?, [0.5, -0.25]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self { numerator: 1.0 }
    }

    /// Numerator (default: `1.0`).
    ///
    /// ```
    /// use keras::{layers::Layer, ops::Reciprocal, prelude::*};
    ///
    /// model! { struct Net(x: Input(1)) { Reciprocal(numerator = 6.0)(x) } }
    /// assert_eq!(Net::new().predict_one(&[4.0]), [1.5]);
    /// ```
    pub const fn numerator(mut self, numerator: f32) -> Self {
        self.numerator = numerator;
        self
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{ops::Reciprocal, shape::Dims};
    ///
    /// assert_eq!(Reciprocal::layer().build(Dims::new(&[10]))?.output(), Dims::new(&[10]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).backward_reads_input().backward_reads_output().ok()
    }
}

impl Layer for Reciprocal {
    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let [input] = pass.inputs.array();
        arithmetic::divide_number(self.numerator, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [Some(input_gradient)]) = (pass.inputs.array(), pass.input_gradients.array()) else { return };
        arithmetic::divisor_gradient(output_gradient, output, input, input_gradient);
    }
}

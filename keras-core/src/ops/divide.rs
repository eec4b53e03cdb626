//! Quotients of tensors.

use crate::{
    kernels::{arithmetic, elementwise},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

/// Elementwise quotient of two tensors.
///
/// In a model: `x / y`, `divide(x, y)` or `true_divide(x, y)`. See [Keras'
/// `ops.divide`](https://keras.io/api/ops/numpy/#divide-function).
///
/// # Shapes
/// Inputs of one shape, which is also that of the output; others are broadcast: axes of length 1 are repeated, and so are
/// those that are missing in front: `(4, 3)` and `(3,)` make `(4, 3)`. The batch axis is not broadcast.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Shares(x: Input(4)) { x / sum(x, axis = 1, keepdims = true) } }
/// assert_eq!(Shares::new().predict_one(&[1.0, 1.0, 2.0, 4.0]), [0.125, 0.125, 0.25, 0.5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Divide;

impl Divide {
    /// Creates the operation.
    ///
    /// ```
    /// use keras::{ops::Divide, prelude::*};
    ///
    /// let alone = standalone!(Divide::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 6.0], &[4.0, 3.0]])?, [0.25, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self
    }

    /// Builds the operation for inputs of these shapes.
    ///
    /// # Errors
    /// Unless there are two inputs that can be broadcast together.
    ///
    /// ```
    /// use keras::{ops::Divide, shape::Dims};
    ///
    /// let (image, pixel) = (Dims::new(&[8, 8, 3]), Dims::new(&[3]));
    /// assert_eq!(Divide::layer().build(&[image, pixel])?.output(), image);
    /// assert!(Divide::layer().build(&[image, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() > 2 {
            return Err(ShapeError::new("it takes exactly 2 inputs, but {0} are given").number(inputs.len()));
        }
        match broadcast::build(inputs) {
            Ok(built) => built.backward_reads_input().backward_reads_output().ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Divide {
    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let ([left, right], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        let left = Spread::new(pass.batch, left_dims, output_dims).repeat(left, pass.scratch.per_sample);
        elementwise::copy(left, output);
        let right = Spread::new(pass.batch, right_dims, output_dims).repeat(right, pass.scratch.per_sample);
        arithmetic::divide_assign(output, right);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient], [output_dims]) =
            (pass.outputs.array(), pass.output_gradients.array(), pass.output_dims.array());
        let ([_, right], [left_dims, right_dims]) = (pass.inputs.array(), pass.input_dims.array());
        // The slice of a gradient that is not needed is empty.
        let [left_gradient, right_gradient] = pass.input_gradients.array().map(Option::unwrap_or_default);
        let (memory, repeated) = broadcast::halves(pass.scratch.per_sample);
        let (of_left, of_right) =
            (Spread::new(pass.batch, left_dims, output_dims), Spread::new(pass.batch, right_dims, output_dims));
        let right = of_right.repeat(right, repeated);
        if !left_gradient.is_empty() {
            of_left.sum_of(left_gradient, memory, |gradient| arithmetic::divide(output_gradient, right, gradient));
        }
        if !right_gradient.is_empty() {
            of_right.sum_of(right_gradient, memory, |gradient| {
                arithmetic::divisor_gradient(output_gradient, output, right, gradient);
            });
        }
    }
}

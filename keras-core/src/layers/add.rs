//! The sum of tensors.

use super::{Backward, Built, Forward, Layer};
use crate::{
    kernels::elementwise,
    shape::{Dims, ShapeError},
};

/// The sum of two tensors or more of one shape.
///
/// In a listing: `Add()([x, y])`, or `x + y`; as [Keras' `Add`](https://keras.io/api/layers/merging_layers/add/). Keras
/// would broadcast unlike shapes; here they are an error.
///
/// # Shapes
/// Every input and the output have the same shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Sum(a: Input(2), b: Input(2), c: Input(2)) { Add()([a, b, c]) } }
/// assert_eq!(Sum::new().predict_one(&[1.0, 2.0], &[10.0, 20.0], &[100.0, 200.0]), [111.0, 222.0]);
///
/// model! { struct Skip(x: Input(4)) { x + Dense(4, kernel_initializer = "zeros")(x) } }
/// assert_eq!(Skip::new().predict_one(&[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Add;

impl Add {
    /// Adds.
    pub const fn layer() -> Self {
        Self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of unlike shapes.
    ///
    /// ```
    /// use keras::{layers::Add, shape::Dims};
    ///
    /// let (image, wide) = (Dims::new(&[8, 8, 3]), Dims::new(&[8, 9, 3]));
    /// assert_eq!(Add::layer().build(&[image, image])?.output, image);
    /// assert!(Add::layer().build(&[image, wide]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match same_shape(inputs) {
            Ok(dims) => Built::new(dims).ok(),
            Err(error) => Err(error),
        }
    }
}

/// The shape of all inputs of an elementwise layer.
pub(super) const fn same_shape(inputs: &[Dims]) -> Result<Dims, ShapeError> {
    if inputs.len() < 2 {
        return Err(ShapeError::new("it needs at least 2 inputs, but {0} is given").number(inputs.len()));
    }
    let mut at = 1;
    while at < inputs.len() {
        if !inputs[at].equals(inputs[0]) {
            return Err(ShapeError::new(
                "its inputs must have one shape, but input {0} is {a} and input {1} is {b}; make the branches alike",
            )
            .number(1)
            .number(at + 1)
            .dims(inputs[0])
            .dims(inputs[at]));
        }
        at += 1;
    }
    Ok(inputs[0])
}

impl Layer for Add {
    fn forward(&self, pass: Forward<'_>) {
        let [first, rest @ ..] = pass.inputs else { return };
        for (to, from) in pass.output.iter_mut().zip(*first) {
            *to = *from;
        }
        for input in rest {
            elementwise::add_assign(pass.output, input);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        for input_gradient in pass.input_gradients {
            for (to, from) in input_gradient.iter_mut().zip(pass.output_gradient.iter()) {
                *to = *from;
            }
        }
    }
}

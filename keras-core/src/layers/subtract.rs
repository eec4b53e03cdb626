//! The difference of tensors.

use super::{Backward, Built, Forward, Layer, add::same_shape};
use crate::shape::{Dims, ShapeError};

/// The difference of two tensors of one shape: the first minus the second.
///
/// In a listing: `Subtract()([x, y])`, or `x - y`; as
/// [Keras' `Subtract`](https://keras.io/api/layers/merging_layers/subtract/), without broadcasting.
///
/// # Shapes
/// Both inputs and the output have the same shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Difference(a: Input(2), b: Input(2)) { a - b } }
/// assert_eq!(Difference::new().predict_one(&[5.0, 5.0], &[1.0, 7.0]), [4.0, -2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Subtract;

impl Subtract {
    /// Subtracts.
    pub const fn layer() -> Self {
        Self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// With another number of inputs than two, or of unlike shapes.
    ///
    /// ```
    /// use keras::{layers::Subtract, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Subtract::layer().build(&[vector, vector])?.output, vector);
    /// assert!(Subtract::layer().build(&[vector, vector, vector]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() > 2 {
            return Err(ShapeError::new("it takes exactly 2 inputs, but {0} are given").number(inputs.len()));
        }
        match same_shape(inputs) {
            Ok(dims) => Built::new(dims).ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Subtract {
    fn forward(&self, pass: Forward<'_>) {
        let [left, right] = pass.inputs else { return };
        for ((to, left), right) in pass.output.iter_mut().zip(*left).zip(*right) {
            *to = *left - *right;
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        for (at, input_gradient) in pass.input_gradients.iter_mut().enumerate() {
            let sign = if at == 0 { 1.0 } else { -1.0 };
            for (to, from) in input_gradient.iter_mut().zip(pass.output_gradient.iter()) {
                *to = sign * *from;
            }
        }
    }
}

//! The product of tensors, element by element.

use super::{Backward, Built, Forward, Layer, add::same_shape};
use crate::shape::{Dims, ShapeError};

/// The product of two tensors or more of one shape, element by element.
///
/// In a listing: `Multiply()([x, y])`, or `x * y`; as
/// [Keras' `Multiply`](https://keras.io/api/layers/merging_layers/multiply/), without broadcasting.
///
/// # Shapes
/// Every input and the output have the same shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Gate(x: Input(3)) { x * Activation("relu6")(x) } }
/// assert_eq!(Gate::new().predict_one(&[-2.0, 3.0, 10.0]), [0.0, 9.0, 60.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Multiply;

impl Multiply {
    /// Multiplies.
    pub const fn layer() -> Self {
        Self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of unlike shapes.
    ///
    /// ```
    /// use keras::{layers::Multiply, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Multiply::layer().build(&[vector, vector])?.output, vector);
    /// assert!(Multiply::layer().build(&[vector, Dims::new(&[1])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match same_shape(inputs) {
            Ok(dims) => Built::new(dims).macs((dims.size() * (inputs.len() - 1)) as u64).backward_reads_input().ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Multiply {
    fn forward(&self, pass: Forward<'_>) {
        let [first, rest @ ..] = pass.inputs else { return };
        for (to, from) in pass.output.iter_mut().zip(*first) {
            *to = *from;
        }
        for input in rest {
            for (to, from) in pass.output.iter_mut().zip(*input) {
                *to *= *from;
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        for (at, input_gradient) in pass.input_gradients.iter_mut().enumerate() {
            for (to, from) in input_gradient.iter_mut().zip(pass.output_gradient.iter()) {
                *to = *from;
            }
            for (_, input) in pass.inputs.iter().enumerate().filter(|(other, _)| *other != at) {
                for (to, from) in input_gradient.iter_mut().zip(*input) {
                    *to *= *from;
                }
            }
        }
    }
}

//! The minimum of tensors, element by element.

use super::{Backward, Built, Forward, Layer, add::same_shape, maximum::to_the_chosen};
use crate::shape::{Dims, ShapeError};

/// The minimum of two tensors or more of one shape, element by element.
///
/// In a listing: `Minimum()([x, y])`, as [Keras' `Minimum`](https://keras.io/api/layers/merging_layers/minimum/), without
/// broadcasting. Where inputs are alike, the gradient goes to the first of them.
///
/// # Shapes
/// Every input and the output have the same shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Smallest(a: Input(3), b: Input(3)) { Minimum()([a, b]) } }
/// assert_eq!(Smallest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [1.0, 2.0, -3.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Minimum;

impl Minimum {
    /// Takes the smallest.
    pub const fn layer() -> Self {
        Self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of unlike shapes.
    ///
    /// ```
    /// use keras::{layers::Minimum, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Minimum::layer().build(&[vector, vector])?.output, vector);
    /// assert!(Minimum::layer().build(&[vector, Dims::new(&[1])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match same_shape(inputs) {
            Ok(dims) => Built::new(dims).backward_reads_input().backward_reads_output().ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Minimum {
    fn forward(&self, pass: Forward<'_>) {
        let [first, rest @ ..] = pass.inputs else { return };
        for (to, from) in pass.output.iter_mut().zip(*first) {
            *to = *from;
        }
        for input in rest {
            for (to, from) in pass.output.iter_mut().zip(*input) {
                // What is not a number stays so.
                *to = if *from < *to || from.is_nan() { *from } else { *to };
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        to_the_chosen(pass);
    }
}

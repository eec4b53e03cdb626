//! The mean of tensors.

use super::{Backward, Built, Forward, Layer, add::same_shape};
use crate::{
    kernels::elementwise,
    shape::{Dims, ShapeError},
};

/// The mean of two tensors or more of one shape, element by element.
///
/// In a listing: `Average()([x, y])`, as [Keras' `Average`](https://keras.io/api/layers/merging_layers/average/), without
/// broadcasting.
///
/// # Shapes
/// Every input and the output have the same shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// model! { struct Mean(a: Input(2), b: Input(2), c: Input(2)) { Average()([a, b, c]) } }
/// assert_eq!(Mean::new().predict_one(&[1.0, 2.0], &[2.0, 4.0], &[6.0, 0.0]), [3.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Average;

impl Average {
    /// Averages.
    pub const fn layer() -> Self {
        Self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or of unlike shapes.
    ///
    /// ```
    /// use keras::{layers::Average, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Average::layer().build(&[vector, vector, vector])?.output, vector);
    /// assert!(Average::layer().build(&[vector]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match same_shape(inputs) {
            Ok(dims) => Built::new(dims).ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Average {
    fn forward(&self, pass: Forward<'_>) {
        elementwise::add_all(pass.inputs, pass.output);
        let count = pass.inputs.len() as f32;
        for to in pass.output.iter_mut() {
            *to /= count;
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let count = pass.input_gradients.len() as f32;
        for input_gradient in pass.input_gradients {
            for (to, from) in input_gradient.iter_mut().zip(pass.output_gradient.iter()) {
                *to = *from / count;
            }
        }
    }
}

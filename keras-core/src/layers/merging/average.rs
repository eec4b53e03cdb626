//! Means of tensors.

use crate::{
    kernels::{arithmetic, elementwise},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise mean of two or more tensors.
    ///
    /// See [Keras' `Average`](https://keras.io/api/layers/merging_layers/average/).
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Mean(a: Input(2), b: Input(2), c: Input(2)) { Average()([a, b, c]) } }
    /// assert_eq!(Mean::new().predict_one(&[1.0, 2.0], &[2.0, 4.0], &[6.0, 0.0]), [3.0, 2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Average::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0], &[3.0, 6.0]])?, [2.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Average {}
    inputs: several;
    masks: Passed;
}

impl Average {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, or they cannot be broadcast together.
    ///
    /// ```
    /// use keras::{layers::Average, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Average::layer().build(&[vector, vector, vector])?.output(), vector);
    /// assert!(Average::layer().build(&[vector]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        match broadcast::build(inputs) {
            Ok(built) => built.ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Average {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let count = pass.inputs.len() as f32;
        arithmetic::divide_all(count, broadcast::combine(pass, elementwise::add_assign));
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let count = pass.input_gradients.len() as f32;
        for (input_gradient, dims) in pass.input_gradients.into_iter().zip(pass.input_dims) {
            let Some(input_gradient) = input_gradient else { continue };
            Spread::new(pass.batch, *dims, output_dims).sum(output_gradient, input_gradient);
            arithmetic::divide_all(count, input_gradient);
        }
    }
}

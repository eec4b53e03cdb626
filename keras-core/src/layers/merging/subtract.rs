//! Differences of tensors.

use crate::{
    kernels::{arithmetic, elementwise},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise difference of two tensors, `x - y`.
    ///
    /// In a model also `x - y`. See [Keras' `Subtract`](https://keras.io/api/layers/merging_layers/subtract/).
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Difference(a: Input(2), b: Input(2)) { a - b } }
    /// assert_eq!(Difference::new().predict_one(&[5.0, 5.0], &[1.0, 7.0]), [4.0, -2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Subtract::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [-2.0, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Subtract {}
    inputs: several;
    masks: Passed;
}

impl Subtract {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// Unless there are two inputs that can be broadcast together.
    ///
    /// ```
    /// use keras::{layers::Subtract, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Subtract::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Subtract::layer().build(&[vector, vector, vector]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() > 2 {
            return Err(ShapeError::new("it takes exactly 2 inputs, but {0} are given").number(inputs.len()));
        }
        match broadcast::build(inputs) {
            Ok(built) => built.ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for Subtract {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        broadcast::combine(pass, arithmetic::subtract_assign);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        for (at, (input_gradient, dims)) in pass.input_gradients.into_iter().zip(pass.input_dims).enumerate() {
            let Some(input_gradient) = input_gradient else { continue };
            Spread::new(pass.batch, *dims, output_dims).sum(output_gradient, input_gradient);
            if at == 1 {
                elementwise::scale(-1.0, input_gradient);
            }
        }
    }
}

//! The difference of tensors.

use crate::{
    kernels::{arithmetic, elementwise},
    layers::{
        Backward, Built, Forward, Layer,
        merging::broadcast::{self, Spread},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Difference of two tensors: the first minus the second.
    ///
    /// In a listing also `x - y`. As [Keras' `Subtract`](https://keras.io/api/layers/merging_layers/subtract/).
    ///
    /// # Shapes
    /// Inputs of one shape, which is also that of the output; others are broadcast: axes of length 1 are repeated, and so are
    /// those that are missing in front: `(4, 3)` and `(3,)` make `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Difference(a: Input(2), b: Input(2)) { a - b } }
    /// assert_eq!(Difference::new().predict_one(&[5.0, 5.0], &[1.0, 7.0]), [4.0, -2.0]);
    /// ```
    ///
    /// Without a model:
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
}

impl Subtract {
    /// The shape rule.
    ///
    /// # Errors
    /// With another number of inputs than two, or inputs that cannot be broadcast.
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

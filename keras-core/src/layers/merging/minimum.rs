//! The minimum of tensors, element by element.

use crate::{
    kernels::arithmetic,
    layers::{
        Backward, Built, Forward, Layer,
        merging::{broadcast, extremum},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Minimum of two tensors or more, element by element.
    ///
    /// In a listing also `minimum(x, y)`. As [Keras' `Minimum`](https://keras.io/api/layers/merging_layers/minimum/). Where
    /// inputs are equal, the gradient goes to the first of them.
    ///
    /// # Shapes
    /// Inputs of one shape, which is also that of the output; others are broadcast: axes of length 1 are repeated, and so are
    /// those that are missing in front: `(4, 3)` and `(3,)` make `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Smallest(a: Input(3), b: Input(3)) { Minimum()([a, b]) } }
    /// assert_eq!(Smallest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [1.0, 2.0, -3.0]);
    /// ```
    ///
    /// Without a model:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Minimum::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [1.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Minimum {}
    inputs: several;
}

impl Minimum {
    /// The shape rule.
    ///
    /// # Errors
    /// With fewer than two inputs, or inputs that cannot be broadcast.
    ///
    /// ```
    /// use keras::{layers::Minimum, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Minimum::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Minimum::layer().build(&[vector, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        extremum::build(inputs)
    }
}

impl Layer for Minimum {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        broadcast::combine(pass, arithmetic::smaller);
    }

    fn backward(&self, pass: Backward<'_>) {
        extremum::backward(pass);
    }
}

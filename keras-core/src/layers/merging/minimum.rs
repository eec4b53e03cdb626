//! Elementwise minimum of tensors.

use crate::{
    kernels::arithmetic,
    layers::{
        Backward, Built, Forward, Layer,
        merging::{broadcast, extremum},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise minimum of two or more tensors.
    ///
    /// In a model also `minimum(x, y)`. See [Keras' `Minimum`](https://keras.io/api/layers/merging_layers/minimum/).
    /// If inputs are equal, the gradient goes to the first of them.
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Smallest(a: Input(3), b: Input(3)) { Minimum()([a, b]) } }
    /// assert_eq!(Smallest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [1.0, 2.0, -3.0]);
    /// ```
    ///
    /// Standalone:
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
    masks: Passed;
}

impl Minimum {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, or they cannot be broadcast together.
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

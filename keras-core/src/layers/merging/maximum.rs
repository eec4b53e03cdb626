//! Elementwise maximum of tensors.

use crate::{
    kernels::arithmetic,
    layers::{
        Backward, Built, Forward, Layer,
        merging::{broadcast, extremum},
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Elementwise maximum of two or more tensors.
    ///
    /// In a model also `maximum(x, y)`. See [Keras' `Maximum`](https://keras.io/api/layers/merging_layers/maximum/).
    /// If inputs are equal, the gradient goes to the first of them.
    ///
    /// # Shapes
    /// Inputs that can be broadcast together, as in NumPy: axes of length 1 and missing leading axes are repeated, so
    /// that `(4, 3)` and `(3,)` give `(4, 3)`. The batch axis is not broadcast. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Largest(a: Input(3), b: Input(3)) { Maximum()([a, b]) } }
    /// assert_eq!(Largest::new().predict_one(&[1.0, 5.0, -2.0], &[4.0, 2.0, -3.0]), [4.0, 5.0, -2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Maximum::layer(), [[2], [2]], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 5.0], &[3.0, 4.0]])?, [3.0, 5.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Maximum {}
    inputs: several;
    masks: Passed;
}

impl Maximum {
    /// Builds the layer for inputs of these shapes.
    ///
    /// # Errors
    /// If there are fewer than two inputs, or they cannot be broadcast together.
    ///
    /// ```
    /// use keras::{layers::Maximum, shape::Dims};
    ///
    /// let vector = Dims::new(&[3]);
    /// assert_eq!(Maximum::layer().build(&[vector, vector])?.output(), vector);
    /// assert!(Maximum::layer().build(&[vector, Dims::new(&[2])]).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        extremum::build(inputs)
    }
}

impl Layer for Maximum {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        broadcast::combine(pass, arithmetic::larger);
    }

    fn backward(&self, pass: Backward<'_>) {
        extremum::backward(pass);
    }
}

//! Identity layer.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer, Masks, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Identity layer: returns its input, without a copy.
    ///
    /// See [Keras' `Identity`](https://keras.io/api/layers/core_layers/identity/).
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Double(x: Input(2)) { Identity()(x) + x } }
    /// assert_eq!(Double::new().predict_one(&[1.0, 2.0]), [2.0, 4.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Identity::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0]])?, [1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Identity {}
    masks: Passed;
}

impl Identity {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{layers::Identity, shape::Dims};
    ///
    /// assert_eq!(Identity::layer().build(Dims::new(&[5, 5]))?.output(), Dims::new(&[5, 5]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).dtypes(Dtypes::Same).masks(Masks::Passed).reuse(Reuse::Always).ok()
    }
}

impl Layer for Identity {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        pass.copy();
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}

//! Flattening of samples.

use crate::{
    layers::{Backward, Built, Dtypes, Forward, Layer, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Flattens the axes of a sample into one, without a copy: the output shares the memory of the input.
    ///
    /// See [Keras' `Flatten`](https://keras.io/api/layers/reshaping_layers/flatten/).
    ///
    /// # Shapes
    /// Input of any shape, output `(product of the lengths,)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(28, 28, 1), Flatten(), Dense(10) } }
    /// assert_eq!(Net::PARAMETERS, 28 * 28 * 10 + 10);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Flatten::layer(), [2, 2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0]])?, [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Flatten {
        unsupported data_format = None | "channels_last",
    }
}

impl Flatten {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{layers::Flatten, shape::Dims};
    ///
    /// assert_eq!(Flatten::layer().build(Dims::new(&[5, 5, 64]))?.output(), Dims::new(&[1600]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(Dims::new(&[input.size()])).dtypes(Dtypes::Same).reuse(Reuse::Always).ok()
    }
}

impl Layer for Flatten {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        pass.copy();
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}

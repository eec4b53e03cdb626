//! Average pooling for images.

use super::pool::{AveragePool, windows};
use crate::{
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

layer! {
    /// Average pooling for images: the mean of each window, per channel; padding is not counted.
    ///
    /// See [Keras' `AveragePooling2D`](https://keras.io/api/layers/pooling_layers/average_pooling2d/).
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(height', width', channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 4, 1), AveragePooling2D(2) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 5.0, 2.0, 3.0, 4.0, 0.0, -1.0, 8.0]), [2.5, 3.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(AveragePooling2D::layer((2, 2)), [2, 2, 1], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 6.0]])?, [3.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct AveragePooling2D {
        /// Height and width of the window
        pool_size: Size,
        /// Strides, vertical and horizontal; `None` for the size of the window
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1, 4, 1), AveragePooling2D((1, 2), strides = 1) } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 3.0, 5.0, 2.0]), [2.0, 4.0, 3.5]);
        /// ```
        strides: Size = None => |layer| layer.strides.unwrap_or(layer.pool_size).into(),
        /// Padding mode: `"valid"` for no padding, or `"same"`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1, 3, 1), AveragePooling2D(2, padding = "same") } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 3.0, 5.0]), [2.0, 5.0]);
        /// ```
        padding: Padding = "valid",
        unsupported data_format = None | "channels_last",
    }
    aliases: AvgPool2D;
}

impl AveragePooling2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), or the window is larger than the input.
    ///
    /// ```
    /// use keras::{layers::AveragePooling2D, shape::Dims};
    ///
    /// assert_eq!(AveragePooling2D::layer((2, 2)).build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[4, 4, 3]));
    /// assert!(AveragePooling2D::layer((2, 2)).build(Dims::new(&[64])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        self.pool().build(input)
    }

    const fn pool(&self) -> AveragePool<2> {
        let strides = match self.strides {
            Some((down, along)) => Some([down, along]),
            None => None,
        };
        AveragePool(windows([self.pool_size.0, self.pool_size.1], strides, self.padding))
    }
}

impl Layer for AveragePooling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        self.pool().forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.pool().backward(pass);
    }
}

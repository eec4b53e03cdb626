//! Max pooling for images.

use super::pool::{MaxPool, windows};
use crate::{
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

layer! {
    /// Max pooling for images: the maximum of each window, per channel.
    ///
    /// See [Keras' `MaxPooling2D`](https://keras.io/api/layers/pooling_layers/max_pooling2d/).
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(height', width', channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 4, 1), MaxPooling2D(2) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 5.0, 2.0, 3.0, 4.0, 0.0, -1.0, 9.0]), [5.0, 9.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(MaxPooling2D::layer(), [2, 2, 1], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 6.0]])?, [6.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct MaxPooling2D {
        /// Height and width of the window
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2, 2, 1), MaxPooling2D(pool_size = (1, 2)) } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 2.0, 4.0, 3.0]), [2.0, 4.0]);
        /// ```
        pool_size: Size = (2, 2),
        /// Strides, vertical and horizontal; `None` for the size of the window
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1, 4, 1), MaxPooling2D((1, 2), strides = 1) } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 4.0, 3.0, 2.0]), [4.0, 4.0, 3.0]);
        /// ```
        strides: Size = None => |layer| layer.strides.unwrap_or(layer.pool_size).into(),
        /// Padding mode: `"valid"` for no padding, or `"same"`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1, 3, 1), MaxPooling2D(2, padding = "same") } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 4.0, 3.0]), [4.0, 3.0]);
        /// ```
        padding: Padding = "valid",
        unsupported data_format = None | "channels_last",
    }
    aliases: MaxPool2D;
}

impl MaxPooling2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), or the window is larger than the input.
    ///
    /// ```
    /// use keras::{layers::MaxPooling2D, shape::Dims};
    ///
    /// assert_eq!(MaxPooling2D::layer().build(Dims::new(&[13, 13, 64]))?.output(), Dims::new(&[6, 6, 64]));
    /// assert!(MaxPooling2D::layer().pool_size((14, 14)).build(Dims::new(&[13, 13, 64])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        self.pool().build(input)
    }

    const fn pool(&self) -> MaxPool<2> {
        let strides = match self.strides {
            Some((down, along)) => Some([down, along]),
            None => None,
        };
        MaxPool(windows([self.pool_size.0, self.pool_size.1], strides, self.padding))
    }
}

impl Layer for MaxPooling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        self.pool().forward(pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        self.pool().backward(pass);
    }
}

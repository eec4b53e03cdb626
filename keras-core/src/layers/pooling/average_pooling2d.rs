//! Average pooling for images.

use crate::{
    kernels::{geometry::Geometry, pooling},
    layers::{Backward, Built, Forward, Layer, pooling::max_pooling2d::windows, windows::output},
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
        match windows(self.pool_size, self.strides, self.padding).axes(input) {
            Ok(axes) => Built::new(output(&axes, input.last())).ok(),
            Err(error) => Err(error),
        }
    }
}

impl Layer for AveragePooling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        if let Ok(axes) = windows(self.pool_size, self.strides, self.padding).axes(dims) {
            pooling::average_forward(&Geometry::pool(&axes, dims.last()), pass.batch, input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if let Ok(axes) = windows(self.pool_size, self.strides, self.padding).axes(dims)
            && !input_gradient.is_empty()
        {
            pooling::average_backward(&Geometry::pool(&axes, dims.last()), pass.batch, output_gradient, input_gradient);
        }
    }
}

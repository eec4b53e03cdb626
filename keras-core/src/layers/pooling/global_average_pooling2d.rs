//! Global average pooling for images.

use crate::{
    kernels::{
        geometry::{Axis, Geometry},
        pooling,
    },
    layers::{Backward, Built, Forward, Layer, windows::image},
    shape::{Dims, ShapeError},
};

layer! {
    /// Global average pooling for images: the mean of each channel.
    ///
    /// See [Keras' `GlobalAveragePooling2D`](https://keras.io/api/layers/pooling_layers/global_average_pooling2d/).
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(channels,)`, or `(1, 1, channels)` with `keepdims`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 2, 2), GlobalAveragePooling2D() } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 6.0, 60.0]), [3.0, 30.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(GlobalAveragePooling2D::layer(), [2, 1, 2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 10.0, 3.0, 30.0]])?, [2.0, 20.0]); // one per channel
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct GlobalAveragePooling2D {
        unsupported data_format = None | "channels_last",
        /// Whether to keep height and width as axes of length 1
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(7, 7, 64), GlobalAveragePooling2D(keepdims = true), Conv2D(10, 1), Flatten() } }
        /// assert_eq!(Net::new().predict_one(&[0.5; 7 * 7 * 64]).len(), 10);
        /// ```
        keepdims: Bool = false,
    }
    aliases: GlobalAvgPool2D;
}

impl GlobalAveragePooling2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3).
    ///
    /// ```
    /// use keras::{layers::GlobalAveragePooling2D, shape::Dims};
    ///
    /// assert_eq!(GlobalAveragePooling2D::layer().build(Dims::new(&[7, 7, 64]))?.output(), Dims::new(&[64]));
    /// assert!(GlobalAveragePooling2D::layer().build(Dims::new(&[64])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        let channels = input.last();
        Built::new(if self.keepdims { Dims::new(&[1, 1, channels]) } else { Dims::new(&[channels]) }).ok()
    }
}

/// One window that covers the image.
fn geometry(input: Dims) -> Geometry {
    let over = |length: usize| Axis { input: length, window: length, ..Axis::ONE };
    Geometry::pool(&[over(input.length(0)), over(input.length(1))], input.last())
}

impl Layer for GlobalAveragePooling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        pooling::average_forward(&geometry(dims), pass.batch, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            pooling::average_backward(&geometry(dims), pass.batch, output_gradient, input_gradient);
        }
    }
}

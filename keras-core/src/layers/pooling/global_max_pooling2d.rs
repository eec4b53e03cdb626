//! Global max pooling for images.

use crate::{
    kernels::channels,
    layers::{Backward, Built, Forward, Layer, windows::image},
    shape::{Dims, ShapeError},
};

layer! {
    /// Global max pooling for images: the maximum of each channel.
    ///
    /// See [Keras' `GlobalMaxPooling2D`](https://keras.io/api/layers/pooling_layers/global_max_pooling2d/). Elements
    /// that are equal to the maximum share its gradient.
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(channels,)`, or `(1, 1, channels)` with `keepdims`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 2, 2), GlobalMaxPooling2D() } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 40.0, 2.0, 20.0, 3.0, 30.0, 0.0, 10.0]), [3.0, 40.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(GlobalMaxPooling2D::layer(), [2, 1, 2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 30.0, 3.0, 10.0]])?, [3.0, 30.0]); // one per channel
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct GlobalMaxPooling2D {
        unsupported data_format = None | "channels_last",
        /// Whether to keep height and width as axes of length 1
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(7, 7, 64), GlobalMaxPooling2D(keepdims = true), Conv2D(10, 1), Flatten() } }
        /// assert_eq!(Net::new().predict_one(&[0.5; 7 * 7 * 64]).len(), 10);
        /// ```
        keepdims: Bool = false,
    }
    aliases: GlobalMaxPool2D;
}

impl GlobalMaxPooling2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3).
    ///
    /// ```
    /// use keras::{layers::GlobalMaxPooling2D, shape::Dims};
    ///
    /// assert_eq!(GlobalMaxPooling2D::layer().build(Dims::new(&[7, 7, 64]))?.output(), Dims::new(&[64]));
    /// assert!(GlobalMaxPooling2D::layer().build(Dims::new(&[64])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        let channels = input.last();
        Built::new(if self.keepdims { Dims::new(&[1, 1, channels]) } else { Dims::new(&[channels]) })
            .backward_reads_input()
            .backward_reads_output()
            .ok()
    }
}

impl Layer for GlobalMaxPooling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let channels = dims.last().max(1);
        channels::maxima(dims.size() / channels, channels, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output], [output_gradient]) = (pass.outputs.array(), pass.output_gradients.array());
        let ([input], [dims], [Some(input_gradient)]) =
            (pass.inputs.array(), pass.input_dims.array(), pass.input_gradients.array())
        else {
            return;
        };
        let channels = dims.last().max(1);
        let pixels = dims.size() / channels;
        channels::maxima_backward(pixels, channels, input, output, output_gradient, input_gradient);
    }
}

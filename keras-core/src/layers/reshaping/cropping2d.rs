//! Cropping of images.

use crate::{
    layers::{
        Backward, Built, Forward, Layer,
        reshaping::zero_padding2d::{cut, embed},
        windows::image,
    },
    shape::{Dims, ShapeError},
};

layer! {
    /// Crops images at their borders.
    ///
    /// See [Keras' `Cropping2D`](https://keras.io/api/layers/reshaping_layers/cropping2d/). The cropping is an integer
    /// for all sides, a pair `(top and bottom, left and right)`, or a pair of pairs `((top, bottom), (left, right))`.
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(height − top − bottom, width − left − right, channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3, 3, 1), Cropping2D(((1, 0), (0, 1))) } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), [4.0, 5.0, 7.0, 8.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Cropping2D::layer().cropping(((1, 1), (1, 1))), [3, 3, 1], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]])?, [5.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Cropping2D {
        /// Rows cropped at the top and bottom, columns cropped at the left and right
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(28, 28, 1), Cropping2D(cropping = 4) } }
        /// assert_eq!(Net::new().predict_one(&[0.5; 28 * 28]).len(), 20 * 20);
        /// ```
        cropping: Border = ((0, 0), (0, 0)),
        unsupported data_format = None | "channels_last",
    }
}

impl Cropping2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), or the output would be empty.
    ///
    /// ```
    /// use keras::{layers::Cropping2D, shape::Dims};
    ///
    /// let layer = Cropping2D::layer().cropping(((2, 2), (4, 4)));
    /// assert_eq!(layer.build(Dims::new(&[28, 28, 3]))?.output(), Dims::new(&[24, 20, 3]));
    /// assert!(layer.build(Dims::new(&[4, 28, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        let ((top, bottom), (left, right)) = self.cropping;
        let (rows, columns) = (top.saturating_add(bottom), left.saturating_add(right));
        if rows >= input.length(0) || columns >= input.length(1) {
            return Err(ShapeError::new(
                "it cuts {0} rows and {1} columns off its input {a}, and nothing is left; make the cropping smaller",
            )
            .number(rows)
            .number(columns)
            .dims(input));
        }
        Built::new(Dims::new(&[input.length(0) - rows, input.length(1) - columns, input.last()])).ok()
    }
}

impl Layer for Cropping2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let ((top, _), (left, _)) = self.cropping;
        cut(dims, output_dims, (top, left), input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            let ((top, _), (left, _)) = self.cropping;
            embed(output_dims, dims, (top, left), output_gradient, input_gradient);
        }
    }
}

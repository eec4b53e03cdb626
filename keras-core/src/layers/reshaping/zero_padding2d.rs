//! Zero padding of images.

use crate::{
    kernels::elementwise,
    layers::{Backward, Built, Forward, Layer, windows::image},
    shape::{Dims, ShapeError},
};

layer! {
    /// Pads images with zeros.
    ///
    /// See [Keras' `ZeroPadding2D`](https://keras.io/api/layers/reshaping_layers/zero_padding2d/). The padding is an
    /// integer for all sides, a pair `(top and bottom, left and right)`, or a pair of pairs
    /// `((top, bottom), (left, right))`.
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(top + height + bottom, left + width + right, channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1, 2, 1), ZeroPadding2D(((0, 1), (2, 0))) } }
    /// assert_eq!(Net::new().predict_one(&[5.0, 6.0]), [0.0, 0.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(ZeroPadding2D::layer(), [1, 1, 1], 7)?;
    /// assert_eq!(alone.call(&[&[5.0]])?, [0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ZeroPadding2D {
        /// Rows added at the top and bottom, columns added at the left and right
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(28, 28, 1), ZeroPadding2D((2, 0)) } }
        /// assert_eq!(Net::new().predict_one(&[0.5; 28 * 28]).len(), 32 * 28);
        /// ```
        padding: Border = ((1, 1), (1, 1)),
        unsupported data_format = None | "channels_last",
    }
}

impl ZeroPadding2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3).
    ///
    /// ```
    /// use keras::{layers::ZeroPadding2D, shape::Dims};
    ///
    /// assert_eq!(ZeroPadding2D::layer().build(Dims::new(&[28, 28, 3]))?.output(), Dims::new(&[30, 30, 3]));
    /// assert!(ZeroPadding2D::layer().build(Dims::new(&[28])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        let ((top, bottom), (left, right)) = self.padding;
        let height = input.length(0).saturating_add(top).saturating_add(bottom);
        let width = input.length(1).saturating_add(left).saturating_add(right);
        Built::new(Dims::new(&[height, width, input.last()])).ok()
    }
}

impl Layer for ZeroPadding2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([output], [output_dims]) = (pass.outputs.array(), pass.output_dims.array());
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let ((top, _), (left, _)) = self.padding;
        embed(dims, output_dims, (top, left), input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([output_gradient], [output_dims]) = (pass.output_gradients.array(), pass.output_dims.array());
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        if !input_gradient.is_empty() {
            let ((top, _), (left, _)) = self.padding;
            cut(output_dims, dims, (top, left), output_gradient, input_gradient);
        }
    }
}

/// Copies each image into a larger one of zeros, at this offset.
pub(in crate::layers) fn embed(small: Dims, large: Dims, corner: (usize, usize), input: &[f32], output: &mut [f32]) {
    let (from, to) = (small.after(0).size(), large.after(0).size());
    let start = corner.0 * to + corner.1 * large.last();
    output.fill(0.0);
    for (image, output) in input.chunks_exact(small.size().max(1)).zip(output.chunks_exact_mut(large.size().max(1))) {
        let output = output.get_mut(start..).unwrap_or_default();
        elementwise::copy_blocks(small.length(0), from, image, from, output, to, false);
    }
}

/// Copies a part of each larger image.
pub(in crate::layers) fn cut(large: Dims, small: Dims, corner: (usize, usize), input: &[f32], output: &mut [f32]) {
    let (from, to) = (large.after(0).size(), small.after(0).size());
    let start = corner.0 * from + corner.1 * large.last();
    for (image, output) in input.chunks_exact(large.size().max(1)).zip(output.chunks_exact_mut(small.size().max(1))) {
        let image = image.get(start..).unwrap_or_default();
        elementwise::copy_blocks(small.length(0), to, image, from, output, to, false);
    }
}

//! Upsampling of images.

use crate::{
    kernels::resize::{self, Enlargement},
    layers::{Backward, Built, Forward, Layer, padding::check_sizes, windows::image},
    shape::{Dims, ShapeError, Strided},
};

/// Interpolation of upsampled pixels: the strings `"nearest"` and `"bilinear"` in a model.
///
/// ```
/// use keras::prelude::*;
///
/// const BETWEEN: Interpolation = Interpolation::Bilinear; // the same as `interpolation = "bilinear"`
///
/// sequential! { struct Net { Input(1, 2, 1), UpSampling2D((1, 2), interpolation = BETWEEN) } }
/// assert_eq!(Net::new().predict_one(&[0.0, 4.0]), [0.0, 1.0, 3.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// Nearest neighbour.
    #[default]
    Nearest,
    /// Bilinear interpolation of the four surrounding pixels.
    Bilinear,
}

layer! {
    /// Upsampling for images: rows and columns are repeated, or interpolated.
    ///
    /// See [Keras' `UpSampling2D`](https://keras.io/api/layers/reshaping_layers/up_sampling2d/).
    ///
    /// # Shapes
    /// Input `(height, width, channels)`, output `(height · size, width · size, channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1, 2, 1), UpSampling2D() } }
    /// assert_eq!(Net::new().predict_one(&[1.0, 2.0]), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(UpSampling2D::layer(), [1, 2, 1], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0]])?, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct UpSampling2D {
        /// Upsampling factors of height and width
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1, 2, 1), UpSampling2D((1, 3)) } }
        /// assert_eq!(Net::new().predict_one(&[1.0, 2.0]), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
        /// ```
        size: Size = (2, 2),
        unsupported data_format = None | "channels_last",
        /// Interpolation: `"nearest"` or `"bilinear"`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2, 1, 1), UpSampling2D((2, 1), interpolation = "bilinear") } }
        /// assert_eq!(Net::new().predict_one(&[0.0, 8.0]), [0.0, 2.0, 6.0, 8.0]);
        /// ```
        interpolation: Interpolation = "nearest",
    }
}

impl UpSampling2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), or a factor is 0.
    ///
    /// ```
    /// use keras::{layers::UpSampling2D, shape::Dims};
    ///
    /// assert_eq!(UpSampling2D::layer().build(Dims::new(&[7, 5, 3]))?.output(), Dims::new(&[14, 10, 3]));
    /// assert!(UpSampling2D::layer().build(Dims::new(&[7, 5])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        if let Err(error) =
            check_sizes(&[("its size {a} must be at least 1 along every axis", [self.size.0, self.size.1])])
        {
            return Err(error);
        }
        let height = input.length(0).saturating_mul(self.size.0);
        let width = input.length(1).saturating_mul(self.size.1);
        Built::new(Dims::new(&[height, width, input.last()])).ok()
    }

    /// A view of a batch of images with each pixel repeated.
    fn repeated(&self, batch: usize, input: Dims) -> Strided {
        let (height, width, channels) = (input.length(0), input.length(1), input.last());
        Strided::new(
            [batch, height, self.size.0, width, self.size.1, channels],
            [input.size(), width * channels, 0, channels, 0, 1],
        )
    }

    fn enlargement(&self, input: Dims) -> Enlargement {
        Enlargement { height: input.length(0), width: input.length(1), channels: input.last(), factors: self.size }
    }
}

impl Layer for UpSampling2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        match self.interpolation {
            Interpolation::Nearest => self.repeated(pass.batch, dims).gather(input, output),
            Interpolation::Bilinear => resize::bilinear(&self.enlargement(dims), input, output),
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        match self.interpolation {
            Interpolation::Nearest => {
                input_gradient.fill(0.0);
                self.repeated(pass.batch, dims).scatter_add(output_gradient, input_gradient);
            }
            Interpolation::Bilinear => {
                resize::bilinear_backward(&self.enlargement(dims), output_gradient, input_gradient);
            }
        }
    }
}

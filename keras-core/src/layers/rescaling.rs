//! Inputs in another range.

use super::{Backward, Built, Forward, Layer};
use crate::shape::{Dims, ShapeError};

/// Brings its input into another range: `output = input · scale + offset`.
///
/// In a listing, `Rescaling(scale, offset = 0.0)`: `Rescaling(1.0 / 255.0)` for pixels from 0 to 1, as
/// [Keras' `Rescaling`](https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/).
///
/// # Shapes
/// The output has the input's shape. No weights.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(3), Rescaling(1.0 / 128.0, offset = -1) } }
/// assert_eq!(Net::new().predict_one(&[0.0, 128.0, 192.0]), [-1.0, 0.0, 0.5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rescaling {
    scale: f32,
    offset: f32,
}

impl Rescaling {
    /// By this factor.
    ///
    /// ```
    /// use keras::{layers::Standalone, prelude::*, shape::Dims};
    ///
    /// let (layer, input) = (Rescaling::layer(0.5), Dims::new(&[2]));
    /// let alone = Standalone::new(layer, layer.build(input)?, &[input], 7)?;
    /// assert_eq!(alone.call(&[&[2.0, 4.0]])?, [1.0, 2.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn layer(scale: f32) -> Self {
        Self { scale, offset: 0.0 }
    }

    /// What is added (0).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Fahrenheit { Input(1), Rescaling(1.8, offset = 32.0) } }
    /// assert_eq!(Fahrenheit::new().predict_one(&[100.0]), [212.0]);
    /// ```
    pub const fn offset(mut self, offset: f32) -> Self {
        self.offset = offset;
        self
    }

    /// The shape rule: any input fits.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use keras::{layers::Rescaling, shape::Dims};
    ///
    /// assert_eq!(Rescaling::layer(2.0).build(Dims::new(&[8, 8, 3]))?.output, Dims::new(&[8, 8, 3]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Built::new(input).ok()
    }
}

impl Layer for Rescaling {
    fn forward(&self, pass: Forward<'_>) {
        let [input] = pass.inputs else { return };
        for (to, from) in pass.output.iter_mut().zip(*input) {
            *to = *from * self.scale + self.offset;
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [input_gradient] = pass.input_gradients else { return };
        for (to, from) in input_gradient.iter_mut().zip(pass.output_gradient.iter()) {
            *to = *from * self.scale;
        }
    }
}

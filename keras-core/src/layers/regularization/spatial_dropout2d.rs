//! Spatial dropout over images.

use super::channel_dropout;
use crate::{
    layers::{Backward, Built, Forward, Layer, windows::image},
    shape::{Dims, ShapeError},
};

layer! {
    /// Spatial dropout for images: in training, sets a fraction of the channels to 0, and scales the others by
    /// `1 / (1 − rate)`. At inference, the identity.
    ///
    /// See [Keras' `SpatialDropout2D`](https://keras.io/api/layers/regularization_layers/spatial_dropout2d/); [Tompson
    /// et al. 2014](https://arxiv.org/abs/1411.4280). Random numbers are derived from the seed of the model and the
    /// step, regardless of the number of threads; they differ from those of Keras.
    ///
    /// # Shapes
    /// Input and output are images `(height, width, channels)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 2, 3), SpatialDropout2D(0.5), Flatten(), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert_eq!(net.predict_one(&[1.0; 12]), [12.0]);
    /// // In training a channel is 0 or 2 all over: the kernel's gradient shows it.
    /// let (x, y) = (Tensor::from_vec(vec![1.0; 12])?, Tensor::from([[-1.0]]));
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
    /// for pixel in gradients.values()[..12].chunks(3) {
    ///     assert_eq!(pixel, &gradients.values()[..3]);
    ///     assert!(pixel.iter().all(|&channel| channel == 0.0 || channel == 2.0));
    /// }
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(SpatialDropout2D::layer(0.5), [2, 1, 2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0; 4]])?, [1.0; 4]); // no dropout at inference
    /// let output = alone.forward(&[&[1.0; 4]])?;
    /// assert_eq!(output[..2], output[2..]); // a channel is kept or dropped as a whole
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct SpatialDropout2D {
        /// Fraction of the channels to drop, from 0 to less than 1
        rate: Float,
        unsupported data_format = None | "channels_last",
        unsupported seed = None,
    }
    masks: Passed;
}

impl SpatialDropout2D {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is not an image (rank 3), or the rate is not between 0 and 1.
    ///
    /// ```
    /// use keras::{layers::SpatialDropout2D, shape::Dims};
    ///
    /// assert_eq!(SpatialDropout2D::layer(0.25).build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[8, 8, 3]));
    /// assert!(SpatialDropout2D::layer(25.0).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if let Err(error) = image(input) {
            return Err(error);
        }
        channel_dropout::build(self.rate, input)
    }
}

impl Layer for SpatialDropout2D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        channel_dropout::forward(self.rate, pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        channel_dropout::backward(pass);
    }
}

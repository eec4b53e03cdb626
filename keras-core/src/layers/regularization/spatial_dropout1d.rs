//! Spatial dropout over sequences.

use super::channel_dropout;
use crate::{
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

layer! {
    /// Spatial dropout over sequences: in training, sets a fraction of the features to 0 at all steps, and scales the others by
    /// `1 / (1 − rate)`. At inference, the identity.
    ///
    /// As [Keras' `SpatialDropout1D`](https://keras.io/api/layers/regularization_layers/spatial_dropout1d/); [Tompson et al.
    /// 2014](https://arxiv.org/abs/1411.4280). The random numbers follow from the model's seed and the number of the step,
    /// whatever the number of threads; they are not Keras'.
    ///
    /// # Shapes
    /// Input and output are sequences `(steps, features)`. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Net {
    ///         Input(20, dtype = "int32"),
    ///         Embedding(1000, 8),
    ///         SpatialDropout1D(0.2),
    ///         GlobalAveragePooling1D(),
    ///         Dense(1, activation = "sigmoid"),
    ///     }
    /// }
    ///
    /// let mut alone = standalone!(SpatialDropout1D::layer(0.5), [2, 3], 7)?;
    /// assert_eq!(alone.call(&[&[1.0; 6]])?, [1.0; 6]); // nothing is dropped at inference
    /// let output = alone.forward(&[&[1.0; 6]])?;
    /// assert_eq!(output[..3], output[3..]); // a feature is kept or dropped at all steps
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct SpatialDropout1D {
        /// Fraction of the features to drop, from 0 to less than 1
        rate: Float,
        unsupported seed = None,
    }
    masks: Passed;
}

impl SpatialDropout1D {
    /// The shape rule.
    ///
    /// # Errors
    /// If the input is not a sequence, and for a rate that is not between 0 and 1.
    ///
    /// ```
    /// use keras::{layers::SpatialDropout1D, shape::Dims};
    ///
    /// assert_eq!(SpatialDropout1D::layer(0.25).build(Dims::new(&[8, 3]))?.output(), Dims::new(&[8, 3]));
    /// assert!(SpatialDropout1D::layer(0.25).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() != 2 {
            return Err(ShapeError::new(
                "it drops features of sequences of shape (steps, features), but its input is {a}; put Reshape((…)) before it, or \
                 use Dropout",
            )
            .dims(input));
        }
        channel_dropout::build(self.rate, input)
    }
}

impl Layer for SpatialDropout1D {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        channel_dropout::forward(self.rate, pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        channel_dropout::backward(pass);
    }
}

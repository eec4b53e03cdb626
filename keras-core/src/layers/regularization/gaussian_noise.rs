//! Gaussian noise.

use crate::{
    kernels::elementwise,
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Gaussian noise: in training, adds normal noise with mean 0 to its inputs. At inference, the identity.
    ///
    /// See [Keras' `GaussianNoise`](https://keras.io/api/layers/regularization_layers/gaussian_noise/). Random numbers
    /// are derived from the seed of the model and the step, regardless of the number of threads; they differ from those
    /// of Keras.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), GaussianNoise(0.1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert_eq!(net.predict_one(&[1.0; 4]), [4.0]);
    /// // The kernel's gradient shows what it is given in training.
    /// let (x, y) = (Tensor::from([[1.0; 4]]), Tensor::from([[0.0]]));
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
    /// assert!(gradients.values()[..4].iter().all(|&input| input != 1.0 && (input - 1.0).abs() < 0.6));
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(GaussianNoise::layer(0.1), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0]])?, [1.0, 2.0]); // no noise at inference
    /// assert_ne!(alone.forward(&[&[1.0, 2.0]])?, [1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct GaussianNoise {
        /// Standard deviation of the noise
        stddev: Float,
        unsupported seed = None,
    }
    masks: Passed;
}

impl GaussianNoise {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the standard deviation is not between 0 and 1.
    ///
    /// ```
    /// use keras::{layers::GaussianNoise, shape::Dims};
    ///
    /// assert_eq!(GaussianNoise::layer(0.1).build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[8, 8, 3]));
    /// assert!(GaussianNoise::layer(2.0).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if !(self.stddev >= 0.0 && self.stddev <= 1.0) {
            return Err(ShapeError::new(
                "its stddev is the standard deviation of the noise; it must be between 0 and 1",
            ));
        }
        Built::new(input)
            .masks(Masks::Passed)
            .reuse(if self.stddev == 0.0 { Reuse::Always } else { Reuse::Inference })
            .ok()
    }
}

impl Layer for GaussianNoise {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        if pass.training {
            pass.random.fill_normal(0.0, self.stddev, output);
            elementwise::add_assign(output, input);
        } else {
            elementwise::copy(input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        pass.copy();
    }
}

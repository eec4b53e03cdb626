//! Gaussian dropout.

use crate::{
    kernels::{arithmetic, elementwise, random::Random},
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Gaussian dropout: in training, multiplies its inputs by normal noise with mean 1 and standard deviation
    /// `√(rate / (1 − rate))`. At inference, the identity.
    ///
    /// See [Keras' `GaussianDropout`](https://keras.io/api/layers/regularization_layers/gaussian_dropout/); [Srivastava
    /// et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html). Random numbers are derived from the seed of the
    /// model and the step, regardless of the number of threads; they differ from those of Keras.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), GaussianDropout(0.2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert_eq!(net.predict_one(&[1.0; 4]), [4.0]);
    /// // The kernel's gradient shows what it is given in training.
    /// let (x, y) = (Tensor::from([[1.0; 4]]), Tensor::from([[-99.0]]));
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
    /// assert!(gradients.values()[..4].iter().all(|&input| input != 1.0 && (input - 1.0).abs() < 6.0 * 0.5));
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(GaussianDropout::layer(0.5), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0]])?, [1.0, 2.0]); // no noise at inference
    /// assert_ne!(alone.forward(&[&[1.0, 2.0]])?, [1.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct GaussianDropout {
        /// Rate of the equivalent dropout, from 0 to less than 1
        rate: Float,
        unsupported seed = None,
    }
    masks: Passed;
}

impl GaussianDropout {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the rate is less than 0, or not less than 1.
    ///
    /// ```
    /// use keras::{layers::GaussianDropout, shape::Dims};
    ///
    /// assert_eq!(GaussianDropout::layer(0.25).build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[8, 8, 3]));
    /// assert!(GaussianDropout::layer(1.0).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if !(self.rate >= 0.0 && self.rate < 1.0) {
            return Err(ShapeError::new("its rate is the fraction to drop; it must be at least 0 and less than 1"));
        }
        Built::new(input)
            .masks(Masks::Passed)
            .reuse(if self.rate == 0.0 { Reuse::Always } else { Reuse::Inference })
            .ok()
    }
}

impl GaussianDropout {
    fn multiply(&self, random: Random, input: &[f32], output: &mut [f32]) {
        random.fill_normal(1.0, libm::sqrtf(self.rate / (1.0 - self.rate)), output);
        arithmetic::multiply_assign(output, input);
    }
}

impl Layer for GaussianDropout {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        if pass.training {
            self.multiply(pass.random, input, output);
        } else {
            elementwise::copy(input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        if !pass.training {
            return pass.copy();
        }
        let [output_gradient] = pass.output_gradients.array();
        // The noise is recomputed rather than saved: it is a function of the step and the index.
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            self.multiply(pass.random, output_gradient, input_gradient);
        }
    }
}

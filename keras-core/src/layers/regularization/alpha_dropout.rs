//! Alpha dropout.

use crate::{
    kernels::{
        elementwise,
        random::{self, Values},
    },
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Alpha dropout: in training, sets a fraction of its inputs to the saturation value of selu, and preserves mean 0
    /// and variance 1. At inference, the identity.
    ///
    /// See [Keras' `AlphaDropout`](https://keras.io/api/layers/regularization_layers/alpha_dropout/); [Klambauer et al.
    /// 2017](https://arxiv.org/abs/1706.02515). Use it with the activation `"selu"`. Random numbers are derived from
    /// the seed of the model and the step, regardless of the number of threads; they differ from those of Keras.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), AlphaDropout(0.5), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert_eq!(net.predict_one(&[1.0; 4]), [4.0]);
    /// // In training an input is one of two numbers: the kernel's gradient shows which.
    /// let (x, y) = (Tensor::from([[1.0; 4]]), Tensor::from([[-99.0]]));
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
    /// assert!(gradients.values()[..4].iter().all(|&input| (input - 1.665).abs() < 1e-3 || (input + 0.779).abs() < 1e-3));
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(AlphaDropout::layer(0.1), [3], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 3.0]])?, [1.0, 2.0, 3.0]); // no dropout at inference
    /// assert_ne!(alone.forward(&[&[1.0, 2.0, 3.0]])?, [1.0, 2.0, 3.0]); // in training all inputs change
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct AlphaDropout {
        /// Fraction of the inputs to drop, from 0 to less than 1
        rate: Float,
        unsupported noise_shape = None,
        unsupported seed = None,
    }
    masks: Passed;
}

impl AlphaDropout {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the rate is less than 0, or not less than 1.
    ///
    /// ```
    /// use keras::{layers::AlphaDropout, shape::Dims};
    ///
    /// assert_eq!(AlphaDropout::layer(0.25).build(Dims::new(&[8, 8, 3]))?.output(), Dims::new(&[8, 8, 3]));
    /// assert!(AlphaDropout::layer(1.0).build(Dims::new(&[8, 8, 3])).is_err());
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

/// The limit of selu at −∞: minus the product of its two constants.
const SATURATED: f32 = -1.673_263_2 * 1.050_701;

impl AlphaDropout {
    /// Preserves mean 0 and variance 1.
    fn values(&self) -> Values {
        let scale = 1.0 / libm::sqrtf((1.0 - self.rate) * (1.0 + self.rate * SATURATED * SATURATED));
        let shift = -scale * SATURATED * self.rate;
        Values { dropped: scale * SATURATED + shift, scale, shift }
    }
}

impl Layer for AlphaDropout {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        if pass.training {
            random::drop_out(self.rate, pass.random, self.values(), input, output);
        } else {
            elementwise::copy(input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        if !pass.training {
            return pass.copy();
        }
        let [output_gradient] = pass.output_gradients.array();
        // The mask is recomputed rather than saved: it is a function of the step and the index.
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            let slopes = Values { dropped: 0.0, shift: 0.0, ..self.values() };
            random::drop_out(self.rate, pass.random, slopes, output_gradient, input_gradient);
        }
    }
}

//! Dropout.

use crate::{
    kernels::{elementwise, random},
    layers::{Backward, Built, Forward, Layer, Masks, Reuse},
    shape::{Dims, ShapeError},
};

layer! {
    /// Dropout: in training, sets a fraction of its inputs to 0, and scales the others by `1 / (1 − rate)`. At
    /// inference, the identity.
    ///
    /// See [Keras' `Dropout`](https://keras.io/api/layers/regularization_layers/dropout/); [Srivastava et al.
    /// 2014](https://jmlr.org/papers/v15/srivastava14a.html). Random numbers are derived from the seed of the model and
    /// the step, regardless of the number of threads; they differ from those of Keras.
    ///
    /// # Shapes
    /// Output of the same shape as the input. No weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dropout(0.5), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut net = Net::with_seed(1);
    /// assert_eq!(net.predict_one(&[1.0; 4]), [4.0]);
    /// // In training some of the four are 0, the others 2: the kernel's gradient shows which.
    /// let (x, y) = (Tensor::from([[1.0; 4]]), Tensor::from([[-1.0]]));
    /// let (_, gradients) = net.loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
    /// assert!(gradients.values()[..4].iter().all(|&gradient| gradient == 0.0 || gradient == 2.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(Dropout::layer(0.5), [4], 7)?;
    /// assert_eq!(alone.call(&[&[1.0; 4]])?, [1.0; 4]); // no dropout at inference
    /// assert!(alone.forward(&[&[1.0; 4]])?.iter().all(|&value| value == 0.0 || value == 2.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Dropout {
        /// Fraction of the inputs to drop, from 0 to less than 1
        rate: Float,
        unsupported noise_shape = None,
        unsupported seed = None,
    }
    masks: Passed;
}

impl Dropout {
    /// Builds the layer for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// If the rate is not between 0 and 1.
    ///
    /// ```
    /// use keras::{layers::Dropout, shape::Dims};
    ///
    /// assert_eq!(Dropout::layer(0.25).build(Dims::new(&[8, 3]))?.output(), Dims::new(&[8, 3]));
    /// assert!(Dropout::layer(25.0).build(Dims::new(&[8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if !(self.rate >= 0.0 && self.rate <= 1.0) {
            return Err(ShapeError::new("its rate is the fraction to drop; it must be between 0 and 1"));
        }
        Built::new(input)
            .masks(Masks::Passed)
            .reuse(if self.rate == 0.0 { Reuse::Always } else { Reuse::Inference })
            .ok()
    }
}

impl Layer for Dropout {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        if pass.training {
            random::dropout(self.rate, pass.random, input, output);
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
            random::dropout(self.rate, pass.random, output_gradient, input_gradient);
        }
    }
}

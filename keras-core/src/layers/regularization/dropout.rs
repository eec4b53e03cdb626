//! Dropout.

use crate::layers::{Backward, Built, Forward, Layer, Masks, Reuse};
use crate::{
    kernels::{elementwise, random},
    shape::{Dims, ShapeError},
};

/// Sets a share of its inputs to 0 in training, and scales the others by `1 / (1 − rate)`; at inference, nothing.
///
/// In a listing, `Dropout(rate)`: `Dropout(0.25)`, as
/// [Keras' `Dropout`](https://keras.io/api/layers/regularization_layers/dropout/);
/// [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html). Which inputs are dropped follows from the
/// model's seed and the number of the step, whatever the number of threads; it is not what Keras would drop.
///
/// # Shapes
/// The output has the input's shape. No weights.
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
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    rate: f32,
}

impl Dropout {
    /// Drops this share, between 0 and 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(Dropout::layer(0.5), [4], 7)?;
    /// assert_eq!(alone.call(&[&[1.0; 4]])?, [1.0; 4]); // nothing is dropped at inference
    /// assert!(alone.forward(&[&[1.0; 4]])?.iter().all(|&value| value == 0.0 || value == 2.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer(rate: f32) -> Self {
        Self { rate }
    }

    /// The shape rule: any input fits.
    ///
    /// # Errors
    /// For a rate that is not between 0 and 1.
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
            return Err(ShapeError::new("its rate is the share to drop; it must be between 0 and 1"));
        }
        Built::new(input)
            .masks(Masks::Passed)
            .reuse(if self.rate == 0.0 { Reuse::Always } else { Reuse::Inference })
            .ok()
    }
}

impl Layer for Dropout {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        if pass.training {
            random::dropout(self.rate, pass.random, input, output);
        } else {
            elementwise::copy(input, output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        // The mask is drawn again rather than kept: it depends on the step and the index alone.
        if let [Some(input_gradient)] = pass.input_gradients.array() {
            random::dropout(self.rate, pass.random, output_gradient, input_gradient);
        }
    }
}

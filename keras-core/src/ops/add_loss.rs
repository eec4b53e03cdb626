//! Terms of the loss that a model computes itself.

use crate::{
    kernels::elementwise,
    layers::{Backward, Built, Forward, Layer},
    shape::{Dims, ShapeError},
};

/// Adds a tensor to the loss: the sum of its elements, averaged over the samples of the batch.
///
/// In a model or in a layer that `layer!` declares, a statement: `add_loss(x);`. See [Keras'
/// `add_loss`](https://keras.io/api/layers/base_layer/#add_loss-method). The term is part of the loss that `fit` minimizes and `evaluate`
/// reports; sample weights do not apply to it.
///
/// ```
/// use keras::prelude::*;
///
/// layer! {
///     /// Draws from a normal distribution, which is kept near the standard one.
///     struct Sampling(weight_of_divergence: f32 = 1.0)(mean, log_variance) {
///         let divergence = square(mean) + exp(log_variance) - log_variance - 1;
///         add_loss(sum(divergence, axis = -1) * weight_of_divergence / 2);
///         mean + exp(log_variance / 2) * random_normal(mean)
///     }
/// }
///
/// model! {
///     struct Autoencoder(x: Input(4)) {
///         let (mean, log_variance) = (Dense(2)(x), Dense(2)(x));
///         Dense(4)(Sampling(weight_of_divergence = 0.1)(mean, log_variance))
///     }
/// }
///
/// let x = Tensor::from([[0.5, 1.0, -1.0, 0.0], [1.0, 0.0, 0.5, -0.5]]);
/// let mut model = Autoencoder::with_seed(1);
/// let history = model.compile(Adam::new(0.01), MeanSquaredError::default(), ()).fit(&x, &x).epochs(100).verbose(0).run()?;
/// assert!(history["loss"].last() < history["loss"].first());
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddLoss;

impl AddLoss {
    /// Creates the operation.
    ///
    /// ```
    /// use keras::{ops::AddLoss, prelude::*};
    ///
    /// let alone = standalone!(AddLoss::layer(), [2], 7)?;
    /// assert_eq!(alone.call(&[&[1.0, 2.0, 5.0, 6.0]])?, [3.0, 11.0]); // the term of each sample
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self
    }

    /// Builds the operation for an input of this shape; any shape is accepted.
    ///
    /// # Errors
    /// Never.
    ///
    /// ```
    /// use keras::{ops::AddLoss, shape::Dims};
    ///
    /// assert_eq!(AddLoss::layer().build(Dims::new(&[10]))?.output(), Dims::SCALAR);
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, _: Dims) -> Result<Built, ShapeError> {
        Built::new(Dims::SCALAR).ok()
    }
}

impl Layer for AddLoss {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
        for (term, sample) in output.iter_mut().zip(input.chunks_exact(dims.size().max(1))) {
            *term = elementwise::sum(sample);
        }
        if let Some(sum) = pass.added_loss {
            *sum += elementwise::sum(output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        if let [Some(gradient)] = pass.input_gradients.array() {
            // The gradient at inference is that of the outputs alone, as it is with activity regularizers.
            gradient.fill(if pass.training { 1.0 / pass.whole_batch.max(1) as f32 } else { 0.0 });
        }
    }
}

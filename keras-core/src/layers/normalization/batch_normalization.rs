//! Batch normalization.

use crate::{
    kernels::{elementwise, normalization},
    layers::{Backward, Built, Forward, Fusion, Layer, Masks, NonTrainable, Weight},
    shape::{Dims, ShapeError},
};

layer! {
    /// Batch normalization: normalizes each channel, in training by the mean and variance of the batch, at inference by
    /// their moving averages.
    ///
    /// `output = gamma · (x − mean) / √(variance + epsilon) + beta`, with statistics over all axes except the last.
    /// Moving averages are updated to `moving · momentum + batch · (1 − momentum)`, with the population variance, as in
    /// Keras. A frozen layer uses its moving averages in training, too.
    ///
    /// At inference it is fused into a preceding [`Conv2D`](crate::layers::Conv2D) or [`Dense`](crate::layers::Dense)
    /// layer without an activation, if nothing else reads the output of that layer. In training, a rectifier after it is fused
    /// into it.
    ///
    /// See [Keras' `BatchNormalization`](https://keras.io/api/layers/normalization_layers/batch_normalization/);
    /// [Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167).
    ///
    /// # Shapes
    /// Output of the same shape as the input, `(…, channels)`; weights `gamma`, `beta`, `moving_mean`,
    /// `moving_variance`, each `(channels,)`. The moving averages are non-trainable weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), BatchNormalization(momentum = 0.0) } }
    /// assert_eq!((Net::PARAMETERS, Net::TRAINABLE_PARAMETERS), (4, 2));
    ///
    /// let mut net = Net::new();
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [0.0]]));
    /// net.compile(SGD::new(0.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert_eq!(net.batch_normalization().moving_mean()[0], 2.0);
    /// assert_eq!(net.predict_one(&[2.0]), [0.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut alone = standalone!(BatchNormalization::layer().epsilon(0.0), [1], 7)?;
    /// assert_eq!(alone.forward(&[&[1.0, 3.0]])?, [-1.0, 1.0]); // training mode, with the statistics of the batch
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Initializers, regularizers and constraints:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! {
    ///     struct Net {
    ///         Input(2),
    ///         BatchNormalization(
    ///             beta_initializer = "ones",
    ///             gamma_initializer = Initializer::constant(2.0),
    ///             moving_mean_initializer = Initializer::constant(5.0),
    ///             moving_variance_initializer = Initializer::constant(4.0),
    ///             beta_regularizer = Regularizer::l1(0.25),
    ///             gamma_regularizer = Regularizer::l2(0.5),
    ///             beta_constraint = "non_neg",
    ///             gamma_constraint = "non_neg",
    ///         ),
    ///     }
    /// }
    ///
    /// let mut net = Net::new();
    /// let [high, middle] = net.predict_one(&[9.0, 5.0]);
    /// assert!((high - 5.0).abs() < 1e-2 && middle == 1.0);
    /// let (x, y) = (Tensor::from([[7.0, 7.0], [7.0, 7.0]]), Tensor::from([[1.0, 1.0], [1.0, 1.0]]));
    /// let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.25 * 2.0 + 0.5 * 8.0); // the predictions are exact: the loss is the penalty
    /// net.compile(SGD::new(10.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.batch_normalization().beta().iter().all(|&beta| beta == 0.0)); // the unconstrained step would be negative
    /// assert!(net.batch_normalization().gamma().iter().all(|&gamma| gamma == 0.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct BatchNormalization {
        unsupported axis = -1,
        /// Momentum of the moving averages
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), BatchNormalization(momentum = 0.75) } }
        ///
        /// let mut net = Net::new();
        /// let (x, y) = (Tensor::from([[4.0], [4.0]]), Tensor::from([[0.0], [0.0]]));
        /// net.compile(SGD::new(0.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
        /// assert_eq!(net.batch_normalization().moving_mean()[0], 0.0 * 0.75 + 4.0 * 0.25);
        /// # Ok::<(), keras::Error>(())
        /// ```
        momentum: Float = 0.99,
        /// Small constant added to the variance
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), BatchNormalization(epsilon = 3.0) } }
        /// assert_eq!(Net::new().predict_one(&[10.0]), [10.0 / (1.0f32 + 3.0).sqrt()]);
        /// ```
        epsilon: Float = 0.001,
        /// Whether to add beta
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8), Dense(4), BatchNormalization(center = false), Dense(2) } }
        /// assert!(Net::new().batch_normalization().weight("beta").is_none());
        /// ```
        center: Bool = true,
        /// Whether to multiply by gamma
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8), Dense(4), BatchNormalization(scale = false), Dense(2) } }
        /// assert!(Net::new().batch_normalization().weight("gamma").is_none());
        /// ```
        scale: Bool = true,
        /// Initializer of beta
        beta_initializer: Initializer = "zeros",
        /// Initializer of gamma
        gamma_initializer: Initializer = "ones",
        /// Initializer of the moving mean
        moving_mean_initializer: Initializer = "zeros",
        /// Initializer of the moving variance
        moving_variance_initializer: Initializer = "ones",
        /// Regularizer of beta
        beta_regularizer: Regularizer = None,
        /// Regularizer of gamma
        gamma_regularizer: Regularizer = None,
        /// Constraint of beta
        beta_constraint: Constraint = None,
        /// Constraint of gamma
        gamma_constraint: Constraint = None,
        unsupported renorm = false,
        unsupported renorm_clipping = None,
        unsupported renorm_momentum = 0.99,
        unsupported synchronized = false,
    }
    masks: Refused;
    weights: gamma: Ix1, beta: Ix1, moving_mean: Ix1, moving_variance: Ix1;
}

impl BatchNormalization {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If the input is a scalar.
    ///
    /// ```
    /// use keras::{layers::BatchNormalization, shape::Dims};
    ///
    /// let built = BatchNormalization::layer().build(Dims::new(&[8, 8, 16]))?;
    /// assert_eq!(built.output(), Dims::new(&[8, 8, 16]));
    /// assert_eq!((built.weights.trainable_size(), built.weights.non_trainable_size()), (32, 32));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() == 0 {
            return Err(ShapeError::new(
                "it normalizes the last axis of its input, but its input is a scalar {a}; put Reshape(1) before it",
            )
            .dims(input));
        }
        let channels = input.last();
        let dims = Dims::new(&[channels]);
        let mut built = Built::new(input).masks(Masks::Refused(
            "its input has a mask, which it does not support yet; use LayerNormalization, or put it before the layer \
             that makes the mask",
        ));
        if self.scale {
            let gamma = Weight::new("gamma", dims, self.gamma_initializer);
            built = built.weight(gamma.regularizer(self.gamma_regularizer).constraint(self.gamma_constraint));
        }
        if self.center {
            let beta = Weight::new("beta", dims, self.beta_initializer);
            built = built.weight(beta.regularizer(self.beta_regularizer).constraint(self.beta_constraint));
        }
        built
            .weight(Weight::non_trainable("moving_mean", dims, self.moving_mean_initializer))
            .weight(Weight::non_trainable("moving_variance", dims, self.moving_variance_initializer))
            .saved(0, channels.saturating_mul(2))
            .backward_scratch(0, normalization::backward_scratch(channels).saturating_add(channels.saturating_mul(2)))
            .macs(input.size() as u64)
            .backward_reads_input()
            .whole_batch()
            .fusion(Fusion::Normalization { epsilon: self.epsilon, scale: self.scale, center: self.center })
            .ok()
    }

    /// Gamma and beta among the trainable weights; empty if disabled.
    fn gamma_beta<'a>(&self, weights: &[&'a [f32]]) -> (&'a [f32], &'a [f32]) {
        let gamma = if self.scale { weights.first().copied().unwrap_or_default() } else { &[] };
        let beta = if self.center { weights.last().copied().unwrap_or_default() } else { &[] };
        (gamma, beta)
    }
}

impl Layer for BatchNormalization {
    const FUSES: bool = true;

    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output], [dims]) = (pass.inputs.array(), pass.outputs.array(), pass.output_dims.array());
        let channels = dims.last();
        let (gamma, beta) = self.gamma_beta(&pass.weights);
        match pass.non_trainable {
            NonTrainable::Updated([moving_mean, moving_variance]) => {
                let Some((mean, inverse)) = pass.saved.fixed.split_at_mut_checked(channels) else { return };
                normalization::batch_forward(
                    channels,
                    self.epsilon,
                    self.momentum,
                    input,
                    gamma,
                    beta,
                    moving_mean,
                    moving_variance,
                    output,
                    mean,
                    inverse,
                    pass.epilogue.rectified,
                );
            }
            NonTrainable::ReadOnly([mean, variance]) => {
                let rectified = pass.epilogue.rectified;
                normalization::inference_forward(
                    channels,
                    self.epsilon,
                    input,
                    gamma,
                    beta,
                    mean,
                    variance,
                    output,
                    rectified,
                );
            }
            _ => {}
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], [gradient]) = (pass.inputs.array(), pass.output_gradients.array());
        let [dims] = pass.output_dims.array();
        let channels = dims.last();
        let (gamma, beta) = self.gamma_beta(&pass.weights);
        let rectified = pass.rectified.then_some(beta);
        let Some((scratch, sums)) = pass.scratch.fixed.split_at_mut_checked(normalization::backward_scratch(channels))
        else {
            return;
        };
        let Some((gamma_gradient, beta_gradient)) = sums.split_at_mut_checked(channels) else { return };
        // The kernels skip the gradient of an input if the slice is empty.
        let [input_gradient] = pass.input_gradients.array().map(Option::unwrap_or_default);
        match (pass.updated, &*pass.non_trainable) {
            (false, [mean, variance]) => normalization::inference_backward(
                channels,
                self.epsilon,
                input,
                gamma,
                mean,
                variance,
                gradient,
                input_gradient,
                gamma_gradient,
                beta_gradient,
                scratch,
                rectified,
            ),
            _ => {
                let Some((mean, inverse)) = pass.saved.fixed.split_at_checked(channels) else { return };
                normalization::batch_backward(
                    channels,
                    input,
                    gamma,
                    mean,
                    inverse,
                    gradient,
                    input_gradient,
                    gamma_gradient,
                    beta_gradient,
                    scratch,
                    rectified,
                );
            }
        }
        let Some(mut weight_gradients) = pass.weight_gradients else { return };
        let mut wanted = weight_gradients.iter_mut();
        for (there, from) in [(self.scale, &*gamma_gradient), (self.center, &*beta_gradient)] {
            if there && let Some(to) = wanted.next() {
                if pass.accumulate {
                    elementwise::add_assign(to, from);
                } else {
                    elementwise::copy(from, to);
                }
            }
        }
    }
}

//! Batch normalization.

use super::{Backward, Built, Forward, Layer, State, Weight};
use crate::{
    initializers::Initializer,
    kernels::{elementwise, normalization},
    shape::{Dims, ShapeError},
    weights,
};

/// Normalizes each channel: by the batch's mean and variance in training, by their moving averages at inference.
///
/// `output = gamma · (x − mean) / √(variance + epsilon) + beta`, over all axes but the last. The moving averages become
/// `moving · momentum + batch · (1 − momentum)`, with the population variance, as in Keras. A frozen layer uses its moving
/// averages in training too.
///
/// In a listing: `BatchNormalization(momentum = 0.99, epsilon = 1e-3, center, scale, …)`, as
/// [Keras' `BatchNormalization`](https://keras.io/api/layers/normalization_layers/batch_normalization/);
/// [Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167).
///
/// # Shapes
/// The output has the input's shape `(…, channels)`; weights `gamma`, `beta`, `moving_mean`, `moving_variance`, each
/// `(channels,)`.
#[derive(Clone, Copy, Debug)]
pub struct BatchNormalization {
    momentum: f32,
    epsilon: f32,
    center: bool,
    scale: bool,
    beta_initializer: Initializer,
    gamma_initializer: Initializer,
    moving_mean_initializer: Initializer,
    moving_variance_initializer: Initializer,
}

impl BatchNormalization {
    /// With Keras' defaults.
    pub const fn layer() -> Self {
        Self {
            momentum: 0.99,
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta_initializer: Initializer::Zeros,
            gamma_initializer: Initializer::Ones,
            moving_mean_initializer: Initializer::Zeros,
            moving_variance_initializer: Initializer::Ones,
        }
    }

    /// How much of the moving averages stays at each step (0.99).
    pub const fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// What is added to the variance (1e-3).
    pub const fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether beta is added (true).
    pub const fn center(mut self, on: bool) -> Self {
        self.center = on;
        self
    }

    /// Whether gamma multiplies (true).
    pub const fn scale(mut self, on: bool) -> Self {
        self.scale = on;
        self
    }

    /// Beta's first values (zeros).
    pub const fn beta_initializer(mut self, initializer: Initializer) -> Self {
        self.beta_initializer = initializer;
        self
    }

    /// Gamma's first values (ones).
    pub const fn gamma_initializer(mut self, initializer: Initializer) -> Self {
        self.gamma_initializer = initializer;
        self
    }

    /// The moving mean's first values (zeros).
    pub const fn moving_mean_initializer(mut self, initializer: Initializer) -> Self {
        self.moving_mean_initializer = initializer;
        self
    }

    /// The moving variance's first values (ones).
    pub const fn moving_variance_initializer(mut self, initializer: Initializer) -> Self {
        self.moving_variance_initializer = initializer;
        self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// For a scalar input.
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        if input.rank() == 0 {
            return Err(ShapeError::new(
                "it normalizes the last axis of its input, but its input is a scalar {a}; put Reshape(1) before it",
            )
            .dims(input));
        }
        let channels = input.last();
        let dims = Dims::new(&[channels]);
        let mut built = Built::new(input);
        if self.scale {
            built = built.weight(Weight::new("gamma", dims, self.gamma_initializer));
        }
        if self.center {
            built = built.weight(Weight::new("beta", dims, self.beta_initializer));
        }
        built
            .weight(Weight::moving("moving_mean", dims, self.moving_mean_initializer))
            .weight(Weight::moving("moving_variance", dims, self.moving_variance_initializer))
            .kept(0, 2 * channels)
            .scratch(0, channels)
            .backward_scratch(0, 2 * channels)
            .macs(input.size() as u64)
            .backward_reads_input()
            .ok()
    }

    /// Gamma and beta among the trainable weights; empty if there are none.
    fn gamma_beta<'a>(&self, weights: &[&'a [f32]]) -> (&'a [f32], &'a [f32]) {
        let gamma = if self.scale { weights.first().copied().unwrap_or_default() } else { &[] };
        let beta = if self.center { weights.last().copied().unwrap_or_default() } else { &[] };
        (gamma, beta)
    }
}

impl Layer for BatchNormalization {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], channels) = (pass.inputs, pass.output_dims.last()) else { return };
        let (gamma, beta) = self.gamma_beta(pass.weights);
        match pass.state {
            State::Updated([moving_mean, moving_variance]) => {
                let Some((mean, inverse)) = pass.kept.fixed.split_at_mut_checked(channels) else { return };
                let variance = pass.scratch.fixed;
                normalization::moments(input, mean, variance);
                normalization::inverse_deviation(self.epsilon, variance, inverse);
                normalization::update_moving(self.momentum, mean, moving_mean);
                normalization::update_moving(self.momentum, variance, moving_variance);
                normalization::normalize(input, mean, inverse, gamma, beta, pass.output);
            }
            State::Fixed([mean, variance]) => {
                let inverse = pass.scratch.fixed;
                normalization::inverse_deviation(self.epsilon, variance, inverse);
                normalization::normalize(input, mean, inverse, gamma, beta, pass.output);
                // A frozen layer's backward pass finds the deviation where an updated one's would be.
                if let Some((_, kept)) = pass.kept.fixed.split_at_mut_checked(channels) {
                    for (to, from) in kept.iter_mut().zip(inverse.iter()) {
                        *to = *from;
                    }
                }
            }
            _ => {}
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let ([input], channels) = (pass.inputs, pass.output_dims.last()) else { return };
        let (gamma, _) = self.gamma_beta(pass.weights);
        let Some((kept_mean, inverse)) = pass.kept.fixed.split_at_checked(channels) else { return };
        let mean = match (pass.state_updated, pass.state) {
            (false, [moving_mean, ..]) => moving_mean,
            _ => kept_mean,
        };
        let gradient = &*pass.output_gradient;
        let Some((sums, products)) = pass.scratch.fixed.split_at_mut_checked(channels) else { return };
        normalization::gradient_sums(input, gradient, mean, inverse, sums, products);
        if !pass.weight_gradients.is_empty() {
            let mut gradients = pass.weight_gradients.iter_mut();
            for (wanted, from) in [(self.scale, &*products), (self.center, &*sums)] {
                if wanted && let Some(to) = gradients.next() {
                    if !pass.accumulate {
                        to.fill(0.0);
                    }
                    elementwise::add_assign(to, from);
                }
            }
        }
        if let [input_gradient] = pass.input_gradients
            && !input_gradient.is_empty()
        {
            if pass.state_updated {
                normalization::backward_batch(input, gradient, mean, inverse, gamma, sums, products, input_gradient);
            } else {
                normalization::backward_fixed(gradient, inverse, gamma, input_gradient);
            }
        }
    }
}

weights!(BatchNormalization { gamma: Ix1, beta: Ix1, moving_mean: Ix1, moving_variance: Ix1 });

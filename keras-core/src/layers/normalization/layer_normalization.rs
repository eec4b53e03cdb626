//! Layer normalization.

use crate::{
    kernels::{layer_normalization, sums},
    layers::{Backward, Built, Forward, Layer, ListMut, Masks, Weight},
    shape::{Dims, ShapeError},
};

layer! {
    /// Layer normalization: normalizes each sample by its own mean and variance, along one or more axes.
    ///
    /// `output = gamma · (x − mean) / √(variance + epsilon) + beta`, both in training and at inference.
    ///
    /// See [Keras' `LayerNormalization`](https://keras.io/api/layers/normalization_layers/layer_normalization/); [Ba et al.
    /// 2016](https://arxiv.org/abs/1607.06450).
    ///
    /// # Shapes
    /// Output of the same shape as the input; weights `gamma` and `beta` with the shape of the normalized axes.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2, 4), LayerNormalization(epsilon = 0.0) } }
    /// assert_eq!(Net::new().layer_normalization().gamma().shape(), [4]);
    /// assert_eq!(
    ///     Net::new().predict_one(&[1.0, 3.0, 1.0, 3.0, 20.0, 20.0, 40.0, 40.0]),
    ///     [-1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0],
    /// );
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(LayerNormalization::layer(), [2], 7)?;
    /// let output = alone.call(&[&[1.0, 3.0]])?;
    /// assert!((output[0] + 1.0).abs() < 1e-3 && (output[1] - 1.0).abs() < 1e-3);
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
    ///         LayerNormalization(
    ///             beta_initializer = "ones",
    ///             gamma_initializer = Initializer::constant(2.0),
    ///             beta_regularizer = Regularizer::l1(0.25),
    ///             gamma_regularizer = Regularizer::l2(0.5),
    ///             beta_constraint = "non_neg",
    ///             gamma_constraint = "non_neg",
    ///         ),
    ///     }
    /// }
    ///
    /// let mut net = Net::new();
    /// let (x, y) = (Tensor::from([[5.0, 5.0]]), Tensor::from([[1.0, 1.0]]));
    /// let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.25 * 2.0 + 0.5 * 8.0); // the predictions are exact: the loss is the penalty
    /// net.compile(SGD::new(10.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.layer_normalization().beta().iter().all(|&beta| beta == 0.0)); // the unconstrained step would be negative
    /// assert!(net.layer_normalization().gamma().iter().all(|&gamma| gamma == 0.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct LayerNormalization {
        /// Axes along which to normalize, numbered as in Keras: the batch is axis 0
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Images { Input(8, 8, 3), LayerNormalization(axis = (1, 2)) } }
        /// assert_eq!(Images::new().layer_normalization().gamma().shape(), [8, 8]);
        /// ```
        axis: Axes = -1 => |layer| crate::layers::config::one_or_list(layer.axis.given().as_slice()),
        /// Small constant added to the variance
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), LayerNormalization(epsilon = 3.0) } }
        /// assert_eq!(Net::new().predict_one(&[4.0, 6.0]), [-0.5, 0.5]); // the variance is 1
        /// ```
        epsilon: Float = 0.001,
        /// Whether to add beta
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8), LayerNormalization(center = false) } }
        /// assert!(Net::new().layer_normalization().weight("beta").is_none());
        /// ```
        center: Bool = true,
        /// Whether to multiply by gamma
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(8), LayerNormalization(scale = false) } }
        /// assert!(Net::new().layer_normalization().weight("gamma").is_none());
        /// ```
        scale: Bool = true,
        /// Initializer of beta
        beta_initializer: Initializer = "zeros",
        /// Initializer of gamma
        gamma_initializer: Initializer = "ones",
        /// Regularizer of beta
        beta_regularizer: Regularizer = None,
        /// Regularizer of gamma
        gamma_regularizer: Regularizer = None,
        /// Constraint of beta
        beta_constraint: Constraint = None,
        /// Constraint of gamma
        gamma_constraint: Constraint = None,
    }
    masks: Passed;
    weights: gamma: IxDyn, beta: IxDyn;
}

impl LayerNormalization {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If there is no axis, or an axis does not exist, is the batch axis, or is repeated.
    ///
    /// ```
    /// use keras::{layers::LayerNormalization, shape::Dims};
    ///
    /// let built = LayerNormalization::layer().build(Dims::new(&[8, 8, 16]))?;
    /// assert_eq!((built.output(), built.weights.trainable_size()), (Dims::new(&[8, 8, 16]), 32));
    /// assert!(LayerNormalization::layer().axis(&[4]).build(Dims::new(&[8, 8, 16])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let chosen = match self.axis.chosen(input) {
            Some(chosen) if chosen.lengths().rank() > 0 => chosen,
            _ => {
                return Err(ShapeError::new(
                    "its axes must exist in its input {a}; use 1 to {0} (0 is the batch), or count back from -1, each \
                     axis once",
                )
                .dims(input)
                .number(input.rank()));
            }
        };
        let weight = chosen.lengths();
        let mut built = Built::new(input).masks(Masks::Passed);
        if self.scale {
            let gamma = Weight::new("gamma", weight, self.gamma_initializer);
            built = built.weight(gamma.regularizer(self.gamma_regularizer).constraint(self.gamma_constraint));
        }
        if self.center {
            let beta = Weight::new("beta", weight, self.beta_initializer);
            built = built.weight(beta.regularizer(self.beta_regularizer).constraint(self.beta_constraint));
        }
        let size = input.size();
        if !chosen.are_last() {
            // A sample with its axes permuted, and its output; in the backward pass the gradient, too, and the gradients of the
            // weights by a sample, and what their sums lose.
            let weights = chosen.elements().saturating_mul(4);
            let backward = size.saturating_mul(3).saturating_add(weights);
            built = built.scratch(0, size.saturating_mul(2)).backward_scratch(0, backward);
        }
        // The means and the inverse standard deviations.
        built.saved(chosen.others().elements().saturating_mul(2), 0).macs(size as u64).backward_reads_input().ok()
    }
}

impl Layer for LayerNormalization {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let Some(chosen) = self.axis.chosen(dims) else { return };
        let (length, size) = (chosen.elements(), dims.size().max(1));
        let gamma = if self.scale { pass.weights.first().copied().unwrap_or_default() } else { &[] };
        let beta = if self.center { pass.weights.last().copied().unwrap_or_default() } else { &[] };
        let (means, inverses) = halves(pass.saved.per_sample);
        if chosen.are_last() {
            return layer_normalization::forward(length, self.epsilon, input, gamma, beta, output, means, inverses);
        }
        let order = chosen.last();
        let Some((sample, normal)) = pass.scratch.fixed.split_at_mut_checked(size) else { return };
        // At inference nothing is saved, and the number of samples is 0.
        let rows = means.len() / pass.batch.max(1);
        let (mut means, mut inverses) = (means.chunks_exact_mut(rows.max(1)), inverses.chunks_exact_mut(rows.max(1)));
        for (from, to) in input.chunks_exact(size).zip(output.chunks_exact_mut(size)) {
            let (means, inverses) = (means.next().unwrap_or_default(), inverses.next().unwrap_or_default());
            order.gather(from, sample);
            layer_normalization::forward(length, self.epsilon, sample, gamma, beta, normal, means, inverses);
            to.fill(0.0);
            order.scatter_add(normal, to);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let Some(chosen) = self.axis.chosen(dims) else { return };
        let (length, size) = (chosen.elements(), dims.size().max(1));
        let gamma = if self.scale { pass.weights.first().copied().unwrap_or_default() } else { &[] };
        let (means, inverses) = halves(pass.saved.per_sample);
        let (gamma_gradient, beta_gradient) = match pass.weight_gradients.map(ListMut::padded) {
            Some([gamma, beta]) if self.scale => (gamma, beta),
            Some([beta, none]) => (none, beta),
            None => Default::default(),
        };
        let wanted = !(gamma_gradient.is_empty() && beta_gradient.is_empty());
        let [input_gradient] = pass.input_gradients.array().map(Option::unwrap_or_default);
        if chosen.are_last() {
            let gradient = &*output_gradient;
            if wanted {
                let (gamma, beta) = (gamma_gradient, beta_gradient);
                let add = pass.accumulate;
                layer_normalization::backward_weights(length, input, means, inverses, gradient, gamma, beta, add);
            }
            if !input_gradient.is_empty() {
                let to = input_gradient;
                layer_normalization::backward_input(length, input, gamma, means, inverses, gradient, to);
            }
            return;
        }
        let order = chosen.last();
        let Some((sample, rest)) = pass.scratch.fixed.split_at_mut_checked(size) else { return };
        let Some((gradient, rest)) = rest.split_at_mut_checked(size) else { return };
        let Some((result, rest)) = rest.split_at_mut_checked(size) else { return };
        let Some((terms, lost)) = rest.split_at_mut_checked(length.saturating_mul(2)) else { return };
        let Some((of_gamma, of_beta)) = terms.split_at_mut_checked(length) else { return };
        let Some((gamma_lost, beta_lost)) = lost.split_at_mut_checked(length) else { return };
        gamma_lost.fill(0.0);
        beta_lost.fill(0.0);
        let rows = (size / length.max(1)).max(1);
        let saved = means.chunks_exact(rows).zip(inverses.chunks_exact(rows));
        let samples = input.chunks_exact(size).zip(output_gradient.chunks_exact(size)).zip(saved);
        let mut input_gradients = input_gradient.chunks_exact_mut(size);
        if !pass.accumulate {
            gamma_gradient.fill(0.0);
            beta_gradient.fill(0.0);
        }
        for ((input, output_gradient), (means, inverses)) in samples {
            order.gather(input, sample);
            order.gather(output_gradient, gradient);
            if wanted {
                let (gamma, beta) = (&mut *of_gamma, &mut *of_beta);
                layer_normalization::backward_weights(length, sample, means, inverses, gradient, gamma, beta, false);
                sums::add_terms(gamma_gradient, gamma_lost, of_gamma);
                sums::add_terms(beta_gradient, beta_lost, of_beta);
            }
            if let Some(to) = input_gradients.next() {
                layer_normalization::backward_input(length, sample, gamma, means, inverses, gradient, result);
                to.fill(0.0);
                order.scatter_add(result, to);
            }
        }
    }
}

fn halves(values: &mut [f32]) -> (&mut [f32], &mut [f32]) {
    let middle = values.len() / 2;
    values.split_at_mut_checked(middle).unwrap_or_default()
}

//! Layer normalization.

use crate::layers::{Backward, Built, Forward, Layer, ListMut, Masks, Weight};
use crate::{
    constraints::Constraint,
    initializers::Initializer,
    kernels::layer_normalization,
    regularizers::Regularizer,
    shape::{Axes, Dims, ShapeError},
    weights,
};

/// Normalizes each sample by its own mean and variance, along one axis or several.
///
/// `output = gamma · (x − mean) / √(variance + epsilon) + beta`, in training and at inference alike.
///
/// In a listing, as [Keras' `LayerNormalization`](https://keras.io/api/layers/normalization_layers/layer_normalization/);
/// [Ba et al. 2016](https://arxiv.org/abs/1607.06450):
///
/// ```text
/// LayerNormalization(axis = -1, epsilon = 0.001, center = true, scale = true, beta_initializer = "zeros",
///                    gamma_initializer = "ones", beta_regularizer = None, gamma_regularizer = None,
///                    beta_constraint = None, gamma_constraint = None)
/// ```
///
/// # Shapes
/// The output has the input's shape; weights `gamma` and `beta` of the axes that are normalized along.
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
#[derive(Clone, Copy, Debug)]
pub struct LayerNormalization {
    axis: Axes,
    epsilon: f32,
    center: bool,
    scale: bool,
    beta_initializer: Initializer,
    gamma_initializer: Initializer,
    beta_regularizer: Regularizer,
    gamma_regularizer: Regularizer,
    beta_constraint: Constraint,
    gamma_constraint: Constraint,
}

impl LayerNormalization {
    /// With Keras' defaults.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(LayerNormalization::layer(), [2], 7)?;
    /// let output = alone.call(&[&[1.0, 3.0]])?;
    /// assert!((output[0] + 1.0).abs() < 1e-3 && (output[1] - 1.0).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn layer() -> Self {
        Self {
            axis: Axes::new(&[-1]),
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta_initializer: Initializer::Zeros,
            gamma_initializer: Initializer::Ones,
            beta_regularizer: Regularizer::None,
            gamma_regularizer: Regularizer::None,
            beta_constraint: Constraint::NONE,
            gamma_constraint: Constraint::NONE,
        }
    }

    /// The axes to normalize along (-1): one or several, counted as in Keras, the batch being axis 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Images { Input(8, 8, 3), LayerNormalization(axis = (1, 2)) } }
    /// assert_eq!(Images::new().layer_normalization().gamma().shape(), [8, 8]);
    /// ```
    pub const fn axis(mut self, axis: &[isize]) -> Self {
        self.axis = Axes::new(axis);
        self
    }

    /// What is added to the variance (1e-3).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(epsilon = 3.0) } }
    /// assert_eq!(Net::new().predict_one(&[4.0, 6.0]), [-0.5, 0.5]); // a variance of 1
    /// ```
    pub const fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether beta is added (true).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), LayerNormalization(center = false) } }
    /// assert!(Net::new().layer_normalization().weight("beta").is_none());
    /// ```
    pub const fn center(mut self, on: bool) -> Self {
        self.center = on;
        self
    }

    /// Whether gamma multiplies (true).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), LayerNormalization(scale = false) } }
    /// assert!(Net::new().layer_normalization().weight("gamma").is_none());
    /// ```
    pub const fn scale(mut self, on: bool) -> Self {
        self.scale = on;
        self
    }

    /// Beta's first values (zeros).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(beta_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[5.0, 5.0]), [1.0, 1.0]);
    /// ```
    pub const fn beta_initializer(mut self, initializer: Initializer) -> Self {
        self.beta_initializer = initializer;
        self
    }

    /// Gamma's first values (ones).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(gamma_initializer = "zeros") } }
    /// assert_eq!(Net::new().predict_one(&[5.0, 7.0]), [0.0, 0.0]);
    /// ```
    pub const fn gamma_initializer(mut self, initializer: Initializer) -> Self {
        self.gamma_initializer = initializer;
        self
    }

    /// What beta's size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(beta_initializer = "ones", beta_regularizer = "l1") } }
    ///
    /// let (x, y) = (Tensor::from([[5.0, 5.0]]), Tensor::from([[1.0, 1.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.01 * 2.0); // the prediction is right: only beta costs
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn beta_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.beta_regularizer = regularizer;
        self
    }

    /// What gamma's size costs (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(gamma_regularizer = Regularizer::l2(0.5)) } }
    ///
    /// let (x, y) = (Tensor::from([[5.0, 5.0]]), Tensor::from([[0.0, 0.0]]));
    /// let (loss, _) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
    /// assert_eq!(loss, 0.5 * (1.0 + 1.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn gamma_regularizer(mut self, regularizer: Regularizer) -> Self {
        self.gamma_regularizer = regularizer;
        self
    }

    /// What beta is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(beta_constraint = "non_neg") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 2.0], [4.0, 3.0]]), Tensor::from([[-99.0, 99.0], [99.0, -99.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.layer_normalization().beta().iter().all(|&beta| beta >= 0.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn beta_constraint(mut self, constraint: Constraint) -> Self {
        self.beta_constraint = constraint;
        self
    }

    /// What gamma is turned into after each step of training (nothing).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), LayerNormalization(gamma_constraint = "non_neg") } }
    ///
    /// let (x, y) = (Tensor::from([[1.0, 2.0], [4.0, 3.0]]), Tensor::from([[-99.0, 99.0], [99.0, -99.0]]));
    /// let mut net = Net::new();
    /// net.compile(SGD::new(1.0), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
    /// assert!(net.layer_normalization().gamma().iter().all(|&gamma| gamma >= 0.0));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub const fn gamma_constraint(mut self, constraint: Constraint) -> Self {
        self.gamma_constraint = constraint;
        self
    }

    /// The shape rule.
    ///
    /// # Errors
    /// If there is no axis, or one does not exist, is the batch, or is given twice.
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
                    "it normalizes along axes of its input {a}, from 1 to {0} (0 is the batch) or from -1 backwards, each \
                     once",
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
            // A sample with its axes in another order, and what becomes of it; going back, the gradient too.
            built = built.scratch(0, size.saturating_mul(2)).backward_scratch(0, size.saturating_mul(3));
        }
        // The means and the inverse standard deviations.
        built.saved(chosen.others().elements().saturating_mul(2), 0).macs(size as u64).backward_reads_input().ok()
    }
}

impl Layer for LayerNormalization {
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
        // At inference nothing is saved, of no sample.
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
        let Some((gradient, result)) = rest.split_at_mut_checked(size) else { return };
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
                let (gamma, beta) = (&mut *gamma_gradient, &mut *beta_gradient);
                layer_normalization::backward_weights(length, sample, means, inverses, gradient, gamma, beta, true);
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

weights!(LayerNormalization { gamma: IxDyn, beta: IxDyn });

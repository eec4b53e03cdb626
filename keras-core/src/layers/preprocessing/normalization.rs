//! Feature-wise normalization of data.

use crate::{
    initializers::Initializer,
    kernels::channels,
    layers::{Backward, Built, Forward, Layer, Masks, NonTrainable, Weight},
    shape::{Dims, ShapeError},
};

layer! {
    /// Feature-wise normalization of data by mean and variance: `output = (x − mean) / √variance`.
    ///
    /// Both are computed before training by [`adapt`](crate::model::ViewMut::adapt), and are non-trainable weights of
    /// the model, which are saved and embedded with it; alternatively they are given as arguments.
    ///
    /// See [Keras' `Normalization`](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/).
    ///
    /// # Shapes
    /// Output of the same shape as the input; non-trainable weights `mean` and `variance` with the shape of `axis`.
    /// (Keras also has a `count`, which is not used.) No weights if mean and variance are given.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Normalization(), Dense(1) } }
    ///
    /// let mut net = Net::new();
    /// net.normalization_mut().adapt(&Tensor::from([[1.0, 10.0], [3.0, 50.0]]))?;
    /// assert_eq!(net.normalization().mean().as_slice(), Some(&[2.0, 30.0][..]));
    /// assert_eq!(net.normalization().variance().as_slice(), Some(&[1.0, 400.0][..]));
    ///
    /// sequential! { struct Given { Input(2), Normalization(mean = [2.0, 30.0], variance = [1.0, 400.0]) } }
    /// assert_eq!(Given::new().predict_one(&[3.0, 10.0]), [1.0, -1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    ///
    /// Standalone:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let alone = standalone!(Normalization::layer().mean(&[5.0]).variance(&[4.0]), [2], 7)?;
    /// assert_eq!(alone.call(&[&[5.0, 9.0]])?, [0.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct Normalization {
        /// Axes with separate statistics for each element, numbered as in Keras: the batch is axis 0; `None` for scalar
        /// statistics
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Whole { Input(2, 2), Normalization(axis = None) } }
        ///
        /// let mut whole = Whole::new();
        /// whole.normalization_mut().adapt(&Tensor::from([[[1.0, 1.0], [5.0, 5.0]]]))?;
        /// assert_eq!(whole.predict_one(&[1.0, 3.0, 5.0, 7.0]), [-1.0, 0.0, 1.0, 2.0]);
        /// # Ok::<(), keras::Error>(())
        /// ```
        axis: AxesOrNone = -1,
        /// Mean: a number, or one for each element of the last axis or of all axes; `None` to compute it by `adapt`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), Normalization(mean = 5, variance = 4) } }
        /// assert_eq!(Net::new().predict_one(&[5.0, 9.0]), [0.0, 2.0]);
        /// ```
        mean: Floats = None,
        /// Variance, given together with the mean and in the same form
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), Normalization(mean = 0, variance = (1.0, 100.0)) } }
        /// assert_eq!(Net::new().predict_one(&[5.0, 50.0]), [5.0, 5.0]);
        /// ```
        variance: Floats = None,
        /// Whether to apply the inverse: `output = x · √variance + mean`
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(1), Normalization(mean = 5, variance = 4, invert = true) } }
        /// assert_eq!(Net::new().predict_one(&[2.0]), [9.0]);
        /// ```
        invert: Bool = false,
    }
    masks: Passed;
    weights: mean: IxDyn, variance: IxDyn;
}

/// The lower bound of the standard deviation: Keras' epsilon.
const LEAST_DEVIATION: f32 = 1e-7;

impl Normalization {
    /// Builds the layer for an input of this shape.
    ///
    /// # Errors
    /// If an axis does not exist, is the batch axis, or is repeated; if only one of mean and variance is given, or
    /// their length does not match the axes.
    ///
    /// ```
    /// use keras::{layers::Normalization, shape::Dims};
    ///
    /// let built = Normalization::layer().build(Dims::new(&[8, 8, 3]))?;
    /// assert_eq!((built.output(), built.weights.non_trainable_size()), (Dims::new(&[8, 8, 3]), 3 + 3));
    /// assert!(Normalization::layer().mean(&[0.5]).build(Dims::new(&[8, 8, 3])).is_err());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        let Some(chosen) = self.axis.chosen(input) else {
            return Err(ShapeError::new(
                "its axes must exist in its input {a}; use 1 to {0} (0 is the batch), or count back from -1, each axis \
                 once",
            )
            .dims(input)
            .number(input.rank()));
        };
        let apart = chosen.lengths();
        let both = input.size().saturating_mul(2);
        // In both passes mean and standard deviation are broadcast to a sample.
        let built = Built::new(input).masks(Masks::Passed).scratch(0, both).backward_scratch(0, both);
        match (self.mean, self.variance) {
            (None, None) => built
                .weight(Weight::non_trainable("mean", apart, Initializer::Zeros))
                .weight(Weight::non_trainable("variance", apart, Initializer::Ones))
                .measures(chosen.flags())
                .ok(),
            (Some(mean), Some(variance)) if fits(mean.len(), apart) && fits(variance.len(), apart) => built.ok(),
            (Some(mean), Some(variance)) => Err(ShapeError::new(
                "{0} means and {1} variances are given, but its axes have shape {a}; give one value per element, or 1",
            )
            .number(mean.len())
            .number(variance.len())
            .dims(apart)),
            _ => Err(ShapeError::new("mean and variance must be given together, or neither")),
        }
    }

    /// The mean and the standard deviation of each element of a sample, in scratch memory.
    fn statistics<'s>(
        &self,
        dims: Dims,
        state: &[&[f32]],
        scratch: &'s mut [f32],
    ) -> Option<(&'s mut [f32], &'s mut [f32])> {
        let apart = self.axis.chosen(dims)?;
        let (means, deviations) = scratch.get_mut(..2 * dims.size())?.split_at_mut_checked(dims.size())?;
        let (mean, variance) = match state {
            [mean, variance] => (*mean, *variance),
            _ => (self.mean?, self.variance?),
        };
        for (values, spread) in [(mean, &mut *means), (variance, &mut *deviations)] {
            let axes = if values.len() == apart.elements() { apart } else { apart.of_last(values.len()) };
            axes.spread().gather(values, spread);
        }
        for deviation in deviations.iter_mut() {
            *deviation = libm::sqrtf(*deviation).max(LEAST_DEVIATION);
        }
        Some((means, deviations))
    }
}

/// Whether this many numbers can be given for these axes: one, one for each element of the last axis, or of all axes.
const fn fits(length: usize, apart: Dims) -> bool {
    length == 1 || length == apart.last() || length == apart.size()
}

impl Layer for Normalization {
    declared_config!();

    fn forward(&self, pass: Forward<'_>) {
        let [output] = pass.outputs.array();
        let ([input], [dims]) = (pass.inputs.array(), pass.input_dims.array());
        let scratch = pass.scratch.fixed;
        let statistics = match pass.non_trainable {
            NonTrainable::ReadOnly(state) => self.statistics(dims, state, scratch),
            NonTrainable::Updated([mean, variance]) => self.statistics(dims, &[&**mean, &**variance], scratch),
            NonTrainable::Updated(_) => self.statistics(dims, &[], scratch),
        };
        let Some((means, deviations)) = statistics else { return };
        channels::standardize(self.invert, means, deviations, input, output);
    }

    fn backward(&self, pass: Backward<'_>) {
        let [output_gradient] = pass.output_gradients.array();
        let ([dims], [Some(input_gradient)]) = (pass.input_dims.array(), pass.input_gradients.array()) else { return };
        let Some((_, deviations)) = self.statistics(dims, &pass.non_trainable, pass.scratch.fixed) else { return };
        channels::standardize_backward(self.invert, deviations, output_gradient, input_gradient);
    }
}

#[cfg(feature = "std")]
mod adapt {
    use super::Normalization;
    use crate::{
        Error, Result,
        data::Tensor,
        layers::Built,
        model::ViewMut,
        shape::{Chosen, Shape},
    };

    impl ViewMut<'_, Normalization> {
        /// Computes mean and variance from data with the shape of the layer's input, once before training.
        ///
        /// # Errors
        /// If the samples have a different shape than the input of the layer, or there are none; if mean and variance
        /// are given as arguments.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Net { Input(2), Normalization() } }
        ///
        /// let x = Tensor::from([[1.0, -1.0], [3.0, -5.0]]);
        /// let mut net = Net::new();
        /// net.normalization_mut().adapt(&x)?;
        /// assert_eq!(net.predict(&x)?.values(), [-1.0, 1.0, 1.0, -1.0]);
        /// assert!(net.normalization_mut().adapt(&Tensor::from([[1.0, 2.0, 3.0]])).is_err());
        /// # Ok::<(), keras::Error>(())
        /// ```
        pub fn adapt<S: Shape>(&mut self, data: &Tensor<S>) -> Result<()> {
            for (name, measured) in measure(self.built(), data)? {
                if let Some((weight, _)) = self.weight(name) {
                    weight.copy_from_slice(&measured);
                }
            }
            Ok(())
        }
    }

    /// The mean and the variance of data, by the names of the weights; `None` if the layer has no weights.
    pub(crate) fn measure<S: Shape>(built: &Built, data: &Tensor<S>) -> Result<Vec<(&'static str, Vec<f32>)>> {
        if S::DIMS != built.output() {
            return Err(Error::SampleShape { expected: built.output(), found: S::DIMS });
        }
        if data.is_empty() {
            return Err(Error::NoSamples);
        }
        let Some(apart) = built.measures else {
            let given = "a Normalization with a given mean and variance";
            return Err(Error::argument("layer", given, "one without, which measures them"));
        };
        let apart = Chosen::new(S::DIMS, apart);
        // With the axes of separate statistics last, the elements of a sample form rows with one element per mean.
        let (order, mut sample) = (apart.last(), vec![0.0; S::LEN]);
        let (mut means, mut variances) = (vec![0.0f64; apart.elements()], vec![0.0f64; apart.elements()]);
        // Divided at the end, so that the variance of equal values is exactly 0.
        let count = data.values().len() as f64 / means.len() as f64;
        for values in data.values().chunks_exact(S::LEN) {
            order.gather(values, &mut sample);
            for row in sample.chunks_exact(means.len()) {
                means.iter_mut().zip(row).for_each(|(mean, &x)| *mean += f64::from(x));
            }
        }
        means.iter_mut().for_each(|mean| *mean /= count);
        for values in data.values().chunks_exact(S::LEN) {
            order.gather(values, &mut sample);
            for row in sample.chunks_exact(means.len()) {
                for ((variance, mean), &x) in variances.iter_mut().zip(&means).zip(row) {
                    *variance += (f64::from(x) - mean).powi(2);
                }
            }
        }
        variances.iter_mut().for_each(|variance| *variance /= count);
        let single = |measured: Vec<f64>| measured.into_iter().map(|value| value as f32).collect();
        Ok(vec![("mean", single(means)), ("variance", single(variances))])
    }
}

#[cfg(feature = "std")]
pub(crate) use adapt::measure;

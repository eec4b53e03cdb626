//! What a weight's values are before training.

use crate::{kernels::random::Random, shape::Dims};

/// Which of a kernel's fans scales the variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// The number of inputs of a unit.
    In,
    /// The number of outputs of a unit.
    Out,
    /// The mean of both.
    Average,
}

/// A distribution of a given variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Normal, truncated at two standard deviations and scaled so that the variance is kept.
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// An initializer, by Keras' names and defaults.
///
/// The strings of a listing are these constants: `kernel_initializer = "he_normal"` is [`Initializer::HE_NORMAL`].
/// Random numbers are this crate's own: their distributions match Keras', the numbers do not.
///
/// ```
/// use keras_core::{initializers::Initializer, kernels::random::Random, shape::Dims};
///
/// let mut kernel = [0.0; 12];
/// Initializer::GLOROT_UNIFORM.fill(Dims::new(&[3, 4]), Random::new(7, 0), &mut kernel);
/// let limit = (6.0f32 / (3.0 + 4.0)).sqrt();
/// assert!(kernel.iter().all(|w| w.abs() <= limit));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initializer {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// All the same.
    Constant(f32),
    /// A variance of `scale / fan`.
    VarianceScaling {
        /// The factor.
        scale: f32,
        /// Which fan divides it.
        fan: Fan,
        /// The distribution.
        distribution: Distribution,
    },
    /// Normal.
    RandomNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation.
        stddev: f32,
    },
    /// Uniform.
    RandomUniform {
        /// The least value.
        minval: f32,
        /// The upper bound.
        maxval: f32,
    },
    /// Normal, values beyond two standard deviations drawn again (the deviation is not corrected for it, as in Keras).
    TruncatedNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation before truncation.
        stddev: f32,
    },
}

/// The standard deviation of a standard normal distribution truncated at ±2.
const TRUNCATED_STDDEV: f32 = 0.879_625_7;

impl Initializer {
    /// `"zeros"`.
    pub const ZEROS: Self = Self::Zeros;
    /// `"ones"`.
    pub const ONES: Self = Self::Ones;
    /// `"glorot_uniform"`: [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html).
    pub const GLOROT_UNIFORM: Self = Self::variance_scaling(1.0, Fan::Average, Distribution::Uniform);
    /// `"glorot_normal"`.
    pub const GLOROT_NORMAL: Self = Self::variance_scaling(1.0, Fan::Average, Distribution::TruncatedNormal);
    /// `"he_uniform"`: [He et al. 2015](https://arxiv.org/abs/1502.01852).
    pub const HE_UNIFORM: Self = Self::variance_scaling(2.0, Fan::In, Distribution::Uniform);
    /// `"he_normal"`.
    pub const HE_NORMAL: Self = Self::variance_scaling(2.0, Fan::In, Distribution::TruncatedNormal);
    /// `"lecun_uniform"`.
    pub const LECUN_UNIFORM: Self = Self::variance_scaling(1.0, Fan::In, Distribution::Uniform);
    /// `"lecun_normal"`.
    pub const LECUN_NORMAL: Self = Self::variance_scaling(1.0, Fan::In, Distribution::TruncatedNormal);
    /// `"random_normal"`: mean 0, standard deviation 0.05.
    pub const RANDOM_NORMAL: Self = Self::RandomNormal { mean: 0.0, stddev: 0.05 };
    /// `"random_uniform"`: between -0.05 and 0.05.
    pub const RANDOM_UNIFORM: Self = Self::RandomUniform { minval: -0.05, maxval: 0.05 };
    /// `"truncated_normal"`: mean 0, standard deviation 0.05.
    pub const TRUNCATED_NORMAL: Self = Self::TruncatedNormal { mean: 0.0, stddev: 0.05 };

    /// All the same.
    pub const fn constant(value: f32) -> Self {
        Self::Constant(value)
    }

    /// A variance of `scale / fan`.
    pub const fn variance_scaling(scale: f32, fan: Fan, distribution: Distribution) -> Self {
        Self::VarianceScaling { scale, fan, distribution }
    }

    /// Fills a weight of these dimensions.
    pub fn fill(self, dims: Dims, random: Random, values: &mut [f32]) {
        match self {
            Self::Zeros => values.fill(0.0),
            Self::Ones => values.fill(1.0),
            Self::Constant(value) => values.fill(value),
            Self::VarianceScaling { scale, fan, distribution } => {
                let (fan_in, fan_out) = fans(dims);
                let fan = match fan {
                    Fan::In => fan_in,
                    Fan::Out => fan_out,
                    Fan::Average => (fan_in + fan_out) / 2.0,
                };
                let variance = scale / if fan > 1.0 { fan } else { 1.0 };
                match distribution {
                    Distribution::TruncatedNormal => {
                        random.fill_truncated_normal(0.0, libm::sqrtf(variance) / TRUNCATED_STDDEV, values);
                    }
                    Distribution::UntruncatedNormal => random.fill_normal(0.0, libm::sqrtf(variance), values),
                    Distribution::Uniform => {
                        let limit = libm::sqrtf(3.0 * variance);
                        random.fill_uniform(-limit, limit, values);
                    }
                }
            }
            Self::RandomNormal { mean, stddev } => random.fill_normal(mean, stddev, values),
            Self::RandomUniform { minval, maxval } => random.fill_uniform(minval, maxval, values),
            Self::TruncatedNormal { mean, stddev } => random.fill_truncated_normal(mean, stddev, values),
        }
    }
}

/// The numbers of inputs and outputs of a unit, by Keras' rule: the receptive field times the last two axes.
fn fans(dims: Dims) -> (f32, f32) {
    match dims.rank() {
        0 => (1.0, 1.0),
        1 => (dims.length(0) as f32, dims.length(0) as f32),
        rank => {
            let (inputs, outputs) = (dims.length(rank - 2), dims.length(rank - 1));
            let field = dims.size() / (inputs * outputs).max(1);
            ((field * inputs) as f32, (field * outputs) as f32)
        }
    }
}

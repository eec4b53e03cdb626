//! Initializers of weights: [Keras' initializers](https://keras.io/api/layers/initializers/).
//!
//! In a model they are given as strings; initializers with arguments are values of [`Initializer`].
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     struct Net {
//!         Input(64),
//!         Dense(32, activation = "relu", kernel_initializer = "he_normal"),
//!         Dense(10, bias_initializer = Initializer::constant(0.1)),
//!     }
//! }
//!
//! let net = Net::with_seed(1);
//! assert!(net.dense_1().bias().iter().all(|&value| value == 0.1));
//! assert_eq!(net.weights(), Net::with_seed(1).weights(), "the same seed gives the same weights");
//! ```

#[cfg(feature = "std")]
mod config;
mod orthogonal;

use crate::{
    kernels::random::Random,
    shape::{Dims, ShapeError},
};

/// The number that the variance is divided by.
///
/// Fan-in and fan-out are the numbers of inputs and outputs of a unit, in a convolution including the receptive field.
///
/// ```
/// use keras::{initializers::{Distribution, Fan}, prelude::*};
///
/// const HE_BY_OUTPUTS: Initializer = Initializer::variance_scaling(2.0, Fan::Out, Distribution::Uniform);
///
/// sequential! { struct Net { Input(100), Dense(400, kernel_initializer = HE_BY_OUTPUTS) } }
/// let limit = (3.0 * 2.0 / 400.0f32).sqrt();
/// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= limit));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// Fan-in: the number of inputs of a unit.
    In,
    /// Fan-out: the number of outputs of a unit.
    Out,
    /// The average of both.
    Average,
}

/// A distribution with a given variance.
///
/// ```
/// use keras::{initializers::{Distribution, Fan}, prelude::*};
///
/// const WIDE: Initializer = Initializer::variance_scaling(1.0, Fan::In, Distribution::UntruncatedNormal);
///
/// sequential! { struct Net { Input(100), Dense(400, kernel_initializer = WIDE) } }
/// let net = Net::with_seed(1);
/// assert!((net.dense().kernel().var(0.0) - 0.01).abs() < 0.001);
/// assert!(net.dense().kernel().iter().any(|weight| weight.abs() > 3.0 * 0.1)); // beyond three standard deviations
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Normal distribution truncated at two standard deviations, rescaled to the given variance.
    TruncatedNormal,
    /// Normal distribution.
    UntruncatedNormal,
    /// Uniform distribution.
    Uniform,
}

/// An initializer, with the names and defaults of Keras.
///
/// The strings in models correspond to these constants: `kernel_initializer = "he_normal"` is
/// [`Initializer::HE_NORMAL`]. The distributions are the same as in Keras, but the random numbers are not.
///
/// ```
/// use keras::prelude::*;
///
/// const NARROW: Initializer = Initializer::RandomUniform { minval: -0.01, maxval: 0.01 };
///
/// sequential! { struct Net { Input(8), Dense(4, kernel_initializer = NARROW, bias_initializer = "ones") } }
/// let net = Net::with_seed(1);
/// assert!(net.dense().kernel().iter().all(|weight| weight.abs() <= 0.01));
/// assert_eq!(net.dense().bias().to_vec(), [1.0; 4]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initializer {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// A constant.
    Constant(f32),
    /// Random values with variance `scale / fan`.
    VarianceScaling {
        /// The scale.
        scale: f32,
        /// The fan.
        fan: Fan,
        /// The distribution.
        distribution: Distribution,
    },
    /// Normal distribution.
    RandomNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation.
        stddev: f32,
    },
    /// Uniform distribution.
    RandomUniform {
        /// The lower bound.
        minval: f32,
        /// The upper bound.
        maxval: f32,
    },
    /// Truncated normal distribution: values beyond two standard deviations are redrawn (without rescaling, as in
    /// Keras).
    TruncatedNormal {
        /// The mean.
        mean: f32,
        /// The standard deviation before truncation.
        stddev: f32,
    },
    /// A random orthogonal matrix multiplied by a gain. Weights of higher rank are treated as matrices: last axis by
    /// all others.
    Orthogonal {
        /// The gain.
        gain: f32,
    },
    /// The identity matrix multiplied by a gain.
    Identity {
        /// The gain.
        gain: f32,
    },
}

/// The standard deviation of a standard normal distribution truncated at ±2.
const TRUNCATED_STDDEV: f32 = 0.879_625_7;

impl Initializer {
    /// `"zeros"`: [Keras' `Zeros`](https://keras.io/api/layers/initializers/#zeros-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, kernel_initializer = "zeros") } }
    /// assert!(Net::new().dense().kernel().iter().all(|&weight| weight == 0.0));
    /// ```
    pub const ZEROS: Self = Self::Zeros;
    /// `"ones"`: [Keras' `Ones`](https://keras.io/api/layers/initializers/#ones-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, kernel_initializer = "ones") } }
    /// assert_eq!(Net::new().predict_one(&[1.0; 8]), [8.0; 4]);
    /// ```
    pub const ONES: Self = Self::Ones;
    /// `"glorot_uniform"`, the default of kernels: [Keras' `GlorotUniform`](https://keras.io/api/layers/initializers/#glorotuniform-class);
    /// [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(200) } }
    /// let limit = (6.0 / (100.0 + 200.0f32)).sqrt();
    /// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= limit));
    /// ```
    pub const GLOROT_UNIFORM: Self = Self::variance_scaling(1.0, Fan::Average, Distribution::Uniform);
    /// `"glorot_normal"`: [Keras' `GlorotNormal`](https://keras.io/api/layers/initializers/#glorotnormal-class);
    /// [Glorot and Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "glorot_normal") } }
    /// assert!((Net::with_seed(1).dense().kernel().var(0.0) - 2.0 / (100.0 + 300.0)).abs() < 5e-4);
    /// ```
    pub const GLOROT_NORMAL: Self = Self::variance_scaling(1.0, Fan::Average, Distribution::TruncatedNormal);
    /// `"he_uniform"`: [Keras' `HeUniform`](https://keras.io/api/layers/initializers/#heuniform-class);
    /// [He et al. 2015](https://arxiv.org/abs/1502.01852).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "he_uniform") } }
    /// let limit = (6.0 / 100.0f32).sqrt();
    /// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= limit));
    /// ```
    pub const HE_UNIFORM: Self = Self::variance_scaling(2.0, Fan::In, Distribution::Uniform);
    /// `"he_normal"`, for layers with a relu activation: [Keras'
    /// `HeNormal`](https://keras.io/api/layers/initializers/#henormal-class);
    /// [He et al. 2015](https://arxiv.org/abs/1502.01852).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, activation = "relu", kernel_initializer = "he_normal") } }
    /// assert!((Net::with_seed(1).dense().kernel().var(0.0) - 2.0 / 100.0).abs() < 1e-3);
    /// ```
    pub const HE_NORMAL: Self = Self::variance_scaling(2.0, Fan::In, Distribution::TruncatedNormal);
    /// `"lecun_uniform"`: [Keras' `LecunUniform`](https://keras.io/api/layers/initializers/#lecununiform-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "lecun_uniform") } }
    /// let limit = (3.0 / 100.0f32).sqrt();
    /// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= limit));
    /// ```
    pub const LECUN_UNIFORM: Self = Self::variance_scaling(1.0, Fan::In, Distribution::Uniform);
    /// `"lecun_normal"`, for layers with a selu activation: [Keras'
    /// `LecunNormal`](https://keras.io/api/layers/initializers/#lecunnormal-class);
    /// [Klambauer et al. 2017](https://arxiv.org/abs/1706.02515).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, activation = "selu", kernel_initializer = "lecun_normal") } }
    /// assert!((Net::with_seed(1).dense().kernel().var(0.0) - 1.0 / 100.0).abs() < 5e-4);
    /// ```
    pub const LECUN_NORMAL: Self = Self::variance_scaling(1.0, Fan::In, Distribution::TruncatedNormal);
    /// `"random_normal"`, mean 0, standard deviation 0.05: [Keras' `RandomNormal`](https://keras.io/api/layers/initializers/#randomnormal-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "random_normal") } }
    /// assert!((Net::with_seed(1).dense().kernel().std(0.0) - 0.05).abs() < 1e-3);
    /// ```
    pub const RANDOM_NORMAL: Self = Self::RandomNormal { mean: 0.0, stddev: 0.05 };
    /// `"random_uniform"`, between -0.05 and 0.05: [Keras' `RandomUniform`](https://keras.io/api/layers/initializers/#randomuniform-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "random_uniform") } }
    /// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= 0.05));
    /// ```
    pub const RANDOM_UNIFORM: Self = Self::RandomUniform { minval: -0.05, maxval: 0.05 };
    /// `"truncated_normal"`, mean 0, standard deviation 0.05: [Keras' `TruncatedNormal`](https://keras.io/api/layers/initializers/#truncatednormal-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = "truncated_normal") } }
    /// assert!(Net::with_seed(1).dense().kernel().iter().all(|weight| weight.abs() <= 0.1));
    /// ```
    pub const TRUNCATED_NORMAL: Self = Self::TruncatedNormal { mean: 0.0, stddev: 0.05 };
    /// `"orthogonal"`: [Keras' `Orthogonal`](https://keras.io/api/layers/initializers/#orthogonal-class);
    /// [Saxe et al. 2013](https://arxiv.org/abs/1312.6120).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Turn { Input(3), Dense(3, kernel_initializer = "orthogonal") } }
    /// let turned = Turn::with_seed(1).predict_one(&[2.0, 3.0, 6.0]);
    /// assert!((turned.iter().map(|x| x * x).sum::<f32>().sqrt() - 7.0).abs() < 1e-4); // the length is preserved
    /// ```
    pub const ORTHOGONAL: Self = Self::orthogonal(1.0);
    /// `"identity"`: [Keras' `Identity`](https://keras.io/api/layers/initializers/#identity-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(3, kernel_initializer = "identity") } }
    /// assert_eq!(Net::new().predict_one(&[5.0, 7.0]), [5.0, 7.0, 0.0]);
    /// ```
    pub const IDENTITY: Self = Self::identity(1.0);

    /// A random orthogonal matrix multiplied by a gain: [Keras'
    /// `Orthogonal`](https://keras.io/api/layers/initializers/#orthogonal-class).
    ///
    /// Its columns are orthonormal, or its rows if there are fewer. Requires a weight of rank 2 or more.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(4, kernel_initializer = Initializer::orthogonal(2.0)) } }
    /// let net = Net::with_seed(1);
    /// let kernel = net.dense().kernel();
    /// let products = kernel.t().dot(&kernel);
    /// assert!(products.indexed_iter().all(|((i, j), &x)| (x - if i == j { 4.0 } else { 0.0 }).abs() < 1e-4));
    /// ```
    pub const fn orthogonal(gain: f32) -> Self {
        Self::Orthogonal { gain }
    }

    /// The identity matrix multiplied by a gain: [Keras'
    /// `Identity`](https://keras.io/api/layers/initializers/#identity-class).
    ///
    /// Requires a weight of rank 2.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(2, kernel_initializer = Initializer::identity(0.5)) } }
    /// assert_eq!(Net::new().predict_one(&[4.0, 6.0]), [2.0, 3.0]);
    /// ```
    pub const fn identity(gain: f32) -> Self {
        Self::Identity { gain }
    }

    /// A constant: [Keras' `Constant`](https://keras.io/api/layers/initializers/#constant-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, bias_initializer = Initializer::constant(-4.6)) } }
    /// assert_eq!(Net::new().predict_one(&[0.0, 0.0]), [-4.6]);
    /// ```
    pub const fn constant(value: f32) -> Self {
        Self::Constant(value)
    }

    /// Random values with variance `scale / fan`: [Keras'
    /// `VarianceScaling`](https://keras.io/api/layers/initializers/#variancescaling-class).
    ///
    /// ```
    /// use keras::{initializers::{Distribution, Fan}, prelude::*};
    ///
    /// const SMALL: Initializer = Initializer::variance_scaling(0.1, Fan::In, Distribution::TruncatedNormal);
    ///
    /// sequential! { struct Net { Input(100), Dense(300, kernel_initializer = SMALL) } }
    /// assert!((Net::with_seed(1).dense().kernel().var(0.0) - 0.1 / 100.0).abs() < 5e-5);
    /// ```
    pub const fn variance_scaling(scale: f32, fan: Fan, distribution: Distribution) -> Self {
        Self::VarianceScaling { scale, fan, distribution }
    }

    /// Checks that the initializer supports weights of this shape.
    ///
    /// # Errors
    /// For orthogonal initializers of weights of rank below 2, and identity initializers of weights of a rank other
    /// than 2.
    ///
    /// ```
    /// use keras::{initializers::Initializer, shape::Dims};
    ///
    /// assert!(Initializer::ORTHOGONAL.check(Dims::new(&[3, 3, 8, 16])).is_ok());
    /// assert!(Initializer::ORTHOGONAL.check(Dims::new(&[16])).is_err());
    /// assert!(Initializer::IDENTITY.check(Dims::new(&[3, 3, 8, 16])).is_err());
    /// ```
    pub const fn check(self, dims: Dims) -> Result<(), ShapeError> {
        match self {
            Self::Orthogonal { .. } if dims.rank() < 2 => Err(ShapeError::new(
                "\"orthogonal\" initializes matrices, but a weight has shape {a}; use another initializer",
            )
            .dims(dims)),
            Self::Identity { .. } if dims.rank() != 2 => Err(ShapeError::new(
                "\"identity\" initializes matrices, but a weight has shape {a}; use another initializer",
            )
            .dims(dims)),
            _ => Ok(()),
        }
    }

    /// Initializes a slice as a weight of this shape, without a model. The same seed gives the same values.
    ///
    /// # Errors
    /// If the length of the slice is wrong, or the initializer does not support weights of this shape.
    ///
    /// ```
    /// use keras::{initializers::Initializer, shape::Dims};
    ///
    /// let mut kernel = [0.0; 12];
    /// Initializer::GLOROT_UNIFORM.initialize(Dims::new(&[3, 4]), 7, &mut kernel)?;
    /// let limit = (6.0f32 / (3.0 + 4.0)).sqrt();
    /// assert!(kernel.iter().all(|weight| weight.abs() <= limit && *weight != 0.0));
    ///
    /// let error = Initializer::ONES.initialize(Dims::new(&[3, 4]), 7, &mut kernel[..5]).unwrap_err();
    /// assert_eq!(error.to_string(), "a weight of shape (3, 4) has 12 values, but the buffer holds 5");
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub fn initialize(self, dims: Dims, seed: u64, values: &mut [f32]) -> Result<(), ShapeError> {
        self.check(dims)?;
        if values.len() != dims.size() {
            let sentence = "a weight of shape {a} has {0} values, but the buffer holds {1}";
            return Err(ShapeError::new(sentence).dims(dims).number(dims.size()).number(values.len()));
        }
        self.fill(dims, Random::new(seed, 0), values);
        Ok(())
    }

    /// Initializes a weight of this shape.
    pub(crate) fn fill(self, dims: Dims, random: Random, values: &mut [f32]) {
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
            Self::Orthogonal { gain } => {
                let columns = dims.last();
                orthogonal::fill(gain, values.len() / columns.max(1), columns, random, values);
            }
            Self::Identity { gain } => {
                values.fill(0.0);
                values.iter_mut().step_by(dims.last() + 1).take(dims.last()).for_each(|value| *value = gain);
            }
        }
    }
}

/// Fan-in and fan-out by Keras' rule: the receptive field times the last two axes.
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

//! Regularizers, penalties on weights and outputs: [Keras' regularizers](https://keras.io/api/layers/regularizers/).
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     struct Net {
//!         Input(64),
//!         Dense(32, kernel_regularizer = "l2"),                     // factor 0.01
//!         Dense(10, kernel_regularizer = Regularizer::l1(0.0005)),
//!     }
//! }
//!
//! let mut net = Net::with_seed(1);
//! let (x, y) = (Tensor::from([[0.0; 64]]), Tensor::from([[0.0; 10]]));
//! let (loss, _) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
//! assert!(loss > 0.0, "the prediction is right, but the weights cost");
//! # Ok::<(), keras::Error>(())
//! ```

#[cfg(feature = "std")]
mod config;
mod orthogonal;

use core::{fmt, panic::RefUnwindSafe};

use crate::{
    kernels::elementwise,
    shape::{Dims, ShapeError},
};

/// The vectors of a matrix that are to be orthogonal.
///
/// ```
/// use keras::{prelude::*, regularizers::Mode, shape::Dims};
///
/// const COLUMNS: Regularizer = Regularizer::orthogonal_regularizer(1.0, Mode::Columns);
/// // The columns (1, 0) and (1, 0) are the same, the rows (1, 1) and (0, 0) are not.
/// assert_eq!(COLUMNS.value(Dims::new(&[2, 2]), &[1.0, 1.0, 0.0, 0.0]), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The rows.
    #[default]
    Rows,
    /// The columns.
    Columns,
}

/// A regularizer: a penalty on a weight, added to the training loss.
///
/// As in Keras, penalties are sums (`l1·Σ|w| + l2·Σw²`, without a factor of ½ or a mean) and included in every reported
/// loss; the weights of frozen layers have none.
///
/// ```
/// use keras::prelude::*;
///
/// const DECAY: Regularizer = Regularizer::L2(0.25);
///
/// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones", kernel_regularizer = DECAY) } }
/// let (x, y) = (Tensor::from([[2.0]]), Tensor::from([[2.0]]));
/// let (loss, gradients) = Net::new().loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
/// assert_eq!(loss, 0.25);
/// assert_eq!(gradients.values()[0], 2.0 * 0.25);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularizer {
    /// No penalty.
    None,
    /// `l1·Σ|w|`.
    L1(f32),
    /// `l2·Σw²`.
    L2(f32),
    /// `l1·Σ|w| + l2·Σw²`.
    L1L2 {
        /// The factor of the absolute values.
        l1: f32,
        /// The factor of the squares.
        l2: f32,
    },
    /// `factor` times the mean absolute cosine similarity of all pairs of rows, or columns, of a matrix.
    OrthogonalRegularizer {
        /// The factor.
        factor: f32,
        /// Rows or columns.
        mode: Mode,
    },
    /// A custom regularizer.
    Own(&'static dyn Penalty),
}

/// A custom regularizer: a penalty and its gradient.
///
/// ```
/// use keras::{prelude::*, regularizers::Penalty, shape::Dims};
///
/// /// Pulls weights towards ±1: the sum of `(w² - 1)²`.
/// struct Binary {
///     factor: f32,
/// }
///
/// impl Penalty for Binary {
///     fn value(&self, _: Dims, weight: &[f32]) -> f32 {
///         self.factor * weight.iter().map(|w| (w * w - 1.0).powi(2)).sum::<f32>()
///     }
///     fn add_gradient(&self, _: Dims, weight: &[f32], gradient: &mut [f32]) {
///         for (g, w) in gradient.iter_mut().zip(weight) {
///             *g += self.factor * 4.0 * w * (w * w - 1.0);
///         }
///     }
/// }
///
/// const BINARY: Regularizer = Regularizer::own(&Binary { factor: 0.5 });
///
/// sequential! { struct Net { Input(2), Dense(1, kernel_regularizer = BINARY) } }
/// let mut net = Net::new();
/// net.weights_mut().copy_from_slice(&[2.0, 1.0, 0.0]);
/// let (x, y) = (Tensor::from([[0.0, 0.0]]), Tensor::from([[0.0]]));
/// let (loss, gradients) = net.loss_and_gradients(&x, &y, &MeanSquaredError::default())?;
/// assert_eq!((loss, gradients.values()), (0.5 * 9.0, &[0.5 * 4.0 * 2.0 * 3.0, 0.0, 0.0][..]));
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Penalty: Sync + RefUnwindSafe {
    /// The penalty on a weight of this shape.
    fn value(&self, dims: Dims, weight: &[f32]) -> f32;

    /// Adds its gradient to `gradient`.
    fn add_gradient(&self, dims: Dims, weight: &[f32], gradient: &mut [f32]);

    /// The class and the arguments, as in Keras' `get_config`: the path of the type by default, to which arguments can
    /// be added.
    ///
    /// ```
    /// use keras::{config::Config, prelude::*, regularizers::Penalty, shape::Dims};
    ///
    /// struct Sum(f32);
    ///
    /// impl Penalty for Sum {
    ///     fn value(&self, _: Dims, weight: &[f32]) -> f32 {
    ///         self.0 * weight.iter().sum::<f32>()
    ///     }
    ///     fn add_gradient(&self, _: Dims, _: &[f32], gradient: &mut [f32]) {
    ///         gradient.iter_mut().for_each(|g| *g += self.0);
    ///     }
    ///     fn config(&self) -> Config {
    ///         Config::of::<Self>().with("factor", self.0)
    ///     }
    /// }
    ///
    /// let config = Regularizer::own(&Sum(0.5)).config().unwrap();
    /// assert_eq!(config.class_name(), "Sum");
    /// ```
    #[cfg(feature = "std")]
    fn config(&self) -> crate::config::Config {
        crate::config::Config::of::<Self>()
    }
}

impl fmt::Debug for dyn Penalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Penalty")
    }
}

/// Two custom regularizers are equal if they are the same object.
impl PartialEq for dyn Penalty {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::addr_eq(self, other)
    }
}

impl Regularizer {
    /// `"l1"`: factor 0.01.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::L1_DEFAULT, Regularizer::l1(0.01));
    /// ```
    pub const L1_DEFAULT: Self = Self::L1(0.01);
    /// `"l2"`: factor 0.01.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Regularizer::L2_DEFAULT, Regularizer::l2(0.01));
    /// ```
    pub const L2_DEFAULT: Self = Self::L2(0.01);

    /// `"orthogonal_regularizer"`: factor 0.01, of rows.
    ///
    /// ```
    /// use keras::{prelude::*, regularizers::Mode};
    ///
    /// let rows = Regularizer::orthogonal_regularizer(0.01, Mode::Rows);
    /// assert_eq!(Regularizer::ORTHOGONAL_REGULARIZER_DEFAULT, rows);
    /// ```
    pub const ORTHOGONAL_REGULARIZER_DEFAULT: Self = Self::orthogonal_regularizer(0.01, Mode::Rows);

    /// `l1·Σ|w|`: [Keras' `L1`](https://keras.io/api/layers/regularizers/#l1-class). It leads to sparse weights.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Regularizer::l1(0.5).value(Dims::new(&[2]), &[1.0, -2.0]), 1.5);
    /// ```
    pub const fn l1(factor: f32) -> Self {
        Self::L1(factor)
    }

    /// `l2·Σw²`: [Keras' `L2`](https://keras.io/api/layers/regularizers/#l2-class).
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Regularizer::l2(0.5).value(Dims::new(&[2]), &[1.0, -2.0]), 2.5);
    /// ```
    pub const fn l2(factor: f32) -> Self {
        Self::L2(factor)
    }

    /// `l1·Σ|w| + l2·Σw²`: [Keras' `L1L2`](https://keras.io/api/layers/regularizers/#l1l2-class).
    ///
    /// (Keras' string `"l1_l2"` has factors of 0; here the string is not supported.)
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Regularizer::l1_l2(1.0, 0.5).value(Dims::new(&[2]), &[1.0, -2.0]), 3.0 + 2.5);
    /// ```
    pub const fn l1_l2(l1: f32, l2: f32) -> Self {
        Self::L1L2 { l1, l2 }
    }

    /// `factor` times the mean absolute cosine similarity of all pairs of rows, or columns, of a matrix: [Keras'
    /// `OrthogonalRegularizer`](https://keras.io/api/layers/regularizers/#orthogonalregularizer-class).
    ///
    /// It makes them orthogonal to each other. Requires a weight of rank 2.
    ///
    /// ```
    /// use keras::{prelude::*, regularizers::Mode, shape::Dims};
    ///
    /// let regularizer = Regularizer::orthogonal_regularizer(0.5, Mode::Rows);
    /// assert_eq!(regularizer.value(Dims::new(&[2, 2]), &[3.0, 0.0, 0.0, 4.0]), 0.0);
    /// assert_eq!(regularizer.value(Dims::new(&[2, 2]), &[3.0, 0.0, -2.0, 0.0]), 0.5);
    /// ```
    pub const fn orthogonal_regularizer(factor: f32, mode: Mode) -> Self {
        Self::OrthogonalRegularizer { factor, mode }
    }

    /// A custom regularizer.
    ///
    /// ```
    /// use keras::{prelude::*, regularizers::Penalty, shape::Dims};
    ///
    /// /// The squared distance from 1.
    /// struct NearOne;
    ///
    /// impl Penalty for NearOne {
    ///     fn value(&self, _: Dims, weight: &[f32]) -> f32 {
    ///         weight.iter().map(|w| (w - 1.0).powi(2)).sum()
    ///     }
    ///     fn add_gradient(&self, _: Dims, weight: &[f32], gradient: &mut [f32]) {
    ///         gradient.iter_mut().zip(weight).for_each(|(g, w)| *g += 2.0 * (w - 1.0));
    ///     }
    /// }
    ///
    /// const NEAR_ONE: Regularizer = Regularizer::own(&NearOne);
    /// assert_eq!(NEAR_ONE.value(Dims::new(&[2]), &[1.0, 3.0]), 4.0);
    /// ```
    pub const fn own(penalty: &'static dyn Penalty) -> Self {
        Self::Own(penalty)
    }

    /// Checks that the regularizer supports weights of this shape.
    ///
    /// # Errors
    /// If a factor is negative or NaN, or an orthogonal regularizer is given for a weight that is not a matrix.
    ///
    /// ```
    /// use keras::{prelude::*, regularizers::Mode, shape::Dims};
    ///
    /// let orthogonal = Regularizer::orthogonal_regularizer(0.01, Mode::Rows);
    /// assert!(orthogonal.check(Dims::new(&[8, 4])).is_ok());
    /// assert!(orthogonal.check(Dims::new(&[8])).is_err());
    /// assert!(Regularizer::l2(-0.5).check(Dims::new(&[8])).is_err());
    /// ```
    pub const fn check(self, dims: Dims) -> Result<(), ShapeError> {
        let (one, other) = match self {
            Self::None | Self::Own(_) => (0.0, 0.0),
            Self::L1(factor) | Self::L2(factor) | Self::OrthogonalRegularizer { factor, .. } => (factor, 0.0),
            Self::L1L2 { l1, l2 } => (l1, l2),
        };
        if !(one >= 0.0 && one < f32::INFINITY && other >= 0.0 && other < f32::INFINITY) {
            return Err(ShapeError::new("the factor of a regularizer must be 0 or more"));
        }
        if let Self::OrthogonalRegularizer { .. } = self
            && dims.rank() != 2
        {
            return Err(ShapeError::new(
                "an orthogonal regularizer is for matrices, but a weight has shape {a}; use another regularizer",
            )
            .dims(dims));
        }
        Ok(())
    }

    /// Checks that the regularizer supports outputs of layers, sample by sample.
    pub(crate) const fn check_activity(self) -> Result<(), ShapeError> {
        match self {
            Self::OrthogonalRegularizer { .. } => Err(ShapeError::new(
                "an orthogonal regularizer is for weights; use l1 or l2 as the activity_regularizer",
            )),
            other => other.check(Dims::SCALAR),
        }
    }

    /// The penalty on a weight of this shape.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// assert_eq!(Regularizer::l1(0.25).value(Dims::new(&[2]), &[4.0, -4.0]), 2.0);
    /// assert_eq!(Regularizer::None.value(Dims::new(&[2]), &[4.0, -4.0]), 0.0);
    /// ```
    pub fn value(self, dims: Dims, weight: &[f32]) -> f32 {
        match self {
            Self::None => 0.0,
            Self::L1(l1) => l1 * sizes(weight),
            Self::L2(l2) => l2 * squares(weight),
            Self::L1L2 { l1, l2 } => l1 * sizes(weight) + l2 * squares(weight),
            Self::OrthogonalRegularizer { factor, mode } => orthogonal::value(factor, mode, dims, weight),
            Self::Own(penalty) => penalty.value(dims, weight),
        }
    }

    /// Adds the gradient of the penalty on a weight of this shape to `gradient`.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut gradient = [0.25, 0.25];
    /// Regularizer::l2(0.5).add_gradient(Dims::new(&[2]), &[1.0, -2.0], &mut gradient);
    /// assert_eq!(gradient, [1.25, -1.75]);
    /// ```
    pub fn add_gradient(self, dims: Dims, weight: &[f32], gradient: &mut [f32]) {
        let (l1, l2) = match self {
            Self::None => return,
            Self::L1(l1) => (l1, 0.0),
            Self::L2(l2) => (0.0, l2),
            Self::L1L2 { l1, l2 } => (l1, l2),
            Self::OrthogonalRegularizer { factor, mode } => {
                return orthogonal::add_gradient(factor, mode, dims, weight, gradient);
            }
            Self::Own(penalty) => return penalty.add_gradient(dims, weight, gradient),
        };
        for (g, &w) in gradient.iter_mut().zip(weight) {
            let sign = if w > 0.0 {
                l1
            } else if w < 0.0 {
                -l1
            } else {
                0.0
            };
            *g += sign + 2.0 * l2 * w;
        }
    }
}

impl Regularizer {
    /// Adds the gradient, multiplied by a factor.
    pub(crate) fn add_share_of_gradient(self, share: f32, dims: Dims, weight: &[f32], gradient: &mut [f32]) {
        let part = match self {
            Self::None => Self::None,
            Self::L1(l1) => Self::L1(l1 * share),
            Self::L2(l2) => Self::L2(l2 * share),
            Self::L1L2 { l1, l2 } => Self::L1L2 { l1: l1 * share, l2: l2 * share },
            Self::OrthogonalRegularizer { factor, mode } => {
                Self::OrthogonalRegularizer { factor: factor * share, mode }
            }
            Self::Own(penalty) => {
                // A custom penalty adds its whole gradient: divide the existing values first, so that they keep their
                // scale.
                gradient.iter_mut().for_each(|g| *g /= share);
                penalty.add_gradient(dims, weight, gradient);
                gradient.iter_mut().for_each(|g| *g *= share);
                return;
            }
        };
        part.add_gradient(dims, weight, gradient);
    }
}

fn sizes(weight: &[f32]) -> f32 {
    elementwise::sum_of(weight, f32::abs)
}

fn squares(weight: &[f32]) -> f32 {
    elementwise::sum_of_squares(weight)
}

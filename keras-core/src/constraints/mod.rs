//! Constraints on weights, applied after each training step: [Keras'
//! constraints](https://keras.io/api/layers/constraints/).
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     struct Net {
//!         Input(2),
//!         Dense(8, activation = "relu", kernel_constraint = "max_norm"),
//!         Dense(1, kernel_constraint = "non_neg", bias_constraint = Constraint::min_max_norm(0.0, 0.5, 1.0, &[0])),
//!     }
//! }
//!
//! let (x, y) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Tensor::from([[-2.0], [-3.0]]));
//! let mut net = Net::with_seed(1);
//! net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).epochs(20).verbose(0).run()?;
//! assert!(net.dense_1().kernel().iter().all(|&weight| weight >= 0.0));
//! assert!(net.dense_1().bias()[0].abs() <= 0.5);
//! # Ok::<(), keras::Error>(())
//! ```

#[cfg(feature = "std")]
mod apply;
#[cfg(feature = "std")]
mod config;

use core::{fmt, panic::RefUnwindSafe};

use crate::shape::{Axes, Dims, ShapeError};

/// A constraint: a projection of a weight, applied after each step of an optimizer.
///
/// Norms are Euclidean norms along one or more axes of the weight, counted from 0: along axis 0 of the kernel of a
/// Dense layer, each unit has a norm; along the axes 0, 1 and 2 of the kernel of a Conv2D layer, each filter. The
/// weights of frozen layers are left unchanged.
///
/// ```
/// use keras::prelude::*;
///
/// const UNIT_FILTERS: Constraint = Constraint::unit_norm(&[0, 1, 2]);
///
/// sequential! { struct Net { Input(8, 8, 1), Conv2D(4, 3, kernel_constraint = UNIT_FILTERS), GlobalAveragePooling2D() } }
///
/// let (x, y) = (Tensor::from_vec(vec![0.5; 64])?, Tensor::from([[1.0, 2.0, 3.0, 4.0]]));
/// let mut net = Net::with_seed(1);
/// net.compile(SGD::default(), MeanSquaredError::default(), ()).train_on_batch(&x, &y)?;
/// let squares = net.conv2d().kernel().mapv(|weight| weight * weight).sum();
/// assert!((squares - 4.0).abs() < 1e-3); // of four filters
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constraint {
    pub(crate) rule: Rule,
    pub(crate) axis: Axes,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    None,
    NonNeg,
    MaxNorm {
        max_value: f32,
    },
    /// The bounds of the norm, and the rate at which it approaches them.
    MinMaxNorm {
        min_value: f32,
        max_value: f32,
        rate: f32,
    },
    UnitNorm,
    Own(&'static dyn Projection),
}

/// A custom constraint.
///
/// ```
/// use keras::{constraints::Projection, prelude::*, shape::Dims};
///
/// /// Clips weights to a range.
/// struct Between {
///     low: f32,
///     high: f32,
/// }
///
/// impl Projection for Between {
///     fn project(&self, _: Dims, weight: &mut [f32]) {
///         weight.iter_mut().for_each(|w| *w = w.clamp(self.low, self.high));
///     }
/// }
///
/// const BETWEEN: Constraint = Constraint::own(&Between { low: -0.5, high: 0.5 });
///
/// sequential! { struct Net { Input(1), Dense(1, kernel_constraint = BETWEEN) } }
/// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[3.0], [6.0]]));
/// let mut net = Net::with_seed(1);
/// net.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).epochs(20).verbose(0).run()?;
/// assert_eq!(net.dense().kernel()[[0, 0]], 0.5);
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Projection: Sync + RefUnwindSafe {
    /// Projects a weight of this shape.
    fn project(&self, dims: Dims, weight: &mut [f32]);

    /// The class and the arguments, as in Keras' `get_config`: the path of the type by default, to which arguments can
    /// be added.
    ///
    /// ```
    /// use keras::{config::Config, constraints::Projection, prelude::*, shape::Dims};
    ///
    /// struct Above(f32);
    ///
    /// impl Projection for Above {
    ///     fn project(&self, _: Dims, weight: &mut [f32]) {
    ///         weight.iter_mut().for_each(|w| *w = w.max(self.0));
    ///     }
    ///     fn config(&self) -> Config {
    ///         Config::of::<Self>().with("bound", self.0)
    ///     }
    /// }
    ///
    /// let config = Constraint::own(&Above(0.5)).config().unwrap();
    /// assert_eq!(config.class_name(), "Above");
    /// ```
    #[cfg(feature = "std")]
    fn config(&self) -> crate::config::Config {
        crate::config::Config::of::<Self>()
    }
}

impl fmt::Debug for dyn Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Projection")
    }
}

/// Two custom constraints are equal if they are the same object.
impl PartialEq for dyn Projection {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::addr_eq(self, other)
    }
}

impl Constraint {
    /// No constraint.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weight = [-1.0, 5.0];
    /// Constraint::NONE.apply(keras::shape::Dims::new(&[2]), &mut weight);
    /// assert_eq!(weight, [-1.0, 5.0]);
    /// ```
    pub const NONE: Self = Self { rule: Rule::None, axis: Axes::new(&[]) };
    /// `"max_norm"`: maximum norm 2, along axis 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Constraint::MAX_NORM, Constraint::max_norm(2.0, &[0]));
    /// ```
    pub const MAX_NORM: Self = Self::max_norm(2.0, &[0]);
    /// `"min_max_norm"`: norm between 0 and 1, along axis 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Constraint::MIN_MAX_NORM, Constraint::min_max_norm(0.0, 1.0, 1.0, &[0]));
    /// ```
    pub const MIN_MAX_NORM: Self = Self::min_max_norm(0.0, 1.0, 1.0, &[0]);
    /// `"non_neg"`: non-negative weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Constraint::NON_NEG, Constraint::non_neg());
    /// ```
    pub const NON_NEG: Self = Self::non_neg();
    /// `"unit_norm"`: unit norm, along axis 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Constraint::UNIT_NORM, Constraint::unit_norm(&[0]));
    /// ```
    pub const UNIT_NORM: Self = Self::unit_norm(&[0]);

    /// Norm of at most `max_value`: [Keras' `MaxNorm`](https://keras.io/api/layers/constraints/#maxnorm-class);
    /// [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html).
    ///
    /// # Panics
    /// If more than five axes are given.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut kernel = [3.0, 0.1, 4.0, 0.2]; // two inputs, two units
    /// Constraint::max_norm(2.5, &[0]).apply(Dims::new(&[2, 2]), &mut kernel);
    /// assert_eq!(format!("{kernel:.3?}"), "[1.500, 0.100, 2.000, 0.200]");
    /// ```
    #[track_caller]
    pub const fn max_norm(max_value: f32, axis: &[isize]) -> Self {
        Self { rule: Rule::MaxNorm { max_value }, axis: Axes::new(axis) }
    }

    /// Norm between two bounds, which it approaches at `rate` in each step: [Keras'
    /// `MinMaxNorm`](https://keras.io/api/layers/constraints/#minmaxnorm-class).
    ///
    /// # Panics
    /// If more than five axes are given.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut weight = [0.5, 8.0];
    /// Constraint::min_max_norm(1.0, 2.0, 0.5, &[1]).apply(Dims::new(&[2, 1]), &mut weight);
    /// assert_eq!(format!("{weight:.3?}"), "[0.750, 5.000]");
    /// ```
    #[track_caller]
    pub const fn min_max_norm(min_value: f32, max_value: f32, rate: f32, axis: &[isize]) -> Self {
        Self { rule: Rule::MinMaxNorm { min_value, max_value, rate }, axis: Axes::new(axis) }
    }

    /// Non-negative weights: negative ones are set to 0. [Keras'
    /// `NonNeg`](https://keras.io/api/layers/constraints/#nonneg-class).
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut weight = [-0.5, 0.5];
    /// Constraint::non_neg().apply(Dims::new(&[2]), &mut weight);
    /// assert_eq!(weight, [0.0, 0.5]);
    /// ```
    pub const fn non_neg() -> Self {
        Self { rule: Rule::NonNeg, axis: Axes::new(&[]) }
    }

    /// Unit norm: [Keras' `UnitNorm`](https://keras.io/api/layers/constraints/#unitnorm-class).
    ///
    /// # Panics
    /// If more than five axes are given.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut weight = [3.0, 4.0];
    /// Constraint::unit_norm(&[0]).apply(Dims::new(&[2]), &mut weight);
    /// assert_eq!(format!("{weight:.3?}"), "[0.600, 0.800]");
    /// ```
    #[track_caller]
    pub const fn unit_norm(axis: &[isize]) -> Self {
        Self { rule: Rule::UnitNorm, axis: Axes::new(axis) }
    }

    /// A custom constraint.
    ///
    /// ```
    /// use keras::{constraints::Projection, prelude::*, shape::Dims};
    ///
    /// /// Centers weights around 0.
    /// struct Balanced;
    ///
    /// impl Projection for Balanced {
    ///     fn project(&self, _: Dims, weight: &mut [f32]) {
    ///         let mean = weight.iter().sum::<f32>() / weight.len() as f32;
    ///         weight.iter_mut().for_each(|w| *w -= mean);
    ///     }
    /// }
    ///
    /// const BALANCED: Constraint = Constraint::own(&Balanced);
    /// let mut weight = [1.0, 3.0];
    /// BALANCED.apply(Dims::new(&[2]), &mut weight);
    /// assert_eq!(weight, [-1.0, 1.0]);
    /// ```
    pub const fn own(projection: &'static dyn Projection) -> Self {
        Self { rule: Rule::Own(projection), axis: Axes::new(&[]) }
    }

    /// Whether there is no constraint.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert!(Constraint::NONE.is_none() && !Constraint::non_neg().is_none());
    /// ```
    pub const fn is_none(&self) -> bool {
        matches!(self.rule, Rule::None)
    }

    /// Checks that the constraint supports weights of this shape.
    ///
    /// # Errors
    /// If an axis does not exist, is repeated, or is missing, or the bounds are out of range.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let filters = Constraint::max_norm(2.0, &[0, 1, 2]);
    /// assert!(filters.check(Dims::new(&[3, 3, 8, 16])).is_ok());
    /// assert!(filters.check(Dims::new(&[8, 16])).is_err());
    /// ```
    pub const fn check(&self, dims: Dims) -> Result<(), ShapeError> {
        let (min_value, max_value, rate) = match self.rule {
            Rule::MaxNorm { max_value } => (0.0, max_value, 1.0),
            Rule::MinMaxNorm { min_value, max_value, rate } => (min_value, max_value, rate),
            Rule::None | Rule::NonNeg | Rule::UnitNorm | Rule::Own(_) => (0.0, 0.0, 0.0),
        };
        if !(min_value >= 0.0 && min_value <= max_value && rate >= 0.0 && rate <= 1.0) {
            return Err(ShapeError::new(
                "a norm constraint needs 0 <= min_value <= max_value, and a rate between 0 and 1",
            ));
        }
        if matches!(self.rule, Rule::None | Rule::NonNeg | Rule::Own(_)) {
            return Ok(());
        }
        match self.axis.chosen_of_weight(dims) {
            Some(chosen) if chosen.lengths().rank() > 0 => Ok(()),
            _ => Err(ShapeError::new(
                "the axes of a constraint must exist in its weight {a}; use 0 to {0}, or count back from -1, each axis \
                 once",
            )
            .dims(dims)
            .number(dims.rank().saturating_sub(1))),
        }
    }
}

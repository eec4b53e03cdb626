//! Metrics: what is reported of a model, epoch by epoch. [Keras' metrics](https://keras.io/api/metrics/).
//!
//! A metric gathers over the batches of an epoch, in `f64`, and is then [reset](Metric::reset).
//!
//! | Keras' string | type |
//! |---|---|
//! | `"accuracy"` | [`Accuracy`] |
//! | `"mean_absolute_error"` | [`MeanAbsoluteError`] |
//! | `"mean_squared_error"` | [`MeanSquaredError`] |
//! | `"precision"` | [`Precision`] |
//! | `"recall"` | [`Recall`] |
//!
//! `compile` takes a tuple of them, also of one; their names are the keys of a history and of an evaluation:
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Net { Input(2), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
//!
//! let (x, y) = (Tensor::from([[1.0, 1.0], [-1.0, -1.0]]), Tensor::from([1.0, 0.0]));
//! let mut net = Net::new();
//! let mut compiled =
//!     net.compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy::default(), Precision::default()));
//! let evaluation = compiled.evaluate(&x, &y)?;
//! assert_eq!((evaluation["accuracy"], evaluation["precision"]), (1.0, 1.0));
//! # Ok::<(), keras::Error>(())
//! ```

mod accuracy;
mod confusion;
mod error;
mod mean;
mod mean_absolute_error;
mod mean_squared_error;
mod precision;
mod recall;

pub use accuracy::Accuracy;
pub use error::MetricError;
pub use mean::Mean;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_squared_error::MeanSquaredError;
pub use precision::Precision;
pub use recall::Recall;

use crate::{
    losses::{Prediction, TargetView},
    shape::Dims,
};

/// Which way a metric gets better: what "best" means to a callback that monitors it.
///
/// ```
/// use keras::{metrics::{Direction, MeanAbsoluteError, Metric}, prelude::*};
///
/// assert_eq!(Accuracy::default().direction(), Direction::Maximize);
/// assert_eq!(MeanAbsoluteError::default().direction(), Direction::Minimize);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Maximize,
    /// Less is better.
    Minimize,
}

/// A number gathered over batches.
///
/// ```
/// use keras::{metrics::Metric, prelude::*};
///
/// let mut accuracy = Accuracy::default();
/// accuracy.update_arrays(&[1, 2], &[[0.1, 0.9, 0.0], [0.8, 0.1, 0.1]]);
/// accuracy.update_arrays(&[0, 0], &[[0.6, 0.3, 0.1], [0.8, 0.1, 0.1]]);
/// assert_eq!(accuracy.result(), 0.75);
/// ```
///
/// One of your own gathers in a [`Mean`], or as it likes:
///
/// ```
/// use keras::{losses::{Prediction, TargetView}, metrics::{Direction, Mean, Metric}, prelude::*};
///
/// /// The mean of all predicted values.
/// #[derive(Default)]
/// struct Level(Mean);
///
/// impl Metric for Level {
///     fn name(&self) -> &str { "level" }
///     fn direction(&self) -> Direction { Direction::Maximize }
///     fn update(&mut self, _: TargetView<'_>, prediction: &Prediction<'_>, _: Option<&[f32]>) {
///         prediction.values.iter().for_each(|&value| self.0.add(value, 1.0));
///     }
///     fn result(&self) -> f32 { self.0.result() }
///     fn reset(&mut self) { self.0.reset(); }
/// }
///
/// sequential! { struct Net { Input(1), Dense(1, kernel_initializer = "ones") } }
/// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[0.0], [0.0]]));
/// let mut net = Net::new();
/// let mut compiled = net.compile(SGD::default(), MeanSquaredError::default(), (Level::default(),));
/// assert_eq!(compiled.evaluate(&x, &y)?["level"], 2.0);
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Metric: Send {
    /// Keras' name: the key in a history.
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// assert_eq!(Recall::default().name(), "recall");
    /// ```
    fn name(&self) -> &str;

    /// Which way it gets better.
    ///
    /// ```
    /// use keras::{metrics::{Direction, Metric}, prelude::*};
    ///
    /// assert_eq!(Recall::default().direction(), Direction::Maximize);
    /// ```
    fn direction(&self) -> Direction;

    /// Whether the targets can be compared with the predictions: training asks before each batch.
    ///
    /// ```
    /// use keras::{losses::Prediction, metrics::Metric, prelude::*, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.1, 0.9], dims: Dims::new(&[2]), count: 1, logits: None };
    /// assert!(Recall::default().check((&[[0.0, 1.0]]).into(), &prediction).is_ok());
    /// assert!(Recall::default().check((&[1]).into(), &prediction).is_err());
    /// ```
    #[expect(unused_variables, reason = "the names are the documentation of what a metric gets")]
    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        Ok(())
    }

    /// Takes in a batch. There is a weight for each sample, or for each position.
    ///
    /// # Panics
    /// If the targets do not pass the [check](Self::check), or there are not as many weights as the prediction calls for.
    ///
    /// ```
    /// use keras::{losses::Prediction, metrics::Metric, prelude::*, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.9, 0.2], dims: Dims::new(&[1]), count: 2, logits: None };
    /// let mut accuracy = Accuracy::default();
    /// accuracy.update((&[1, 1]).into(), &prediction, Some(&[3.0, 1.0]));
    /// assert_eq!(accuracy.result(), 0.75);
    /// ```
    fn update(&mut self, target: TargetView<'_>, prediction: &Prediction<'_>, sample_weight: Option<&[f32]>);

    /// The number so far; 0 before the first batch.
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut accuracy = Accuracy::default();
    /// assert_eq!(accuracy.result(), 0.0);
    /// accuracy.update_arrays(&[1], &[[0.1, 0.9]]);
    /// assert_eq!(accuracy.result(), 1.0);
    /// ```
    fn result(&self) -> f32;

    /// Forgets all batches.
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut accuracy = Accuracy::default();
    /// accuracy.update_arrays(&[1], &[[0.1, 0.9]]);
    /// accuracy.reset();
    /// assert_eq!(accuracy.result(), 0.0);
    /// ```
    fn reset(&mut self);

    /// Takes in arrays, without a model.
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut recall = Recall::default();
    /// recall.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]]);
    /// assert_eq!(recall.result(), 0.5);
    /// ```
    fn update_arrays<'a, const LAST: usize>(&mut self, target: impl Into<TargetView<'a>>, prediction: &[[f32; LAST]])
    where
        Self: Sized,
    {
        let values = prediction.as_flattened();
        let dims = Dims::new(&[LAST]);
        self.update(target.into(), &Prediction { values, dims, count: prediction.len(), logits: None }, None);
    }
}

/// The weight of each position of a batch.
fn position_weight<'a>(prediction: &Prediction<'_>, weights: Option<&'a [f32]>) -> impl Fn(usize) -> f32 + use<'a> {
    let (samples, positions) = (prediction.count, prediction.positions());
    let shared = if weights.is_some_and(|weights| weights.len() == samples) { positions } else { 1 };
    if let Some(weights) = weights {
        assert_eq!(weights.len() * shared, samples * positions, "sample weights do not fit the batch");
    }
    move |position| weights.map_or(1.0, |weights| weights[position / shared])
}

/// Checks that there is a target for each value of a batch.
fn target_for_each_value(metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
    let (values, targets) = (prediction.values.len(), target.len());
    if values == targets { Ok(()) } else { Err(MetricError::Targets { metric: metric.to_owned(), values, targets }) }
}

/// Goes on only if a check has passed.
#[track_caller]
fn expect(check: Result<(), MetricError>) {
    if let Err(error) = check {
        panic!("{error}");
    }
}

//! Losses, which training minimizes. [Keras' losses](https://keras.io/api/losses/).
//!
//! A loss is computed position by position. A position is one row of the output's last axis: one sample of a classifier, one
//! pixel of a segmentation. Each position has a loss; a [`Reduction`] makes them one number.
//!
//! | Keras' string | type | targets |
//! |---|---|---|
//! | `"sparse_categorical_crossentropy"` | [`SparseCategoricalCrossentropy`] | a class label for each position |
//! | `"categorical_crossentropy"` | [`CategoricalCrossentropy`] | a probability for each class |
//! | `"categorical_generalized_cross_entropy"` | [`CategoricalGeneralizedCrossEntropy`] | a class label for each position |
//! | `"categorical_focal_crossentropy"` | [`CategoricalFocalCrossentropy`] | a probability for each class |
//! | `"binary_crossentropy"` | [`BinaryCrossentropy`] | 0 or 1 for each value |
//! | `"binary_focal_crossentropy"` | [`BinaryFocalCrossentropy`] | 0 or 1 for each value |
//! | `"kl_divergence"` | [`KLDivergence`] | a probability for each class |
//! | `"poisson"` | [`Poisson`] | a count for each value |
//! | `"mean_squared_error"` | [`MeanSquaredError`] | a number for each value |
//! | `"mean_absolute_error"` | [`MeanAbsoluteError`] | a number for each value |
//! | `"mean_absolute_percentage_error"` | [`MeanAbsolutePercentageError`] | a number for each value |
//! | `"mean_squared_logarithmic_error"` | [`MeanSquaredLogarithmicError`] | a number that is not negative for each value |
//! | `"huber"` | [`Huber`] | a number for each value |
//! | `"log_cosh"` | [`LogCosh`] | a number for each value |
//! | `"cosine_similarity"` | [`CosineSimilarity`] | a number for each value |
//! | `"hinge"` | [`Hinge`] | -1 or 1 for each value |
//! | `"squared_hinge"` | [`SquaredHinge`] | -1 or 1 for each value |
//! | `"categorical_hinge"` | [`CategoricalHinge`] | 0 or 1 for each class |
//! | `"dice"` | [`Dice`] | 0 or 1 for each value |
//! | `"tversky"` | [`Tversky`] | 0 or 1 for each value |
//!
//! Targets have the shape of the predictions, or are one label for each position; any other number of them is an error. (Keras
//! broadcasts.) So are labels that are not a class, and arguments out of range: a `delta` of -1, or a `label_smoothing` of 7.
//! (Keras computes with them.)
//!
//! [`get`] and [`from_config`] make one of them at run time.
//!
//! `compile` takes the loss as a value; whether its targets fit the model is checked by the compiler:
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
//!
//! let (x, y) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
//! let mut net = Net::with_seed(1);
//! let mut compiled = net.compile(SGD::new(0.5), SparseCategoricalCrossentropy::default(), ());
//! let before = compiled.evaluate(&x, &y)?.loss;
//! compiled.fit(&x, &y).epochs(20).verbose(0).run()?;
//! assert!(compiled.evaluate(&x, &y)?.loss < before);
//! # Ok::<(), keras::Error>(())
//! ```

mod batch;
mod binary_crossentropy;
mod binary_focal_crossentropy;
mod categorical_crossentropy;
mod categorical_focal_crossentropy;
mod categorical_generalized_cross_entropy;
mod categorical_hinge;
mod cosine_similarity;
mod declare;
mod dice;
mod dynamic;
mod error;
mod hinge;
mod huber;
mod kl_divergence;
mod log_cosh;
mod math;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_squared_error;
mod mean_squared_logarithmic_error;
mod poisson;
mod predicted;
mod prediction;
mod reduction;
mod regions;
mod rows;
mod sparse_categorical_crossentropy;
mod squared_hinge;
#[cfg(test)]
mod testing;
mod tversky;

pub use binary_crossentropy::BinaryCrossentropy;
pub use binary_focal_crossentropy::BinaryFocalCrossentropy;
pub use categorical_crossentropy::CategoricalCrossentropy;
pub use categorical_focal_crossentropy::{Alpha, CategoricalFocalCrossentropy};
pub use categorical_generalized_cross_entropy::CategoricalGeneralizedCrossEntropy;
pub use categorical_hinge::CategoricalHinge;
pub use cosine_similarity::CosineSimilarity;
pub use dice::Dice;
#[doc(hidden)]
pub use dynamic::Losses;
pub use dynamic::{DynLoss, KindOfTargets, from_config, get};
pub use error::LossError;
pub use hinge::Hinge;
pub use huber::Huber;
pub use kl_divergence::KLDivergence;
pub use log_cosh::LogCosh;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_absolute_percentage_error::MeanAbsolutePercentageError;
pub use mean_squared_error::MeanSquaredError;
pub use mean_squared_logarithmic_error::MeanSquaredLogarithmicError;
pub use poisson::Poisson;
pub use predicted::Predicted;
pub use prediction::{ClassLabels, GradientAt, Logits, Prediction, TargetView, Values};
pub(crate) use reduction::Extent;
pub use reduction::Reduction;
pub use sparse_categorical_crossentropy::SparseCategoricalCrossentropy;
pub use squared_hinge::SquaredHinge;
pub use tversky::Tversky;

use crate::config::Config;
use batch::Batch;

/// The constants of a [`Loss`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Properties {
    minimum_last: usize,
    fuses: Option<Logits>,
    is_elementwise: bool,
    pub(crate) whole_batch: bool,
}

/// One position of a batch: what its loss is computed from.
///
/// ```
/// use keras::losses::{Row, RowGradient};
///
/// /// The squared error of a row's largest value, by hand.
/// fn row(row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
///     let at = (0..row.values.len()).max_by(|&a, &b| row.values[a].total_cmp(&row.values[b])).unwrap_or(0);
///     let error = row.values[at] - row.target.number(at);
///     if let Some((gradient, factor)) = gradient {
///         gradient.fill(0.0);
///         gradient[at] = 2.0 * error * factor;
///     }
///     error * error
/// }
///
/// let mut gradient = [0.0; 3];
/// let given = Row { target: (&[[0.0, 1.0, 0.0]]).into(), values: &[1.0, 3.0, 2.0], logits: None };
/// assert_eq!(row(given, Some((&mut gradient, 0.5))), 4.0);
/// assert_eq!(gradient, [0.0, 2.0, 0.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The targets of this position: one class label, or a number for each value.
    pub target: TargetView<'a>,
    /// The model's values: one run of the output's last axis.
    pub values: &'a [f32],
    /// The input of the model's last activation, if that is the one that the loss [fuses](Loss::FUSES) with.
    pub logits: Option<&'a [f32]>,
}

/// The gradient of one position, to be written, and what every element is to be multiplied by.
///
/// ```
/// use keras::losses::RowGradient;
///
/// fn write(gradient: RowGradient<'_>, slope: f32) {
///     if let Some((gradient, factor)) = gradient {
///         gradient.fill(slope * factor);
///     }
/// }
///
/// let mut gradient = [0.0; 2];
/// write(Some((&mut gradient, 0.5)), 3.0);
/// write(None, 3.0); // only the loss is asked for
/// assert_eq!(gradient, [1.5, 1.5]);
/// ```
pub type RowGradient<'a> = Option<(&'a mut [f32], f32)>;

/// A loss. A custom loss needs [`name`](Self::name) and [`row`](Self::row).
///
/// ```
/// use keras::{losses::{Row, RowGradient, Values}, prelude::*};
///
/// /// `ln cosh(p - y)`, averaged over the last axis.
/// #[derive(Clone)]
/// struct LogCosh;
///
/// impl Loss for LogCosh {
///     type Target = Values;
///
///     const ELEMENTWISE: bool = true;
///
///     fn name(&self) -> &'static str {
///         "log_cosh"
///     }
///
///     fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
///         row.mean(gradient, |y, p| ((p - y).cosh().ln(), (p - y).tanh()))
///     }
/// }
///
/// let value = LogCosh.value(&[[0.0], [1.0]], &[[0.0], [2.0]])?;
/// assert!((value - 0.216_89).abs() < 1e-5);
///
/// sequential! { struct Line { Input(1), Dense(1) } }
/// let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
/// let history = Line::with_seed(1).compile(SGD::new(0.5), LogCosh, ()).fit(&x, &y).epochs(50).verbose(0).run()?;
/// assert!(history["loss"][49] < 0.01);
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Loss: Clone + Send + Sync {
    /// The targets that the loss takes: [`ClassLabels`] or [`Values`].
    type Target;

    /// The least length of the output's last axis.
    const MINIMUM_LAST: usize = 1;

    /// The activation before which the loss can be computed: exact where a probability would round to 0 or 1.
    const FUSES: Option<Logits> = None;

    /// Whether the loss of a row is a mean over its values, each taken alone. Then short rows are joined, for speed, and
    /// [`row`](Self::row) sees several positions as one.
    const ELEMENTWISE: bool = false;

    /// Whether the loss of a position depends on other positions: that of a loss with an [`evaluate`](Self::evaluate) of
    /// its own. If not, a large batch is taken in slices.
    const WHOLE_BATCH: bool = false;

    /// Keras' name.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(MeanSquaredError::default().name(), "mean_squared_error");
    /// ```
    fn name(&self) -> &'static str;

    /// The loss of one position.
    ///
    /// If a gradient is asked for, every element of it is written: with respect to `row.logits` if these are given, to
    /// `row.values` otherwise; multiplied by the factor that comes with it.
    ///
    /// # Panics
    /// If the parts of the row do not fit one another, or a label is not a class: [`check`](Self::check) is not called.
    ///
    /// ```
    /// use keras::{losses::Row, prelude::*};
    ///
    /// let row = Row { target: (&[[0.0, 1.0]]).into(), values: &[1.0, 1.0], logits: None };
    /// let mut gradient = [0.0; 2];
    /// assert_eq!(MeanSquaredError::default().row(row, Some((&mut gradient, 1.0))), 0.5);
    /// assert_eq!(gradient, [1.0, 0.0]);
    /// ```
    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32;

    /// Computes the losses of some rows at once, or returns whether it does not.
    #[doc(hidden)]
    fn rows(&self, _: rows::Rows<'_>) -> bool {
        false
    }

    /// The constants, as they are of this value: a [`DynLoss`] has those of another loss.
    #[doc(hidden)]
    fn properties(&self) -> Properties {
        Properties {
            minimum_last: Self::MINIMUM_LAST,
            fuses: Self::FUSES,
            is_elementwise: Self::ELEMENTWISE,
            whole_batch: Self::WHOLE_BATCH,
        }
    }

    /// The class whose positions do not count.
    #[doc(hidden)]
    fn ignored_class(&self) -> Option<u32> {
        None
    }

    /// The reduction of the losses of the positions.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// assert_eq!(Loss::reduction(&MeanSquaredError::default()), Reduction::SumOverBatchSize);
    /// ```
    fn reduction(&self) -> Reduction {
        Reduction::SumOverBatchSize
    }

    /// The class and the arguments, as Keras' `get_config` has them. A custom loss adds its own arguments.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let config = CategoricalGeneralizedCrossEntropy::default().q(0.25).config();
    /// assert_eq!(config.class_name(), "CategoricalGeneralizedCrossEntropy");
    /// assert_eq!(config.get("q").map(ToString::to_string).as_deref(), Some("0.25"));
    /// ```
    fn config(&self) -> Config {
        Config::of::<Self>().with("name", self.name()).with("reduction", self.reduction())
    }

    /// This loss without its type: those of several types have one type, so that one is chosen at run time. Only the kind
    /// of targets remains.
    ///
    /// ```
    /// use keras::{losses::{DynLoss, Values}, prelude::*};
    ///
    /// let candidates: [DynLoss<Values>; 2] = [MeanSquaredError::default().boxed(), Huber::default().delta(2.0).boxed()];
    /// assert_eq!(candidates.each_ref().map(|loss| loss.name()), ["mean_squared_error", "huber_loss"]);
    /// ```
    fn boxed(self) -> DynLoss<Self::Target>
    where
        Self: 'static,
    {
        DynLoss::new(self)
    }

    /// Whether the targets fit the predictions: here, that there is a number for each value.
    ///
    /// ```
    /// use keras::{losses::{LossError, Prediction}, prelude::*, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.2, 0.8], dims: Dims::new(&[2]), count: 1, logits: None };
    /// let error = SparseCategoricalCrossentropy::default().check((&[7]).into(), &prediction).unwrap_err();
    /// assert_eq!(error, LossError::Label { sample: 0, label: 7, classes: 2 });
    /// ```
    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    /// The loss of a batch and, if asked for, its gradient.
    ///
    /// There is one weight for each sample, which counts at all of its positions, or one for each position. The gradient
    /// is as long as `prediction.values`; the answer says whether it is the one at the output or at the logits. Nothing
    /// is allocated, and the result does not depend on the number of threads.
    ///
    /// ```
    /// use keras::{losses::{GradientAt, Prediction}, prelude::*, shape::Dims};
    ///
    /// // Two samples of one value; the second counts three times.
    /// let prediction = Prediction { values: &[1.0, 2.0], dims: Dims::new(&[1]), count: 2, logits: None };
    /// let mut gradient = [0.0; 2];
    /// let (loss, at) = MeanSquaredError::default().evaluate(
    ///     (&[[0.0], [0.0]]).into(),
    ///     &prediction,
    ///     Some(&[1.0, 3.0]),
    ///     Some(&mut gradient),
    /// )?;
    /// assert_eq!((loss, at), ((1.0 * 1.0 + 3.0 * 4.0) / 2.0, GradientAt::Output));
    /// assert_eq!(gradient, [1.0, 6.0]);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError> {
        let batch = Batch::new(self, target, prediction, sample_weight)?;
        Ok((batch.reduce(gradient)?, batch.gradient_at()))
    }

    /// The loss of each position, times its weight: what the reduction would reduce.
    ///
    /// ```
    /// use keras::{losses::Prediction, prelude::*, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[1.0, 2.0], dims: Dims::new(&[1]), count: 2, logits: None };
    /// let weights = [1.0, 3.0];
    /// let loss = MeanSquaredError::default();
    /// assert_eq!(loss.evaluate_each((&[[0.0], [0.0]]).into(), &prediction, Some(&weights))?, [1.0, 12.0]);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn evaluate_each(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<Vec<f32>, LossError> {
        Ok(Batch::new(self, target, prediction, sample_weight)?.each())
    }

    /// The loss of arrays or tensors, without a model.
    ///
    /// # Errors
    /// If the targets do not fit the predictions, or an argument of the loss is out of its range.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(MeanAbsoluteError::default().value(&[[1.0], [2.0]], &[[1.0], [5.0]])?, 1.5);
    /// assert_eq!(MeanAbsoluteError::default().value(&Tensor::from([1.0, 2.0]), &Tensor::from([1.0, 5.0]))?, 1.5);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn value<'a>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &(impl Predicted + ?Sized),
    ) -> Result<f32, LossError> {
        Ok(self.evaluate(target.into(), &prediction.view(), None, None)?.0)
    }

    /// The loss of each position of arrays or tensors: what Keras' functions give, such as
    /// [`keras.losses.mean_squared_error`](https://keras.io/api/losses/regression_losses/#meansquarederror-function), and
    /// what its losses give with a `reduction` of `None`.
    ///
    /// # Errors
    /// See [`value`](Self::value).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[0.0, 1.0], [2.0, 0.0]], [[0.0, 3.0], [2.0, 1.0]]);
    /// assert_eq!(MeanSquaredError::default().values(&y, &p)?, [2.0, 0.5]);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn values<'a>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &(impl Predicted + ?Sized),
    ) -> Result<Vec<f32>, LossError> {
        self.evaluate_each(target.into(), &prediction.view(), None)
    }

    /// The loss of arrays or tensors whose samples count differently.
    ///
    /// # Errors
    /// See [`value`](Self::value); also if there is not one weight for each sample, or for each position.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let (y, p, weights) = ([[1.0], [2.0]], [[1.0], [5.0]], [1.0, 3.0]);
    /// let loss = MeanAbsoluteError::default();
    /// assert_eq!(loss.weighted_value(&y, &p, &weights)?, 3.0 * 3.0 / 2.0); // divided by the samples, as in Keras
    /// assert_eq!(loss.reduction(Reduction::MeanWithSampleWeight).weighted_value(&y, &p, &weights)?, 3.0 * 3.0 / 4.0);
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn weighted_value<'a>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &(impl Predicted + ?Sized),
        sample_weight: &[f32],
    ) -> Result<f32, LossError> {
        Ok(self.evaluate(target.into(), &prediction.view(), Some(sample_weight), None)?.0)
    }

    /// The loss of arrays or tensors and its gradient by the predictions, without a model.
    ///
    /// # Errors
    /// See [`value`](Self::value).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (value, gradient) = MeanSquaredError::default().value_and_gradient(&[[1.0], [2.0]], &[[1.0], [5.0]])?;
    /// assert_eq!((value, gradient), (4.5, vec![[0.0], [3.0]]));
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn value_and_gradient<'a, P: Predicted + ?Sized>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &P,
    ) -> Result<(f32, P::Gradient), LossError> {
        let mut gradient = prediction.room();
        let (value, _) = self.evaluate(target.into(), &prediction.view(), None, Some(P::values_mut(&mut gradient)))?;
        Ok((value, gradient))
    }

    /// The loss of arrays or tensors whose samples count differently, and its gradient by the predictions.
    ///
    /// # Errors
    /// See [`weighted_value`](Self::weighted_value).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p, weights) = ([0.0, 0.0], [1.0, 2.0], [1.0, 3.0]);
    /// let (value, gradient) = MeanSquaredError::default().weighted_value_and_gradient(&y, &p, &weights)?;
    /// assert_eq!((value, gradient), (6.5, vec![1.0, 6.0]));
    /// # Ok::<(), keras::losses::LossError>(())
    /// ```
    fn weighted_value_and_gradient<'a, P: Predicted + ?Sized>(
        &self,
        target: impl Into<TargetView<'a>>,
        prediction: &P,
        sample_weight: &[f32],
    ) -> Result<(f32, P::Gradient), LossError> {
        let (mut gradient, weights) = (prediction.room(), Some(sample_weight));
        let (value, _) =
            self.evaluate(target.into(), &prediction.view(), weights, Some(P::values_mut(&mut gradient)))?;
        Ok((value, gradient))
    }
}

/// The weighted sum of the losses of a batch's positions, and that of their weights: what a metric takes the mean of.
pub(crate) fn totals<L: Loss>(
    loss: &L,
    target: TargetView<'_>,
    prediction: &Prediction<'_>,
    sample_weight: Option<&[f32]>,
) -> Result<(f64, f64), LossError> {
    Ok(Batch::new(loss, target, prediction, sample_weight)?.totals())
}

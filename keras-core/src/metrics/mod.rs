//! Metrics: figures of a model, reported after each epoch. [Keras' metrics](https://keras.io/api/metrics/).
//!
//! A metric accumulates over the batches of an epoch, in `f64`, and is then [reset](Metric::reset).
//!
//! Of classes:
//!
//! | type | Keras' name | |
//! |---|---|---|
//! | [`Accuracy`] | `accuracy` | which accuracy follows from the shapes |
//! | [`ExactAccuracy`] | `accuracy` | of predictions that equal their targets: Keras' class `Accuracy` |
//! | [`BinaryAccuracy`] | `binary_accuracy` | of two classes, by a threshold |
//! | [`CategoricalAccuracy`], [`SparseCategoricalAccuracy`] | `categorical_accuracy`, `sparse_categorical_accuracy` | of classes |
//! | [`TopKCategoricalAccuracy`], [`SparseTopKCategoricalAccuracy`] | `top_k_categorical_accuracy`, `sparse_top_k_categorical_accuracy` | of the `k` most likely classes |
//! | [`Precision`], [`Recall`] | `precision`, `recall` | of two classes |
//! | [`TruePositives`], [`TrueNegatives`], [`FalsePositives`], [`FalseNegatives`] | `true_positives`, … | counts |
//! | [`F1Score`], [`FBetaScore`] | `f1_score`, `fbeta_score` | means of precision and recall |
//! | [`AUC`] | `auc` | area under a curve |
//! | [`PrecisionAtRecall`], [`RecallAtPrecision`], [`SensitivityAtSpecificity`], [`SpecificityAtSensitivity`] | `precision_at_recall`, … | the best of one at a given value of another |
//! | [`IoU`], [`BinaryIoU`], [`MeanIoU`], [`OneHotIoU`], [`OneHotMeanIoU`] | `io_u`, `binary_io_u`, … | intersection over union |
//! | [`BinaryCrossentropy`], [`CategoricalCrossentropy`], [`SparseCategoricalCrossentropy`], [`KLDivergence`], [`Poisson`], [`Hinge`], [`SquaredHinge`], [`CategoricalHinge`] | those of the losses | |
//!
//! Of numbers:
//!
//! | type | Keras' name |
//! |---|---|
//! | [`MeanSquaredError`], [`RootMeanSquaredError`] | `mean_squared_error`, `root_mean_squared_error` |
//! | [`MeanAbsoluteError`], [`MeanAbsolutePercentageError`] | `mean_absolute_error`, `mean_absolute_percentage_error` |
//! | [`MeanSquaredLogarithmicError`], [`LogCoshError`] | `mean_squared_logarithmic_error`, `logcosh` |
//! | [`R2Score`] | `r2_score` |
//! | [`CosineSimilarity`], [`PearsonCorrelation`], [`ConcordanceCorrelation`] | `cosine_similarity`, `pearson_correlation`, `concordance_correlation` |
//!
//! [`MeanLoss`] makes a metric of any loss; [`Mean`] and [`Sum`] accumulate numbers. Arguments out of range are errors at the
//! first batch, a `top_k` of 0 for example. (Keras computes with some of them.)
//!
//! [`get`] and [`from_config`] make one of them at run time.
//!
//! `compile` takes a tuple of them, also of one; their names are the keys of a history and of an evaluation, and
//! [`named`](Metric::named) changes them:
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
mod auc;
mod binary_accuracy;
mod binary_iou;
mod buckets;
mod categorical_accuracy;
mod concordance_correlation;
mod confusion;
mod correlation;
mod cosine_similarity;
mod counts;
mod declare;
mod dynamic;
mod error;
mod exact_accuracy;
mod f_beta_score;
mod iou;
mod log_cosh_error;
mod mean;
mod mean_loss;
mod named;
mod one_hot_iou;
mod overlap;
mod pearson_correlation;
mod precision;
mod r2_score;
mod recall;
mod root_mean_squared_error;
mod sum;
mod thresholds;
mod top_k_categorical_accuracy;
mod trade_off;

pub use accuracy::Accuracy;
pub use auc::{AUC, Curve, SummationMethod};
pub use binary_accuracy::BinaryAccuracy;
pub use binary_iou::BinaryIoU;
pub use categorical_accuracy::{CategoricalAccuracy, SparseCategoricalAccuracy};
pub use concordance_correlation::ConcordanceCorrelation;
pub use cosine_similarity::CosineSimilarity;
pub use counts::{FalseNegatives, FalsePositives, TrueNegatives, TruePositives};
pub use dynamic::{from_config, get};
pub use error::MetricError;
pub use exact_accuracy::ExactAccuracy;
pub use f_beta_score::{Average, F1Score, FBetaScore};
pub use iou::{IoU, MeanIoU};
pub use log_cosh_error::LogCoshError;
pub use mean::Mean;
pub use mean_loss::{
    BinaryCrossentropy, CategoricalCrossentropy, CategoricalHinge, Hinge, KLDivergence, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanLoss, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge,
};
pub use named::Named;
pub use one_hot_iou::{OneHotIoU, OneHotMeanIoU};
pub use pearson_correlation::PearsonCorrelation;
pub use precision::Precision;
pub use r2_score::{ClassAggregation, R2Score};
pub use recall::Recall;
pub use root_mean_squared_error::RootMeanSquaredError;
pub use sum::Sum;
pub use thresholds::Thresholds;
pub use top_k_categorical_accuracy::{SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy};
pub use trade_off::{PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity, SpecificityAtSensitivity};

use crate::{
    config::Config,
    kernels::{
        rows::{RowFunction, Rows, Slopes},
        simd::{Sets, Vector},
    },
    losses::{Predicted, Prediction, TargetView},
};

/// The direction in which a metric improves, for callbacks that monitor it.
///
/// ```
/// use keras::{metrics::{Direction, MeanAbsoluteError}, prelude::*};
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

/// A number accumulated over batches.
///
/// ```
/// use keras::prelude::*;
///
/// let mut accuracy = Accuracy::default();
/// accuracy.update_arrays(&[1, 2], &[[0.1, 0.9, 0.0], [0.8, 0.1, 0.1]])?;
/// accuracy.update_arrays(&[0, 0], &[[0.6, 0.3, 0.1], [0.8, 0.1, 0.1]])?;
/// assert_eq!(accuracy.result(), 0.75);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
///
/// A custom metric accumulates in a [`Mean`], or in fields of its own:
///
/// ```
/// use keras::{losses::{Prediction, TargetView}, metrics::{Direction, Mean, MetricError}, prelude::*};
///
/// /// The mean of all predicted values.
/// #[derive(Default)]
/// struct Level(Mean);
///
/// impl Metric for Level {
///     fn name(&self) -> &str { "level" }
///     fn direction(&self) -> Direction { Direction::Maximize }
///     fn update(&mut self, _: TargetView<'_>, prediction: &Prediction<'_>, _: Option<&[f32]>) -> Result<(), MetricError> {
///         prediction.values.iter().for_each(|&value| self.0.update(value, 1.0));
///         Ok(())
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
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Recall::default().name(), "recall");
    /// ```
    fn name(&self) -> &str;

    /// The direction in which the metric improves.
    ///
    /// ```
    /// use keras::{metrics::Direction, prelude::*};
    ///
    /// assert_eq!(Recall::default().direction(), Direction::Maximize);
    /// ```
    fn direction(&self) -> Direction;

    /// Whether the targets are compatible with the predictions, and the arguments are valid. Every update checks it first.
    ///
    /// ```
    /// use keras::{losses::Prediction, prelude::*, shape::Dims};
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
    /// # Errors
    /// If the targets do not pass the [check](Self::check), or there are not as many weights as the prediction calls for.
    /// Then nothing is taken in.
    ///
    /// ```
    /// use keras::{losses::Prediction, prelude::*, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.9, 0.2], dims: Dims::new(&[1]), count: 2, logits: None };
    /// let mut accuracy = Accuracy::default();
    /// accuracy.update((&[1, 1]).into(), &prediction, Some(&[3.0, 1.0]))?;
    /// assert_eq!(accuracy.result(), 0.75);
    /// let error = accuracy.update((&[1, 1]).into(), &prediction, Some(&[1.0; 3])).unwrap_err();
    /// assert_eq!(error.to_string(), "3 sample weights do not fit a batch of 2 samples (2 positions)");
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError>;

    /// The number so far; 0 before the first batch.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = Accuracy::default();
    /// assert_eq!(accuracy.result(), 0.0);
    /// accuracy.update_arrays(&[1], &[[0.1, 0.9]])?;
    /// assert_eq!(accuracy.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn result(&self) -> f32;

    /// The results of a metric that may have several, such as one for each threshold: each with what it is called in a
    /// history after the metric's name, `0.25` for `precision_0.25`. Of most metrics, it is [the result](Self::result),
    /// without a further name.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut precision = Precision::default().thresholds([0.25, 0.75]);
    /// precision.update_arrays(&[[0.0], [1.0]], &[[0.5], [0.9]])?;
    /// assert_eq!(precision.results(), [("0.25".to_owned(), 0.5), ("0.75".to_owned(), 1.0)]);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn results(&self) -> Vec<(String, f32)> {
        vec![(String::new(), self.result())]
    }

    /// Forgets all batches.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = Accuracy::default();
    /// accuracy.update_arrays(&[1], &[[0.1, 0.9]])?;
    /// accuracy.reset();
    /// assert_eq!(accuracy.result(), 0.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn reset(&mut self);

    /// The class and the arguments, as Keras' `get_config` has them. A custom metric adds its own arguments.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let config = Recall::default().thresholds(0.75).config();
    /// assert_eq!((config.module(), config.class_name()), ("keras.metrics", "Recall"));
    /// assert_eq!(config.get("thresholds").map(ToString::to_string).as_deref(), Some("0.75"));
    /// ```
    fn config(&self) -> Config {
        Config::of::<Self>().with("name", self.name())
    }

    /// Gives it another name: the key in a history. Keras' strings are such names: `metrics=["mae"]` is a
    /// [`MeanAbsoluteError`] that is called `mae`.
    ///
    /// ```
    /// use keras::{metrics::MeanAbsoluteError, prelude::*};
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
    /// let mut line = Line::with_seed(1);
    /// let metrics = (MeanAbsoluteError::default().named("mae"),);
    /// let history = line.compile(SGD::default(), MeanSquaredError::default(), metrics).fit(&x, &y).verbose(0).run()?;
    /// assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "mae"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn named(self, name: impl Into<String>) -> Named<Self>
    where
        Self: Sized,
    {
        Named { metric: self, name: name.into() }
    }

    /// Takes in arrays or tensors, without a model.
    ///
    /// # Errors
    /// See [`update`](Self::update).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut recall = Recall::default();
    /// recall.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.8]])?;
    /// assert_eq!(recall.result(), 0.5);
    /// recall.update_arrays(&Tensor::from([1.0, 1.0]), &Tensor::from([[0.9], [0.8]]))?;
    /// assert_eq!(recall.result(), 0.75);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn update_arrays<'a>(
        &mut self,
        target: impl Into<TargetView<'a>>,
        prediction: &(impl Predicted + ?Sized),
    ) -> Result<(), MetricError>
    where
        Self: Sized,
    {
        self.update(target.into(), &prediction.view(), None)
    }

    /// Takes in arrays or tensors whose samples count differently.
    ///
    /// # Errors
    /// See [`update`](Self::update).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = BinaryAccuracy::default();
    /// accuracy.update_weighted(&[[1.0], [1.0]], &[[0.9], [0.2]], &[3.0, 1.0])?;
    /// assert_eq!(accuracy.result(), 0.75);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    fn update_weighted<'a>(
        &mut self,
        target: impl Into<TargetView<'a>>,
        prediction: &(impl Predicted + ?Sized),
        sample_weight: &[f32],
    ) -> Result<(), MetricError>
    where
        Self: Sized,
    {
        self.update(target.into(), &prediction.view(), Some(sample_weight))
    }
}

/// Whether the largest value of a position is that of its class. NaN is skipped, as by TensorFlow.
struct IsClass;

impl RowFunction for IsClass {
    const OF_CLASSES: bool = true;
    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(&self, row: &Rows<'_, V, ALONG>, _: Option<&mut Slopes<'_, V, ALONG>>) -> V {
        V::select(row.is_same(row.class(), row.largest().1), V::splat(1.0), V::zero())
    }
}

/// Whether the largest value of a position is where its largest target is.
struct IsLargest;

impl RowFunction for IsLargest {
    const OF_CLASSES: bool = false;
    const SETS: Sets = Sets::Baseline;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(&self, row: &Rows<'_, V, ALONG>, _: Option<&mut Slopes<'_, V, ALONG>>) -> V {
        V::select(row.is_same(row.largest_target(), row.largest().1), V::splat(1.0), V::zero())
    }
}

impl Mean {
    /// Takes in whether the largest value of each position is that of its class.
    fn update_classes(&mut self, batch: declare::Batch<'_>) {
        batch.each_row(&IsClass, |is_right, at, weight| {
            let is_whole = matches!(batch.target, TargetView::Labels(_)) || batch.target.number(at).fract() == 0.0;
            self.update(if is_whole { is_right } else { 0.0 }, weight);
        });
    }

    /// Takes in whether the largest value of each position is where its largest target is.
    fn update_one_hot(&mut self, batch: declare::Batch<'_>) {
        batch.each_row(&IsLargest, |is_right, _, weight| self.update(is_right, weight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

    #[test]
    fn the_largest_is_a_number() {
        let infinity = f32::INFINITY;
        // As it is, and as the first numbers of a long row.
        for length in [3, 40] {
            for (row, expected) in [
                ([f32::NAN, 0.3, 0.5], 2),
                ([0.1, 0.2, f32::NAN], 1),
                ([0.2, 0.2, 0.1], 0),
                ([f32::NAN, f32::NAN, -infinity], 2),
                ([infinity, f32::NAN, infinity], 0),
            ] {
                let mut values = vec![if expected == 2 { f32::NAN } else { -infinity }; length];
                values[..3].copy_from_slice(&row);
                let prediction = Prediction { values: &values, dims: Dims::new(&[length]), count: 1, logits: None };
                for class in 0..3 {
                    let right = if class == expected { 1.0 } else { 0.0 };
                    let mut sparse = SparseCategoricalAccuracy::default();
                    sparse.update(TargetView::Labels(&[class]), &prediction, None).unwrap();
                    assert_eq!(sparse.result(), right, "{row:?}, {class}");
                    let one_hot: Vec<f32> =
                        (0..length).map(|at| if at == class as usize { 1.0 } else { 0.0 }).collect();
                    let mut accuracy = CategoricalAccuracy::default();
                    accuracy.update(TargetView::Values(&one_hot), &prediction, None).unwrap();
                    assert_eq!(accuracy.result(), right, "{row:?}, {class}");
                }
            }
        }
        let mut accuracy = SparseCategoricalAccuracy::default();
        accuracy.update_arrays(&[f32::NAN.max(0.0), 0.5], &[[f32::NAN; 3]; 2]).unwrap();
        assert_eq!(accuracy.result(), 0.5, "the first of no number; half a class is none");
        let mut accuracy = Accuracy::default();
        accuracy.update_arrays(&[0, 1], &[[f32::NAN, 0.3]; 2]).unwrap();
        assert_eq!(accuracy.result(), 0.5);
    }
}

//! Metrics: what is reported of a model, epoch by epoch. [Keras' metrics](https://keras.io/api/metrics/).
//!
//! A metric gathers over the batches of an epoch, in `f64`, and is then [reset](Metric::reset).
//!
//! Of classes:
//!
//! | type | Keras' name | |
//! |---|---|---|
//! | [`Accuracy`] | `accuracy` | what is right follows from the shapes |
//! | [`BinaryAccuracy`] | `binary_accuracy` | on the right side of a threshold |
//! | [`CategoricalAccuracy`], [`SparseCategoricalAccuracy`] | `categorical_accuracy`, `sparse_categorical_accuracy` | the right class is the largest |
//! | [`TopKCategoricalAccuracy`], [`SparseTopKCategoricalAccuracy`] | `top_k_categorical_accuracy`, `sparse_top_k_categorical_accuracy` | or among the largest |
//! | [`Precision`], [`Recall`] | `precision`, `recall` | of positives |
//! | [`TruePositives`], [`TrueNegatives`], [`FalsePositives`], [`FalseNegatives`] | `true_positives`, … | their numbers |
//! | [`F1Score`], [`FBetaScore`] | `f1_score`, `fbeta_score` | means of precision and recall |
//! | [`AUC`] | `auc` | over all thresholds |
//! | [`PrecisionAtRecall`], [`RecallAtPrecision`], [`SensitivityAtSpecificity`], [`SpecificityAtSensitivity`] | `precision_at_recall`, … | what can be had of one for so much of another |
//! | [`IoU`], [`BinaryIoU`], [`MeanIoU`], [`OneHotIoU`], [`OneHotMeanIoU`] | `io_u`, `binary_io_u`, … | overlap of regions |
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
//! [`MeanLoss`] makes a metric of any loss; [`Mean`] and [`Sum`] gather numbers. Arguments out of their range are errors of the
//! first batch, a `top_k` of 0 for one. (Keras computes with some of them.)
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
mod error;
mod f1_score;
mod f_beta_score;
mod false_negatives;
mod false_positives;
mod iou;
mod log_cosh_error;
mod mean;
mod mean_iou;
mod mean_loss;
mod named;
mod one_hot_iou;
mod one_hot_mean_iou;
mod pearson_correlation;
mod precision;
mod precision_at_recall;
mod r2_score;
mod recall;
mod recall_at_precision;
mod root_mean_squared_error;
mod sensitivity_at_specificity;
mod sparse_categorical_accuracy;
mod sparse_top_k_categorical_accuracy;
mod specificity_at_sensitivity;
mod sum;
mod top_k_categorical_accuracy;
mod trade_off;
mod true_negatives;
mod true_positives;

pub use accuracy::Accuracy;
pub use auc::{AUC, Curve, SummationMethod};
pub use binary_accuracy::BinaryAccuracy;
pub use binary_iou::BinaryIoU;
pub use categorical_accuracy::CategoricalAccuracy;
pub use concordance_correlation::ConcordanceCorrelation;
pub use cosine_similarity::CosineSimilarity;
pub use error::MetricError;
pub use f_beta_score::{Average, FBetaScore};
pub use f1_score::F1Score;
pub use false_negatives::FalseNegatives;
pub use false_positives::FalsePositives;
pub use iou::IoU;
pub use log_cosh_error::LogCoshError;
pub use mean::Mean;
pub use mean_iou::MeanIoU;
pub use mean_loss::{
    BinaryCrossentropy, CategoricalCrossentropy, CategoricalHinge, Hinge, KLDivergence, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanLoss, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge,
};
pub use named::Named;
pub use one_hot_iou::OneHotIoU;
pub use one_hot_mean_iou::OneHotMeanIoU;
pub use pearson_correlation::PearsonCorrelation;
pub use precision::Precision;
pub use precision_at_recall::PrecisionAtRecall;
pub use r2_score::{ClassAggregation, R2Score};
pub use recall::Recall;
pub use recall_at_precision::RecallAtPrecision;
pub use root_mean_squared_error::RootMeanSquaredError;
pub use sensitivity_at_specificity::SensitivityAtSpecificity;
pub use sparse_categorical_accuracy::SparseCategoricalAccuracy;
pub use sparse_top_k_categorical_accuracy::SparseTopKCategoricalAccuracy;
pub use specificity_at_sensitivity::SpecificityAtSensitivity;
pub use sum::Sum;
pub use top_k_categorical_accuracy::TopKCategoricalAccuracy;
pub use true_negatives::TrueNegatives;
pub use true_positives::TruePositives;

use crate::losses::{Predicted, Prediction, TargetView};

/// Which way a metric gets better: what "best" means to a callback that monitors it.
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

/// A number gathered over batches.
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
/// One of your own gathers in a [`Mean`], or as it likes:
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

    /// Which way it gets better.
    ///
    /// ```
    /// use keras::{metrics::Direction, prelude::*};
    ///
    /// assert_eq!(Recall::default().direction(), Direction::Maximize);
    /// ```
    fn direction(&self) -> Direction;

    /// Whether the targets can be compared with the predictions, and the arguments go together. Every update asks first.
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
    /// If the targets do not pass the [check](Self::check), or there are not as many weights as the prediction calls for. Then
    /// nothing is taken in.
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
    /// As [`update`](Self::update).
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
    /// As [`update`](Self::update).
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

/// The weight of each position of a batch.
fn weights<'a>(
    prediction: &Prediction<'_>,
    weights: Option<&'a [f32]>,
) -> Result<impl Fn(usize) -> f32 + use<'a>, MetricError> {
    let (samples, positions) = (prediction.count, prediction.count * prediction.positions());
    let shared = match weights.map(<[f32]>::len) {
        Some(found) if found == samples => prediction.positions(),
        Some(found) if found != positions => return Err(MetricError::SampleWeights { samples, positions, found }),
        _ => 1,
    };
    Ok(move |position| weights.map_or(1.0, |weights| weights[position / shared]))
}

/// The place of the first of the largest. What is not a number is passed over, as by TensorFlow.
fn largest(row: TargetView<'_>) -> usize {
    let above = |value: f32, best: f32| value > best || (best.is_nan() && !value.is_nan());
    (1..row.len()).fold(0, |best, at| if above(row.number(at), row.number(best)) { at } else { best })
}

/// Whether a value is one of the `k` largest of a row, or equal to the last of them. As TensorFlow's `in_top_k`, no value of a
/// row is that has one that is not finite.
fn is_in_top_k(row: &[f32], at: usize, k: usize) -> bool {
    row.iter().all(|value| value.is_finite()) && row.iter().filter(|&&value| value > row[at]).count() < k
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_not_right() {
        let (nan, infinity) = (f32::NAN, f32::INFINITY);
        for row in [[nan, 0.3], [0.3, nan], [infinity, 0.3], [-infinity, 0.3], [0.3, -infinity]] {
            for class in [0, 1] {
                let mut sparse = SparseTopKCategoricalAccuracy::default().k(1);
                sparse.update_arrays(&[class], &[row]).unwrap();
                assert_eq!(sparse.result(), 0.0, "{row:?}, {class}");
                let mut one_hot = TopKCategoricalAccuracy::default().k(1);
                let target = if class == 0 { [1.0, 0.0] } else { [0.0, 1.0] };
                one_hot.update_arrays(&[target], &[row]).unwrap();
                assert_eq!(one_hot.result(), 0.0, "{row:?}, {class}");
            }
        }
        assert!(is_in_top_k(&[0.1, 0.3], 1, 1) && !is_in_top_k(&[0.1, 0.3], 0, 1));
    }

    #[test]
    fn the_largest_is_a_number() {
        for (row, expected) in [([f32::NAN, 0.3, 0.5], 2), ([0.1, 0.2, f32::NAN], 1), ([f32::NAN; 3], 0)] {
            assert_eq!(largest(TargetView::Values(&row)), expected, "{row:?}");
        }
        let mut accuracy = Accuracy::default();
        accuracy.update_arrays(&[0, 1], &[[f32::NAN, 0.3]; 2]).unwrap();
        assert_eq!(accuracy.result(), 0.5);
    }
}

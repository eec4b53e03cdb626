//! Errors of metrics.

use crate::losses::{LossError, Prediction, TargetView};

/// Targets, weights or arguments that do not fit the predictions.
///
/// ```
/// use keras::{metrics::MetricError, prelude::*};
///
/// let error = Precision::default().update_arrays(&[1], &[[0.1, 0.9]]).unwrap_err();
/// assert_eq!(error, MetricError::Targets { metric: "precision".into(), values: 2, targets: 1 });
/// assert_eq!(error.to_string(), "precision needs a target for each of the 2 values of this batch, but there are 1");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Another number of targets than of values: class labels, where each value needs its own target.
    #[error("{metric} needs a target for each of the {values} values of this batch, but there are {targets}")]
    Targets {
        /// The metric's name.
        metric: String,
        /// The number of predicted values.
        values: usize,
        /// The number of targets.
        targets: usize,
    },
    /// Another number of targets than of positions: one-hot targets, where a position needs one class label.
    #[error(
        "{metric} needs a class for each of the {positions} positions of this batch, but there are {targets} targets"
    )]
    Positions {
        /// The metric's name.
        metric: String,
        /// The number of runs of the last axis.
        positions: usize,
        /// The number of targets.
        targets: usize,
    },
    /// A target or a prediction that is not the number of a class.
    #[error("{metric} was given class {label}, but there are {classes} classes (0 to {})", classes.saturating_sub(1))]
    Label {
        /// The metric's name.
        metric: String,
        /// The value that was given.
        label: f32,
        /// The number of classes.
        classes: usize,
    },
    /// Batches whose positions are not equally long.
    #[error("{metric} has seen {expected} values at each position, but there are {found} now")]
    Width {
        /// The metric's name.
        metric: String,
        /// The length of the last axis so far.
        expected: usize,
        /// The length of the last axis of this batch.
        found: usize,
    },
    /// A number of weights that is neither the number of samples nor that of positions.
    #[error("{found} sample weights do not fit a batch of {samples} samples ({positions} positions)")]
    SampleWeights {
        /// The number of samples.
        samples: usize,
        /// The number of runs of the last axis.
        positions: usize,
        /// The number of weights given.
        found: usize,
    },
    /// An argument that is out of its range.
    #[error("{metric}'s `{argument}` is {found}, but must be {expected}")]
    Argument {
        /// The metric's name.
        metric: String,
        /// The argument.
        argument: &'static str,
        /// The value that was given.
        found: f64,
        /// The values that are possible.
        expected: String,
    },
    /// More classes or thresholds than there is room for counts of.
    #[error("{metric}'s `{argument}` is {found}, but must be at most {limit}")]
    TooMany {
        /// The metric's name.
        metric: String,
        /// The argument.
        argument: &'static str,
        /// The number that was given.
        found: usize,
        /// The largest number.
        limit: usize,
    },
    /// An error of the loss that a metric is the mean of.
    #[error(transparent)]
    Loss(#[from] LossError),
}

impl MetricError {
    /// Checks that there is a target for each value of a batch: for the [`check`](super::Metric::check) of a metric of one's
    /// own.
    ///
    /// ```
    /// use keras::{losses::Prediction, metrics::MetricError, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.1, 0.9], dims: Dims::new(&[2]), count: 1, logits: None };
    /// assert!(MetricError::expect_targets("mine", (&[[0.0, 1.0]]).into(), &prediction).is_ok());
    /// assert!(MetricError::expect_targets("mine", (&[1]).into(), &prediction).is_err());
    /// ```
    pub fn expect_targets(metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), Self> {
        let (values, targets) = (prediction.values.len(), target.len());
        if values == targets { Ok(()) } else { Err(Self::Targets { metric: metric.to_owned(), values, targets }) }
    }

    /// Checks that there is a class for each position of a batch, of as many as the last axis is long.
    ///
    /// ```
    /// use keras::{losses::Prediction, metrics::MetricError, shape::Dims};
    ///
    /// let prediction = Prediction { values: &[0.1, 0.9], dims: Dims::new(&[2]), count: 1, logits: None };
    /// assert!(MetricError::expect_classes("mine", (&[1]).into(), &prediction).is_ok());
    /// assert!(MetricError::expect_classes("mine", (&[2]).into(), &prediction).is_err());
    /// assert!(MetricError::expect_classes("mine", (&[[0.0, 1.0]]).into(), &prediction).is_err());
    /// ```
    pub fn expect_classes(metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), Self> {
        let (positions, targets) = (prediction.count * prediction.positions(), target.len());
        if positions != targets {
            return Err(Self::Positions { metric: metric.to_owned(), positions, targets });
        }
        let classes = prediction.dims.last();
        Self::expect_labels(metric, target, classes)
    }

    /// Checks that targets are numbers of classes.
    pub(super) fn expect_labels(metric: &str, target: TargetView<'_>, classes: usize) -> Result<(), Self> {
        let class = |label: f32| label >= 0.0 && (label as usize) < classes;
        match (0..target.len()).map(|at| target.number(at)).find(|&label| !class(label)) {
            Some(label) => Err(Self::Label { metric: metric.to_owned(), label, classes }),
            None => Ok(()),
        }
    }

    /// Checks that positions are as long as before.
    pub(super) fn expect_width(metric: &str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == 0 || expected == found {
            Ok(())
        } else {
            Err(Self::Width { metric: metric.to_owned(), expected, found })
        }
    }

    /// Checks an argument: an error if it is not `right`.
    pub(super) fn expect(
        right: bool,
        metric: &str,
        argument: &'static str,
        found: f64,
        expected: &str,
    ) -> Result<(), Self> {
        let expected = || expected.to_owned();
        if right {
            Ok(())
        } else {
            Err(Self::Argument { metric: metric.to_owned(), argument, found, expected: expected() })
        }
    }

    /// Checks a number that counts are kept for.
    pub(super) fn expect_at_most(limit: usize, metric: &str, argument: &'static str, found: usize) -> Result<(), Self> {
        if found <= limit { Ok(()) } else { Err(Self::TooMany { metric: metric.to_owned(), argument, found, limit }) }
    }
}

#[cfg(test)]
mod tests {
    use super::MetricError;
    use crate::metrics::{
        AUC, FBetaScore, IoU, MeanIoU, Metric, OneHotIoU, OneHotMeanIoU, Precision, PrecisionAtRecall, Recall,
        RecallAtPrecision, SensitivityAtSpecificity, SparseTopKCategoricalAccuracy, SpecificityAtSensitivity,
        TopKCategoricalAccuracy,
    };

    #[test]
    fn arguments_out_of_their_range_are_errors() {
        fn refused(mut metric: impl Metric) -> (&'static str, f64) {
            let prediction = [[0.25, 0.75]];
            let error = metric.update_arrays(&[[0.0, 1.0]], &prediction);
            match error {
                Err(MetricError::Argument { argument, found, .. }) => (argument, found),
                other => panic!("{} gave {other:?}", metric.name()),
            }
        }
        assert_eq!(refused(Precision::default().top_k(0)), ("top_k", 0.0));
        assert_eq!(refused(Recall::default().thresholds(3.0)), ("thresholds", 3.0));
        assert_eq!(refused(TopKCategoricalAccuracy::default().k(0)), ("k", 0.0));
        assert_eq!(refused(SparseTopKCategoricalAccuracy::default().k(0)), ("k", 0.0));
        assert_eq!(refused(AUC::default().thresholds(&[0.25, 3.0])), ("thresholds", 3.0));
        assert_eq!(refused(AUC::default().thresholds(&[-1.0, 0.25])), ("thresholds", -1.0));
        assert_eq!(refused(AUC::default().num_thresholds(1)), ("num_thresholds", 1.0));
        assert_eq!(refused(FBetaScore::default().beta(0.0)), ("beta", 0.0));
        assert!(AUC::default().thresholds(&[0.0, 1.0]).update_arrays(&[[1.0]], &[[0.5]]).is_ok());
    }

    #[test]
    fn numbers_that_there_is_no_room_for_are_errors() {
        fn refused(given: usize, mut metric: impl Metric) -> (&'static str, usize) {
            assert_eq!(metric.result(), 0.0);
            match metric.update_arrays(&[[0.0, 1.0]], &[[0.25, 0.75]]) {
                Err(MetricError::TooMany { argument, found, limit, .. }) if found == given => (argument, limit),
                other => panic!("{} gave {other:?}", metric.name()),
            }
        }
        let (most, classes, thresholds) = (usize::MAX, ("num_classes", 1 << 24), ("num_thresholds", (1 << 24) - 1));
        assert_eq!(refused(most, MeanIoU::new(most)), classes);
        assert_eq!(refused(most, OneHotMeanIoU::new(most)), classes);
        assert_eq!(refused(most, IoU::new(most, &[0])), classes);
        assert_eq!(refused(most, OneHotIoU::new(most, &[0])), classes);
        assert_eq!(refused((1 << 24) + 1, MeanIoU::new((1 << 24) + 1)), classes);
        assert_eq!(refused(most, AUC::default().num_thresholds(most)), thresholds);
        assert_eq!(refused(1 << 24, AUC::default().num_thresholds(1 << 24)), thresholds);
        assert_eq!(refused(most, AUC::default().num_thresholds(most).multi_label(true)).1, (1 << 23) - 1);
        assert_eq!(refused(most, PrecisionAtRecall::new(0.5).num_thresholds(most)), thresholds);
        assert_eq!(refused(most, RecallAtPrecision::new(0.5).num_thresholds(most)), thresholds);
        assert_eq!(refused(most, SensitivityAtSpecificity::new(0.5).num_thresholds(most)), thresholds);
        assert_eq!(refused(most, SpecificityAtSensitivity::new(0.5).num_thresholds(most)), thresholds);
        let error = MeanIoU::new(1 << 30).update_arrays(&[0], &[[0.0]]).unwrap_err();
        assert_eq!(error.to_string(), "mean_io_u's `num_classes` is 1073741824, but must be at most 16777216");
        let mut large = MeanIoU::new(1 << 20);
        large.update_arrays(&[1_048_575, 0], &[[1_048_575.0], [1.0]]).unwrap();
        assert!((large.result() - 1.0 / 3.0).abs() < 1e-6);
    }
}

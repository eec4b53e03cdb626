//! What a metric says of data that do not fit.

/// Targets that a metric cannot compare with the predictions.
///
/// ```
/// use keras::{losses::Prediction, metrics::{Metric, MetricError}, prelude::*, shape::Dims};
///
/// let prediction = Prediction { values: &[0.1, 0.9], dims: Dims::new(&[2]), count: 1, logits: None };
/// let error = Precision::default().check((&[1]).into(), &prediction).unwrap_err();
/// assert_eq!(error, MetricError::Targets { metric: "precision".into(), values: 2, targets: 1 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Another number of targets than of values: class labels, where each value needs a target of its own.
    #[error("{metric} needs a target for each of the {values} values of this batch, but there are {targets}")]
    Targets {
        /// The metric's name.
        metric: String,
        /// The number of predicted values.
        values: usize,
        /// The number of targets.
        targets: usize,
    },
}

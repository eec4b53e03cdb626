//! What a metric says of data that do not fit.

/// Targets that a metric cannot compare with the predictions.
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

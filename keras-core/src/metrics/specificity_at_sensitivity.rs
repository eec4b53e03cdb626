//! The largest part of the negatives that is right at a threshold at which so much of the positives is found.

use super::{Direction, Metric, MetricError, trade_off::TradeOff};
use crate::losses::{Prediction, TargetView};

/// The largest part of the negatives that is right at a threshold at which so much of the positives is found.
/// [Keras' `SpecificityAtSensitivity`](https://keras.io/api/metrics/classification_metrics/#specificityatsensitivity-class).
///
/// It is 0 where there is no such threshold. A prediction is positive if it is above the threshold, strictly.
///
/// | argument | default | |
/// |---|---|---|
/// | `sensitivity` | | how much, from 0 to 1 |
/// | [`num_thresholds`](Self::num_thresholds) | 200 | how many thresholds are tried, from 0 to 1 in equal steps |
/// | [`class_id`](Self::class_id) | all | the only class that counts |
///
/// ```
/// use keras::prelude::*;
///
/// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
/// let mut metric = SpecificityAtSensitivity::new(0.5);
/// metric.update_arrays(&y, &p)?;
/// assert_eq!(metric.result(), 2.0 / 3.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpecificityAtSensitivity {
    trade_off: TradeOff,
}

impl SpecificityAtSensitivity {
    /// Where the sensitivity is at least this, from 0 to 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(SpecificityAtSensitivity::new(0.5).result(), 0.0);
    /// ```
    pub fn new(sensitivity: f32) -> Self {
        Self { trade_off: TradeOff::new(sensitivity) }
    }

    /// Sets how many thresholds are tried, from 0 to 1 in equal steps; 1 is one of 0.5.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut metric = SpecificityAtSensitivity::new(0.5).num_thresholds(1);
    /// metric.update_arrays(&[[0.0], [1.0]], &[[0.4], [0.6]])?;
    /// assert_eq!(metric.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn num_thresholds(mut self, num_thresholds: usize) -> Self {
        self.trade_off.set_thresholds(num_thresholds);
        self
    }

    /// Lets only the values of one class count: one place on the last axis.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut metric = SpecificityAtSensitivity::new(0.5).class_id(1);
    /// metric.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.1, 0.4], [0.9, 0.6]])?;
    /// assert_eq!(metric.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn class_id(mut self, class: usize) -> Self {
        self.trade_off.class_id = Some(class);
        self
    }
}

impl Metric for SpecificityAtSensitivity {
    fn name(&self) -> &str {
        "specificity_at_sensitivity"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.trade_off.check(self.name(), "sensitivity", target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        self.trade_off.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.trade_off.result(|rates| (rates.recall, rates.specificity))
    }

    fn reset(&mut self) {
        self.trade_off.reset();
    }
}

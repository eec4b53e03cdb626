//! What can be had of one rate if another is to be so large, over thresholds.

use super::{
    MetricError,
    buckets::{Buckets, Counts, Thresholds, ratio},
    confusion::check_class,
};
use crate::losses::{Prediction, TargetView};

/// The rates at a threshold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    pub precision: f64,
    /// The same as sensitivity.
    pub recall: f64,
    pub specificity: f64,
}

/// A rate at the threshold at which it is largest, of those at which another rate is large enough.
#[derive(Clone, Debug)]
pub(super) struct TradeOff {
    /// The least of the other rate.
    pub at_least: f32,
    pub class_id: Option<usize>,
    buckets: Buckets,
}

impl TradeOff {
    pub fn new(at_least: f32) -> Self {
        Self { at_least, class_id: None, buckets: Buckets::new(Thresholds::Even { count: 200, below_zero: false }) }
    }

    pub fn set_thresholds(&mut self, count: usize) {
        let one = Thresholds::Given(vec![0.5]);
        self.buckets = Buckets::new(if count == 1 { one } else { Thresholds::Even { count, below_zero: false } });
    }

    pub fn check(
        &self,
        metric: &str,
        argument: &'static str,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
    ) -> Result<(), MetricError> {
        let at_least = self.at_least;
        MetricError::expect((0.0..=1.0).contains(&at_least), metric, argument, f64::from(at_least), "from 0 to 1")?;
        if let Thresholds::Even { count, .. } = self.buckets.thresholds {
            MetricError::expect(count > 0, metric, "num_thresholds", count as f64, "at least 1")?;
        }
        self.buckets.check(metric, 1)?;
        check_class(metric, self.class_id, prediction)?;
        MetricError::expect_targets(metric, target, prediction)
    }

    pub fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        let class_id = self.class_id;
        self.buckets.update(1, target, prediction, sample_weight, |at| {
            class_id.is_none_or(|class| class == at).then_some((0, 1.0))
        })
    }

    /// The largest of a rate; `rates` gives the constrained one, and that.
    pub fn result(&self, rates: impl Fn(Rates) -> (f64, f64)) -> f32 {
        if self.buckets.labels() == 0 {
            return 0.0;
        }
        let Counts { true_positives, false_positives, true_negatives, false_negatives } = self.buckets.counts(0);
        let at = |threshold: usize| {
            let [tp, fp, tn, fn_] = [&true_positives, &false_positives, &true_negatives, &false_negatives]
                .map(|counts: &Vec<f64>| counts[threshold]);
            rates(Rates { precision: ratio(tp, tp + fp), recall: ratio(tp, tp + fn_), specificity: ratio(tn, tn + fp) })
        };
        let feasible = (0..true_positives.len()).map(at).filter(|(rate, _)| *rate as f32 >= self.at_least);
        feasible.map(|(_, rate)| rate).fold(0.0, f64::max) as f32
    }

    pub fn reset(&mut self) {
        self.buckets.reset();
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{Metric, PrecisionAtRecall, RecallAtPrecision, SensitivityAtSpecificity};

    #[test]
    fn one_threshold_and_one_class() {
        let (y, p) = ([[0.0, 1.0], [1.0, 0.0]], [[0.4, 0.1], [0.6, 0.2]]);
        let mut metric = RecallAtPrecision::new(0.9).num_thresholds(1).class_id(0);
        assert_eq!(metric.result(), 0.0);
        metric.update_arrays(&y, &p).unwrap();
        assert_eq!(metric.result(), 1.0);
        metric.reset();
        assert_eq!(metric.result(), 0.0);
        let mut metric = RecallAtPrecision::new(0.9).class_id(1);
        metric.update_arrays(&y, &p).unwrap();
        assert_eq!(metric.result(), 0.0, "no threshold has a precision of more than one half");
    }

    #[test]
    fn arguments_are_checked() {
        let error = SensitivityAtSpecificity::new(1.5).update_arrays(&[[0.0]], &[[0.5]]).unwrap_err();
        assert_eq!(error.to_string(), "sensitivity_at_specificity's `specificity` is 1.5, but must be from 0 to 1");
        assert!(PrecisionAtRecall::new(0.5).num_thresholds(0).update_arrays(&[[0.0]], &[[0.5]]).is_err());
        assert!(PrecisionAtRecall::new(0.5).class_id(1).update_arrays(&[[0.0]], &[[0.5]]).is_err());
    }
}

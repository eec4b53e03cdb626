//! The best value of one rate where another one is large enough, over many thresholds.

use super::{
    Metric, MetricError,
    buckets::{Buckets, Counts, Lowest, Thresholds, ratio},
    confusion::check_class,
    declare::{Batch, Gather, metric},
};
use crate::losses::{Prediction, TargetView};

/// The rates at a threshold.
#[derive(Clone, Copy, Debug)]
struct Rates {
    precision: f64,
    recall: f64,
    /// Another name of recall.
    sensitivity: f64,
    specificity: f64,
}

/// This number of thresholds, evenly spaced; a single one is 0.5.
fn thresholds(count: usize) -> Thresholds<'static> {
    if count == 1 { Thresholds::Given(&[0.5]) } else { Thresholds::Even(count, Lowest::Zero) }
}

/// The largest of a rate, of the thresholds at which another one is at least this; `rates` gives that one, and the rate.
fn best(buckets: &Buckets, at_least: f32, rates: impl Fn(Rates) -> (f64, f64)) -> f32 {
    if buckets.labels() == 0 {
        return 0.0;
    }
    let Counts { true_positives, false_positives, true_negatives, false_negatives } = buckets.counts(0);
    let at = |threshold: usize| {
        let [tp, fp, tn, fn_] = [&true_positives, &false_positives, &true_negatives, &false_negatives]
            .map(|counts: &Vec<f64>| counts[threshold]);
        let (precision, recall, specificity) = (ratio(tp, tp + fp), ratio(tp, tp + fn_), ratio(tn, tn + fp));
        rates(Rates { precision, recall, sensitivity: recall, specificity })
    };
    let feasible = (0..true_positives.len()).map(at).filter(|(rate, _)| *rate as f32 >= at_least);
    feasible.map(|(_, rate)| rate).fold(0.0, f64::max) as f32
}

/// Declares a metric by the rate that must be large enough, and by the one that it gives.
macro_rules! trade_off {
    (
        $(#[$attribute:meta])*
        pub struct $Name:ident($name:literal) { #[doc = $line:expr] new $at_least:ident: f32, }
        gives $rate:ident
    ) => {
        metric! {
            $(#[$attribute])*
            pub struct $Name($name, Maximize) {
                #[doc = $line]
                new $at_least: f32,
                /// The only class that counts, by its index on the last axis (default: all).
                ///
                /// ```
                /// use keras::prelude::*;
                ///
                #[doc = concat!("let mut metric = ", stringify!($Name), "::new(0.5).class_id(1);")]
                /// metric.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.1, 0.4], [0.9, 0.6]])?;
                /// assert_eq!(metric.result(), 1.0);
                /// # Ok::<(), keras::metrics::MetricError>(())
                /// ```
                class_id: usize,
                /// The number of thresholds, evenly spaced from 0 to 1; a single one is 0.5.
                ///
                /// ```
                /// use keras::prelude::*;
                ///
                #[doc = concat!("let mut metric = ", stringify!($Name), "::new(0.5).num_thresholds(1);")]
                /// metric.update_arrays(&[[0.0], [1.0]], &[[0.4], [0.6]])?;
                /// assert_eq!(metric.result(), 1.0);
                /// # Ok::<(), keras::metrics::MetricError>(())
                /// ```
                num_thresholds: usize = 200,
            }
            keeps { buckets: Buckets }
        }

        impl Gather for $Name {
            fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
                let (name, at_least) = (self.name(), self.$at_least);
                let right = (0.0..=1.0).contains(&at_least);
                MetricError::expect(right, name, stringify!($at_least), f64::from(at_least), "from 0 to 1")?;
                thresholds(self.num_thresholds).check(name, 1, 1)?;
                check_class(name, self.class_id, prediction)?;
                MetricError::expect_targets(name, target, prediction)
            }

            fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
                let label = |at| self.class_id.is_none_or(|class| class == at).then_some((0, 1.0));
                self.buckets.add(thresholds(self.num_thresholds), 1, batch, label);
                Ok(())
            }

            fn summary(&self) -> f32 {
                best(&self.buckets, self.$at_least, |rates| (rates.$at_least, rates.$rate))
            }
        }
    };
}

trade_off! {
    /// The best precision of the thresholds with at least a given recall.
    /// [Keras' `PrecisionAtRecall`](https://keras.io/api/metrics/classification_metrics/#precisionatrecall-class).
    ///
    /// It is 0 if there is no such threshold. A prediction is positive if it is greater than the threshold.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
    /// let mut metric = PrecisionAtRecall::new(0.5);
    /// assert_eq!(metric.result(), 0.0);
    /// metric.update_arrays(&y, &p)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct PrecisionAtRecall("precision_at_recall") {
        /// The least recall, from 0 to 1.
        new recall: f32,
    }
    gives precision
}

trade_off! {
    /// The best recall of the thresholds with at least a given precision.
    /// [Keras' `RecallAtPrecision`](https://keras.io/api/metrics/classification_metrics/#recallatprecision-class).
    ///
    /// It is 0 if there is no such threshold. A prediction is positive if it is greater than the threshold.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
    /// let mut metric = RecallAtPrecision::new(0.5);
    /// assert_eq!(metric.result(), 0.0);
    /// metric.update_arrays(&y, &p)?;
    /// assert_eq!(metric.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct RecallAtPrecision("recall_at_precision") {
        /// The least precision, from 0 to 1.
        new precision: f32,
    }
    gives recall
}

trade_off! {
    /// The best sensitivity, which is recall, of the thresholds with at least a given specificity.
    /// [Keras' `SensitivityAtSpecificity`](https://keras.io/api/metrics/classification_metrics/#sensitivityatspecificity-class).
    ///
    /// It is 0 if there is no such threshold. A prediction is positive if it is greater than the threshold.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
    /// let mut metric = SensitivityAtSpecificity::new(0.5);
    /// assert_eq!(metric.result(), 0.0);
    /// metric.update_arrays(&y, &p)?;
    /// assert_eq!(metric.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct SensitivityAtSpecificity("sensitivity_at_specificity") {
        /// The least specificity, from 0 to 1.
        new specificity: f32,
    }
    gives sensitivity
}

trade_off! {
    /// The best specificity, the fraction of negative targets that are predicted as such, of the thresholds with at least a
    /// given sensitivity.
    /// [Keras' `SpecificityAtSensitivity`](https://keras.io/api/metrics/classification_metrics/#specificityatsensitivity-class).
    ///
    /// It is 0 if there is no such threshold. A prediction is positive if it is greater than the threshold.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (y, p) = ([[0.0], [0.0], [0.0], [1.0], [1.0]], [[0.0], [0.3], [0.8], [0.3], [0.8]]);
    /// let mut metric = SpecificityAtSensitivity::new(0.5);
    /// assert_eq!(metric.result(), 0.0);
    /// metric.update_arrays(&y, &p)?;
    /// assert_eq!(metric.result(), 2.0 / 3.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct SpecificityAtSensitivity("specificity_at_sensitivity") {
        /// The least sensitivity, from 0 to 1.
        new sensitivity: f32,
    }
    gives specificity
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

//! Counts of true and false positives and negatives: precision and recall are ratios of them.

use super::{
    MetricError, Thresholds,
    declare::{Batch, Row},
};
use crate::losses::{Prediction, TargetView};

/// Weighted counts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Confusion {
    pub true_positives: f64,
    pub true_negatives: f64,
    pub false_positives: f64,
    pub false_negatives: f64,
}

/// The condition for positive predictions. A target is positive if it is not 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Positive<'a> {
    /// Those above a threshold: 0.5 unless it is set, or any with `top_k`.
    pub thresholds: Option<&'a Thresholds>,
    /// Of a position, only the largest values.
    pub top_k: Option<&'a usize>,
    /// Of a position, only this class is counted.
    pub class_id: Option<&'a usize>,
}

impl Positive<'_> {
    /// Checks that there is a target for each value, and the arguments.
    pub fn check(&self, metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        if let Some(thresholds) = self.thresholds {
            let thresholds = thresholds.values();
            MetricError::expect(!thresholds.is_empty(), metric, "thresholds", f64::NAN, "a list that is not empty")?;
            for &threshold in thresholds {
                let right = (0.0..=1.0).contains(&threshold);
                MetricError::expect(right, metric, "thresholds", f64::from(threshold), "from 0 to 1")?;
            }
        }
        MetricError::expect(self.top_k != Some(&0), metric, "top_k", 0.0, "at least 1")?;
        check_class(metric, self.class_id.copied(), prediction)?;
        MetricError::expect_targets(metric, target, prediction)
    }

    /// Counts a batch, for each threshold.
    pub fn count(self, counts: &mut Vec<Confusion>, batch: Batch<'_>) {
        let thresholds = match self.thresholds {
            Some(thresholds) => thresholds.values(),
            None if self.top_k.is_some() => &[f32::NEG_INFINITY],
            None => &[0.5],
        };
        counts.resize(thresholds.len(), Confusion::default());
        for (counts, &threshold) in counts.iter_mut().zip(thresholds) {
            counts.add(self, threshold, batch);
        }
    }
}

/// The results of counts, each with the name of its threshold if there is a list of them.
pub(super) fn results(
    thresholds: Option<&Thresholds>,
    counts: &[Confusion],
    number: fn(&Confusion) -> f32,
) -> Vec<(String, f32)> {
    let none = Confusion::default();
    let result = |at: usize| number(counts.get(at).unwrap_or(&none));
    match thresholds {
        Some(Thresholds::Each(thresholds)) => {
            thresholds.iter().enumerate().map(|(at, threshold)| (threshold.to_string(), result(at))).collect()
        }
        _ => vec![(String::new(), result(0))],
    }
}

impl Confusion {
    fn add(&mut self, positive: Positive<'_>, threshold: f32, batch: Batch<'_>) {
        for Row { target, values, weight } in batch.rows() {
            for (at, &p) in values.iter().enumerate() {
                if positive.class_id.is_some_and(|&class| class != at) {
                    continue;
                }
                let is_positive = p > threshold && positive.top_k.is_none_or(|&k| rank(values, at) < k);
                *match (target.number(at) != 0.0, is_positive) {
                    (true, true) => &mut self.true_positives,
                    (false, true) => &mut self.false_positives,
                    (true, false) => &mut self.false_negatives,
                    (false, false) => &mut self.true_negatives,
                } += f64::from(weight);
            }
        }
    }

    /// The fraction of the positive predictions that are true.
    pub fn precision(&self) -> f32 {
        fraction(self.true_positives, self.false_positives)
    }

    /// The fraction of the positive targets that are predicted.
    pub fn recall(&self) -> f32 {
        fraction(self.true_positives, self.false_negatives)
    }
}

/// Implements a metric that keeps a [`Confusion`], by the arguments that say which predictions are positive, and by its
/// number.
macro_rules! of_counts {
    ($Name:ident { $($argument:ident),+ }, $number:expr) => {
        impl $Name {
            #[allow(clippy::needless_update, reason = "some metrics have all of the arguments")]
            fn positive(&self) -> $crate::metrics::confusion::Positive<'_> {
                $crate::metrics::confusion::Positive { $($argument: self.$argument.as_ref(),)+ ..Default::default() }
            }
        }

        impl $crate::metrics::declare::Gather for $Name {
            fn fits(
                &self,
                target: $crate::losses::TargetView<'_>,
                prediction: &$crate::losses::Prediction<'_>,
            ) -> Result<(), $crate::metrics::MetricError> {
                self.positive().check($crate::metrics::Metric::name(self), target, prediction)
            }

            fn gather(&mut self, batch: $crate::metrics::declare::Batch<'_>) -> Result<(), $crate::metrics::MetricError> {
                let mut counts = std::mem::take(&mut self.counts);
                self.positive().count(&mut counts, batch);
                self.counts = counts;
                Ok(())
            }

            fn summary(&self) -> f32 {
                let number: fn(&Confusion) -> f32 = $number;
                self.counts.first().map_or_else(|| number(&Confusion::default()), number)
            }

            fn summaries(&self) -> Vec<(String, f32)> {
                $crate::metrics::confusion::results(self.thresholds.as_ref(), &self.counts, $number)
            }
        }
    };
}

pub(super) use of_counts;

/// Checks that the only class that counts is there.
pub(super) fn check_class(
    metric: &str,
    class_id: Option<usize>,
    prediction: &Prediction<'_>,
) -> Result<(), MetricError> {
    match class_id {
        Some(class) if class >= prediction.dims.last() => {
            let expected = format!("a class of {}", prediction.dims.last());
            MetricError::expect(false, metric, "class_id", class as f64, &expected)
        }
        _ => Ok(()),
    }
}

/// The rank of a value of a row in descending order; equal values stay in their order.
fn rank(row: &[f32], at: usize) -> usize {
    let p = row[at];
    row.iter().enumerate().filter(|&(other, &value)| value > p || (value == p && other < at)).count()
}

/// `a / (a + b)`, and 0 for 0/0.
fn fraction(a: f64, b: f64) -> f32 {
    if a + b == 0.0 { 0.0 } else { (a / (a + b)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        metrics::{FalseNegatives, FalsePositives, Metric, Precision, Recall, TrueNegatives, TruePositives},
        shape::Dims,
    };

    #[test]
    fn four_counts() {
        let prediction = Prediction { values: &[0.9, 0.2, 0.6, 0.5], dims: Dims::new(&[1]), count: 4, logits: None };
        let target = TargetView::Labels(&[1, 1, 0, 0]);
        let weights: Option<&[f32]> = Some(&[1.0, 2.0, 4.0, 8.0]);
        let mut counts: [Box<dyn Metric>; 4] = [
            Box::new(TruePositives::default()),
            Box::new(FalseNegatives::default()),
            Box::new(FalsePositives::default()),
            Box::new(TrueNegatives::default()),
        ];
        for (count, expected) in counts.iter_mut().zip([1.0, 2.0, 4.0, 8.0]) {
            count.update(target, &prediction, weights).unwrap();
            assert_eq!(count.result(), expected, "{}", count.name());
            count.reset();
            assert_eq!(count.result(), 0.0);
        }
    }

    #[test]
    fn a_result_for_each_threshold() {
        let mut recall = Recall::default().thresholds([0.25, 0.75]);
        let names = |recall: &Recall| recall.results().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&recall), ["0.25", "0.75"], "before the first batch, too");
        for _ in 0..2 {
            recall.update_arrays(&[[1.0], [1.0]], &[[0.5], [0.9]]).unwrap();
            assert_eq!(recall.results(), [("0.25".to_owned(), 1.0), ("0.75".to_owned(), 0.5)]);
            assert_eq!(recall.result(), 1.0);
            recall.reset();
        }
        let one = Recall::default().thresholds(0.5);
        assert_eq!(one.results(), [(String::new(), 0.0)]);
        let error = Recall::default().thresholds([0.5, 2.0]).update_arrays(&[[1.0]], &[[0.5]]).unwrap_err();
        assert_eq!(error.to_string(), "recall's `thresholds` is 2, but must be from 0 to 1");
        assert!(Recall::default().thresholds([]).update_arrays(&[[1.0]], &[[0.5]]).is_err());
    }

    #[test]
    fn the_largest_values_and_one_class() {
        let (y, p) = ([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], [[0.1, 0.3, 0.3], [0.2, 0.2, 0.9]]);
        let mut largest = Precision::default().top_k(2);
        largest.update_arrays(&y, &p).unwrap();
        // of the first row the second and third, of the second row the third and the first of equals
        assert_eq!(largest.result(), 0.25);
        let mut of_class = Recall::default().class_id(2).thresholds(0.2);
        of_class.update_arrays(&y, &p).unwrap();
        assert_eq!(of_class.result(), 1.0);
        let error = Recall::default().class_id(3).update_arrays(&y, &p).unwrap_err();
        assert_eq!(error.to_string(), "recall's `class_id` is 3, but must be a class of 3");
        let error = Recall::default().thresholds(1.5).update_arrays(&y, &p).unwrap_err();
        assert_eq!(error.to_string(), "recall's `thresholds` is 1.5, but must be from 0 to 1");
    }
}

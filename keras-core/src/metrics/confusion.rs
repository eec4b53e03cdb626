//! Counts of true and false positives and negatives: precision and recall are ratios of them.

use super::{
    MetricError,
    declare::{Batch, Reset, Row},
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

impl Reset for Confusion {}

/// The condition for positive predictions. A target is positive if it is not 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Positive {
    /// Those above a threshold: 0.5 unless it is set, or any with `top_k`.
    pub thresholds: Option<f32>,
    /// Of a position, only the largest values.
    pub top_k: Option<usize>,
    /// Of a position, only this class is counted.
    pub class_id: Option<usize>,
}

impl Positive {
    /// Checks that there is a target for each value, and the arguments.
    pub fn check(&self, metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        if let Some(threshold) = self.thresholds {
            let right = (0.0..=1.0).contains(&threshold);
            MetricError::expect(right, metric, "thresholds", f64::from(threshold), "from 0 to 1")?;
        }
        MetricError::expect(self.top_k != Some(0), metric, "top_k", 0.0, "at least 1")?;
        check_class(metric, self.class_id, prediction)?;
        MetricError::expect_targets(metric, target, prediction)
    }
}

impl Confusion {
    /// Counts a batch.
    pub fn add(&mut self, positive: Positive, batch: Batch<'_>) {
        let threshold = positive.thresholds.unwrap_or(if positive.top_k.is_some() { f32::NEG_INFINITY } else { 0.5 });
        for Row { target, values, weight } in batch.rows() {
            for (at, &p) in values.iter().enumerate() {
                if positive.class_id.is_some_and(|class| class != at) {
                    continue;
                }
                let is_positive = p > threshold && positive.top_k.is_none_or(|k| rank(values, at) < k);
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
            fn positive(&self) -> $crate::metrics::confusion::Positive {
                $crate::metrics::confusion::Positive { $($argument: self.$argument,)+ ..Default::default() }
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
                self.counts.add(self.positive(), batch);
                Ok(())
            }

            fn summary(&self) -> f32 {
                let number: fn(&Confusion) -> f32 = $number;
                number(&self.counts)
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

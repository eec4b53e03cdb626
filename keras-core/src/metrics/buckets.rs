//! Counts of positives and negatives at many thresholds.

use super::{MetricError, weights};
use crate::losses::{Prediction, TargetView};

/// Thresholds in rising order.
#[derive(Clone, Debug)]
pub(super) enum Thresholds {
    /// From 0 to 1 in equal steps. A prediction of 0 is above the first only if that stands for a number below 0.
    Even { count: usize, below_zero: bool },
    /// These.
    Given(Vec<f32>),
}

/// The most counts that are kept of positives, and of negatives: 128 MiB each. So many thresholds are exact as floats, too.
const MAX_COUNTS: usize = 1 << 24;

impl Thresholds {
    fn len(&self) -> usize {
        match self {
            Self::Even { count, .. } => *count,
            Self::Given(thresholds) => thresholds.len(),
        }
    }

    /// How many thresholds a prediction is above. In single precision, as Keras computes it: that decides ties.
    fn below(&self, p: f32) -> usize {
        match self {
            Self::Even { count, below_zero } => {
                let steps = (p.clamp(0.0, 1.0) * (count - 1) as f32).ceil() as usize;
                steps.max(usize::from(*below_zero))
            }
            Self::Given(thresholds) => thresholds.partition_point(|&threshold| threshold < p),
        }
    }
}

/// The weights of positive and negative targets, by label and by how many thresholds their predictions are above.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    pub thresholds: Thresholds,
    labels: usize,
    positives: Vec<f64>,
    negatives: Vec<f64>,
}

/// The counts of one label at each threshold.
pub(super) struct Counts {
    pub true_positives: Vec<f64>,
    pub false_positives: Vec<f64>,
    pub true_negatives: Vec<f64>,
    pub false_negatives: Vec<f64>,
}

impl Buckets {
    pub fn new(thresholds: Thresholds) -> Self {
        Self { thresholds, labels: 0, positives: Vec::new(), negatives: Vec::new() }
    }

    /// Checks that there is room for the counts of so many labels.
    pub fn check(&self, metric: &str, labels: usize) -> Result<(), MetricError> {
        let limit = (MAX_COUNTS / labels.max(1)).saturating_sub(1);
        MetricError::expect_at_most(limit, metric, "num_thresholds", self.thresholds.len())
    }

    /// The number of labels so far; 0 before the first batch.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Counts a batch that was checked, as so many labels. `label` says for each value of a position which one it belongs to,
    /// and what its weight is multiplied by; none if it does not count.
    pub fn update(
        &mut self,
        labels: usize,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        label: impl Fn(usize) -> Option<(usize, f32)>,
    ) -> Result<(), MetricError> {
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last());
        let width = self.thresholds.len() + 1;
        self.labels = labels;
        self.positives.resize(labels * width, 0.0);
        self.negatives.resize(labels * width, 0.0);
        for (at, &p) in prediction.values.iter().enumerate() {
            if let Some((label, factor)) = label(at % last) {
                let side = if target.number(at) == 0.0 { &mut self.negatives } else { &mut self.positives };
                side[label * width + self.thresholds.below(p)] += f64::from(weight(at / last) * factor);
            }
        }
        Ok(())
    }

    /// The counts of a label.
    pub fn counts(&self, label: usize) -> Counts {
        let width = self.thresholds.len() + 1;
        // what is in the buckets from `1 + i` on is above threshold `i`
        let above = |side: &[f64]| {
            let mut sum = 0.0;
            let mut sums: Vec<f64> = side[label * width..][1..width]
                .iter()
                .rev()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect();
            sums.reverse();
            (sums, sum + side[label * width])
        };
        let ((true_positives, positives), (false_positives, negatives)) =
            (above(&self.positives), above(&self.negatives));
        let rest = |whole: f64, parts: &[f64]| parts.iter().map(|part| (whole - part).max(0.0)).collect();
        Counts {
            false_negatives: rest(positives, &true_positives),
            true_negatives: rest(negatives, &false_positives),
            true_positives,
            false_positives,
        }
    }

    pub fn reset(&mut self) {
        self.positives.fill(0.0);
        self.negatives.fill(0.0);
    }
}

/// `a / b`, and 0 for a division by 0.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_exceeded() {
        let even = Thresholds::Even { count: 5, below_zero: false };
        let given = Thresholds::Given(vec![0.0, 0.25, 0.5, 0.75, 1.0]);
        for p in [-1.0, 0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0] {
            assert_eq!(even.below(p), given.below(p), "{p}");
        }
        assert_eq!(Thresholds::Even { count: 5, below_zero: true }.below(0.0), 1);
        assert_eq!(even.below(f32::NAN), 0);
    }
}

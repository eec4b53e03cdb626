//! Counts of positives and negatives at many thresholds.

use super::{
    MetricError,
    declare::{Batch, Reset},
};

/// The most counts that are kept of positives, and of negatives: 128 MiB each. So many thresholds are exact as floats, too.
const MAX_COUNTS: usize = 1 << 24;

/// The first of evenly spaced thresholds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lowest {
    /// At 0, which a prediction of 0 does not exceed.
    Zero,
    /// Just below 0, which every prediction exceeds.
    BelowZero,
}

/// Thresholds in ascending order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Thresholds<'a> {
    /// Evenly spaced thresholds from 0 to 1.
    Even(usize, Lowest),
    /// These.
    Given(&'a [f32]),
}

impl Thresholds<'_> {
    fn len(self) -> usize {
        match self {
            Self::Even(count, _) => count,
            Self::Given(thresholds) => thresholds.len(),
        }
    }

    /// The number of thresholds that a prediction exceeds. In single precision, as Keras computes it: that decides ties.
    fn below(self, p: f32) -> usize {
        match self {
            Self::Even(count, lowest) => {
                let steps = (p.clamp(0.0, 1.0) * (count - 1) as f32).ceil() as usize;
                steps.max(usize::from(matches!(lowest, Lowest::BelowZero)))
            }
            Self::Given(thresholds) => thresholds.partition_point(|&threshold| threshold < p),
        }
    }

    /// Checks that there are enough thresholds, and that there is room for the counts of this number of labels.
    pub fn check(self, metric: &str, least: usize, labels: usize) -> Result<(), MetricError> {
        let (count, expected) = (self.len(), format!("at least {least}"));
        MetricError::expect(count >= least, metric, "num_thresholds", count as f64, &expected)?;
        MetricError::expect_at_most((MAX_COUNTS / labels.max(1)).saturating_sub(1), metric, "num_thresholds", count)
    }
}

/// The weights of positive and negative targets, by label and by how many thresholds their predictions exceed.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    labels: usize,
    /// The buckets of a label: one more than there are thresholds.
    width: usize,
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

impl Reset for Buckets {
    /// The memory is kept.
    fn reset(&mut self) {
        self.positives.fill(0.0);
        self.negatives.fill(0.0);
    }
}

impl Buckets {
    /// The number of labels so far; 0 before the first batch.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Counts the predictions of a batch, by labels. `label` says which label an index of the last axis belongs to, and
    /// the factor of its weight; none if it does not count.
    pub fn add(
        &mut self,
        thresholds: Thresholds<'_>,
        labels: usize,
        batch: Batch<'_>,
        label: impl Fn(usize) -> Option<(usize, f32)>,
    ) {
        (self.labels, self.width) = (labels, thresholds.len() + 1);
        self.positives.resize(labels * self.width, 0.0);
        self.negatives.resize(labels * self.width, 0.0);
        for (at, &p) in batch.prediction.values.iter().enumerate() {
            if let Some((label, factor)) = label(at % batch.last) {
                let side = if batch.target.number(at) == 0.0 { &mut self.negatives } else { &mut self.positives };
                let weight = f64::from(batch.weight(at / batch.last) * factor);
                side[label * self.width + thresholds.below(p)] += weight;
            }
        }
    }

    /// The counts of a label.
    pub fn counts(&self, label: usize) -> Counts {
        // The buckets from `1 + i` on are above threshold `i`.
        let above = |side: &[f64]| {
            let mut sum = 0.0;
            let mut sums: Vec<f64> = side[label * self.width..][1..self.width]
                .iter()
                .rev()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect();
            sums.reverse();
            (sums, sum + side[label * self.width])
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
        let even = Thresholds::Even(5, Lowest::Zero);
        let given = Thresholds::Given(&[0.0, 0.25, 0.5, 0.75, 1.0]);
        for p in [-1.0, 0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0] {
            assert_eq!(even.below(p), given.below(p), "{p}");
        }
        assert_eq!(Thresholds::Even(5, Lowest::BelowZero).below(0.0), 1);
        assert_eq!(even.below(f32::NAN), 0);
    }
}

//! Counts of right and wrong positives and negatives: what precision and recall are made of.

use super::{MetricError, weights};
use crate::losses::{Prediction, TargetView};

/// Weighted counts at a threshold. A prediction is positive if it is above the threshold, a target if it is not 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Confusion {
    /// 0.5, or below everything if the largest values count, unless it is set.
    pub threshold: Option<f32>,
    /// If only so many of the largest values of a position can be positive.
    pub top_k: Option<usize>,
    /// If only the values of this class count.
    pub class_id: Option<usize>,
    pub true_positives: f64,
    pub true_negatives: f64,
    pub false_positives: f64,
    pub false_negatives: f64,
}

impl Confusion {
    /// Checks that there is a target for each value, and the arguments.
    pub fn check(&self, metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        if let Some(threshold) = self.threshold {
            let right = (0.0..=1.0).contains(&threshold);
            MetricError::expect(right, metric, "thresholds", f64::from(threshold), "from 0 to 1")?;
        }
        MetricError::expect(self.top_k != Some(0), metric, "top_k", 0.0, "at least 1")?;
        check_class(metric, self.class_id, prediction)?;
        MetricError::expect_targets(metric, target, prediction)
    }

    /// Counts a batch that was checked.
    pub fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last());
        let threshold = self.threshold.unwrap_or(if self.top_k.is_some() { f32::NEG_INFINITY } else { 0.5 });
        for (position, row) in prediction.values.chunks_exact(last.max(1)).enumerate() {
            let weight = f64::from(weight(position));
            for (at, &p) in row.iter().enumerate() {
                if self.class_id.is_some_and(|class| class != at) {
                    continue;
                }
                let is_positive = p > threshold && self.top_k.is_none_or(|k| rank(row, at) < k);
                *match (target.number(position * last + at) != 0.0, is_positive) {
                    (true, true) => &mut self.true_positives,
                    (false, true) => &mut self.false_positives,
                    (true, false) => &mut self.false_negatives,
                    (false, false) => &mut self.true_negatives,
                } += weight;
            }
        }
        Ok(())
    }

    /// The part of the positive predictions that is right.
    pub fn precision(&self) -> f32 {
        part(self.true_positives, self.false_positives)
    }

    /// The part of the positive targets that is found.
    pub fn recall(&self) -> f32 {
        part(self.true_positives, self.false_negatives)
    }

    pub fn reset(&mut self) {
        *self = Self { threshold: self.threshold, top_k: self.top_k, class_id: self.class_id, ..Self::default() };
    }
}

/// Checks that a class that alone is to count is there.
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

/// How many values of a row come before one of them if they are sorted, the largest first; of equals, in their order.
fn rank(row: &[f32], at: usize) -> usize {
    let p = row[at];
    row.iter().enumerate().filter(|&(other, &value)| value > p || (value == p && other < at)).count()
}

/// `a / (a + b)`, and 0 for 0/0.
pub(super) fn part(a: f64, b: f64) -> f32 {
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

//! Counts of right and wrong positives: what precision and recall are made of.

use super::position_weight;
use crate::losses::{Prediction, TargetView};

/// Weighted counts at a threshold. A prediction is positive if it is above the threshold, a target if it is not 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confusion {
    pub threshold: f32,
    true_positives: f64,
    false_positives: f64,
    false_negatives: f64,
}

impl Default for Confusion {
    fn default() -> Self {
        Self { threshold: 0.5, true_positives: 0.0, false_positives: 0.0, false_negatives: 0.0 }
    }
}

impl Confusion {
    /// Counts a batch that has a target for each value.
    pub fn update(&mut self, target: TargetView<'_>, prediction: &Prediction<'_>, sample_weight: Option<&[f32]>) {
        let (weight, last) = (position_weight(prediction, sample_weight), prediction.dims.last());
        for (at, &p) in prediction.values.iter().enumerate() {
            let weight = f64::from(weight(at / last));
            match (target.number(at) != 0.0, p > self.threshold) {
                (true, true) => self.true_positives += weight,
                (false, true) => self.false_positives += weight,
                (true, false) => self.false_negatives += weight,
                (false, false) => {}
            }
        }
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
        *self = Self { threshold: self.threshold, ..Self::default() };
    }
}

/// `a / (a + b)`, and 0 for 0/0.
fn part(a: f64, b: f64) -> f32 {
    if a + b == 0.0 { 0.0 } else { (a / (a + b)) as f32 }
}

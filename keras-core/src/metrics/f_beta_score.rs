//! The weighted harmonic mean of precision and recall, class by class.

use super::{Direction, Metric, MetricError, weights};
use crate::losses::{Prediction, TargetView};

/// How the scores of classes become one number.
///
/// ```
/// use keras::{metrics::Average, prelude::*};
///
/// // Of the first class all is right, of the second nothing.
/// let (y, p) = ([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [[0.9, 0.1], [0.8, 0.1], [0.2, 0.2]]);
/// let score = |average| {
///     let mut score = F1Score::default().average(average).threshold(0.5);
///     score.update_arrays(&y, &p)?;
///     Ok::<_, keras::metrics::MetricError>(score.result())
/// };
/// assert!((score(Average::Macro)? - 1.0 / 2.0).abs() < 1e-6);
/// assert!((score(Average::Weighted)? - 2.0 / 3.0).abs() < 1e-6);
/// assert!((score(Average::Micro)? - 0.8).abs() < 1e-6); // a precision of 1, a recall of two thirds
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Average {
    /// The score of all values together.
    Micro,
    /// The mean of the classes' scores.
    #[default]
    Macro,
    /// Their mean, each counting as often as its class is a target.
    Weighted,
}

/// The weighted harmonic mean of precision and recall, class by class:
/// `(1 + β²)·precision·recall / (β²·precision + recall)`.
/// [Keras' `FBetaScore`](https://keras.io/api/metrics/classification_metrics/#fbetascore-class).
///
/// Without a threshold, the largest values of a position are positive, all if there are several, unless they are 0. A division
/// by 0 has 1e-7 added.
///
/// Keras' default `average` of `None` gives the scores of all classes: that is [`scores`](Self::scores) here, and the result
/// is their mean.
///
/// | argument | default | |
/// |---|---|---|
/// | [`average`](Self::average) | [`Average::Macro`] | |
/// | [`beta`](Self::beta) | 1 | how much more recall counts than precision |
/// | [`threshold`](Self::threshold) | none | what a value must exceed to be positive |
///
/// ```
/// use keras::prelude::*;
///
/// let mut score = FBetaScore::default().beta(2.0).threshold(0.5);
/// score.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.1]])?;
/// let (precision, recall) = (1.0, 0.5);
/// assert!((score.result() - 5.0 * precision * recall / (4.0 * precision + recall)).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FBetaScore {
    average: Average,
    beta: f32,
    threshold: Option<f32>,
    classes: Vec<Counts>,
}

/// What is counted of a class.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    true_positives: f64,
    false_positives: f64,
    false_negatives: f64,
    /// The weight of the targets.
    targets: f64,
}

impl Default for FBetaScore {
    fn default() -> Self {
        Self { average: Average::default(), beta: 1.0, threshold: None, classes: Vec::new() }
    }
}

impl FBetaScore {
    /// Sets how the scores of classes become one number.
    ///
    /// ```
    /// use keras::{metrics::Average, prelude::*};
    ///
    /// let mut score = FBetaScore::default().average(Average::Micro);
    /// score.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.9, 0.1], [0.8, 0.2]])?;
    /// assert!((score.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn average(mut self, average: Average) -> Self {
        self.average = average;
        self
    }

    /// Sets how much more recall counts than precision: more than 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut of_precision = FBetaScore::default().beta(0.01).threshold(0.5);
    /// of_precision.update_arrays(&[[1.0], [1.0]], &[[0.9], [0.2]])?;
    /// assert!(of_precision.result() > 0.99, "of the positive predictions, all are right");
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
    }

    /// Sets what a value must exceed to be positive: more than 0, at most 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = FBetaScore::default().threshold(0.95);
    /// score.update_arrays(&[[1.0]], &[[0.9]])?;
    /// assert_eq!(score.result(), 0.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// The score of each class; none before the first batch.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = FBetaScore::default();
    /// score.update_arrays(&[[1.0, 0.0], [1.0, 0.0]], &[[0.9, 0.1], [0.8, 0.2]])?;
    /// let scores = score.scores();
    /// assert!((scores[0] - 1.0).abs() < 1e-6 && scores[1] == 0.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn scores(&self) -> Vec<f32> {
        self.classes.iter().map(|counts| self.score(counts) as f32).collect()
    }

    fn score(&self, counts: &Counts) -> f64 {
        const EPSILON: f64 = 1e-7;
        let precision = counts.true_positives / (counts.true_positives + counts.false_positives + EPSILON);
        let recall = counts.true_positives / (counts.true_positives + counts.false_negatives + EPSILON);
        let square = f64::from(self.beta).powi(2);
        (1.0 + square) * precision * recall / (square * precision + recall + EPSILON)
    }
}

impl Metric for FBetaScore {
    fn name(&self) -> &str {
        "fbeta_score"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.check_as(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        self.count(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        if self.classes.is_empty() {
            return 0.0;
        }
        let mean = |weight: &dyn Fn(&Counts) -> f64| {
            let weights: f64 = self.classes.iter().map(weight).sum();
            let sum: f64 = self.classes.iter().map(|counts| weight(counts) * self.score(counts)).sum();
            if weights == 0.0 { 0.0 } else { (sum / weights) as f32 }
        };
        match self.average {
            Average::Macro => mean(&|_| 1.0),
            Average::Weighted => mean(&|counts| counts.targets),
            Average::Micro => {
                let all = self.classes.iter().fold(Counts::default(), |all, counts| Counts {
                    true_positives: all.true_positives + counts.true_positives,
                    false_positives: all.false_positives + counts.false_positives,
                    false_negatives: all.false_negatives + counts.false_negatives,
                    targets: all.targets + counts.targets,
                });
                self.score(&all) as f32
            }
        }
    }

    fn reset(&mut self) {
        self.classes.clear();
    }
}

impl FBetaScore {
    /// [`Metric::check`], for a metric of this name.
    pub(super) fn check_as(
        &self,
        metric: &str,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
    ) -> Result<(), MetricError> {
        MetricError::expect(self.beta > 0.0, metric, "beta", f64::from(self.beta), "more than 0")?;
        if let Some(threshold) = self.threshold {
            let right = threshold > 0.0 && threshold <= 1.0;
            MetricError::expect(right, metric, "threshold", f64::from(threshold), "more than 0 and at most 1")?;
        }
        MetricError::expect_width(metric, self.classes.len(), prediction.dims.last())?;
        MetricError::expect_targets(metric, target, prediction)
    }

    /// Counts a batch that was checked.
    pub(super) fn count(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        let (weight, last) = (weights(prediction, sample_weight)?, prediction.dims.last());
        self.classes.resize(last, Counts::default());
        for (position, row) in prediction.values.chunks_exact(last.max(1)).enumerate() {
            let weight = f64::from(weight(position));
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (at, (&p, counts)) in row.iter().zip(&mut self.classes).enumerate() {
                let is_positive = match self.threshold {
                    Some(threshold) => p > threshold,
                    None => p >= most && p.abs() > 1e-9,
                };
                let y = f64::from(target.number(position * last + at));
                if is_positive {
                    counts.true_positives += weight * y;
                    counts.false_positives += weight * (1.0 - y);
                } else {
                    counts.false_negatives += weight * y;
                }
                counts.targets += weight * y;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_scores_nothing() {
        for average in [Average::Micro, Average::Macro, Average::Weighted] {
            let mut score = FBetaScore::default().average(average);
            assert_eq!(score.result(), 0.0);
            score.update_arrays(&[[0.0, 0.0]], &[[0.0, 0.0]]).unwrap();
            assert_eq!(score.result(), 0.0, "{average:?}");
        }
    }

    #[test]
    fn arguments_are_checked() {
        let update = |mut score: FBetaScore| score.update_arrays(&[[0.0]], &[[0.5]]).map_err(|error| error.to_string());
        assert_eq!(
            update(FBetaScore::default().beta(0.0)).unwrap_err(),
            "fbeta_score's `beta` is 0, but must be more than 0"
        );
        assert!(update(FBetaScore::default().threshold(0.0)).is_err());
        assert!(update(FBetaScore::default().threshold(1.0)).is_ok());
    }
}

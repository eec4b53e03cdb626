//! F-scores: weighted harmonic means of precision and recall, class by class.

use super::{
    Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::{
    config::text_values,
    losses::{Prediction, TargetView},
};

/// Averaging of the scores of the classes.
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
    /// Their mean, weighted by the number of targets of each class.
    Weighted,
}

text_values!(Average {
    Micro = "micro",
    Macro = "macro",
    Weighted = "weighted",
});

metric! {
    /// F-beta score, the weighted harmonic mean of precision and recall, class by class:
    /// `(1 + β²)·precision·recall / (β²·precision + recall)`.
    /// [Keras' `FBetaScore`](https://keras.io/api/metrics/classification_metrics/#fbetascore-class).
    ///
    /// Without a threshold, the largest value of a position is positive, unless it is 0; of several equal ones, all are. 1e-7
    /// is added to divisors.
    ///
    /// Keras' default `average` of `None` gives the scores of all classes: these are [`scores`](Self::scores), and the result
    /// is their mean.
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
    pub struct FBetaScore("fbeta_score", Maximize) {
        /// Averaging of the scores of the classes.
        ///
        /// ```
        /// use keras::{metrics::Average, prelude::*};
        ///
        /// let mut score = FBetaScore::default().average(Average::Micro);
        /// score.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.9, 0.1], [0.8, 0.2]])?;
        /// assert!((score.result() - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        average: Average = Average::Macro,
        /// The weight of recall relative to precision: more than 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut of_precision = FBetaScore::default().beta(0.01).threshold(0.5);
        /// of_precision.update_arrays(&[[1.0], [1.0]], &[[0.9], [0.2]])?;
        /// assert!(of_precision.result() > 0.99, "of the positive predictions, all are right");
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        beta: f32 = 1.0,
        /// The threshold that a positive prediction exceeds: more than 0, at most 1 (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut score = FBetaScore::default().threshold(0.95);
        /// score.update_arrays(&[[1.0]], &[[0.9]])?;
        /// assert_eq!(score.result(), 0.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        threshold: f32,
    }
    keeps { classes: Vec<Counts> }
}

metric! {
    /// F1 score, the harmonic mean of precision and recall, class by class: `2·precision·recall / (precision + recall)`. It
    /// is an [`FBetaScore`] with a `beta` of 1, whose notes hold here too.
    /// [Keras' `F1Score`](https://keras.io/api/metrics/classification_metrics/#f1score-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = F1Score::default();
    /// score.update_arrays(
    ///     &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]],
    ///     &[[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]],
    /// )?;
    /// assert!((score.result() - (1.0 + 2.0 / 3.0 + 0.0) / 3.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct F1Score("f1_score", Maximize) {
        /// Averaging of the scores of the classes.
        ///
        /// ```
        /// use keras::{metrics::Average, prelude::*};
        ///
        /// let mut score = F1Score::default().average(Average::Micro);
        /// score.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.9, 0.1], [0.8, 0.2]])?;
        /// assert!((score.result() - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        average: Average = Average::Macro,
        /// The threshold that a positive prediction exceeds: more than 0, at most 1 (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut score = F1Score::default().threshold(0.5);
        /// score.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.1]])?;
        /// assert!((score.result() - 2.0 / 3.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        threshold: f32,
    }
    keeps { classes: Vec<Counts> }
}

/// The counts of a class.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    true_positives: f64,
    false_positives: f64,
    false_negatives: f64,
    /// The weight of the targets.
    targets: f64,
}

impl Counts {
    /// Counts a prediction of a target.
    fn add(&mut self, y: f64, is_positive: bool, weight: f64) {
        if is_positive {
            self.true_positives += weight * y;
            self.false_positives += weight * (1.0 - y);
        } else {
            self.false_negatives += weight * y;
        }
        self.targets += weight * y;
    }

    fn sum(classes: &[Self]) -> Self {
        classes.iter().fold(Self::default(), |all, counts| Self {
            true_positives: all.true_positives + counts.true_positives,
            false_positives: all.false_positives + counts.false_positives,
            false_negatives: all.false_negatives + counts.false_negatives,
            targets: all.targets + counts.targets,
        })
    }

    fn score(&self, beta: f32) -> f64 {
        const EPSILON: f64 = 1e-7;
        let precision = self.true_positives / (self.true_positives + self.false_positives + EPSILON);
        let recall = self.true_positives / (self.true_positives + self.false_negatives + EPSILON);
        let square = f64::from(beta).powi(2);
        (1.0 + square) * precision * recall / (square * precision + recall + EPSILON)
    }

    /// The average score of classes.
    fn average(classes: &[Self], average: Average, beta: f32) -> f32 {
        let mean = |weight: &dyn Fn(&Self) -> f64| {
            let weights: f64 = classes.iter().map(weight).sum();
            let sum: f64 = classes.iter().map(|counts| weight(counts) * counts.score(beta)).sum();
            if weights == 0.0 { 0.0 } else { (sum / weights) as f32 }
        };
        match average {
            Average::Macro => mean(&|_| 1.0),
            Average::Weighted => mean(&|counts| counts.targets),
            Average::Micro => Self::sum(classes).score(beta) as f32,
        }
    }
}

/// The implementation of an F-score with a given `beta`.
macro_rules! f_score {
    ($Name:ident, $beta:expr, $(#[$doc:meta])*) => {
        impl $Name {
            fn weight_of_recall(&self) -> f32 {
                let beta: fn(&Self) -> f32 = $beta;
                beta(self)
            }

            $(#[$doc])*
            pub fn scores(&self) -> Vec<f32> {
                self.classes.iter().map(|counts| counts.score(self.weight_of_recall()) as f32).collect()
            }
        }

        impl Gather for $Name {
            fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
                let (name, beta) = (self.name(), self.weight_of_recall());
                MetricError::expect(beta > 0.0, name, "beta", f64::from(beta), "more than 0")?;
                if let Some(threshold) = self.threshold {
                    let (right, found) = (threshold > 0.0 && threshold <= 1.0, f64::from(threshold));
                    MetricError::expect(right, name, "threshold", found, "more than 0 and at most 1")?;
                }
                MetricError::expect_width(name, self.classes.len(), prediction.dims.last())?;
                MetricError::expect_targets(name, target, prediction)
            }

            fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
                self.classes.resize(batch.last, Counts::default());
                for row in batch.rows() {
                    let most = row.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    for (at, (&p, counts)) in row.values.iter().zip(&mut self.classes).enumerate() {
                        let is_positive = match self.threshold {
                            Some(threshold) => p > threshold,
                            None => p >= most && p.abs() > 1e-9,
                        };
                        counts.add(f64::from(row.target.number(at)), is_positive, f64::from(row.weight));
                    }
                }
                Ok(())
            }

            fn summary(&self) -> f32 {
                Counts::average(&self.classes, self.average, self.weight_of_recall())
            }
        }
    };
}

f_score!(
    FBetaScore, |score| score.beta,
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
);

f_score!(
    F1Score, |_| 1.0,
    /// The score of each class; none before the first batch.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = F1Score::default();
    /// score.update_arrays(&[[1.0, 0.0]], &[[0.9, 0.1]])?;
    /// assert!((score.scores()[0] - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
);

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

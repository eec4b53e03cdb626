//! The harmonic mean of precision and recall, class by class.

use super::{Average, Direction, FBetaScore, Metric, MetricError};
use crate::losses::{Prediction, TargetView};

/// The harmonic mean of precision and recall, class by class: `2·precision·recall / (precision + recall)`.
/// [Keras' `F1Score`](https://keras.io/api/metrics/classification_metrics/#f1score-class).
///
/// Its arguments, all but `beta`, and what is said there, are those of [`FBetaScore`].
///
/// | argument | default | |
/// |---|---|---|
/// | [`average`](Self::average) | [`Average::Macro`] | |
/// | [`threshold`](Self::threshold) | none | what a value must exceed to be positive |
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
#[derive(Clone, Debug, Default)]
pub struct F1Score {
    score: FBetaScore,
}

impl F1Score {
    /// Sets how the scores of classes become one number.
    ///
    /// ```
    /// use keras::{metrics::Average, prelude::*};
    ///
    /// let mut score = F1Score::default().average(Average::Micro);
    /// score.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.9, 0.1], [0.8, 0.2]])?;
    /// assert!((score.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn average(self, average: Average) -> Self {
        Self { score: self.score.average(average) }
    }

    /// Sets what a value must exceed to be positive: more than 0, at most 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = F1Score::default().threshold(0.5);
    /// score.update_arrays(&[[1.0], [1.0], [0.0]], &[[0.9], [0.2], [0.1]])?;
    /// assert!((score.result() - 2.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn threshold(self, threshold: f32) -> Self {
        Self { score: self.score.threshold(threshold) }
    }

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
    pub fn scores(&self) -> Vec<f32> {
        self.score.scores()
    }
}

impl Metric for F1Score {
    fn name(&self) -> &str {
        "f1_score"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.score.check_as(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        self.score.count(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.score.result()
    }

    fn reset(&mut self) {
        self.score.reset();
    }
}

//! Coefficient of determination.

use super::{
    Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::{
    config::text_values,
    losses::{Prediction, TargetView},
};

/// Averaging of the scores of multiple outputs.
///
/// ```
/// use keras::{metrics::ClassAggregation, prelude::*};
///
/// // The first column varies by 1, the second by 100; the first is right, the second is not.
/// let (y, p) = ([[0.0, 0.0], [2.0, 20.0]], [[0.0, 10.0], [2.0, 10.0]]);
/// let score = |aggregation| {
///     let mut score = R2Score::default().class_aggregation(aggregation);
///     score.update_arrays(&y, &p)?;
///     Ok::<_, keras::metrics::MetricError>(score.result())
/// };
/// assert_eq!(score(ClassAggregation::UniformAverage)?, 0.5);
/// assert_eq!(score(ClassAggregation::VarianceWeightedAverage)?, 1.0 / 101.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassAggregation {
    /// The mean of the scores.
    #[default]
    UniformAverage,
    /// Their mean, each counting by its targets' variance.
    VarianceWeightedAverage,
}

text_values!(ClassAggregation {
    UniformAverage = "uniform_average",
    VarianceWeightedAverage = "variance_weighted_average",
});

metric! {
    /// Coefficient of determination, R²: `1 - Σ (y - p)² / Σ (y - ȳ)²` for each index of the last axis, and their mean. It is
    /// 1 for perfect predictions, and 0 for the mean of the targets.
    /// [Keras' `R2Score`](https://keras.io/api/metrics/regression_metrics/#r2score-class).
    ///
    /// Targets without variance, and those without any weight, have a score of 0. (In Keras, it is NaN if the predictions are
    /// perfect, or without any weight.) [`scores`](Self::scores) has one for each index: Keras' `class_aggregation` of
    /// `None`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = R2Score::default();
    /// score.update_arrays(&[[1.0], [4.0], [3.0]], &[[2.0], [4.0], [4.0]])?;
    /// assert!((score.result() - (1.0 - 2.0 / (14.0 / 3.0))).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct R2Score("r2_score", Maximize) {
        /// Averaging of the scores of multiple outputs.
        ///
        /// ```
        /// use keras::{metrics::ClassAggregation, prelude::*};
        ///
        /// let mut score = R2Score::default().class_aggregation(ClassAggregation::VarianceWeightedAverage);
        /// score.update_arrays(&[[0.0, 0.0], [2.0, 20.0]], &[[0.0, 10.0], [2.0, 10.0]])?;
        /// assert_eq!(score.result(), 1.0 / 101.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        class_aggregation: ClassAggregation = ClassAggregation::UniformAverage,
        /// The number `p` of regressors that the score is adjusted for: `1 - (1 - R²)·(n - 1) / (n - p - 1)` with `n`
        /// targets.
        ///
        /// With `n - 1` regressors or more, the score is not adjusted. As in Keras, `n` counts the targets of all indices.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut score = R2Score::default().num_regressors(1);
        /// score.update_arrays(&[[1.0], [4.0], [3.0]], &[[2.0], [4.0], [4.0]])?;
        /// let plain = 1.0 - 2.0 / (14.0 / 3.0);
        /// assert!((score.result() - (1.0 - (1.0 - plain) * 2.0 / 1.0)).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        num_regressors: u32 = 0,
    }
    keeps { columns: Vec<Moments>, targets: f64 }
}

/// The targets of an index and the errors of its predictions.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    weight: f64,
    mean: f64,
    /// `Σ wᵢ·(yᵢ - ȳ)²`.
    variation: f64,
    /// `Σ wᵢ·(yᵢ - pᵢ)²`.
    errors: f64,
}

impl Moments {
    /// Takes in a target, by Welford's rule: targets that do not vary have a variation of exactly 0.
    fn add(&mut self, y: f64, p: f64, weight: f64) {
        if weight != 0.0 {
            self.weight += weight;
            let before = y - self.mean;
            self.mean += before * weight / self.weight;
            self.variation += weight * before * (y - self.mean);
            self.errors += weight * (y - p).powi(2);
        }
    }

    fn score(&self) -> f64 {
        if self.variation == 0.0 { 0.0 } else { 1.0 - self.errors / self.variation }
    }
}

impl R2Score {
    /// The score of each index of the last axis; none before the first batch.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut score = R2Score::default();
    /// score.update_arrays(&[[0.0, 0.0], [2.0, 20.0]], &[[0.0, 10.0], [2.0, 10.0]])?;
    /// assert_eq!(score.scores(), [1.0, 0.0]);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn scores(&self) -> Vec<f32> {
        self.columns.iter().map(|column| column.score() as f32).collect()
    }
}

impl Gather for R2Score {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_width(self.name(), self.columns.len(), prediction.dims.last())?;
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.columns.resize(batch.last, Moments::default());
        for row in batch.rows() {
            for (at, (&p, column)) in row.values.iter().zip(&mut self.columns).enumerate() {
                column.add(f64::from(row.target.number(at)), f64::from(p), f64::from(row.weight));
            }
        }
        self.targets += batch.target.len() as f64;
        Ok(())
    }

    fn summary(&self) -> f32 {
        let weight = |column: &Moments| match self.class_aggregation {
            ClassAggregation::UniformAverage => 1.0,
            ClassAggregation::VarianceWeightedAverage => column.variation,
        };
        let weights: f64 = self.columns.iter().map(weight).sum();
        if weights == 0.0 {
            return 0.0;
        }
        let score = self.columns.iter().map(|column| weight(column) * column.score()).sum::<f64>() / weights;
        let (n, p) = (self.targets, f64::from(self.num_regressors));
        if p == 0.0 || p >= n - 1.0 {
            return score as f32;
        }
        (1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_that_do_not_vary_have_no_score() {
        let mut score = R2Score::default();
        assert_eq!(score.result(), 0.0);
        score.update_arrays(&[[0.1], [0.1], [0.1]], &[[0.1], [0.2], [0.3]]).unwrap();
        assert_eq!(score.result(), 0.0);
        score.reset();
        score.update_arrays(&[[0.1], [0.1]], &[[0.1], [0.1]]).unwrap();
        assert_eq!(score.result(), 0.0);
    }

    #[test]
    fn weights_are_numbers_of_samples() {
        let (mut weighted, mut repeated) = (R2Score::default(), R2Score::default());
        let prediction =
            Prediction { values: &[1.5, 2.0, 7.0], dims: crate::shape::Dims::new(&[1]), count: 3, logits: None };
        let target = TargetView::Values(&[1.0, 2.5, 4.0]);
        weighted.update(target, &prediction, Some(&[2.0, 1.0, 0.0])).unwrap();
        repeated.update_arrays(&[[1.0], [1.0], [2.5]], &[[1.5], [1.5], [2.0]]).unwrap();
        assert!((weighted.result() - repeated.result()).abs() < 1e-6);
    }
}

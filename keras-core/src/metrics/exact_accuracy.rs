//! Accuracy by equality.

use super::{
    Mean, Metric, MetricError,
    declare::{Batch, Gather, metric, number},
};
use crate::{
    config::Config,
    losses::{Prediction, TargetView},
};

metric! {
    /// The fraction of predictions that are equal to their targets, number by number: Keras' class
    /// [`Accuracy`](https://keras.io/api/metrics/accuracy_metrics/#accuracy-class), for outputs that are classes themselves.
    ///
    /// Keras' string `"accuracy"`, which is resolved by shape, is [`Accuracy`](super::Accuracy). Targets have the shape of the
    /// predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{metrics::ExactAccuracy, prelude::*};
    ///
    /// let mut accuracy = ExactAccuracy::default();
    /// accuracy.update_arrays(&[[1.0], [2.0], [3.0], [4.0]], &[[0.0], [2.0], [3.0], [4.0]])?;
    /// assert_eq!(accuracy.result(), 0.75);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct ExactAccuracy("accuracy", Maximize) {}
    keeps { mean: Mean }
}

impl Gather for ExactAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        for row in batch.rows() {
            for (at, &p) in row.values.iter().enumerate() {
                self.mean.update(number(row.target.number(at) == p), row.weight);
            }
        }
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }

    fn adjust(&self, config: Config) -> Config {
        let renamed = Config::new("keras.metrics", "Accuracy");
        config.iter().fold(renamed, |renamed, (name, value)| renamed.with(name.to_owned(), value.clone()))
    }
}

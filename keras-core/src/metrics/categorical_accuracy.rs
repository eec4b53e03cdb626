//! Categorical accuracy, by one-hot targets and by labels.

use super::{
    Mean, Metric, MetricError,
    declare::{Batch, Gather, metric},
};
use crate::losses::{Prediction, TargetView};

metric! {
    /// Categorical accuracy: the fraction of positions where the class with the largest target has the largest prediction.
    /// [Keras' `CategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#categoricalaccuracy-class).
    ///
    /// Of several largest values, the first counts.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = CategoricalAccuracy::default();
    /// accuracy.update_arrays(&[[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], &[[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct CategoricalAccuracy("categorical_accuracy", Maximize) {}
    keeps { mean: Mean }
}

impl Gather for CategoricalAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.mean.update_one_hot(batch);
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

metric! {
    /// Categorical accuracy by class labels: the fraction of positions where the labelled class has the largest prediction.
    /// [Keras' `SparseCategoricalAccuracy`](https://keras.io/api/metrics/accuracy_metrics/#sparsecategoricalaccuracy-class).
    ///
    /// Of several largest values, the first counts. A label that is not a class is an error. (In Keras, it is never correct.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = SparseCategoricalAccuracy::default();
    /// accuracy.update_arrays(&[2, 1], &[[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])?;
    /// assert_eq!(accuracy.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct SparseCategoricalAccuracy("sparse_categorical_accuracy", Maximize) {}
    keeps { mean: Mean }
}

impl Gather for SparseCategoricalAccuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_classes(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        self.mean.update_classes(batch);
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

//! Accuracy, by whatever the shapes call for.

use super::{
    Mean, Metric, MetricError,
    declare::{Batch, Gather, metric, number},
};
use crate::losses::{Prediction, TargetView};

metric! {
    /// Accuracy: the fraction of correct predictions.
    /// [Keras' `Accuracy`](https://keras.io/api/metrics/accuracy_metrics/). The shapes decide which accuracy it is, as for
    /// Keras' `"accuracy"`:
    ///
    /// | output's last axis | targets | a prediction is correct if |
    /// |---|---|---|
    /// | 1 | any | the target is 1 and `p > 0.5`, or 0 and not |
    /// | classes | a class for each position | the class has the largest value |
    /// | classes | a value for each class | the class of the largest target has the largest value |
    ///
    /// [`ExactAccuracy`](super::ExactAccuracy) is Keras' class `Accuracy`, which compares predictions as they are.
    ///
    /// Of several largest values, the first counts. A label that is not a class is an error.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut accuracy = Accuracy::default();
    /// accuracy.update_arrays(&[[1.0], [1.0], [0.0], [0.0]], &[[0.98], [1.0], [0.0], [0.6]])?;
    /// assert_eq!(accuracy.result(), 0.75);
    ///
    /// let mut of_classes = Accuracy::default();
    /// of_classes.update_arrays(&[2, 0], &[[0.1, 0.2, 0.7], [0.3, 0.6, 0.1]])?;
    /// assert_eq!(of_classes.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct Accuracy("accuracy", Maximize) {}
    keeps { mean: Mean }
}

impl Gather for Accuracy {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let (positions, last) = (prediction.count * prediction.positions(), prediction.dims.last());
        if target.len() != positions {
            MetricError::expect_targets(self.name(), target, prediction)
        } else if last > 1 {
            MetricError::expect_classes(self.name(), target, prediction)
        } else {
            Ok(())
        }
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        match (batch.last, batch.targets) {
            (1, _) => {
                for (at, &p) in batch.prediction.values.iter().enumerate() {
                    self.mean.update(number(batch.target.number(at) == number(p > 0.5)), batch.weight(at));
                }
            }
            (_, 1) => self.mean.update_classes(batch),
            _ => self.mean.update_one_hot(batch),
        }
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.mean.result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

    #[test]
    fn the_shapes_decide() {
        let mut accuracy = Accuracy::default();
        accuracy.update_arrays(&[1, 0], &[[0.5], [0.5]]).unwrap();
        assert_eq!(accuracy.result(), 0.5, "0.5 is not above the threshold");
        accuracy.reset();
        accuracy.update_arrays(&[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], &[[0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]).unwrap();
        assert_eq!(accuracy.result(), 0.5);
        accuracy.reset();
        accuracy.update_arrays(&[0, 1], &[[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]]).unwrap();
        assert_eq!(accuracy.result(), 0.5, "the first of equals counts");
    }

    #[test]
    fn a_class_that_is_not_there_is_an_error() {
        let error = Accuracy::default().update_arrays(&[2], &[[0.5, 0.5]]).unwrap_err();
        assert_eq!(error.to_string(), "accuracy was given class 2, but there are 2 classes (0 to 1)");
        assert!(Accuracy::default().update_arrays(&[2], &[[0.5]]).is_ok(), "of one value, any target may be wrong");
    }

    #[test]
    fn a_sample_weight_counts_at_every_position() {
        let mut accuracy = Accuracy::default();
        let values = [0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.6, 0.4];
        let prediction = Prediction { values: &values, dims: Dims::new(&[2, 2]), count: 2, logits: None };
        accuracy.update(TargetView::Labels(&[0, 1, 0, 0]), &prediction, Some(&[3.0, 1.0])).unwrap();
        assert_eq!(accuracy.result(), 7.0 / 8.0);
    }
}

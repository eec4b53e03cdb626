//! How often a prediction is right.

use super::{Direction, Mean, Metric, MetricError, largest, weights};
use crate::losses::{Prediction, TargetView};

/// How often a prediction is right: [Keras' `Accuracy`](https://keras.io/api/metrics/accuracy_metrics/). What right means
/// follows from the shapes, as with Keras' `"accuracy"`:
///
/// | output's last axis | targets | right is |
/// |---|---|---|
/// | 1 | any | the target is 1 and `p > 0.5`, or 0 and not |
/// | classes | a class for each position | the class has the largest value |
/// | classes | a value for each class | the class of the largest target has the largest value |
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
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    mean: Mean,
}

impl Metric for Accuracy {
    fn name(&self) -> &str {
        "accuracy"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let (positions, last) = (prediction.count * prediction.positions(), prediction.dims.last());
        if target.len() != positions {
            MetricError::expect_targets(self.name(), target, prediction)
        } else if last > 1 {
            MetricError::expect_classes(self.name(), target, prediction)
        } else {
            Ok(())
        }
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let weight = weights(prediction, sample_weight)?;
        let last = prediction.dims.last();
        let a_class_each = target.len() == prediction.count * prediction.positions();
        for (at, row) in prediction.values.chunks_exact(last.max(1)).enumerate() {
            let right = if last == 1 {
                target.number(at) == if row[0] > 0.5 { 1.0 } else { 0.0 }
            } else if a_class_each {
                target.number(at) == largest(TargetView::Values(row)) as f32
            } else {
                largest(target.slice(at * last, last)) == largest(TargetView::Values(row))
            };
            self.mean.update(if right { 1.0 } else { 0.0 }, weight(at));
        }
        Ok(())
    }

    fn result(&self) -> f32 {
        self.mean.result()
    }

    fn reset(&mut self) {
        self.mean.reset();
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

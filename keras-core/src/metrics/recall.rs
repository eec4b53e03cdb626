//! The part of the positive targets that is found.

use super::{Direction, Metric, MetricError, confusion::Confusion};
use crate::losses::{Prediction, TargetView};

/// The part of the positive targets that is found: `true positives / (true positives + false negatives)`; 0 where there is
/// none. [Keras' `Recall`](https://keras.io/api/metrics/classification_metrics/#recall-class).
///
/// A prediction is positive if it is above the [threshold](Self::thresholds), strictly. Targets are numbers of 0 or 1 for
/// each value, or labels of 0 or 1 where the output's last axis is 1.
///
/// | argument | default | |
/// |---|---|---|
/// | [`thresholds`](Self::thresholds) | 0.5, or none with `top_k` | |
/// | [`top_k`](Self::top_k) | all | how many of the largest values of a position can be positive |
/// | [`class_id`](Self::class_id) | all | the only class that counts |
///
/// ```
/// use keras::prelude::*;
///
/// let mut recall = Recall::default();
/// recall.update_arrays(&[[0.0], [1.0], [1.0], [1.0]], &[[0.0], [0.0], [1.0], [1.0]])?;
/// assert_eq!(recall.result(), 2.0 / 3.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recall {
    confusion: Confusion,
}

impl Recall {
    /// Sets the threshold, from 0 to 1. (Keras takes a list too; here, one metric has one threshold.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut recall = Recall::default().thresholds(0.25);
    /// recall.update_arrays(&[[1.0], [1.0]], &[[0.3], [0.8]])?;
    /// assert_eq!(recall.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn thresholds(mut self, threshold: f32) -> Self {
        self.confusion.threshold = Some(threshold);
        self
    }

    /// Lets only the `k` largest values of each position be positive; without a [threshold](Self::thresholds), all of them
    /// are. Of equal values, the first count.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut recall = Recall::default().top_k(1);
    /// recall.update_arrays(&[[1.0, 1.0, 0.0]], &[[0.4, 0.9, 0.8]])?;
    /// assert_eq!(recall.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn top_k(mut self, k: usize) -> Self {
        self.confusion.top_k = Some(k);
        self
    }

    /// Lets only the values of one class count: one place on the last axis.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut recall = Recall::default().class_id(0);
    /// recall.update_arrays(&[[1.0, 1.0], [1.0, 0.0]], &[[0.7, 0.1], [0.2, 0.9]])?;
    /// assert_eq!(recall.result(), 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn class_id(mut self, class: usize) -> Self {
        self.confusion.class_id = Some(class);
        self
    }
}

impl Metric for Recall {
    fn name(&self) -> &str {
        "recall"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.confusion.check(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        self.confusion.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.confusion.recall()
    }

    fn reset(&mut self) {
        self.confusion.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

    #[test]
    fn weights_and_thresholds() {
        let values = [0.5, 0.6, 0.9, 0.2];
        let prediction = Prediction { values: &values, dims: Dims::new(&[1]), count: 4, logits: None };
        let labels = TargetView::Labels(&[1, 0, 1, 0]);
        let mut recall = Recall::default();
        assert_eq!(recall.result(), 0.0);
        recall.update(labels, &prediction, None).unwrap();
        assert_eq!(recall.result(), 0.5, "0.5 is not above the threshold");
        recall.update(labels, &prediction, Some(&[3.0, 0.0, 0.5, 9.0])).unwrap();
        assert_eq!(recall.result(), 1.5 / 5.5);
        let mut strict = Recall::default().thresholds(0.95);
        strict.update(labels, &prediction, None).unwrap();
        assert_eq!(strict.result(), 0.0);
    }
}

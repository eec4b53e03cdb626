//! The part of the positive predictions that is right.

use super::{Direction, Metric, MetricError, confusion::Confusion, expect, target_for_each_value};
use crate::losses::{Prediction, TargetView};

/// The part of the positive predictions that is right: `true positives / (true positives + false positives)`; 0 where there
/// is none. [Keras' `Precision`](https://keras.io/api/metrics/classification_metrics/#precision-class).
///
/// A prediction is positive if it is above the [threshold](Self::thresholds), strictly. Targets are numbers of 0 or 1 for
/// each value, or labels of 0 or 1 where the output's last axis is 1.
///
/// | argument | default |
/// |---|---|
/// | [`thresholds`](Self::thresholds) | 0.5 |
///
/// ```
/// use keras::{metrics::Metric, prelude::*};
///
/// let mut precision = Precision::default();
/// precision.update_arrays(&[[0.0], [1.0], [1.0], [1.0]], &[[1.0], [0.0], [1.0], [1.0]]);
/// assert_eq!(precision.result(), 2.0 / 3.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Precision {
    confusion: Confusion,
}

impl Precision {
    /// Sets the threshold. (Keras takes a list too; here, one metric has one threshold.)
    ///
    /// ```
    /// use keras::{metrics::Metric, prelude::*};
    ///
    /// let mut precision = Precision::default().thresholds(0.75);
    /// precision.update_arrays(&[[0.0], [1.0]], &[[0.7], [0.8]]);
    /// assert_eq!(precision.result(), 1.0);
    /// ```
    pub const fn thresholds(mut self, threshold: f32) -> Self {
        self.confusion.threshold = threshold;
        self
    }
}

impl Metric for Precision {
    fn name(&self) -> &str {
        "precision"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        target_for_each_value(self.name(), target, prediction)
    }

    fn update(&mut self, target: TargetView<'_>, prediction: &Prediction<'_>, sample_weight: Option<&[f32]>) {
        expect(self.check(target, prediction));
        self.confusion.update(target, prediction, sample_weight);
    }

    fn result(&self) -> f32 {
        self.confusion.precision()
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
        let mut precision = Precision::default();
        assert_eq!(precision.result(), 0.0);
        precision.update(labels, &prediction, None);
        assert_eq!(precision.result(), 0.5, "0.5 is not above the threshold");
        precision.update(labels, &prediction, Some(&[3.0, 0.0, 0.5, 9.0]));
        assert_eq!(precision.result(), 1.5 / 2.5);
        let mut strict = Precision::default().thresholds(0.95);
        strict.update(labels, &prediction, None);
        assert_eq!(strict.result(), 0.0);
    }
}

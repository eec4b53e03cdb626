//! How much predicted regions overlap with the true ones, of two classes by a threshold.

use super::{Direction, IoU, Metric, MetricError};
use crate::losses::{Prediction, TargetView};

/// How much predicted regions overlap with the true ones, of two classes: a value is 1 if it is at the threshold or above.
/// [Keras' `BinaryIoU`](https://keras.io/api/metrics/segmentation_metrics/#binaryiou-class).
///
/// | argument | default | |
/// |---|---|---|
/// | [`target_class_ids`](Self::target_class_ids) | 0 and 1 | the classes of the mean |
/// | [`threshold`](Self::threshold) | 0.5 | |
///
/// ```
/// use keras::prelude::*;
///
/// let mut iou = BinaryIoU::default().threshold(0.3);
/// iou.update_arrays(&[0, 1, 0, 1], &[[0.1], [0.2], [0.4], [0.7]])?;
/// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BinaryIoU {
    threshold: f32,
    iou: IoU,
}

impl Default for BinaryIoU {
    fn default() -> Self {
        Self { threshold: 0.5, iou: IoU::named("binary_io_u", 2, Some(vec![0, 1])) }
    }
}

impl BinaryIoU {
    /// Sets the classes of the mean.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = BinaryIoU::default().target_class_ids(&[1]);
    /// iou.update_arrays(&[0, 1, 0, 1], &[[0.1], [0.2], [0.4], [0.7]])?;
    /// assert!((iou.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn target_class_ids(mut self, classes: &[usize]) -> Self {
        self.iou = IoU::named("binary_io_u", 2, Some(classes.to_vec()));
        self
    }

    /// Sets the threshold.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = BinaryIoU::default().threshold(0.75);
    /// iou.update_arrays(&[1, 0], &[[0.75], [0.7]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }

    fn classes(&self, prediction: &Prediction<'_>) -> Vec<f32> {
        prediction.values.iter().map(|&p| if p >= self.threshold { 1.0 } else { 0.0 }).collect()
    }
}

impl Metric for BinaryIoU {
    fn name(&self) -> &str {
        self.iou.name()
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.iou.check(target, &Prediction { values: &self.classes(prediction), ..*prediction })
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        let classes = self.classes(prediction);
        self.iou.update(target, &Prediction { values: &classes, ..*prediction }, sample_weight)
    }

    fn result(&self) -> f32 {
        self.iou.result()
    }

    fn reset(&mut self) {
        self.iou.reset();
    }
}

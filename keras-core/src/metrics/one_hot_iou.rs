//! How much predicted regions overlap with the true ones, by one-hot targets.

use super::{Direction, IoU, Metric, MetricError};
use crate::losses::{Prediction, TargetView};

/// How much predicted regions overlap with the true ones: [`IoU`] of one-hot targets, and of predictions with a value for each
/// class. [Keras' `OneHotIoU`](https://keras.io/api/metrics/segmentation_metrics/#onehotiou-class).
///
/// | argument | default | |
/// |---|---|---|
/// | `num_classes` | | |
/// | `target_class_ids` | | the classes of the mean |
/// | [`ignore_class`](Self::ignore_class) | none | a class of targets where nothing counts |
/// | [`sparse_y_pred`](Self::sparse_y_pred) | `false` | whether predictions are numbers of classes, not a value for each |
///
/// ```
/// use keras::prelude::*;
///
/// let mut iou = OneHotIoU::new(3, &[0, 2]);
/// iou.update_arrays(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], &[[0.1, 0.2, 0.7], [0.3, 0.6, 0.1]])?;
/// assert!((iou.result() - 0.5).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OneHotIoU {
    iou: IoU,
}

impl OneHotIoU {
    /// Of so many classes, the mean over these.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(OneHotIoU::new(3, &[0]).result(), 0.0);
    /// ```
    pub fn new(num_classes: usize, target_class_ids: &[usize]) -> Self {
        Self {
            iou: IoU::named("one_hot_io_u", num_classes, Some(target_class_ids.to_vec()))
                .sparse_y_true(false)
                .sparse_y_pred(false),
        }
    }

    /// Passes over what has this target, as [`IoU::ignore_class`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = OneHotIoU::new(2, &[0, 1]).ignore_class(0);
    /// iou.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn ignore_class(self, class: u32) -> Self {
        Self { iou: self.iou.ignore_class(class) }
    }

    /// Says whether predictions are numbers of classes, as [`IoU::sparse_y_pred`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = OneHotIoU::new(2, &[0, 1]).sparse_y_pred(true);
    /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[1.0], [0.0]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn sparse_y_pred(self, sparse: bool) -> Self {
        Self { iou: self.iou.sparse_y_pred(sparse) }
    }
}

impl Metric for OneHotIoU {
    fn name(&self) -> &str {
        self.iou.name()
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        self.iou.check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.iou.update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        self.iou.result()
    }

    fn reset(&mut self) {
        self.iou.reset();
    }
}

//! How much predicted regions overlap with the true ones, the mean of all classes.

use super::{Direction, IoU, Metric, MetricError};
use crate::losses::{Prediction, TargetView};

/// How much predicted regions overlap with the true ones: [`IoU`], the mean over all classes that there are.
/// [Keras' `MeanIoU`](https://keras.io/api/metrics/segmentation_metrics/#meaniou-class).
///
/// | argument | default | |
/// |---|---|---|
/// | `num_classes` | | |
/// | [`ignore_class`](Self::ignore_class) | none | a target where nothing counts |
/// | [`sparse_y_true`](Self::sparse_y_true) | `true` | whether targets are numbers of classes, not one-hot |
/// | [`sparse_y_pred`](Self::sparse_y_pred) | `true` | whether predictions are numbers of classes, not a value for each |
///
/// ```
/// use keras::prelude::*;
///
/// let mut iou = MeanIoU::new(2);
/// iou.update_arrays(&[0, 0, 1, 1], &[[0.0], [1.0], [0.0], [1.0]])?;
/// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MeanIoU {
    iou: IoU,
}

impl MeanIoU {
    /// Of so many classes.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(MeanIoU::new(3).result(), 0.0);
    /// ```
    pub fn new(num_classes: usize) -> Self {
        Self { iou: IoU::named("mean_io_u", num_classes, None) }
    }

    /// Passes over what has this target, as [`IoU::ignore_class`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = MeanIoU::new(2).ignore_class(255);
    /// iou.update_arrays(&[0, 255, 1], &[[0.0], [1.0], [1.0]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn ignore_class(self, class: u32) -> Self {
        Self { iou: self.iou.ignore_class(class) }
    }

    /// Says whether targets are numbers of classes, as [`IoU::sparse_y_true`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = MeanIoU::new(2).sparse_y_true(false).sparse_y_pred(false);
    /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[0.2, 0.8], [0.9, 0.1]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn sparse_y_true(self, sparse: bool) -> Self {
        Self { iou: self.iou.sparse_y_true(sparse) }
    }

    /// Says whether predictions are numbers of classes, as [`IoU::sparse_y_pred`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = MeanIoU::new(2).sparse_y_pred(false);
    /// iou.update_arrays(&[1, 0], &[[0.2, 0.8], [0.9, 0.1]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn sparse_y_pred(self, sparse: bool) -> Self {
        Self { iou: self.iou.sparse_y_pred(sparse) }
    }
}

impl Metric for MeanIoU {
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

//! Intersection over union of one-hot classes.

use super::{
    declare::metric,
    overlap::{Classes, Form, Overlaps, of_classes},
};

metric! {
    /// Intersection over union of one-hot targets and of a score for each class, the mean over some classes: see
    /// [`IoU`](super::IoU). [Keras' `OneHotIoU`](https://keras.io/api/metrics/segmentation_metrics/#onehotiou-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = OneHotIoU::new(3, &[0, 2]);
    /// assert_eq!(iou.result(), 0.0);
    /// iou.update_arrays(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], &[[0.1, 0.2, 0.7], [0.3, 0.6, 0.1]])?;
    /// assert!((iou.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct OneHotIoU("one_hot_io_u", Maximize, "int64") {
        /// The number of classes.
        new num_classes: usize,
        /// The classes that the mean is of.
        new target_class_ids: &[usize] => Vec<usize>,
        /// A class whose targets do not count (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = OneHotIoU::new(2, &[0, 1]).ignore_class(0);
        /// iou.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        ignore_class: u32,
        /// Whether predictions are class numbers; if not, there is a score for each class, of which the largest counts.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = OneHotIoU::new(2, &[0, 1]).sparse_y_pred(true);
        /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[1.0], [0.0]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_pred: bool = false,
        const axis = -1,
    }
    keeps { overlaps: Overlaps }
}

of_classes!(OneHotIoU, |iou| Classes {
    count: iou.num_classes,
    chosen: Some(&iou.target_class_ids),
    ignored: iou.ignore_class,
    targets: Form::OneHot,
    predictions: Form::sparse(iou.sparse_y_pred),
});

metric! {
    /// Intersection over union of one-hot targets and of a score for each class, the mean over all classes that there are:
    /// see [`IoU`](super::IoU).
    /// [Keras' `OneHotMeanIoU`](https://keras.io/api/metrics/segmentation_metrics/#onehotmeaniou-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = OneHotMeanIoU::new(2);
    /// assert_eq!(iou.result(), 0.0);
    /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
    /// assert!((iou.result() - (0.5 + 0.0) / 2.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct OneHotMeanIoU("one_hot_mean_io_u", Maximize, "int64") {
        /// The number of classes.
        new num_classes: usize,
        /// A class whose targets do not count (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = OneHotMeanIoU::new(2).ignore_class(0);
        /// iou.update_arrays(&[[1.0, 0.0], [0.0, 1.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        ignore_class: u32,
        /// Whether predictions are class numbers; if not, there is a score for each class, of which the largest counts.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = OneHotMeanIoU::new(2).sparse_y_pred(true);
        /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[1.0], [0.0]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_pred: bool = false,
        const axis = -1,
    }
    keeps { overlaps: Overlaps }
}

of_classes!(OneHotMeanIoU, |iou| Classes {
    count: iou.num_classes,
    chosen: None,
    ignored: iou.ignore_class,
    targets: Form::OneHot,
    predictions: Form::sparse(iou.sparse_y_pred),
});

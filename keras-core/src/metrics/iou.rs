//! Intersection over union of classes given by their numbers.

use super::{
    declare::metric,
    overlap::{Classes, Form, Overlaps, of_classes},
};

metric! {
    /// Intersection over union, the mean over some classes:
    /// `true positives / (true positives + false positives + false negatives)`.
    /// [Keras' `IoU`](https://keras.io/api/metrics/segmentation_metrics/#iou-class).
    ///
    /// A class that is neither a target nor predicted does not count. Targets and predictions are class numbers, one for each
    /// value, unless [`sparse_y_true`](Self::sparse_y_true) or [`sparse_y_pred`](Self::sparse_y_pred) says otherwise. A
    /// number that is not a class is an error, unless it is to be [ignored](Self::ignore_class): 3 of three classes, or the
    /// 0.7 of a sigmoid. (Keras skips the former and truncates the latter.) Weights may be fractions. (Keras truncates them
    /// too.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = IoU::new(2, &[0]);
    /// iou.update_arrays(&[0, 0, 1, 1], &[[0.0], [1.0], [0.0], [1.0]])?;
    /// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
    ///
    /// // Of the scores of a model:
    /// let mut iou = IoU::new(3, &[0, 2]).sparse_y_pred(false);
    /// iou.update_arrays(&[2, 0], &[[0.1, 0.2, 0.7], [0.3, 0.6, 0.1]])?;
    /// assert!((iou.result() - 0.5).abs() < 1e-6);
    ///
    /// let error = IoU::new(2, &[2]).update_arrays(&[0], &[[0.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "io_u's `target_class_ids` is 2, but must be a class of 2");
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct IoU("io_u", Maximize, "int64") {
        /// The number of classes.
        new num_classes: usize,
        /// The classes that the mean is of.
        new target_class_ids: &[usize] => Vec<usize>,
        /// A target that does not count, which need not be a class: 255, say, for pixels without a label (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = IoU::new(2, &[0, 1]).ignore_class(255);
        /// iou.update_arrays(&[0, 255, 1], &[[0.0], [1.0], [1.0]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        ignore_class: u32,
        /// Whether targets are class numbers; if not, they are one-hot.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = IoU::new(2, &[1]).sparse_y_true(false).sparse_y_pred(false);
        /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
        /// assert!((iou.result() - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers; if not, there is a score for each class, of which the largest counts.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = IoU::new(2, &[0, 1]).sparse_y_pred(false);
        /// iou.update_arrays(&[1, 0], &[[0.2, 0.8], [0.9, 0.1]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_pred: bool = true,
        const axis = -1,
    }
    keeps { overlaps: Overlaps }
}

of_classes!(IoU, |iou| Classes {
    count: iou.num_classes,
    chosen: Some(&iou.target_class_ids),
    ignored: iou.ignore_class,
    targets: Form::sparse(iou.sparse_y_true),
    predictions: Form::sparse(iou.sparse_y_pred),
});

metric! {
    /// Intersection over union, the mean over all classes that there are: see [`IoU`].
    /// [Keras' `MeanIoU`](https://keras.io/api/metrics/segmentation_metrics/#meaniou-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = MeanIoU::new(2);
    /// assert_eq!(iou.result(), 0.0);
    /// iou.update_arrays(&[0, 0, 1, 1], &[[0.0], [1.0], [0.0], [1.0]])?;
    /// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct MeanIoU("mean_io_u", Maximize, "int64") {
        /// The number of classes.
        new num_classes: usize,
        /// A target that does not count, which need not be a class (default: none).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = MeanIoU::new(2).ignore_class(255);
        /// iou.update_arrays(&[0, 255, 1], &[[0.0], [1.0], [1.0]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        ignore_class: u32,
        /// Whether targets are class numbers; if not, they are one-hot.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = MeanIoU::new(2).sparse_y_true(false).sparse_y_pred(false);
        /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[0.2, 0.8], [0.9, 0.1]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers; if not, there is a score for each class, of which the largest counts.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = MeanIoU::new(2).sparse_y_pred(false);
        /// iou.update_arrays(&[1, 0], &[[0.2, 0.8], [0.9, 0.1]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        sparse_y_pred: bool = true,
        const axis = -1,
    }
    keeps { overlaps: Overlaps }
}

of_classes!(MeanIoU, |iou| Classes {
    count: iou.num_classes,
    chosen: None,
    ignored: iou.ignore_class,
    targets: Form::sparse(iou.sparse_y_true),
    predictions: Form::sparse(iou.sparse_y_pred),
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        losses::{Prediction, TargetView},
        metrics::Metric,
        shape::Dims,
    };

    #[test]
    fn numbers_that_are_no_classes_are_errors() {
        let say =
            |iou: IoU, y: &[u32], p: &[[f32; 1]]| iou.clone().update_arrays(y, p).map_err(|error| error.to_string());
        let three = || IoU::new(3, &[0]);
        assert_eq!(
            say(three(), &[3], &[[0.0]]).unwrap_err(),
            "io_u was given class 3, but there are 3 classes (0 to 2)"
        );
        assert_eq!(
            say(three(), &[0], &[[-1.0]]).unwrap_err(),
            "io_u was given class -1, but there are 3 classes (0 to 2)"
        );
        assert_eq!(
            say(three(), &[0], &[[0.7]]).unwrap_err(),
            "io_u was given class 0.7, but there are 3 classes (0 to 2)"
        );
        assert!(say(three(), &[0], &[[f32::NAN]]).is_err());
        assert!(say(three().ignore_class(3), &[3], &[[7.0]]).is_ok());
        assert!(say(three(), &[0, 1], &[[1.0]]).is_err());
    }

    #[test]
    fn one_hot_targets_of_predicted_classes() {
        let mut iou = IoU::new(3, &[0, 2]).sparse_y_true(false);
        iou.update_arrays(&[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], &[[0.0], [1.0]]).unwrap();
        assert_eq!(iou.result(), 0.5);
    }

    #[test]
    fn absent_classes_do_not_count() {
        let mut iou = IoU::new(3, &[0, 1, 2]);
        assert_eq!(iou.result(), 0.0);
        iou.update_arrays(&[0, 1], &[[0.0], [1.0]]).unwrap();
        assert_eq!(iou.result(), 1.0);
        iou.reset();
        assert_eq!(iou.result(), 0.0);
    }

    #[test]
    fn weights_of_images_count_at_their_pixels() {
        let values = [0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.6, 0.4];
        let prediction = Prediction { values: &values, dims: Dims::new(&[2, 2]), count: 2, logits: None };
        let mut iou = IoU::new(2, &[0]).sparse_y_pred(false);
        iou.update(TargetView::Labels(&[0, 0, 0, 0]), &prediction, Some(&[3.0, 1.0])).unwrap();
        assert_eq!(iou.result(), 4.0 / 8.0);
    }
}

//! Intersection over union of two classes.

use super::{
    Metric, MetricError,
    declare::{Batch, Gather, metric},
    overlap::{Classes, Form, Overlaps},
};
use crate::{
    config::Config,
    losses::{Prediction, TargetView},
};

metric! {
    /// Intersection over union of two classes: a prediction is of class 1 if it is at the threshold or above.
    /// [Keras' `BinaryIoU`](https://keras.io/api/metrics/segmentation_metrics/#binaryiou-class).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = BinaryIoU::default().threshold(0.3);
    /// iou.update_arrays(&[0, 1, 0, 1], &[[0.1], [0.2], [0.4], [0.7]])?;
    /// assert!((iou.result() - 1.0 / 3.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub struct BinaryIoU("binary_io_u", Maximize, "int64") {
        /// The classes that the mean is of (default: 0 and 1).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = BinaryIoU::default().target_class_ids(&[1]);
        /// iou.update_arrays(&[0, 1, 0, 1], &[[0.1], [0.2], [0.4], [0.7]])?;
        /// assert!((iou.result() - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        target_class_ids: &[usize] => Vec<usize>,
        /// The threshold.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut iou = BinaryIoU::default().threshold(0.75);
        /// iou.update_arrays(&[1, 0], &[[0.75], [0.7]])?;
        /// assert!((iou.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        threshold: f32 = 0.5,
    }
    keeps { overlaps: Overlaps }
}

impl BinaryIoU {
    fn classes(&self) -> Classes<'_> {
        let chosen = self.target_class_ids.as_deref();
        Classes { count: 2, chosen, ignored: None, targets: Form::Sparse, predictions: Form::Sparse }
    }

    /// The class of each prediction.
    fn predicted(&self, prediction: &Prediction<'_>) -> Vec<f32> {
        prediction.values.iter().map(|&p| if p >= self.threshold { 1.0 } else { 0.0 }).collect()
    }
}

impl Gather for BinaryIoU {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let values = &self.predicted(prediction);
        self.classes().check(self.name(), target, &Prediction { values, ..*prediction })
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        let values = &self.predicted(batch.prediction);
        let mut overlaps = std::mem::take(&mut self.overlaps);
        let prediction = &Prediction { values, ..*batch.prediction };
        overlaps.add(self.classes(), Batch { prediction, ..batch });
        self.overlaps = overlaps;
        Ok(())
    }

    fn summary(&self) -> f32 {
        self.overlaps.mean(self.target_class_ids.as_deref())
    }

    fn adjust(&self, config: Config) -> Config {
        match self.target_class_ids {
            Some(_) => config,
            None => config.with("target_class_ids", vec![0, 1]),
        }
    }
}

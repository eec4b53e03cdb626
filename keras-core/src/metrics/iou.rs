//! How much predicted regions overlap with the true ones, class by class.

use super::{Direction, Metric, MetricError, largest, weights};
use crate::losses::{Prediction, TargetView};

/// The most classes: beyond, a prediction, which is a float, is not exactly the number of one.
const MAX_CLASSES: usize = 1 << 24;

/// What is counted of a class.
#[derive(Clone, Copy, Debug, Default)]
struct Overlap {
    targets: f64,
    predictions: f64,
    both: f64,
}

/// How much predicted regions overlap with the true ones: the mean over some classes of
/// `true positives / (true positives + false positives + false negatives)`.
/// [Keras' `IoU`](https://keras.io/api/metrics/segmentation_metrics/#iou-class).
///
/// A class that is neither a target nor predicted does not count. Targets and predictions are numbers of classes, one for each
/// value, unless it is said otherwise; a number that is not a class is an error, but for the one to be
/// [ignored](Self::ignore_class): 3 of three classes, and 0.7, which a sigmoid gives. (Keras passes over the former, and cuts what
/// follows the point of the latter.) Weights need not be whole numbers. (Keras cuts what follows the point of those too.)
///
/// | argument | default | |
/// |---|---|---|
/// | `num_classes` | | |
/// | `target_class_ids` | | the classes of the mean |
/// | [`ignore_class`](Self::ignore_class) | none | a target where nothing counts |
/// | [`sparse_y_true`](Self::sparse_y_true) | `true` | whether targets are numbers of classes, not one-hot |
/// | [`sparse_y_pred`](Self::sparse_y_pred) | `true` | whether predictions are numbers of classes, not a value for each |
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
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Debug)]
pub struct IoU {
    name: &'static str,
    num_classes: usize,
    /// Without a choice, all.
    target_class_ids: Option<Vec<usize>>,
    ignore_class: Option<u32>,
    sparse_y_true: bool,
    sparse_y_pred: bool,
    /// Of each class; none before the first batch.
    overlaps: Vec<Overlap>,
}

impl IoU {
    /// Of so many classes, the mean over these.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let error = IoU::new(2, &[2]).update_arrays(&[0], &[[0.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "io_u's `target_class_ids` is 2, but must be a class of 2");
    /// ```
    pub fn new(num_classes: usize, target_class_ids: &[usize]) -> Self {
        Self::named("io_u", num_classes, Some(target_class_ids.to_vec()))
    }

    pub(super) fn named(name: &'static str, num_classes: usize, target_class_ids: Option<Vec<usize>>) -> Self {
        Self {
            name,
            num_classes,
            target_class_ids,
            ignore_class: None,
            sparse_y_true: true,
            sparse_y_pred: true,
            overlaps: Vec::new(),
        }
    }

    /// Passes over what has this target, which need not be a class: 255, say, where images are not labelled.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = IoU::new(2, &[0, 1]).ignore_class(255);
    /// iou.update_arrays(&[0, 255, 1], &[[0.0], [1.0], [1.0]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn ignore_class(mut self, class: u32) -> Self {
        self.ignore_class = Some(class);
        self
    }

    /// Says whether targets are numbers of classes; if not, there is a number for each class, the largest of which counts.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = IoU::new(2, &[1]).sparse_y_true(false).sparse_y_pred(false);
    /// iou.update_arrays(&[[0.0, 1.0], [1.0, 0.0]], &[[0.2, 0.8], [0.1, 0.9]])?;
    /// assert!((iou.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn sparse_y_true(mut self, sparse: bool) -> Self {
        self.sparse_y_true = sparse;
        self
    }

    /// Says whether predictions are numbers of classes; if not, there is a value for each class, the largest of which counts.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut iou = IoU::new(2, &[0, 1]).sparse_y_pred(false);
    /// iou.update_arrays(&[1, 0], &[[0.2, 0.8], [0.9, 0.1]])?;
    /// assert!((iou.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn sparse_y_pred(mut self, sparse: bool) -> Self {
        self.sparse_y_pred = sparse;
        self
    }

    /// How many targets, and how many values, go into one pair of a target and a prediction.
    fn lengths(&self, prediction: &Prediction<'_>) -> (usize, usize) {
        let last = prediction.dims.last().max(1);
        let values = if self.sparse_y_pred { 1 } else { last };
        let one_hot = if self.sparse_y_pred { self.num_classes } else { last };
        (if self.sparse_y_true { 1 } else { one_hot }, values)
    }

    fn is_ignored(&self, class: f32) -> bool {
        self.ignore_class.is_some_and(|ignored| ignored as f32 == class)
    }

    /// The pair of this number: the class of the target, and that of the prediction.
    fn pair(&self, target: TargetView<'_>, prediction: &Prediction<'_>, at: usize) -> (f32, f32) {
        let (targets, values) = self.lengths(prediction);
        let class = |view: TargetView<'_>, sparse| if sparse { view.number(0) } else { largest(view) as f32 };
        let predicted = TargetView::Values(&prediction.values[at * values..(at + 1) * values]);
        (class(target.slice(at * targets, targets), self.sparse_y_true), class(predicted, self.sparse_y_pred))
    }
}

impl Metric for IoU {
    fn name(&self) -> &str {
        self.name
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let classes = self.num_classes;
        MetricError::expect_at_most(MAX_CLASSES, self.name, "num_classes", classes)?;
        if let Some(&class) = self.target_class_ids.iter().flatten().find(|&&class| class >= classes) {
            let expected = format!("a class of {classes}");
            MetricError::expect(false, self.name, "target_class_ids", class as f64, &expected)?;
        }
        let (targets, values) = self.lengths(prediction);
        let pairs = prediction.values.len() / values;
        if target.len() != pairs * targets {
            let metric = self.name.to_owned();
            let targets = target.len();
            return Err(if self.sparse_y_true && !self.sparse_y_pred {
                MetricError::Positions { metric, positions: pairs, targets }
            } else {
                MetricError::Targets { metric, values: prediction.values.len(), targets }
            });
        }
        let is_class = |class: f32| class >= 0.0 && class < classes as f32 && class.fract() == 0.0;
        for at in 0..pairs {
            let (class, predicted) = self.pair(target, prediction, at);
            if self.is_ignored(class) {
                continue;
            }
            if let Some(label) = [class, predicted].into_iter().find(|&class| !is_class(class)) {
                return Err(MetricError::Label { metric: self.name.to_owned(), label, classes });
            }
        }
        Ok(())
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let weight = weights(prediction, sample_weight)?;
        let (_, values) = self.lengths(prediction);
        self.overlaps.resize(self.num_classes, Overlap::default());
        for at in 0..prediction.values.len() / values {
            let (class, predicted) = self.pair(target, prediction, at);
            if !self.is_ignored(class) {
                let position = at * values / prediction.dims.last();
                let weight = f64::from(weight(position));
                self.overlaps[class as usize].targets += weight;
                self.overlaps[predicted as usize].predictions += weight;
                self.overlaps[class as usize].both += if class == predicted { weight } else { 0.0 };
            }
        }
        Ok(())
    }

    fn result(&self) -> f32 {
        let overlap = |class: &Overlap| {
            let union = class.targets + class.predictions - class.both;
            (union > 1e-9).then(|| class.both / union)
        };
        let mean = |(sum, count): (f64, f64)| if count == 0.0 { 0.0 } else { (sum / count) as f32 };
        let add = |(sum, count): (f64, f64), overlap: f64| (sum + overlap, count + 1.0);
        mean(match &self.target_class_ids {
            Some(classes) => {
                classes.iter().filter_map(|&class| self.overlaps.get(class)).filter_map(overlap).fold((0.0, 0.0), add)
            }
            None => self.overlaps.iter().filter_map(overlap).fold((0.0, 0.0), add),
        })
    }

    fn reset(&mut self) {
        self.overlaps.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

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

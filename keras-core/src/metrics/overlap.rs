//! Overlap of predicted and true regions, class by class.

use super::{
    MetricError,
    declare::{Batch, Reset},
};
use crate::losses::{Prediction, TargetView};

/// The most classes: beyond, a prediction, which is a float, is not exactly the number of one.
const MAX_CLASSES: usize = 1 << 24;

/// The representation of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// By its number.
    Sparse,
    /// By a value for each class, of which the largest counts.
    OneHot,
}

impl Form {
    pub fn sparse(is_sparse: bool) -> Self {
        if is_sparse { Self::Sparse } else { Self::OneHot }
    }

    fn class(self, values: TargetView<'_>) -> f32 {
        match self {
            Self::Sparse => values.number(0),
            Self::OneHot => values.largest() as f32,
        }
    }
}

/// The classes that are compared, and their representation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Classes<'a> {
    pub count: usize,
    /// The classes that the mean is of; all without a choice.
    pub chosen: Option<&'a [usize]>,
    /// Targets of this class do not count.
    pub ignored: Option<u32>,
    pub targets: Form,
    pub predictions: Form,
}

impl Classes<'_> {
    /// The number of targets, and that of values, that make a pair of a target and a prediction.
    fn lengths(&self, prediction: &Prediction<'_>) -> (usize, usize) {
        let last = prediction.dims.last().max(1);
        let values = if self.predictions == Form::Sparse { 1 } else { last };
        let one_hot = if self.predictions == Form::Sparse { self.count } else { last };
        (if self.targets == Form::Sparse { 1 } else { one_hot }, values)
    }

    /// The classes of the targets and of the predictions, but for those to be ignored, with the place of the values.
    fn pairs(self, target: TargetView<'_>, prediction: &Prediction<'_>) -> impl Iterator<Item = (usize, f32, f32)> {
        let (targets, values) = self.lengths(prediction);
        let pair = move |(at, row)| {
            let class = self.targets.class(target.slice(at * targets, targets));
            (at * values, class, self.predictions.class(TargetView::Values(row)))
        };
        let counts =
            move |(_, class, _): &(usize, f32, f32)| self.ignored.is_none_or(|ignored| ignored as f32 != *class);
        prediction.values.chunks_exact(values).enumerate().map(pair).filter(counts)
    }

    /// Checks that there is a class for each prediction, and the arguments.
    pub fn check(self, metric: &str, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        MetricError::expect_at_most(MAX_CLASSES, metric, "num_classes", self.count)?;
        if let Some(&class) = self.chosen.unwrap_or_default().iter().find(|&&class| class >= self.count) {
            let expected = format!("a class of {}", self.count);
            MetricError::expect(false, metric, "target_class_ids", class as f64, &expected)?;
        }
        let (targets, values) = self.lengths(prediction);
        let positions = prediction.values.len() / values;
        if target.len() != positions * targets {
            let (metric, targets) = (metric.to_owned(), target.len());
            return Err(match (self.targets, self.predictions) {
                (Form::Sparse, Form::OneHot) => MetricError::Positions { metric, positions, targets },
                _ => MetricError::Targets { metric, values: prediction.values.len(), targets },
            });
        }
        let is_class = |class: f32| class >= 0.0 && class < self.count as f32 && class.fract() == 0.0;
        for (_, class, predicted) in self.pairs(target, prediction) {
            if let Some(label) = [class, predicted].into_iter().find(|&class| !is_class(class)) {
                return Err(MetricError::Label { metric: metric.to_owned(), label, classes: self.count });
            }
        }
        Ok(())
    }
}

/// The weights of a class: of targets, of predictions, and of those that are both.
#[derive(Clone, Copy, Debug, Default)]
struct Overlap {
    targets: f64,
    predictions: f64,
    both: f64,
}

impl Overlap {
    /// The intersection over the union; none of a class that is neither a target nor predicted.
    fn ratio(&self) -> Option<f64> {
        let union = self.targets + self.predictions - self.both;
        (union > 1e-9).then(|| self.both / union)
    }
}

/// The overlaps of all classes; none before the first batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlaps(Vec<Overlap>);

impl Reset for Overlaps {
    /// The memory is kept.
    fn reset(&mut self) {
        self.0.clear();
    }
}

impl Overlaps {
    /// Counts a batch.
    pub fn add(&mut self, classes: Classes<'_>, batch: Batch<'_>) {
        self.0.resize(classes.count, Overlap::default());
        for (at, class, predicted) in classes.pairs(batch.target, batch.prediction) {
            let weight = f64::from(batch.weight(at / batch.last));
            self.0[class as usize].targets += weight;
            self.0[predicted as usize].predictions += weight;
            if class == predicted {
                self.0[class as usize].both += weight;
            }
        }
    }

    /// The mean of the classes that there are.
    pub fn mean(&self, chosen: Option<&[usize]>) -> f32 {
        let mean = |overlaps: &mut dyn Iterator<Item = &Overlap>| {
            let (sum, count) =
                overlaps.filter_map(Overlap::ratio).fold((0.0, 0.0), |(sum, count), ratio| (sum + ratio, count + 1.0));
            if count == 0.0 { 0.0 } else { (sum / count) as f32 }
        };
        match chosen {
            Some(chosen) => mean(&mut chosen.iter().filter_map(|&class| self.0.get(class))),
            None => mean(&mut self.0.iter()),
        }
    }
}

/// Implements a metric that keeps [`Overlaps`], by the classes that it compares.
macro_rules! of_classes {
    ($Name:ident, $classes:expr) => {
        impl $Name {
            fn classes(&self) -> Classes<'_> {
                let classes: fn(&Self) -> Classes<'_> = $classes;
                classes(self)
            }
        }

        impl $crate::metrics::declare::Gather for $Name {
            fn fits(
                &self,
                target: $crate::losses::TargetView<'_>,
                prediction: &$crate::losses::Prediction<'_>,
            ) -> Result<(), $crate::metrics::MetricError> {
                self.classes().check($crate::metrics::Metric::name(self), target, prediction)
            }

            fn gather(
                &mut self,
                batch: $crate::metrics::declare::Batch<'_>,
            ) -> Result<(), $crate::metrics::MetricError> {
                let mut overlaps = std::mem::take(&mut self.overlaps);
                overlaps.add(self.classes(), batch);
                self.overlaps = overlaps;
                Ok(())
            }

            fn summary(&self) -> f32 {
                self.overlaps.mean(self.classes().chosen)
            }
        }
    };
}

pub(super) use of_classes;

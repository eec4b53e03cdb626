//! Macros and traits that declare metrics.

use super::{Mean, MeanLoss, MetricError};
use crate::{
    config::Config,
    kernels::rows::{self, RowFunction, Targets},
    losses::{Loss, Prediction, TargetView},
};

/// Declares a metric by its [arguments](crate::arguments), its name, its direction and, where it is not `float32`, its dtype
/// in Keras. [`Gather`] is implemented beside the declaration.
macro_rules! metric {
    (
        $(#[$attribute:meta])*
        pub struct $Name:ident($name:literal, $direction:ident $(, $dtype:literal)?) { $($body:tt)* }
        keeps { $($kept:ident: $Kept:ty),+ $(,)? }
    ) => {
        $crate::arguments::arguments! {
            $(#[$attribute])*
            #[derive(Clone, Debug)]
            pub struct $Name { $($body)* }
            keeps { $($kept: $Kept),+ }
        }

        impl $crate::metrics::Metric for $Name {
            fn name(&self) -> &str {
                $name
            }

            fn direction(&self) -> $crate::metrics::Direction {
                $crate::metrics::Direction::$direction
            }

            fn check(
                &self,
                target: $crate::losses::TargetView<'_>,
                prediction: &$crate::losses::Prediction<'_>,
            ) -> Result<(), $crate::metrics::MetricError> {
                $crate::metrics::declare::Gather::fits(self, target, prediction)
            }

            fn update(
                &mut self,
                target: $crate::losses::TargetView<'_>,
                prediction: &$crate::losses::Prediction<'_>,
                sample_weight: Option<&[f32]>,
            ) -> Result<(), $crate::metrics::MetricError> {
                $crate::metrics::declare::Gather::fits(self, target, prediction)?;
                let batch = $crate::metrics::declare::Batch::new(target, prediction, sample_weight)?;
                $crate::metrics::declare::Gather::gather(self, batch)
            }

            fn result(&self) -> f32 {
                $crate::metrics::declare::Gather::summary(self)
            }

            fn results(&self) -> Vec<(String, f32)> {
                $crate::metrics::declare::Gather::summaries(self)
            }

            fn reset(&mut self) {
                $($crate::metrics::declare::Reset::reset(&mut self.$kept);)+
            }

            fn config(&self) -> $crate::config::Config {
                let config = $crate::config::Config::new("keras.metrics", Self::CLASS).with("name", $name);
                let config = self.add_arguments(config.with("dtype", "float32")$(.with("dtype", $dtype))?);
                $crate::metrics::declare::Gather::adjust(self, config)
            }
        }
    };
}

pub(super) use metric;

/// The behaviour of a declared metric.
pub(super) trait Gather {
    /// Whether the targets are compatible with the predictions, and the arguments are valid.
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError>;

    /// Takes in a batch that fits.
    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError>;

    /// The number so far.
    fn summary(&self) -> f32;

    /// The numbers so far, if there may be several: each with what it is called in addition to the metric's name.
    fn summaries(&self) -> Vec<(String, f32)> {
        vec![(String::new(), self.summary())]
    }

    /// The configuration, where it is not that of the arguments as they are.
    fn adjust(&self, config: Config) -> Config {
        config
    }
}

/// State that is kept over the batches of an epoch.
pub(super) trait Reset: Default {
    /// Forgets all batches.
    fn reset(&mut self) {
        *self = Self::default();
    }
}

impl Reset for f64 {}
impl Reset for Mean {}
impl<L: Loss + Default> Reset for MeanLoss<L> {}

impl<T> Reset for Vec<T> {
    /// Its memory is kept.
    fn reset(&mut self) {
        self.clear();
    }
}

/// The number of positions whose functions are computed at once.
const TOGETHER: usize = 512;

/// A batch that fits.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub target: TargetView<'a>,
    pub prediction: &'a Prediction<'a>,
    pub sample_weight: Option<&'a [f32]>,
    /// The number of positions that share a weight.
    pub shared: usize,
    /// The number of predictions of a position, and that of its targets.
    pub last: usize,
    pub targets: usize,
}

/// A position of a batch.
pub(super) struct Row<'a> {
    /// A target for each value, or one for all.
    pub target: TargetView<'a>,
    pub values: &'a [f32],
    pub weight: f32,
}

impl<'a> Batch<'a> {
    /// There is a weight for each sample, or for each position.
    pub fn new(
        target: TargetView<'a>,
        prediction: &'a Prediction<'a>,
        sample_weight: Option<&'a [f32]>,
    ) -> Result<Self, MetricError> {
        let (samples, last) = (prediction.count, prediction.dims.last().max(1));
        let positions = samples * prediction.positions();
        let shared = match sample_weight.map(<[f32]>::len) {
            Some(found) if found == samples => prediction.positions(),
            Some(found) if found != positions => return Err(MetricError::SampleWeights { samples, positions, found }),
            _ => 1,
        };
        let targets = target.len().checked_div(positions).unwrap_or(0);
        Ok(Self { target, prediction, sample_weight, shared, last, targets })
    }

    /// The weight of a position.
    pub fn weight(&self, position: usize) -> f32 {
        self.sample_weight.map_or(1.0, |weights| weights[position / self.shared])
    }

    /// Calls `visit` with the value of a function for each position, and its number and weight.
    pub fn each_row<F: RowFunction>(self, function: &F, mut visit: impl FnMut(f32, usize, f32)) {
        let (mut results, mut classes) = ([0.0; TOGETHER], [0; TOGETHER]);
        for (chunk, values) in self.prediction.values.chunks(TOGETHER * self.last).enumerate() {
            let (first, count) = (chunk * TOGETHER, values.len() / self.last);
            let (results, classes) = (&mut results[..count], &mut classes[..count]);
            let targets = match self.target.slice(first * self.targets, count * self.targets) {
                TargetView::Values(numbers) if F::OF_CLASSES => {
                    classes.iter_mut().zip(numbers).for_each(|(class, &number)| *class = number as u32);
                    Targets::Labels(classes)
                }
                targets => targets.into(),
            };
            rows::each_row(function, rows::Batch { length: self.last, values, logits: &[], targets }, results, None);
            results.iter().zip(first..).for_each(|(&result, at)| visit(result, at, self.weight(at)));
        }
    }

    /// The positions.
    pub fn rows(self) -> impl Iterator<Item = Row<'a>> {
        self.prediction.values.chunks_exact(self.last).enumerate().map(move |(at, values)| Row {
            target: self.target.slice(at * self.targets, self.targets),
            values,
            weight: self.weight(at),
        })
    }
}

/// A mean of answers: 1 for yes.
pub(super) fn number(answer: bool) -> f32 {
    if answer { 1.0 } else { 0.0 }
}

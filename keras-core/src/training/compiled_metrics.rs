//! The metrics of a compiled model: unweighted and weighted ones.

use super::step::{
    Observed,
    masks::{self, Valid},
};
use crate::{
    Result,
    metrics::{Direction, Metric},
    model::OutputDescription,
};

/// Lists of metrics, one per output; there may be fewer lists than outputs.
type Lists = Vec<Vec<Box<dyn Metric>>>;

/// The metrics of a compiled model.
#[derive(Default)]
pub(super) struct CompiledMetrics {
    pub(super) plain: Lists,
    pub(super) weighted: Lists,
    updated: bool,
    /// Sample weights multiplied by a mask.
    merged: Vec<f32>,
}

impl CompiledMetrics {
    pub(super) fn new(plain: Lists) -> Self {
        Self { plain, ..Self::default() }
    }
}

impl CompiledMetrics {
    /// Updates the metrics with a batch. As in Keras, unweighted metrics ignore the sample weights.
    pub(super) fn update(&mut self, observed: Observed<'_, '_>) -> Result<()> {
        let Observed { targets, predictions, sample_weights, masks } = observed;
        self.updated = true;
        for (lists, is_weighted) in [(&mut self.plain, false), (&mut self.weighted, true)] {
            for (at, (metrics, (target, prediction))) in
                lists.iter_mut().zip(targets.iter().zip(predictions)).enumerate()
            {
                let mut weights = if is_weighted { sample_weights.get(at).copied().flatten() } else { None };
                if let Some(mask) = masks.get(at).filter(|mask| !mask.is_empty()) {
                    masks::merge(mask, weights, prediction.count, Valid::One, &mut self.merged);
                    weights = Some(&self.merged);
                }
                for metric in metrics {
                    metric.update(*target, prediction, weights)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the metrics were updated since the last reset.
    pub(super) fn is_updated(&self) -> bool {
        self.updated
    }

    pub(super) fn reset(&mut self) {
        self.updated = false;
        self.plain.iter_mut().chain(&mut self.weighted).flatten().for_each(|metric| metric.reset());
    }

    /// The current results, in the order of [`names`](Self::names).
    pub(super) fn results(&self) -> impl Iterator<Item = f64> {
        self.iter().flat_map(|metric| metric.results()).map(|(_, result)| f64::from(result))
    }

    /// The direction of each metric, in the order of [`names`](Self::names).
    pub(super) fn directions(&self) -> impl Iterator<Item = Direction> {
        self.iter().flat_map(|metric| std::iter::repeat_n(metric.direction(), metric.results().len()))
    }

    fn iter(&self) -> impl Iterator<Item = &dyn Metric> {
        self.plain.iter().chain(&self.weighted).flatten().map(|metric| &**metric)
    }

    /// The names, made unique as in Keras: by the output if there is more than one, by `weighted_`, and by a number.
    pub(super) fn names(&self, outputs: &[OutputDescription]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (lists, is_weighted) in [(&self.plain, false), (&self.weighted, true)] {
            for (metrics, output) in lists.iter().zip(outputs) {
                let output = if outputs.len() > 1 { format!("{}_", output.name) } else { String::new() };
                let each = metrics.iter().flat_map(|metric| {
                    let join = |(more, _): (String, f32)| match more.as_str() {
                        "" => metric.name().to_owned(),
                        more => format!("{}_{more}", metric.name()),
                    };
                    metric.results().into_iter().map(join)
                });
                for metric in each {
                    let mut base = format!("{output}{metric}");
                    if is_weighted && names.contains(&base) {
                        base = format!("{output}weighted_{metric}");
                    }
                    let mut name = base.clone();
                    let mut again = 0;
                    while names.contains(&name) {
                        again += 1;
                        name = format!("{base}_{again}");
                    }
                    names.push(name);
                }
            }
        }
        names
    }
}

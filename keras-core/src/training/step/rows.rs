//! Rows of the data: the batch of a step, and the parts of it that are gathered.

use arrayvec::ArrayVec;

use crate::{
    Error, Result,
    data::{SampleWeight, Source, Target},
    losses::TargetView,
    model::MAX_OUTPUTS,
};

/// A batch: rows of the data.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) inputs: &'a [Source<'a>],
    pub(crate) targets: &'a [Target<'a>],
    pub(crate) rows: &'a [usize],
    pub(crate) sample_weight: &'a SampleWeight<'a>,
}

impl Rows<'_> {
    /// Checks that there are targets, where they are needed.
    pub(crate) fn check_targets(&self) -> Result<()> {
        if self.targets.is_empty() { Err(Error::NoTargets) } else { Ok(()) }
    }
}

/// The targets and the weights of a batch.
pub(super) struct Gathered {
    labels: Vec<Vec<u32>>,
    values: Vec<Vec<f32>>,
    weights: Vec<Vec<f32>>,
    /// Whether there are weights, for each output.
    weighted: Vec<bool>,
}

impl Gathered {
    /// For a model with this number of outputs.
    pub(super) fn new(outputs: usize) -> Self {
        Self {
            labels: vec![Vec::new(); outputs],
            values: vec![Vec::new(); outputs],
            weights: vec![Vec::new(); outputs],
            weighted: vec![false; outputs],
        }
    }

    /// Copies the targets and the weights of a batch from the data.
    pub(super) fn copy(&mut self, data: &Rows<'_>) {
        for (at, target) in data.targets.iter().enumerate() {
            match target {
                Target::Labels { labels, dims, .. } => {
                    let size = dims.size();
                    self.labels[at].clear();
                    for &row in data.rows {
                        self.labels[at].extend_from_slice(&labels[row * size..(row + 1) * size]);
                    }
                }
                Target::Values { values, dims, .. } => {
                    let size = dims.size();
                    self.values[at].clear();
                    for &row in data.rows {
                        self.values[at].extend_from_slice(&values[row * size..(row + 1) * size]);
                    }
                }
            }
        }
        for (at, (weights, weighted)) in self.weights.iter_mut().zip(&mut self.weighted).enumerate() {
            *weighted = data.sample_weight.of(at).is_some();
            data.sample_weight.gather(at, data.rows, weights);
        }
    }

    /// The targets of the copied batch.
    pub(super) fn targets(&self, data: &Rows<'_>) -> ArrayVec<TargetView<'_>, MAX_OUTPUTS> {
        let view = |(at, target): (usize, &Target<'_>)| match target {
            Target::Labels { .. } => TargetView::Labels(&self.labels[at]),
            Target::Values { .. } => TargetView::Values(&self.values[at]),
        };
        data.targets.iter().enumerate().map(view).collect()
    }

    /// The sample weights of each output in the copied batch.
    pub(super) fn weights(&self) -> ArrayVec<Option<&[f32]>, MAX_OUTPUTS> {
        let each = self.weights.iter().zip(&self.weighted);
        each.map(|(weights, &weighted)| weighted.then_some(&weights[..])).collect()
    }
}

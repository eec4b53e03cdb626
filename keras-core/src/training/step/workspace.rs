//! The memory of passes over batches, taken once and used again.

use crate::{layers::Space, model::Place};

/// The two arenas of a pass, large enough for a batch.
#[derive(Default)]
pub(crate) struct Arenas {
    pub(crate) samples: Vec<f32>,
    pub(crate) fixed: Vec<f32>,
}

impl Arenas {
    /// Makes room for a batch; nothing is allocated if there is room already.
    pub(crate) fn reserve(&mut self, space: Space, batch: usize) {
        // More than a machine has is refused by the allocator.
        let samples = space.per_sample.saturating_mul(batch);
        if self.samples.len() < samples {
            self.samples.resize(samples, 0.0);
        }
        if self.fixed.len() < space.fixed {
            self.fixed.resize(space.fixed, 0.0);
        }
    }

    /// The values at a place.
    pub(crate) fn at(&self, place: Place, batch: usize) -> &[f32] {
        &self.samples[place.offset * batch..(place.offset + place.length) * batch]
    }

    /// The values at a place, to change.
    pub(crate) fn at_mut(&mut self, place: Place, batch: usize) -> &mut [f32] {
        &mut self.samples[place.offset * batch..(place.offset + place.length) * batch]
    }
}

/// What one thread works in.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) arenas: Arenas,
    /// The inputs of a slice at inference, one after the other, where they do not follow each other in the data.
    pub(crate) inputs: Vec<f32>,
    /// What inference made so far, output by output.
    pub(crate) outputs: Vec<Vec<f32>>,
    /// The state before a pass that may find an id that is none.
    pub(crate) state_before: Vec<f32>,
    /// What the activities cost, slice by slice.
    pub(crate) added_losses: Vec<f32>,
}

//! The reusable memory of passes over batches.

use crate::{layers::Space, model::Place};

/// The two arenas of a pass, large enough for a batch.
#[derive(Default)]
pub(crate) struct Arenas {
    pub(crate) samples: Vec<f32>,
    pub(crate) fixed: Vec<f32>,
}

impl Arenas {
    /// Allocates memory for a batch, unless there is enough already.
    pub(crate) fn reserve(&mut self, space: Space, batch: usize) {
        // Sizes beyond the memory of the machine are rejected by the allocator.
        let samples = space.per_sample.saturating_mul(batch);
        if self.samples.len() < samples {
            self.samples.resize(samples, 0.0);
        }
        if self.fixed.len() < space.fixed {
            self.fixed.resize(space.fixed, 0.0);
        }
    }

    /// The values at a location.
    pub(crate) fn at(&self, place: Place, batch: usize) -> &[f32] {
        &self.samples[place.offset * batch..(place.offset + place.length) * batch]
    }

    /// The mutable values at a location.
    pub(crate) fn at_mut(&mut self, place: Place, batch: usize) -> &mut [f32] {
        &mut self.samples[place.offset * batch..(place.offset + place.length) * batch]
    }
}

/// The working memory of a thread.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) arenas: Arenas,
    /// The inputs of a slice at inference, gathered if they are not consecutive in the data.
    pub(crate) inputs: Vec<f32>,
    /// The outputs of inference so far.
    pub(crate) outputs: Vec<Vec<f32>>,
    /// The activity penalties, for each slice.
    pub(crate) added_losses: Vec<f32>,
}

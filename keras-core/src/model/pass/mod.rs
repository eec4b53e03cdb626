//! The passes at run time: each generated call takes its views of the workspace here and hands them to the layer.
//!
//! What depends on the type of the layer is a closure. The rest is compiled once, with this crate or for each type of stored
//! weights, and not for each layer of each program.

mod inference;
mod training;
mod views;

pub use inference::Inference;
pub use training::{NonTrainableBlock, Training};

use super::plan::{InputPlan, MaskPlan, Place};
use crate::{
    layers::{InvalidId, merging::broadcast::Spread},
    regularizers::Regularizer,
    shape::Dims,
};
use views::{carve, no_writes};

/// The largest number of inputs of one call.
///
/// ```
/// assert_eq!(keras_core::model::MAX_INPUTS, 16);
/// ```
pub const MAX_INPUTS: usize = 16;

/// The masks of the inputs of a call that has none.
const NO_MASKS: [Option<&[f32]>; MAX_INPUTS] = [None; MAX_INPUTS];

/// The masks of a call's inputs, out of the views behind them.
fn masks_of<'a>(inputs: &[InputPlan], views: &[&'a [f32]]) -> [Option<&'a [f32]>; MAX_INPUTS] {
    let mut views = inputs.iter().zip(views);
    core::array::from_fn(|_| {
        // The place of a mask is as long in either pass.
        views.next().filter(|(input, _)| input.tensor.mask.inference.length > 0).map(|(_, view)| *view)
    })
}

/// Computes the mask of a call whose output is valid where one of its inputs is.
fn join_masks(
    samples: &mut [f32],
    batch: usize,
    inputs: &[InputPlan],
    made: MaskPlan,
    place: fn(&MaskPlan) -> Place,
) -> Option<()> {
    let (mut written, mut read, mut reads) = (no_writes::<1>(), [&[][..]; MAX_INPUTS], [Place::NONE; MAX_INPUTS]);
    for (read, input) in reads.iter_mut().zip(inputs) {
        *read = place(&input.tensor.mask).of_batch(batch);
    }
    let reads = reads.get(..inputs.len())?;
    carve(samples, &[place(&made).of_batch(batch)], reads, &mut written, &mut read)?;
    let [joined] = written;
    joined.fill(0.0);
    for (mask, input) in read.iter().zip(inputs) {
        Spread::new(batch, input.tensor.mask.dims, made.dims).join_mask(mask, joined);
    }
    Some(())
}

/// Notes the first id that is none, with the place of its layer in the model.
fn report(first: &mut Option<InvalidId>, found: Option<InvalidId>, layer: usize) {
    if let (None, Some(found)) = (&first, found) {
        *first = Some(InvalidId { layer: layer + found.layer, ..found });
    }
}

/// Adds the activity regularizer's penalty of each sample of an output to a sum.
fn add_activity(regularizer: Regularizer, dims: Dims, output: &[f32], sum: &mut f32) {
    for sample in output.chunks_exact(dims.size().max(1)) {
        *sum += regularizer.value(dims, sample);
    }
}

//! The passes at run time: each generated call takes its views of the workspace here and hands them to the layer.
//!
//! What depends on the type of the layer is behind a trait. The rest is compiled once, with this crate, and not for each layer of
//! each program.

mod inference;
mod training;
mod views;

pub use inference::Inference;
pub use training::{NonTrainableBlock, Observer, Training};

use super::{
    Mode,
    plan::{AnyCallPlan, InputPlan, MaskPlan, Place},
};
use crate::{
    layers::{Backward, Forward, InvalidId, Layer, merging::broadcast::Spread},
    regularizers::Regularizer,
    shape::Dims,
};
use views::{carve, no_writes};

/// The largest number of inputs of one call.
///
/// ```
/// assert_eq!(keras_core::model::MAX_INPUTS, 64);
/// ```
pub const MAX_INPUTS: usize = 64;

/// Most calls have at most this many inputs, and one output. Lists for as many as there may be take a small layer longer to fill than
/// its numbers take to compute, so these calls have lists of their own.
const FEW: usize = 2;

/// The forward pass of a layer of any type, without the backward pass, which a program that does not train need not contain.
pub(super) trait AnyForward {
    fn run_forward(&self, pass: Forward<'_>);
}

impl<L: Layer> AnyForward for L {
    fn run_forward(&self, pass: Forward<'_>) {
        self.forward(pass);
    }
}

/// The backward pass of a layer of any type.
trait AnyBackward {
    fn run_backward(&self, pass: Backward<'_>);
}

impl<L: Layer> AnyBackward for L {
    fn run_backward(&self, pass: Backward<'_>) {
        self.backward(pass);
    }
}

/// The places that a forward pass of a call writes and reads, in these lists: the first `own` that it writes are there already.
/// Gives the numbers of both; a layer that masks do not involve is given none.
fn forward_places(
    call: AnyCallPlan<'_>,
    (batch, own): (usize, usize),
    mode: Mode,
    writes: &mut [Place],
    reads: &mut [Place],
) -> Option<(usize, usize)> {
    let (written, read) = (own + call.outputs.len(), call.inputs.len());
    for (place, output) in writes.iter_mut().skip(own).zip(call.outputs) {
        *place = output.tensor.place(mode).of_batch(batch);
    }
    for (place, input) in reads.iter_mut().zip(call.inputs) {
        *place = input.tensor.place(mode).of_batch(batch);
    }
    if !call.mask_role.involves_layer() {
        return Some((written, read));
    }
    for (place, input) in reads.iter_mut().skip(read).zip(call.inputs) {
        *place = input.tensor.mask.place(mode).of_batch(batch);
    }
    *writes.get_mut(written)? = call.made_mask.place(mode).of_batch(batch);
    Some((written + 1, 2 * read))
}

/// The masks of a call's inputs, out of the views behind them; none for a layer that masks do not involve.
fn masks_of<'a, const INPUTS: usize>(call: AnyCallPlan<'_>, views: &[&'a [f32]]) -> [Option<&'a [f32]>; INPUTS] {
    if !call.mask_role.involves_layer() {
        return [None; INPUTS];
    }
    let mut views = call.inputs.iter().zip(views);
    core::array::from_fn(|_| {
        // The place of a mask is as long in either pass.
        views.next().filter(|(input, _)| input.tensor.mask.inference.length > 0).map(|(_, view)| *view)
    })
}

/// Computes the mask of a call whose output is valid where one of its inputs is.
fn join_masks(samples: &mut [f32], batch: usize, inputs: &[InputPlan], made: MaskPlan, mode: Mode) -> Option<()> {
    let (mut written, mut read, mut reads) = (no_writes::<1>(), [&[][..]; MAX_INPUTS], [Place::NONE; MAX_INPUTS]);
    for (read, input) in reads.iter_mut().zip(inputs) {
        *read = input.tensor.mask.place(mode).of_batch(batch);
    }
    let reads = reads.get(..inputs.len())?;
    carve(samples, &[made.place(mode).of_batch(batch)], reads, &mut written, &mut read)?;
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
    let samples = output.chunks_exact(dims.size().max(1));
    *sum += samples.map(|sample| f64::from(regularizer.value(dims, sample))).sum::<f64>() as f32;
}

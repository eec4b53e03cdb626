//! The passes at run time: each generated call takes its views of the workspace here and hands them to the layer.

use core::cell::Cell;

use super::{
    CallPlan, StoredFloat, freezing,
    plan::{FusedCalls, MaskPlan, MaskRole, Place, Split, TensorPlan},
};
use crate::{
    kernels::{elementwise, normalization, random::Random},
    layers::{
        Backward, Buffers, Elements, Forward, Fused, Fusion, Inputs, InvalidId, Layer, List, ListMut, MAX_OUTPUTS,
        MAX_STATES, MAX_WEIGHTS, NonTrainable, Role, merging::broadcast::Spread,
    },
    regularizers::Regularizer,
    shape::Dims,
};

/// The largest number of inputs of one call.
///
/// ```
/// assert_eq!(keras_core::model::MAX_INPUTS, 16);
/// ```
pub const MAX_INPUTS: usize = 16;
/// The inputs, their masks, and the outputs.
const MAX_READS: usize = 2 * MAX_INPUTS + MAX_OUTPUTS;
/// A layer's saved tensors and its scratch memory.
const OWN: usize = 2;
/// Forward, a layer's own memory and the outputs; backward, its own, the gradients of the outputs and of the inputs.
const MAX_WRITES: usize = OWN + MAX_OUTPUTS + MAX_INPUTS + 1;

/// Views of disjoint places of one slice: to write, each its own, and to read, where equal places are one view.
///
/// `None` if places overlap or lie outside, which a plan excludes; so it has no panic path. There are as many views as places, or
/// more.
fn carve<'a>(
    memory: &'a mut [f32],
    writes: &[Place],
    reads: &[Place],
    written: &mut [&'a mut [f32]],
    read: &mut [&'a [f32]],
) -> Option<()> {
    let (mut writes_done, mut reads_done) = (0u64, 0u64);
    let (mut rest, mut base) = (memory, 0);
    loop {
        let mut next: Option<(Place, usize, bool)> = None;
        for (list, done, is_write) in [(writes, writes_done, true), (reads, reads_done, false)] {
            for (at, place) in list.iter().enumerate() {
                let comes_first = match next {
                    None => true,
                    Some((first, ..)) => place.offset < first.offset,
                };
                if place.length > 0 && done & (1 << at) == 0 && comes_first {
                    next = Some((*place, at, is_write));
                }
            }
        }
        let Some((place, at, is_write)) = next else { return Some(()) };
        let (_, tail) = rest.split_at_mut_checked(place.offset.checked_sub(base)?)?;
        let (view, tail) = tail.split_at_mut_checked(place.length)?;
        (rest, base) = (tail, place.offset + place.length);
        if is_write {
            *written.get_mut(at)? = view;
            writes_done |= 1 << at;
        } else {
            let view: &'a [f32] = view;
            for (same, (other, slot)) in reads.iter().zip(read.iter_mut()).enumerate() {
                if *other == place {
                    *slot = view;
                    reads_done |= 1 << same;
                }
            }
        }
    }
}

/// The weights of one layer out of its block.
fn split<'a>(split: &Split, role: Role, mut block: &'a [f32], into: &mut [&'a [f32]; MAX_WEIGHTS]) -> Option<usize> {
    let mut count = 0;
    for (at, &length) in split.lengths.iter().enumerate().take(split.count) {
        if split.role(at) == role {
            let (weight, rest) = block.split_at_checked(length)?;
            *into.get_mut(count)? = weight;
            count += 1;
            block = rest;
        }
    }
    Some(count)
}

/// The same, to write.
fn split_mut<'a>(
    split: &Split,
    role: Role,
    mut block: &'a mut [f32],
    into: &mut [&'a mut [f32]; MAX_WEIGHTS],
) -> Option<usize> {
    let mut count = 0;
    for (at, &length) in split.lengths.iter().enumerate().take(split.count) {
        if split.role(at) == role {
            let (weight, rest) = block.split_at_mut_checked(length)?;
            *into.get_mut(count)? = weight;
            count += 1;
            block = rest;
        }
    }
    Some(count)
}

/// The inputs of a call in training, out of the views of their words.
fn elements_in<'a, const INPUTS: usize>(
    inputs: &[TensorPlan; INPUTS],
    words: &[&'a [f32]],
    batch: usize,
) -> [Elements<'a>; INPUTS] {
    let mut views = inputs.iter().zip(words);
    let element =
        |(input, words): (&TensorPlan, &&'a [f32])| Elements::in_words(input.dtype, words, input.size * batch);
    core::array::from_fn(|_| views.next().map(element).unwrap_or_default())
}

/// The masks of a call's inputs, out of the views behind them; none for a layer that does not read masks.
fn masks_of<'a, const INPUTS: usize>(
    role: MaskRole,
    inputs: &[TensorPlan; INPUTS],
    views: &[&'a [f32]],
) -> [Option<&'a [f32]>; INPUTS] {
    if !role.involves_layer() {
        return [None; INPUTS];
    }
    let mut views = inputs.iter().zip(views);
    // The place of a mask is as long in either pass.
    core::array::from_fn(|_| views.next().filter(|(input, _)| input.mask.inference.length > 0).map(|(_, view)| *view))
}

/// Computes the mask of a call whose output is valid where one of its inputs is.
fn join_masks<const INPUTS: usize>(
    samples: &mut [f32],
    batch: usize,
    inputs: &[TensorPlan; INPUTS],
    made: MaskPlan,
    place: fn(&MaskPlan) -> Place,
) -> Option<()> {
    let (mut written, mut read): ([&mut [f32]; 1], [&[f32]; INPUTS]) = (no_writes(), [&[]; INPUTS]);
    let reads = inputs.each_ref().map(|input| place(&input.mask).of_batch(batch));
    carve(samples, &[place(&made).of_batch(batch)], &reads, &mut written, &mut read)?;
    let [joined] = written;
    joined.fill(0.0);
    for (mask, input) in read.iter().zip(inputs) {
        Spread::new(batch, input.mask.dims, made.dims).join_mask(mask, joined);
    }
    Some(())
}

/// Notes the first id that is none, with the place of its layer in the model.
fn report(first: &mut Option<InvalidId>, found: Option<InvalidId>, layer: usize) {
    if let (None, Some(found)) = (&first, found) {
        *first = Some(InvalidId { layer: layer + found.layer, ..found });
    }
}

/// Which layers of an inner model are frozen, and whether all that a layer consists of is.
fn frozen(all: &[bool], layers: Place) -> Option<(&[bool], bool)> {
    freezing::within(all.get(layers.offset..)?.get(..layers.length)?)
}

/// Adds the activity regularizer's penalty of each sample of an output to a sum.
fn add_activity(regularizer: Regularizer, dims: Dims, output: &[f32], sum: &mut f32) {
    for sample in output.chunks_exact(dims.size().max(1)) {
        *sum += regularizer.value(dims, sample);
    }
}

fn part<T>(values: &[T], place: Place) -> Option<&[T]> {
    values.get(place.offset..)?.get(..place.length)
}

fn part_mut(values: &mut [f32], place: Place) -> Option<&mut [f32]> {
    values.get_mut(place.offset..)?.get_mut(..place.length)
}

fn no_writes<'a, const N: usize>() -> [&'a mut [f32]; N] {
    core::array::from_fn(|_| &mut [][..])
}

impl FusedCalls {
    /// The epilogue that the fused layers' weights make.
    fn compute<'a>(&self, trainable: &[f32], non_trainable: &[f32], memory: &'a mut [f32]) -> Option<Fused<'a>> {
        let channels = memory.len() / 2;
        let (scale, shift) = memory.split_at_mut_checked(channels)?;
        if let Fusion::Normalization { epsilon, scale: gamma, center: beta } = self.normalization {
            let (gamma, weights) = trainable.split_at_checked(if gamma { channels } else { 0 })?;
            let beta = weights.get(..if beta { channels } else { 0 })?;
            let moments = non_trainable.split_at_checked(channels)?;
            normalization::fold(epsilon, (gamma, beta), moments, scale, shift);
        }
        Some(Fused { scale, shift, rectified: self.rectified })
    }
}

/// An inference pass over a batch.
///
/// ```
/// use keras::{layers::{Buffers, Elements}, prelude::*};
/// use keras_core::model::{Inference, Model, Storage};
///
/// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
///
/// // A pass over two samples, by hand; `predict` does no more.
/// let (model, batch, space) = (Sum::new(), 2, Sum::<Embedded>::MEMORY.inference);
/// let (mut samples, mut fixed) = (vec![0.0; space.per_sample * batch], vec![0.0; space.fixed]);
/// let (trainable, non_trainable) = model.storage().weights().split_at(Sum::DESCRIPTION.trainable);
/// Sum::<Embedded>::infer(&mut Inference {
///     batch,
///     trainable,
///     non_trainable,
///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
///     inputs: &[Elements::Float32(&[1.0, 2.0, 3.0, 4.0])],
///     samples: &mut samples,
///     fixed: &mut fixed,
///     widened: &mut [],
///     added_loss: None,
///     invalid_id: None,
/// });
/// let output = Sum::<Embedded>::outputs(false)[0];
/// assert_eq!(samples[output.offset * batch..][..output.length * batch], [3.0, 7.0]);
/// ```
pub struct Inference<'a, N = f32> {
    /// The number of samples.
    pub batch: usize,
    /// The model's trainable weights.
    pub trainable: &'a [N],
    /// The model's non-trainable weights.
    pub non_trainable: &'a [N],
    /// The model's state.
    pub state: Buffers<'a>,
    /// The model's inputs.
    pub inputs: &'a [Elements<'a>],
    /// The arena of floats a sample.
    pub samples: &'a mut [f32],
    /// The arena of floats whatever the batch.
    pub fixed: &'a mut [f32],
    /// Memory in which the weights of one layer after another are widened, if they are stored as 16-bit floats.
    pub widened: &'a mut [f32],
    /// The sum over the samples of what layers add to the loss, activity regularizers among them; `None` if nobody asks for
    /// the loss.
    pub added_loss: Option<f32>,
    /// The first id that is none, so far.
    pub invalid_id: Option<InvalidId>,
}

impl<N: StoredFloat> Inference<'_, N> {
    /// Runs one layer.
    #[inline]
    pub fn call<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        if !call.skip_inference {
            // A plan's places are disjoint and inside: there is nothing to report.
            let ran = self.try_call(layer, call);
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
        if let (Some(sum), Some(output)) = (&mut self.added_loss, call.outputs.first())
            && !matches!(call.activity, Regularizer::None)
            && let Some(output) = match output.outside {
                Some(input) => self.inputs.get(input).map(|input| input.words()),
                None => part(self.samples, output.inference.of_batch(self.batch)),
            }
        {
            add_activity(call.activity, call.output_dims[0], output, sum);
        }
    }

    fn try_call<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) -> Option<()> {
        let batch = self.batch;
        let inputs = call.inputs.each_ref().map(|input| input.inference.of_batch(batch));
        let mut written: [&mut [f32]; 1 + MAX_OUTPUTS + 1] = no_writes();
        let (mut read, mut masks) = ([&[][..]; INPUTS], [&[][..]; INPUTS]);
        let mut writes = [Place::NONE; 1 + MAX_OUTPUTS + 1];
        let (scratch, outputs) = writes.split_first_mut()?;
        *scratch = call.scratch.per_sample.of_batch(batch);
        for (place, output) in outputs.iter_mut().zip(&call.outputs) {
            *place = output.inference.of_batch(batch);
        }
        if !call.mask_role.involves_layer() {
            carve(self.samples, writes.get(..1 + OUTPUTS)?, &inputs, &mut written, &mut read)?;
        } else {
            let mut reads = [Place::NONE; 2 * MAX_INPUTS];
            for (at, (place, input)) in inputs.into_iter().zip(&call.inputs).enumerate() {
                (*reads.get_mut(at)?, *reads.get_mut(INPUTS + at)?) = (place, input.mask.inference.of_batch(batch));
            }
            *writes.get_mut(1 + OUTPUTS)? = call.made_mask().inference.of_batch(batch);
            let (writes, reads) = (writes.get(..2 + OUTPUTS)?, reads.get(..2 * INPUTS)?);
            let mut views = [&[][..]; 2 * MAX_INPUTS];
            carve(self.samples, writes, reads, &mut written, &mut views)?;
            let (inputs, of_inputs) = views.split_at_checked(INPUTS)?;
            read.iter_mut().zip(inputs).for_each(|(view, found)| *view = found);
            masks.iter_mut().zip(of_inputs).for_each(|(view, found)| *view = found);
        }
        let mut elements = [Elements::default(); INPUTS];
        for ((elements, input), words) in elements.iter_mut().zip(&call.inputs).zip(&read) {
            *elements = match input.outside {
                Some(input) => *self.inputs.get(input)?,
                None => Elements::in_words(input.dtype, words, input.size * batch),
            };
        }
        let masks: [Option<&[f32]>; INPUTS] = masks_of(call.mask_role, &call.inputs, &masks);
        let [scratch, outputs @ ..] = &mut written;
        let (outputs, rest) = outputs.split_at_mut_checked(OUTPUTS)?;
        let output_mask = rest.first_mut().map(|mask| &mut **mask).filter(|mask| !mask.is_empty());
        let invalid_id = Cell::new(None);
        let mut fixed: [&mut [f32]; 2] = no_writes();
        carve(self.fixed, &[call.scratch.fixed, call.fused.memory], &[], &mut fixed, &mut [])?;
        let [scratch_fixed, epilogue] = fixed;
        let (trainable, space) = N::widen(part(self.trainable, call.fused.trainable)?, self.widened)?;
        let (non_trainable, _) = N::widen(part(self.non_trainable, call.fused.non_trainable)?, space)?;
        let epilogue = call.fused.compute(trainable, non_trainable, epilogue)?;
        // The epilogue is computed: the space is free again.
        let (trainable, space) = N::widen(part(self.trainable, call.trainable)?, self.widened)?;
        let (block, _) = N::widen(part(self.non_trainable, call.non_trainable)?, space)?;
        let (mut weights, mut non_trainable) = ([&[][..]; MAX_WEIGHTS], [&[][..]; MAX_WEIGHTS]);
        let weight_count = split(&call.weights, Role::Trainable, trainable, &mut weights)?;
        let non_trainable_count = split(&call.weights, Role::NonTrainable, block, &mut non_trainable)?;
        let mut states: [&mut [f32]; MAX_STATES];
        let states = if call.state.is_none() {
            &mut []
        } else {
            states = no_writes();
            let count = call.state.split(self.state.reborrow(), batch, &mut states)?;
            states.get_mut(..count)?
        };
        layer.forward(Forward {
            batch,
            whole_batch: batch,
            training: false,
            input_dims: List::new(&call.input_dims),
            output_dims: List::new(&call.output_dims),
            inputs: Inputs::new(&elements),
            masks: List::new(&masks),
            weights: List::new(weights.get(..weight_count)?),
            non_trainable: NonTrainable::ReadOnly(non_trainable.get(..non_trainable_count)?),
            states: ListMut::new(states),
            outputs: ListMut::new(outputs),
            output_mask,
            saved: Buffers::none(),
            scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
            random: Random::new(0, 0),
            epilogue,
            frozen: &[],
            added_loss: self.added_loss.as_mut(),
            invalid_id: &invalid_id,
        });
        report(&mut self.invalid_id, invalid_id.get(), call.layers.offset);
        if call.mask_role == MaskRole::Joins {
            join_masks(self.samples, batch, &call.inputs, call.made_mask(), |mask| mask.inference)?;
        }
        Some(())
    }
}

/// The non-trainable weights of a model in a training step, in one block.
///
/// ```
/// use keras_core::model::NonTrainableBlock;
///
/// let mut moving_average = [0.5];
/// if let NonTrainableBlock::Updated(weights) = NonTrainableBlock::Updated(&mut moving_average) {
///     weights[0] = 0.25;
/// }
/// assert_eq!(moving_average, [0.25]);
/// ```
pub enum NonTrainableBlock<'a> {
    /// To be read: the model is a frozen layer of another.
    ReadOnly(&'a [f32]),
    /// To be updated.
    Updated(&'a mut [f32]),
    /// To be read in the backward pass of a step whose forward pass updated them.
    AfterUpdate(&'a [f32]),
}

impl NonTrainableBlock<'_> {
    fn values(&self) -> &[f32] {
        match self {
            Self::ReadOnly(values) | Self::AfterUpdate(values) => values,
            Self::Updated(values) => values,
        }
    }
}

/// A training step over a batch: forward, and then backward.
///
/// ```
/// use keras::{layers::Buffers, prelude::*};
/// use keras_core::model::{Model, NonTrainableBlock, Storage, Training};
///
/// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
///
/// // A step over two samples, by hand: forward, then backward from a gradient of 1 for each output.
/// let (model, batch, space) = (Sum::new(), 2, Sum::<Embedded>::MEMORY.training);
/// let (mut samples, mut fixed, mut gradients) =
///     (vec![0.0; space.per_sample * batch], vec![0.0; space.fixed], vec![0.0; Sum::PARAMETERS]);
/// let mut step = Training {
///     batch,
///     trainable: model.storage().weights(),
///     non_trainable: NonTrainableBlock::Updated(&mut []),
///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
///     samples: &mut samples,
///     fixed: &mut fixed,
///     frozen: &[false],
///     seed: 1,
///     gradients: Some(&mut gradients),
///     accumulate: false,
///     input_gradients: false,
///     from_logits: 0,
///     whole_batch: batch,
///     added_loss: 0.0,
///     invalid_id: None,
/// };
/// let (input, gradient) = (Sum::<Embedded>::inputs()[0], Sum::<Embedded>::output_gradients()[0]);
/// step.samples[input.offset * batch..][..input.length * batch].copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
/// Sum::<Embedded>::forward(&mut step);
/// step.samples[gradient.offset * batch..][..gradient.length * batch].fill(1.0);
/// Sum::<Embedded>::backward(&mut step);
/// assert_eq!(gradients, [4.0, 6.0, 2.0]); // by the kernel, by the bias
/// ```
pub struct Training<'a> {
    /// The number of samples.
    pub batch: usize,
    /// The model's trainable weights.
    pub trainable: &'a [f32],
    /// The model's non-trainable weights.
    pub non_trainable: NonTrainableBlock<'a>,
    /// The model's state; of no use in the backward pass.
    pub state: Buffers<'a>,
    /// The arena of floats a sample.
    pub samples: &'a mut [f32],
    /// The arena of floats whatever the batch.
    pub fixed: &'a mut [f32],
    /// Which layers are frozen, those of inner models included.
    pub frozen: &'a [bool],
    /// What the random numbers of this step come from.
    pub seed: u64,
    /// The gradients of the trainable weights to compute; `None` in the forward pass, and where none are wanted.
    pub gradients: Option<&'a mut [f32]>,
    /// Whether the gradients of the weights are to be added to.
    pub accumulate: bool,
    /// Whether the gradients of the model's inputs are wanted.
    pub input_gradients: bool,
    /// The outputs whose gradient is that of the input of the final activation: a bit each.
    pub from_logits: u32,
    /// The number of samples of the whole batch, of which these may be a slice.
    pub whole_batch: usize,
    /// The sum over the samples of what layers add to the loss, activity regularizers among them, in the forward pass so far.
    pub added_loss: f32,
    /// The first id that is none, in the forward pass so far.
    pub invalid_id: Option<InvalidId>,
}

impl Training<'_> {
    /// Runs one layer forward.
    #[inline]
    pub fn forward<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        if !call.skip_training {
            let ran = self.try_forward(layer, call);
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
    }

    fn try_forward<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) -> Option<()> {
        let batch = self.batch;
        let (within, frozen) = frozen(self.frozen, call.layers)?;
        let inputs = call.inputs.each_ref().map(|input| input.training.of_batch(batch));
        let mut written: [&mut [f32]; OWN + MAX_OUTPUTS + 1] = no_writes();
        let (mut read, mut masks) = ([&[][..]; INPUTS], [&[][..]; INPUTS]);
        let mut writes = [Place::NONE; OWN + MAX_OUTPUTS + 1];
        let [saved, scratch, outputs @ ..] = &mut writes;
        *saved = call.saved.per_sample.of_batch(batch);
        *scratch = call.training_scratch.per_sample.of_batch(batch);
        for (place, output) in outputs.iter_mut().zip(&call.outputs) {
            *place = output.training.of_batch(batch);
        }
        if !call.mask_role.involves_layer() {
            carve(self.samples, writes.get(..OWN + OUTPUTS)?, &inputs, &mut written, &mut read)?;
        } else {
            let mut reads = [Place::NONE; 2 * MAX_INPUTS];
            for (at, (place, input)) in inputs.into_iter().zip(&call.inputs).enumerate() {
                (*reads.get_mut(at)?, *reads.get_mut(INPUTS + at)?) = (place, input.mask.training.of_batch(batch));
            }
            *writes.get_mut(OWN + OUTPUTS)? = call.made_mask().training.of_batch(batch);
            let (writes, reads) = (writes.get(..OWN + OUTPUTS + 1)?, reads.get(..2 * INPUTS)?);
            let mut views = [&[][..]; 2 * MAX_INPUTS];
            carve(self.samples, writes, reads, &mut written, &mut views)?;
            let (inputs, of_inputs) = views.split_at_checked(INPUTS)?;
            read.iter_mut().zip(inputs).for_each(|(view, found)| *view = found);
            masks.iter_mut().zip(of_inputs).for_each(|(view, found)| *view = found);
        }
        let elements = elements_in(&call.inputs, &read, batch);
        let masks: [Option<&[f32]>; INPUTS] = masks_of(call.mask_role, &call.inputs, &masks);
        let [saved, scratch, outputs @ ..] = &mut written;
        let (outputs, rest) = outputs.split_at_mut_checked(OUTPUTS)?;
        let output_mask = rest.first_mut().map(|mask| &mut **mask).filter(|mask| !mask.is_empty());
        let invalid_id = Cell::new(None);
        let mut fixed: [&mut [f32]; 2] = no_writes();
        carve(self.fixed, &[call.saved.fixed, call.training_scratch.fixed], &[], &mut fixed, &mut [])?;
        let [saved_fixed, scratch_fixed] = fixed;
        let mut weights = [&[][..]; MAX_WEIGHTS];
        let weight_count = split(&call.weights, Role::Trainable, part(self.trainable, call.trainable)?, &mut weights)?;
        let mut read_only = [&[][..]; MAX_WEIGHTS];
        let mut updated: [&mut [f32]; MAX_WEIGHTS] = no_writes();
        let non_trainable = match (&mut self.non_trainable, frozen) {
            (NonTrainableBlock::Updated(block), false) => {
                let block = part_mut(block, call.non_trainable)?;
                let count = split_mut(&call.weights, Role::NonTrainable, block, &mut updated)?;
                NonTrainable::Updated(updated.get_mut(..count)?)
            }
            (block, _) => {
                let block = part(block.values(), call.non_trainable)?;
                let count = split(&call.weights, Role::NonTrainable, block, &mut read_only)?;
                NonTrainable::ReadOnly(read_only.get(..count)?)
            }
        };
        let mut states: [&mut [f32]; MAX_STATES];
        let states = if call.state.is_none() {
            &mut []
        } else {
            states = no_writes();
            let count = call.state.split(self.state.reborrow(), batch, &mut states)?;
            states.get_mut(..count)?
        };
        layer.forward(Forward {
            batch,
            whole_batch: self.whole_batch,
            training: true,
            input_dims: List::new(&call.input_dims),
            output_dims: List::new(&call.output_dims),
            inputs: Inputs::new(&elements),
            masks: List::new(&masks),
            weights: List::new(weights.get(..weight_count)?),
            non_trainable,
            states: ListMut::new(states),
            outputs: ListMut::new(outputs),
            output_mask,
            saved: Buffers { per_sample: saved, fixed: saved_fixed },
            scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
            random: Random::new(self.seed, call.index as u64),
            epilogue: Fused::default(),
            frozen: within,
            added_loss: Some(&mut self.added_loss),
            invalid_id: &invalid_id,
        });
        report(&mut self.invalid_id, invalid_id.get(), call.layers.offset);
        if call.mask_role == MaskRole::Joins {
            join_masks(self.samples, batch, &call.inputs, call.made_mask(), |mask| mask.training)?;
        }
        if !matches!(call.activity, Regularizer::None) {
            let output = part(self.samples, call.outputs.first()?.training.of_batch(batch))?;
            add_activity(call.activity, call.output_dims[0], output, &mut self.added_loss);
        }
        Some(())
    }

    /// Runs one layer backward.
    #[inline]
    pub fn backward<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        if !call.skip_training {
            let ran = self.try_backward(layer, call);
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
    }

    fn try_backward<L: Layer, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: &L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) -> Option<()> {
        let batch = self.batch;
        let (within, frozen) = frozen(self.frozen, call.layers)?;
        let mut reads = [Place::NONE; MAX_READS];
        let mut writes = [Place::NONE; MAX_WRITES];
        let (own, gradients) = writes.split_at_mut_checked(OWN)?;
        let (output_gradients, input_gradients) = gradients.split_at_mut_checked(OUTPUTS)?;
        own.copy_from_slice(&[call.saved.per_sample.of_batch(batch), call.backward_scratch.per_sample.of_batch(batch)]);
        for (place, output) in output_gradients.iter_mut().zip(&call.outputs) {
            *place = output.gradient.of_batch(batch);
        }
        for (at, input) in call.inputs.iter().enumerate() {
            if call.reads_input {
                *reads.get_mut(at)? = input.training.of_batch(batch);
            }
            let wanted = self.input_gradients || !*call.from_outside.get(at)?;
            if wanted {
                let fresh = call.fresh.get(at)?;
                let place = if fresh.length > 0 { *fresh } else { input.gradient };
                *input_gradients.get_mut(at)? = place.of_batch(batch);
            }
        }
        if call.reads_output {
            for (place, output) in reads.iter_mut().skip(INPUTS).zip(&call.outputs) {
                *place = output.training.of_batch(batch);
            }
        }
        let masked = call.mask_role.involves_layer();
        if masked {
            for (place, input) in reads.iter_mut().skip(INPUTS + OUTPUTS).zip(&call.inputs) {
                *place = input.mask.training.of_batch(batch);
            }
        }
        let mut from_logits = 0;
        for (at, result) in call.results.iter().enumerate() {
            if result.is_some_and(|result| self.from_logits >> result & 1 == 1) {
                from_logits |= 1 << at;
            }
        }
        {
            let mut written: [&mut [f32]; MAX_WRITES] = no_writes();
            let mut read = [&[][..]; MAX_READS];
            let reads = reads.get(..INPUTS + OUTPUTS + if masked { INPUTS } else { 0 })?;
            carve(self.samples, writes.get(..OWN + OUTPUTS + INPUTS)?, reads, &mut written, &mut read)?;
            let [saved, scratch, gradients @ ..] = &mut written;
            let (output_gradients, input_gradients) = gradients.split_at_mut_checked(OUTPUTS)?;
            let (inputs, outputs) = read.split_at_checked(INPUTS)?;
            let masks: [Option<&[f32]>; INPUTS] = masks_of(call.mask_role, &call.inputs, outputs.get(OUTPUTS..)?);
            let mut elements = [Elements::default(); INPUTS];
            if call.reads_input {
                elements = elements_in(&call.inputs, inputs, batch);
            }
            for (gradient, &unread) in output_gradients.iter_mut().zip(&call.unread) {
                if unread {
                    gradient.fill(0.0);
                }
            }
            if !matches!(call.activity, Regularizer::None) {
                let (share, size) = (1.0 / self.whole_batch.max(1) as f32, call.output_dims[0].size().max(1));
                let gradients = output_gradients.first_mut()?.chunks_exact_mut(size);
                for (sample, gradient) in outputs.first()?.chunks_exact(size).zip(gradients) {
                    call.activity.add_share_of_gradient(share, call.output_dims[0], sample, gradient);
                }
            }
            let mut wanted: [Option<&mut [f32]>; INPUTS] = [const { None }; INPUTS];
            for (wanted, gradient) in wanted.iter_mut().zip(input_gradients) {
                *wanted = Some(&mut **gradient).filter(|gradient| !gradient.is_empty());
            }
            let mut fixed: [&mut [f32]; 2] = no_writes();
            carve(self.fixed, &[call.saved.fixed, call.backward_scratch.fixed], &[], &mut fixed, &mut [])?;
            let [saved_fixed, scratch_fixed] = fixed;
            let (mut weights, mut non_trainable) = ([&[][..]; MAX_WEIGHTS], [&[][..]; MAX_WEIGHTS]);
            let block = part(self.trainable, call.trainable)?;
            let weight_count = split(&call.weights, Role::Trainable, block, &mut weights)?;
            let updated = !matches!(self.non_trainable, NonTrainableBlock::ReadOnly(_));
            let block = part(self.non_trainable.values(), call.non_trainable)?;
            let non_trainable_count = split(&call.weights, Role::NonTrainable, block, &mut non_trainable)?;
            let mut gradients: [&mut [f32]; MAX_WEIGHTS] = no_writes();
            let weight_gradients = match &mut self.gradients {
                Some(all) if !frozen => {
                    let block = part_mut(all, call.trainable)?;
                    let count = split_mut(&call.weights, Role::Trainable, block, &mut gradients)?;
                    Some(ListMut::new(gradients.get_mut(..count)?))
                }
                _ => None,
            };
            layer.backward(Backward {
                batch,
                whole_batch: self.whole_batch,
                input_dims: List::new(&call.input_dims),
                output_dims: List::new(&call.output_dims),
                inputs: Inputs::new(&elements),
                masks: List::new(&masks),
                weights: List::new(weights.get(..weight_count)?),
                non_trainable: List::new(non_trainable.get(..non_trainable_count)?),
                updated: updated && !frozen,
                outputs: List::new(outputs.get(..OUTPUTS)?),
                saved: Buffers { per_sample: saved, fixed: saved_fixed },
                scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
                output_gradients: ListMut::new(output_gradients),
                from_logits,
                input_gradients: ListMut::new(&mut wanted),
                weight_gradients,
                accumulate: self.accumulate || call.accumulate,
                random: Random::new(self.seed, call.index as u64),
                frozen: within,
            });
        }
        for (fresh, input) in call.fresh.iter().zip(&call.inputs) {
            if fresh.length > 0 {
                let (mut written, mut read): ([&mut [f32]; 1], [&[f32]; 1]) = (no_writes(), [&[]]);
                let (sum, term) = (input.gradient.of_batch(batch), fresh.of_batch(batch));
                carve(self.samples, &[sum], &[term], &mut written, &mut read)?;
                let ([sum], [term]) = (written, read);
                elementwise::add_assign(sum, term);
            }
        }
        Some(())
    }
}

//! The passes of a training step.

use core::cell::Cell;

use super::{
    AnyBackward, AnyForward, FEW, MAX_INPUTS, add_activity, forward_places, join_masks, masks_of, report,
    views::{carve, no_writes, part, part_mut, split, split_mut},
};
use crate::{
    kernels::{elementwise, random::Random},
    layers::{
        Backward, Buffers, Elements, Forward, Fused, Inputs, InvalidId, Layer, List, ListMut, MAX_OUTPUTS, MAX_STATES,
        MAX_WEIGHTS, NonTrainable, Role,
    },
    model::{
        CallPlan, Mode, freezing,
        plan::{AnyCallPlan, InputPlan, MaskRole, Place},
    },
    regularizers::Regularizer,
};

/// A layer's saved tensors and its scratch memory.
const OWN: usize = 2;
/// What backward reads, of calls with so many inputs and outputs: the inputs, the outputs, and the masks of the inputs.
const fn backward_reads(inputs: usize, outputs: usize) -> usize {
    2 * inputs + outputs
}
/// What it writes: a layer's own memory, the gradients of the outputs and of the inputs.
const fn backward_writes(inputs: usize, outputs: usize) -> usize {
    OWN + outputs + inputs
}

/// The inputs of a call, out of the views of their words.
fn elements_in<'a, const INPUTS: usize>(
    inputs: &[InputPlan],
    words: &[&'a [f32]],
    batch: usize,
) -> [Elements<'a>; INPUTS] {
    let mut elements = [Elements::default(); INPUTS];
    for ((elements, input), words) in elements.iter_mut().zip(inputs).zip(words) {
        *elements = Elements::in_words(input.tensor.dtype, words, input.tensor.size * batch);
    }
    elements
}

/// Whether a call has few inputs and one output.
fn has_few(call: AnyCallPlan<'_>) -> bool {
    call.inputs.len() <= FEW && call.outputs.len() <= 1
}

/// Which layers of an inner model are frozen, and whether all that a layer consists of is.
fn frozen(all: &[bool], layers: Place) -> Option<(&[bool], bool)> {
    freezing::within(all.get(layers.offset..)?.get(..layers.length)?)
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

/// What is shown the tensors between the layers in the passes of a training step, and those of gradients at inference.
#[doc(hidden)]
pub trait Observer {
    /// Whether a call runs in the forward pass; of one that does not, [`forward`](Self::forward) may write the output.
    fn runs(&self, call: usize) -> bool;
    /// Whether it observes the outputs of a call.
    fn observes(&self, call: usize) -> bool;
    /// An output of a call, in the forward pass.
    fn forward(&mut self, call: usize, output: usize, values: &mut [f32]);
    /// The gradient of an output of a call, before the backward pass of the call.
    fn backward(&mut self, call: usize, output: usize, gradient: &mut [f32]);
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
///     training: true,
///     seed: 1,
///     gradients: Some(&mut gradients),
///     accumulate: false,
///     input_gradients: false,
///     from_logits: 0,
///     whole_batch: batch,
///     added_loss: 0.0,
///     invalid_id: None,
///     observer: None,
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
    /// The arena whose size does not depend on the batch.
    pub fixed: &'a mut [f32],
    /// Which layers are frozen, those of inner models included.
    pub frozen: &'a [bool],
    /// Whether layers behave as in training. Without it, these are passes for gradients at inference, whose non-trainable weights
    /// are read only.
    pub training: bool,
    /// Seed of the random numbers of this step.
    pub seed: u64,
    /// The gradients of the trainable weights to compute; `None` in the forward pass, and where none are wanted.
    pub gradients: Option<&'a mut [f32]>,
    /// Whether the gradients of the weights are to be added to.
    pub accumulate: bool,
    /// Whether the gradients of the model's inputs are wanted.
    pub input_gradients: bool,
    /// The outputs whose gradient is that of the input of the final activation: a bit each.
    pub from_logits: u64,
    /// The number of samples of the whole batch, of which these may be a slice.
    pub whole_batch: usize,
    /// The sum over the samples of what layers add to the loss, activity regularizers among them, in the forward pass so far.
    pub added_loss: f32,
    /// The first id that is none, in the forward pass so far.
    pub invalid_id: Option<InvalidId>,
    /// What is shown the tensors between the layers, if anything is.
    pub observer: Option<&'a mut dyn Observer>,
}

impl Training<'_> {
    /// Runs one layer forward.
    ///
    /// ```
    /// use keras::{layers::{Buffers, ReLU}, prelude::*};
    /// use keras_core::model::{CallPlan, Mode, Model, NonTrainableBlock, Plan, Training};
    ///
    /// sequential! { struct Net { Input(2), ReLU() } }
    ///
    /// static PLAN: CallPlan<1, 1> = Plan::<2>::new(Net::DESCRIPTION.graph()).call(Net::DESCRIPTION.graph(), 0);
    /// let mut samples = vec![0.0; Net::<Embedded>::MEMORY.training.per_sample];
    /// let mut step = Training {
    ///     batch: 1,
    ///     trainable: &[],
    ///     non_trainable: NonTrainableBlock::ReadOnly(&[]),
    ///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
    ///     samples: &mut samples,
    ///     fixed: &mut [],
    ///     frozen: &[false],
    ///     training: true,
    ///     seed: 1,
    ///     gradients: None,
    ///     accumulate: false,
    ///     input_gradients: false,
    ///     from_logits: 0,
    ///     whole_batch: 1,
    ///     added_loss: 0.0,
    ///     invalid_id: None,
    ///     observer: None,
    /// };
    /// let (input, output) = (Net::<Embedded>::inputs()[0].offset, Net::<Embedded>::outputs(Mode::Training)[0].offset);
    /// step.samples[input..input + 2].copy_from_slice(&[-1.0, 2.0]);
    /// step.forward(|| &const { ReLU::layer() }, &PLAN);
    /// assert_eq!(samples[output..output + 2], [0.0, 2.0]);
    /// ```
    #[inline]
    pub fn forward<'l, L: Layer + 'l, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: impl FnOnce() -> &'l L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        self.run_forward(layer(), call.any());
    }

    /// Runs one layer backward.
    ///
    /// ```
    /// use keras::{layers::{Buffers, ReLU}, prelude::*};
    /// use keras_core::model::{CallPlan, Mode, Model, NonTrainableBlock, Plan, Training};
    ///
    /// sequential! { struct Net { Input(2), ReLU() } }
    ///
    /// static PLAN: CallPlan<1, 1> = Plan::<2>::new(Net::DESCRIPTION.graph()).call(Net::DESCRIPTION.graph(), 0);
    /// let mut samples = vec![0.0; Net::<Embedded>::MEMORY.training.per_sample];
    /// let mut step = Training {
    ///     batch: 1,
    ///     trainable: &[],
    ///     non_trainable: NonTrainableBlock::ReadOnly(&[]),
    ///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
    ///     samples: &mut samples,
    ///     fixed: &mut [],
    ///     frozen: &[false],
    ///     training: true,
    ///     seed: 1,
    ///     gradients: None,
    ///     accumulate: false,
    ///     input_gradients: true,
    ///     from_logits: 0,
    ///     whole_batch: 1,
    ///     added_loss: 0.0,
    ///     invalid_id: None,
    ///     observer: None,
    /// };
    /// let (input, output) = (Net::<Embedded>::inputs()[0].offset, Net::<Embedded>::outputs(Mode::Training)[0].offset);
    /// step.samples[input..input + 2].copy_from_slice(&[-1.0, 2.0]);
    /// step.forward(|| &const { ReLU::layer() }, &PLAN);
    /// let (to_output, to_input) = (Net::<Embedded>::output_gradients()[0].offset, Net::<Embedded>::input_gradients()[0].offset);
    /// step.samples[to_output..to_output + 2].copy_from_slice(&[5.0, 7.0]);
    /// step.backward(|| &const { ReLU::layer() }, &PLAN);
    /// assert_eq!(samples[to_input..to_input + 2], [0.0, 7.0]);
    /// ```
    #[inline]
    pub fn backward<'l, L: Layer + 'l, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: impl FnOnce() -> &'l L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        self.run_backward(layer(), call.any());
    }

    fn run_forward(&mut self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) {
        let Some(observer) = self.observer.take() else { return self.run_call_forward(layer, call) };
        let runs = observer.runs(call.index);
        if runs && call.rectified && observer.observes(call.index) {
            // What the layer computes is rectified in place: it is computed without that first.
            self.run_call_forward(layer, call.with(&call.unrectified()));
            self.show_outputs(call, observer);
            self.run_call_forward(layer, call);
        } else {
            if runs {
                self.run_call_forward(layer, call);
            }
            self.show_outputs(call, observer);
        }
        self.observer = Some(observer);
    }

    fn show_outputs(&mut self, call: AnyCallPlan<'_>, observer: &mut dyn Observer) {
        for (at, output) in call.outputs.iter().enumerate() {
            if let Some(values) = part_mut(self.samples, output.tensor.training.of_batch(self.batch)) {
                observer.forward(call.index, at, values);
            }
        }
    }

    fn run_call_forward(&mut self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) {
        if !call.skip_training {
            let ran = if has_few(call) {
                self.try_forward::<FEW, { 2 * FEW }, { OWN + 1 + 1 }>(layer, call)
            } else {
                self.try_forward_of_many(layer, call)
            };
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
    }

    fn run_backward(&mut self, layer: &dyn AnyBackward, call: AnyCallPlan<'_>) {
        if let Some(observer) = self.observer.take() {
            for (at, output) in call.outputs.iter().enumerate().filter(|(_, output)| !output.unread) {
                if let Some(gradient) = part_mut(self.samples, output.tensor.gradient.of_batch(self.batch)) {
                    observer.backward(call.index, at, gradient);
                }
            }
            self.observer = Some(observer);
        }
        if !call.skip_training {
            let ran = if has_few(call) {
                self.try_backward::<FEW, { backward_reads(FEW, 1) }, { backward_writes(FEW, 1) }>(layer, call)
            } else {
                self.try_backward_of_many(layer, call)
            };
            let ran = ran.and_then(|()| self.add_contributions(call));
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
    }

    /// Not a part of its caller, whose stack would be as large for every call.
    #[inline(never)]
    fn try_forward_of_many(&mut self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) -> Option<()> {
        self.try_forward::<MAX_INPUTS, { 2 * MAX_INPUTS }, { OWN + MAX_OUTPUTS + 1 }>(layer, call)
    }

    #[inline(never)]
    fn try_backward_of_many(&mut self, layer: &dyn AnyBackward, call: AnyCallPlan<'_>) -> Option<()> {
        self.try_backward::<
            MAX_INPUTS,
            { backward_reads(MAX_INPUTS, MAX_OUTPUTS) },
            { backward_writes(MAX_INPUTS, MAX_OUTPUTS) },
        >(layer, call)
    }

    /// With lists of these lengths: of inputs, of the tensors and masks that are read, and of what is written.
    fn try_forward<const INPUTS: usize, const READS: usize, const WRITES: usize>(
        &mut self,
        layer: &dyn AnyForward,
        call: AnyCallPlan<'_>,
    ) -> Option<()> {
        let (batch, input_count, output_count) = (self.batch, call.inputs.len(), call.outputs.len());
        let (within, frozen) = frozen(self.frozen, call.layers)?;
        let mut writes = [Place::NONE; WRITES];
        let [saved, scratch, ..] = &mut writes[..] else { return None };
        *saved = call.saved.per_sample.of_batch(batch);
        *scratch = call.training_scratch.per_sample.of_batch(batch);
        let mut reads = [Place::NONE; READS];
        let (write_count, read_count) = forward_places(call, (batch, OWN), Mode::Training, &mut writes, &mut reads)?;
        let (mut written, mut read) = (no_writes::<WRITES>(), [&[][..]; READS]);
        carve(self.samples, writes.get(..write_count)?, reads.get(..read_count)?, &mut written, &mut read)?;
        let (inputs, of_inputs) = read.split_at_checked(input_count)?;
        let elements = elements_in::<INPUTS>(call.inputs, inputs, batch);
        let masks = masks_of::<INPUTS>(call, of_inputs);
        let [saved, scratch, outputs @ ..] = &mut written[..] else { return None };
        let (outputs, rest) = outputs.split_at_mut_checked(output_count)?;
        let output_mask = rest.first_mut().map(|mask| &mut **mask).filter(|mask| !mask.is_empty());
        let invalid_id = Cell::new(None);
        let mut fixed = no_writes::<2>();
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
        layer.run_forward(Forward {
            batch,
            whole_batch: self.whole_batch,
            training: self.training,
            recorded: true,
            input_dims: List::new(call.input_dims),
            output_dims: List::new(call.output_dims),
            inputs: Inputs::new(elements.get(..input_count)?),
            masks: List::new(masks.get(..input_count)?),
            weights: List::new(weights.get(..weight_count)?),
            panels: &[],
            non_trainable,
            states: ListMut::new(states),
            outputs: ListMut::new(outputs),
            output_mask,
            saved: Buffers { per_sample: saved, fixed: saved_fixed },
            scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
            random: Random::new(self.seed, call.index as u64),
            first_sample: 0,
            epilogue: Fused { rectified: call.rectified, ..Fused::default() },
            frozen: within,
            added_loss: Some(&mut self.added_loss),
            invalid_id: &invalid_id,
        });
        report(&mut self.invalid_id, invalid_id.get(), call.layers.offset);
        if call.mask_role == MaskRole::Joins {
            join_masks(self.samples, batch, call.inputs, call.made_mask, Mode::Training)?;
        }
        if !matches!(call.activity, Regularizer::None) {
            let output = part(self.samples, call.outputs.first()?.tensor.training.of_batch(batch))?;
            add_activity(call.activity, *call.output_dims.first()?, output, &mut self.added_loss);
        }
        Some(())
    }

    fn try_backward<const INPUTS: usize, const READS: usize, const WRITES: usize>(
        &mut self,
        layer: &dyn AnyBackward,
        call: AnyCallPlan<'_>,
    ) -> Option<()> {
        let (batch, input_count, output_count) = (self.batch, call.inputs.len(), call.outputs.len());
        let (within, frozen) = frozen(self.frozen, call.layers)?;
        let mut reads = [Place::NONE; READS];
        let mut writes = [Place::NONE; WRITES];
        let (own, gradients) = writes.split_at_mut_checked(OWN)?;
        let (output_gradients, input_gradients) = gradients.split_at_mut_checked(output_count)?;
        own.copy_from_slice(&[call.saved.per_sample.of_batch(batch), call.backward_scratch.per_sample.of_batch(batch)]);
        for (place, output) in output_gradients.iter_mut().zip(call.outputs) {
            *place = output.tensor.gradient.of_batch(batch);
        }
        for ((read, gradient), input) in reads.iter_mut().zip(input_gradients).zip(call.inputs) {
            if call.reads_input {
                *read = input.tensor.training.of_batch(batch);
            }
            if self.input_gradients || !input.from_outside {
                let place = if input.fresh.length > 0 { input.fresh } else { input.tensor.gradient };
                *gradient = place.of_batch(batch);
            }
        }
        if call.reads_output {
            for (place, output) in reads.iter_mut().skip(input_count).zip(call.outputs) {
                *place = output.tensor.training.of_batch(batch);
            }
        }
        let mut read_count = input_count + output_count;
        let masked = call.mask_role.involves_layer();
        if masked {
            for (place, input) in reads.iter_mut().skip(read_count).zip(call.inputs) {
                *place = input.tensor.mask.training.of_batch(batch);
            }
            read_count += input_count;
        }
        let mut from_logits = 0;
        for (at, output) in call.outputs.iter().enumerate() {
            if output.result.is_some_and(|result| self.from_logits >> result & 1 == 1) {
                from_logits |= 1 << at;
            }
        }
        let (mut written, mut read) = (no_writes::<WRITES>(), [&[][..]; READS]);
        let writes = writes.get(..OWN + output_count + input_count)?;
        carve(self.samples, writes, reads.get(..read_count)?, &mut written, &mut read)?;
        let [saved, scratch, gradients @ ..] = &mut written[..] else { return None };
        let (output_gradients, input_gradients) = gradients.split_at_mut_checked(output_count)?;
        let (inputs, rest) = read.split_at_checked(input_count)?;
        let (outputs, of_inputs) = rest.split_at_checked(output_count)?;
        let masks = masks_of::<INPUTS>(call, of_inputs);
        let elements =
            if call.reads_input { elements_in(call.inputs, inputs, batch) } else { [Elements::default(); INPUTS] };
        for (gradient, output) in output_gradients.iter_mut().zip(call.outputs) {
            if output.unread {
                gradient.fill(0.0);
            }
        }
        if self.training && !matches!(call.activity, Regularizer::None) {
            let dims = *call.output_dims.first()?;
            let (share, size) = (1.0 / self.whole_batch.max(1) as f32, dims.size().max(1));
            let gradients = output_gradients.first_mut()?.chunks_exact_mut(size);
            for (sample, gradient) in outputs.first()?.chunks_exact(size).zip(gradients) {
                call.activity.add_share_of_gradient(share, dims, sample, gradient);
            }
        }
        let mut wanted: [Option<&mut [f32]>; INPUTS] = [const { None }; INPUTS];
        for (wanted, gradient) in wanted.iter_mut().zip(input_gradients) {
            *wanted = Some(&mut **gradient).filter(|gradient| !gradient.is_empty());
        }
        let mut fixed = no_writes::<2>();
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
        layer.run_backward(Backward {
            batch,
            whole_batch: self.whole_batch,
            input_dims: List::new(call.input_dims),
            output_dims: List::new(call.output_dims),
            inputs: Inputs::new(elements.get(..input_count)?),
            masks: List::new(masks.get(..input_count)?),
            weights: List::new(weights.get(..weight_count)?),
            non_trainable: List::new(non_trainable.get(..non_trainable_count)?),
            training: self.training,
            updated: updated && !frozen,
            outputs: List::new(outputs),
            saved: Buffers { per_sample: saved, fixed: saved_fixed },
            scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
            output_gradients: ListMut::new(output_gradients),
            from_logits,
            input_gradients: ListMut::new(wanted.get_mut(..input_count)?),
            weight_gradients,
            accumulate: self.accumulate || call.accumulate,
            rectified: call.rectified,
            random: Random::new(self.seed, call.index as u64),
            frozen: within,
        });
        Some(())
    }

    /// Adds the gradients of inputs that have been written by other calls already.
    fn add_contributions(&mut self, call: AnyCallPlan<'_>) -> Option<()> {
        for input in call.inputs {
            if input.fresh.length > 0 {
                let (mut written, mut read) = (no_writes::<1>(), [&[][..]; 1]);
                let (sum, term) = (input.tensor.gradient.of_batch(self.batch), input.fresh.of_batch(self.batch));
                carve(self.samples, &[sum], &[term], &mut written, &mut read)?;
                let ([sum], [term]) = (written, read);
                elementwise::add_assign(sum, term);
            }
        }
        Some(())
    }
}

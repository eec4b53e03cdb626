//! The inference pass.

use core::cell::Cell;

use super::{
    AnyForward, FEW, MAX_INPUTS, add_activity, forward_places, join_masks, masks_of, report,
    views::{carve, no_writes, part, part_mut, split},
};
use crate::{
    kernels::{normalization, random::Random},
    layers::{
        Buffers, Elements, Forward, Fused, Fusion, Inputs, InvalidId, Layer, List, ListMut, MAX_OUTPUTS, MAX_STATES,
        MAX_WEIGHTS, NonTrainable, Role,
    },
    model::{
        CallPlan, Mode, StoredFloat,
        plan::{AnyCallPlan, FusedCalls, MaskRole, Place},
        stored::sealed::Call,
    },
    regularizers::Regularizer,
};

/// A layer's scratch memory.
const OWN: usize = 1;

impl FusedCalls {
    /// Computes the epilogue that the fused layers' weights make: a factor and a sum for each channel.
    fn compute(&self, trainable: &[f32], non_trainable: &[f32], memory: &mut [f32]) -> Option<()> {
        let Fusion::Normalization { epsilon, scale: gamma, center: beta } = self.normalization else { return Some(()) };
        let channels = memory.len() / 2;
        let (scale, shift) = memory.split_at_mut_checked(channels)?;
        let (gamma, weights) = trainable.split_at_checked(if gamma { channels } else { 0 })?;
        let beta = weights.get(..if beta { channels } else { 0 })?;
        let moments = non_trainable.split_at_checked(channels)?;
        normalization::fold(epsilon, (gamma, beta), moments, scale, shift);
        Some(())
    }
}

/// An inference pass over a batch.
///
/// ```
/// use keras::{layers::{Buffers, Elements}, prelude::*};
/// use keras_core::model::{Inference, Mode, Model, Storage};
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
///     panels: &[],
///     non_trainable,
///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
///     inputs: &[Elements::Float32(&[1.0, 2.0, 3.0, 4.0])],
///     samples: &mut samples,
///     fixed: &mut fixed,
///     widened: &mut [],
///     seed: 0,
///     first_sample: 0,
///     added_loss: None,
///     invalid_id: None,
/// });
/// let output = Sum::<Embedded>::outputs(Mode::Inference)[0];
/// assert_eq!(samples[output.offset * batch..][..output.length * batch], [3.0, 7.0]);
/// ```
pub struct Inference<'a, N = f32> {
    /// The number of samples.
    pub batch: usize,
    /// The model's trainable weights.
    pub trainable: &'a [N],
    /// A copy of them in which large kernels of dense layers are stored in panels, and nothing else is stored; empty if there is
    /// none.
    pub panels: &'a [f32],
    /// The model's non-trainable weights.
    pub non_trainable: &'a [N],
    /// The model's state.
    pub state: Buffers<'a>,
    /// The model's inputs.
    pub inputs: &'a [Elements<'a>],
    /// The arena of floats a sample.
    pub samples: &'a mut [f32],
    /// The arena whose size does not depend on the batch.
    pub fixed: &'a mut [f32],
    /// Memory in which the weights of one layer after another are widened, if they are stored as 16-bit floats.
    pub widened: &'a mut [f32],
    /// The seed of random numbers: the model's.
    pub seed: u64,
    /// The number of the first sample among all that are predicted: the random numbers of a sample do not depend on the batch.
    pub first_sample: usize,
    /// The sum over the samples of what layers add to the loss, activity regularizers among them; `None` if nobody asks for
    /// the loss.
    pub added_loss: Option<f32>,
    /// The first id that is none, so far.
    pub invalid_id: Option<InvalidId>,
}

impl<N: StoredFloat> Inference<'_, N> {
    /// Runs one layer.
    ///
    /// ```
    /// use keras::{layers::{Buffers, Elements, ReLU}, prelude::*};
    /// use keras_core::model::{CallPlan, Inference, Plan};
    ///
    /// sequential! { struct Net { Input(2), ReLU() } }
    ///
    /// // What `infer` does for the layer, by hand.
    /// static PLAN: CallPlan<1, 1> = Plan::<2>::new(Net::DESCRIPTION.graph()).call(Net::DESCRIPTION.graph(), 0);
    /// let mut samples = [0.0; Net::WORKSPACE];
    /// let mut pass = Inference {
    ///     batch: 1,
    ///     trainable: &[0.0; 0],
    ///     panels: &[],
    ///     non_trainable: &[],
    ///     state: Buffers { per_sample: &mut [], fixed: &mut [] },
    ///     inputs: &[Elements::Float32(&[-1.0, 2.0])],
    ///     samples: &mut samples,
    ///     fixed: &mut [],
    ///     widened: &mut [],
    ///     seed: 0,
    ///     first_sample: 0,
    ///     added_loss: None,
    ///     invalid_id: None,
    /// };
    /// pass.call(|| &const { ReLU::layer() }, &PLAN);
    /// assert_eq!(samples[..2], [0.0, 2.0]);
    /// ```
    #[inline]
    pub fn call<'l, L: Layer + 'l, const INPUTS: usize, const OUTPUTS: usize>(
        &mut self,
        layer: impl FnOnce() -> &'l L,
        call: &CallPlan<INPUTS, OUTPUTS>,
    ) {
        N::run(self, Call { layer: layer(), plan: call.any() });
    }

    pub(in crate::model) fn run(&mut self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) {
        if !call.skip_inference {
            // A plan's places are disjoint and inside: there is nothing to report.
            let ran = self.try_run(layer, call);
            debug_assert!(ran.is_some(), "the plan gives each call all that it reads and writes");
        }
        if let Some(sum) = &mut self.added_loss
            && !matches!(call.activity, Regularizer::None)
            && let (Some(output), Some(dims)) = (call.outputs.first(), call.output_dims.first())
            && let Some(output) = match output.tensor.outside {
                Some(input) => self.inputs.get(input).map(|input| input.words()),
                None => part(self.samples, output.tensor.inference.of_batch(self.batch)),
            }
        {
            add_activity(call.activity, *dims, output, sum);
        }
    }

    fn try_run(&mut self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) -> Option<()> {
        let (trainable, space) = N::widen(part(self.trainable, call.fused.trainable)?, self.widened)?;
        let (non_trainable, _) = N::widen(part(self.non_trainable, call.fused.non_trainable)?, space)?;
        call.fused.compute(trainable, non_trainable, part_mut(self.fixed, call.fused.memory)?)?;
        // The epilogue is computed: the space is free again.
        let (trainable, space) = N::widen(part(self.trainable, call.trainable)?, self.widened)?;
        let (non_trainable, _) = N::widen(part(self.non_trainable, call.non_trainable)?, space)?;
        let pass = CallPass {
            batch: self.batch,
            trainable,
            panels: part(self.panels, call.trainable).unwrap_or_default(),
            non_trainable,
            state: self.state.reborrow(),
            inputs: self.inputs,
            samples: self.samples,
            fixed: self.fixed,
            random: Random::new(self.seed, call.index as u64),
            first_sample: self.first_sample,
            added_loss: self.added_loss.as_mut(),
            invalid_id: &mut self.invalid_id,
        };
        pass.run(layer, call)
    }
}

/// The pass of one call, with the weights of its layer as floats.
struct CallPass<'a> {
    batch: usize,
    trainable: &'a [f32],
    panels: &'a [f32],
    non_trainable: &'a [f32],
    state: Buffers<'a>,
    inputs: &'a [Elements<'a>],
    samples: &'a mut [f32],
    fixed: &'a mut [f32],
    random: Random,
    first_sample: usize,
    added_loss: Option<&'a mut f32>,
    invalid_id: &'a mut Option<InvalidId>,
}

impl CallPass<'_> {
    fn run(self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) -> Option<()> {
        if call.inputs.len() <= FEW && call.outputs.len() <= 1 {
            self.run_with::<FEW, { 2 * FEW }, { OWN + 1 + 1 }>(layer, call)
        } else {
            self.run_with_many(layer, call)
        }
    }

    /// Not a part of its caller, whose stack would be as large for every call.
    #[inline(never)]
    fn run_with_many(self, layer: &dyn AnyForward, call: AnyCallPlan<'_>) -> Option<()> {
        self.run_with::<MAX_INPUTS, { 2 * MAX_INPUTS }, { OWN + MAX_OUTPUTS + 1 }>(layer, call)
    }

    /// With lists of these lengths: of inputs, of the tensors and masks that are read, and of what is written.
    fn run_with<const INPUTS: usize, const READS: usize, const WRITES: usize>(
        self,
        layer: &dyn AnyForward,
        call: AnyCallPlan<'_>,
    ) -> Option<()> {
        let (batch, input_count, output_count) = (self.batch, call.inputs.len(), call.outputs.len());
        let mut writes = [Place::NONE; WRITES];
        *writes.first_mut()? = call.scratch.per_sample.of_batch(batch);
        let mut reads = [Place::NONE; READS];
        let (write_count, read_count) = forward_places(call, (batch, OWN), Mode::Inference, &mut writes, &mut reads)?;
        let (mut written, mut read) = (no_writes::<WRITES>(), [&[][..]; READS]);
        carve(self.samples, writes.get(..write_count)?, reads.get(..read_count)?, &mut written, &mut read)?;
        let (inputs, of_inputs) = read.split_at_checked(input_count)?;
        let mut elements = [Elements::default(); INPUTS];
        for ((elements, input), words) in elements.iter_mut().zip(call.inputs).zip(inputs) {
            *elements = match input.tensor.outside {
                Some(input) => *self.inputs.get(input)?,
                None => Elements::in_words(input.tensor.dtype, words, input.tensor.size * batch),
            };
        }
        let masks = masks_of::<INPUTS>(call, of_inputs);
        let (scratch, outputs) = written.split_first_mut()?;
        let (outputs, rest) = outputs.split_at_mut_checked(output_count)?;
        let output_mask = rest.first_mut().map(|mask| &mut **mask).filter(|mask| !mask.is_empty());
        let invalid_id = Cell::new(None);
        let mut fixed = no_writes::<2>();
        carve(self.fixed, &[call.scratch.fixed, call.fused.memory], &[], &mut fixed, &mut [])?;
        let [scratch_fixed, epilogue] = fixed;
        let (scale, shift) = epilogue.split_at_mut_checked(epilogue.len() / 2)?;
        let (mut weights, mut non_trainable) = ([&[][..]; MAX_WEIGHTS], [&[][..]; MAX_WEIGHTS]);
        let weight_count = split(&call.weights, Role::Trainable, self.trainable, &mut weights)?;
        let non_trainable_count = split(&call.weights, Role::NonTrainable, self.non_trainable, &mut non_trainable)?;
        let mut states: [&mut [f32]; MAX_STATES];
        let states = if call.state.is_none() {
            &mut []
        } else {
            states = no_writes();
            let count = call.state.split(self.state, batch, &mut states)?;
            states.get_mut(..count)?
        };
        layer.run_forward(Forward {
            batch,
            whole_batch: batch,
            training: false,
            recorded: false,
            input_dims: List::new(call.input_dims),
            output_dims: List::new(call.output_dims),
            inputs: Inputs::new(elements.get(..input_count)?),
            masks: List::new(masks.get(..input_count)?),
            weights: List::new(weights.get(..weight_count)?),
            panels: self.panels,
            non_trainable: NonTrainable::ReadOnly(non_trainable.get(..non_trainable_count)?),
            states: ListMut::new(states),
            outputs: ListMut::new(outputs),
            output_mask,
            saved: Buffers::none(),
            scratch: Buffers { per_sample: scratch, fixed: scratch_fixed },
            random: self.random,
            first_sample: self.first_sample,
            epilogue: Fused { scale, shift, rectified: call.fused.rectified },
            frozen: &[],
            added_loss: self.added_loss,
            invalid_id: &invalid_id,
        });
        report(self.invalid_id, invalid_id.get(), call.layers.offset);
        if call.mask_role == MaskRole::Joins {
            join_masks(self.samples, batch, call.inputs, call.made_mask, Mode::Inference)?;
        }
        Some(())
    }
}

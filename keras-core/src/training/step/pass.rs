//! The passes of a training step over a slice of its batch: forward, and backward from the gradients of the outputs.

use core::ops::Range;

use super::{gather::gather_words, rows::Rows, workspace::Arenas};
use crate::{
    Error,
    data::Source,
    layers::{Buffers, InvalidId},
    model::{Description, Mode, NonTrainableBlock, Observer, Owned, State, Storage, Training, TrainingProgram},
    training::LossValues,
};

/// The variables that the gradients of a step are taken with respect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithRespectTo {
    Weights,
    Inputs,
    /// Both, of one backward pass.
    All,
}

impl WithRespectTo {
    pub(super) const fn weights(self) -> bool {
        matches!(self, Self::Weights | Self::All)
    }

    pub(super) const fn inputs(self) -> bool {
        matches!(self, Self::Inputs | Self::All)
    }
}

/// A slice of a batch: the results of the forward pass, and the input of the backward pass.
pub(super) struct Slice {
    /// The gradients of the weights; those of the first slice become the sum over all.
    pub(super) gradients: Vec<f32>,
    pub(super) outputs: Vec<SliceOutput>,
    /// The gradients of the inputs, if requested.
    pub(super) input_gradients: Vec<Vec<f32>>,
    /// The masks of the outputs, empty if there are none, and sample weights multiplied by them.
    pub(super) masks: Vec<Vec<f32>>,
    pub(super) merged: Vec<Vec<f32>>,
    pub(super) losses: LossValues,
    /// The penalties of layers, summed over the samples.
    pub(super) added_loss: f32,
}

/// An output of a slice.
#[derive(Clone, Default)]
pub(super) struct SliceOutput {
    pub(super) values: Vec<f32>,
    pub(super) gradient: Vec<f32>,
}

impl Slice {
    pub(super) fn new(model: &Description) -> Self {
        Self {
            gradients: vec![0.0; model.trainable],
            outputs: vec![SliceOutput::default(); model.outputs.len()],
            input_gradients: vec![Vec::new(); model.inputs.len()],
            losses: LossValues::default(),
            masks: vec![Vec::new(); model.outputs.len()],
            merged: vec![Vec::new(); model.outputs.len()],
            added_loss: 0.0,
        }
    }
}

/// The passes of a step, shared by its slices.
pub(super) struct StepPasses<'a> {
    program: &'a TrainingProgram,
    inputs: &'a [Source<'a>],
    rows: &'a [usize],
    with_respect_to: WithRespectTo,
    pub(super) trainable: &'a [f32],
    pub(super) frozen: &'a [bool],
    training: bool,
    seed: u64,
}

impl<'a> StepPasses<'a> {
    /// The passes over these rows, with the non-trainable weights and the state of the model, which they may update.
    pub(super) fn new(
        program: &'a TrainingProgram,
        storage: &'a mut Owned,
        data: &Rows<'a>,
        with_respect_to: WithRespectTo,
        step: u64,
    ) -> (Self, &'a mut [f32], &'a mut State) {
        let seed = storage.seed() ^ (step + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (weights, frozen, state) = storage.parts_mut();
        let (trainable, non_trainable) = weights.split_at_mut(program.description.trainable);
        let Rows { inputs, rows, .. } = *data;
        let passes = Self { program, inputs, rows, with_respect_to, trainable, frozen, training: true, seed };
        (passes, non_trainable, state)
    }

    /// The passes at inference over these rows, with the non-trainable weights, which they read.
    pub(super) fn at_inference(
        program: &'a TrainingProgram,
        storage: &'a Owned,
        data: &Rows<'a>,
        with_respect_to: WithRespectTo,
    ) -> (Self, &'a [f32]) {
        let (trainable, non_trainable) = storage.weights().split_at(program.description.trainable);
        let (Rows { inputs, rows, .. }, frozen) = (*data, storage.frozen());
        let passes = Self { program, inputs, rows, with_respect_to, trainable, frozen, training: false, seed: 0 };
        (passes, non_trainable)
    }

    /// The forward pass of a slice, which copies its outputs.
    pub(super) fn forward(
        &self,
        arenas: &mut Arenas,
        samples: Range<usize>,
        non_trainable: NonTrainableBlock<'_>,
        state: Buffers<'_>,
        slice: &mut Slice,
    ) -> Result<(), Error> {
        self.forward_observed(arenas, samples, non_trainable, state, slice, None)
    }

    /// The same, which shows an observer the tensors between the layers.
    pub(super) fn forward_observed(
        &self,
        arenas: &mut Arenas,
        samples: Range<usize>,
        non_trainable: NonTrainableBlock<'_>,
        state: Buffers<'_>,
        slice: &mut Slice,
        observer: Option<&mut dyn Observer>,
    ) -> Result<(), Error> {
        let batch = samples.len();
        arenas.reserve(self.program.memory.training, batch);
        for (place, source) in (self.program.inputs)().iter().zip(self.inputs) {
            let rows = &self.rows[samples.clone()];
            gather_words(source, rows, arenas.at_mut(*place, batch));
        }
        let observer = observer.map(|observer| observer as &mut dyn Observer);
        let mut training = Training { state, observer, ..self.training(arenas, &samples, non_trainable) };
        (self.program.forward)(&mut training);
        slice.added_loss = training.added_loss;
        if let Some(id) = training.invalid_id {
            return Err(id_error(self.program.description, id, &self.rows[samples]));
        }
        for (output, place) in slice.outputs.iter_mut().zip((self.program.output_places)(Mode::Training)) {
            output.values.clear();
            output.values.extend_from_slice(arenas.at(*place, batch));
        }
        Ok(())
    }

    /// The backward pass of a slice, from the gradients of its outputs.
    pub(super) fn backward(
        &self,
        arenas: &mut Arenas,
        samples: Range<usize>,
        non_trainable: NonTrainableBlock<'_>,
        slice: &mut Slice,
    ) {
        self.backward_observed(arenas, samples, non_trainable, slice, None);
    }

    /// The same, which shows an observer the gradients of the tensors between the layers.
    pub(super) fn backward_observed(
        &self,
        arenas: &mut Arenas,
        samples: Range<usize>,
        non_trainable: NonTrainableBlock<'_>,
        slice: &mut Slice,
        observer: Option<&mut dyn Observer>,
    ) {
        let batch = samples.len();
        for (place, output) in (self.program.output_gradients)().iter().zip(&slice.outputs) {
            arenas.at_mut(*place, batch).copy_from_slice(&output.gradient);
        }
        let (of_weights, of_inputs) = (self.with_respect_to.weights(), self.with_respect_to.inputs());
        (self.program.backward)(&mut Training {
            gradients: of_weights.then_some(&mut slice.gradients),
            input_gradients: of_inputs,
            from_logits: slice.losses.from_logits,
            observer: observer.map(|observer| observer as &mut dyn Observer),
            ..self.training(arenas, &samples, non_trainable)
        });
        if of_inputs {
            for (gradient, place) in slice.input_gradients.iter_mut().zip((self.program.input_gradients)()) {
                gradient.extend_from_slice(arenas.at(*place, batch));
            }
        }
    }

    fn training<'p>(
        &'p self,
        arenas: &'p mut Arenas,
        samples: &Range<usize>,
        non_trainable: NonTrainableBlock<'p>,
    ) -> Training<'p> {
        let (batch, space) = (samples.len(), self.program.memory.training);
        Training {
            batch,
            trainable: self.trainable,
            non_trainable,
            state: Buffers::none(),
            samples: &mut arenas.samples[..space.per_sample * batch],
            fixed: &mut arenas.fixed[..space.fixed],
            frozen: self.frozen,
            training: self.training,
            // The random numbers of a slice are its own; those of an unsliced batch are the batch's.
            seed: self.seed ^ (samples.start as u64).wrapping_mul(0xD1B5_4A32_D192_ED03),
            gradients: None,
            accumulate: false,
            input_gradients: false,
            from_logits: 0,
            whole_batch: self.rows.len(),
            added_loss: 0.0,
            invalid_id: None,
            observer: None,
        }
    }
}

/// The error for an invalid id in a batch of these rows.
pub(super) fn id_error(model: &Description, id: InvalidId, rows: &[usize]) -> Error {
    let InvalidId { layer, sample, value, count } = id;
    Error::Id { layer: model.path_of(layer), sample: rows.get(sample).copied().unwrap_or(sample), value, count }
}

//! Runs the passes of a single layer, over buffers of exactly the lengths that its declaration states: for
//! [`Standalone`](super::Standalone), and for tests.

use core::cell::Cell;

use super::{Backward, Buffers, Built, Elements, Forward, Fused, Inputs, Layer, List, ListMut, NonTrainable, Space};
use crate::{kernels::random::Random, shape::Dims};

/// A layer, its declaration for these inputs, and a batch of them.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Runner<'a, L> {
    pub layer: L,
    pub built: &'a Built,
    pub input_dims: &'a [Dims],
    pub inputs: &'a [&'a [f32]],
    pub batch: usize,
    pub random: Random,
    /// The contents of memory that a pass has not written yet: not a number, in tests, so that reading it spoils the result.
    pub unwritten: f32,
}

/// Memory for each sample, and for the batch.
#[doc(hidden)]
pub type Buffer = (Vec<f32>, Vec<f32>);

/// The mode of a forward pass.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Inference,
    /// Inference, which a backward pass follows.
    RecordedInference,
    Training,
    /// Training, with the non-trainable weights left as they are.
    FrozenTraining,
}

impl Mode {
    const fn is_training(self) -> bool {
        matches!(self, Self::Training | Self::FrozenTraining)
    }
}

/// The gradients that a backward pass is asked for.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Of a first layer: nobody reads the gradients of its inputs.
    Weights,
    /// Of a frozen layer.
    Inputs,
    /// Of a shared layer: the gradients of the weights are added to ones.
    Accumulated,
}

/// A recorded forward pass: what its backward pass needs.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Step {
    mode: Mode,
    pub outputs: Vec<Vec<f32>>,
    pub saved: Buffer,
}

/// The gradients of a backward pass; empty where they were not wanted.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq)]
pub struct StepGradients {
    pub inputs: Vec<Vec<f32>>,
    pub weights: Vec<Vec<f32>>,
}

impl<L: Layer> Runner<'_, L> {
    /// The forward pass.
    pub fn forward(&self, mode: Mode, weights: &[&[f32]], non_trainable: &mut [&mut [f32]]) -> Step {
        self.forward_stateful(mode, weights, non_trainable, &mut [])
    }

    /// The forward pass of a layer with these state variables.
    pub fn forward_stateful(
        &self,
        mode: Mode,
        weights: &[&[f32]],
        non_trainable: &mut [&mut [f32]],
        states: &mut [&mut [f32]],
    ) -> Step {
        let (recorded, built) = (mode != Mode::Inference, self.built);
        let mut outputs: Vec<Vec<f32>> = built.outputs().iter().map(|output| self.buffer(output.dims)).collect();
        let mut saved = self.memory(if recorded { built.saved } else { Space::NONE });
        let mut scratch = self.memory(built.scratch);
        let output_dims: Vec<Dims> = built.outputs().iter().map(|output| output.dims).collect();
        let (mut updated, mut read_only) = (Vec::new(), Vec::new());
        let non_trainable = if mode == Mode::Training {
            updated.extend(non_trainable.iter_mut().map(|weight| &mut **weight));
            NonTrainable::Updated(&mut updated)
        } else {
            read_only.extend(non_trainable.iter().map(|weight| &**weight));
            NonTrainable::ReadOnly(&read_only)
        };
        let mut states: Vec<&mut [f32]> = states.iter_mut().map(|state| &mut **state).collect();
        self.layer.forward(Forward {
            batch: self.batch,
            whole_batch: self.batch,
            training: mode.is_training(),
            recorded,
            input_dims: List::new(self.input_dims),
            output_dims: List::new(&output_dims),
            inputs: Inputs::new(&floats(self.inputs)),
            masks: List::new(&vec![None; self.inputs.len()]),
            weights: List::new(weights),
            panels: &[],
            non_trainable,
            states: ListMut::new(&mut states),
            outputs: ListMut::new(&mut views_mut(&mut outputs)),
            output_mask: None,
            saved: buffers(&mut saved),
            scratch: buffers(&mut scratch),
            random: self.random,
            first_sample: 0,
            epilogue: Fused::default(),
            frozen: &[],
            added_loss: None,
            invalid_id: &Cell::new(None),
        });
        Step { mode, outputs, saved }
    }

    /// The backward pass of a step whose forward pass was recorded.
    pub fn backward(
        &self,
        step: Step,
        output_gradients: &[&[f32]],
        wanted: Wanted,
        weights: &[&[f32]],
        non_trainable: &[&[f32]],
    ) -> StepGradients {
        let (built, Step { mode, outputs, mut saved }) = (self.built, step);
        let mut scratch = self.memory(built.backward_scratch);
        let mut output_gradients: Vec<Vec<f32>> = output_gradients.iter().map(|gradient| gradient.to_vec()).collect();
        let output_dims: Vec<Dims> = built.outputs().iter().map(|output| output.dims).collect();
        let of_inputs = wanted != Wanted::Weights;
        let mut inputs: Vec<Vec<f32>> =
            self.input_dims.iter().map(|&dims| if of_inputs { self.buffer(dims) } else { Vec::new() }).collect();
        let start = if wanted == Wanted::Accumulated { 1.0 } else { self.unwritten };
        let of_weights = wanted != Wanted::Inputs;
        let mut gradients: Vec<Vec<f32>> =
            weights.iter().filter(|_| of_weights).map(|weight| vec![start; weight.len()]).collect();
        let mut input_gradients: Vec<Option<&mut [f32]>> =
            inputs.iter_mut().map(|gradient| Some(gradient.as_mut_slice()).filter(|_| of_inputs)).collect();
        let (nothing, outputs) = (vec![&[][..]; self.inputs.len().max(outputs.len())], views(&outputs));
        let inputs_read = if built.backward_reads_input { self.inputs } else { &nothing[..self.inputs.len()] };
        let outputs_read = if built.backward_reads_output { &outputs[..] } else { &nothing[..outputs.len()] };
        self.layer.backward(Backward {
            batch: self.batch,
            whole_batch: self.batch,
            input_dims: List::new(self.input_dims),
            output_dims: List::new(&output_dims),
            inputs: Inputs::new(&floats(inputs_read)),
            masks: List::new(&vec![None; self.inputs.len()]),
            weights: List::new(weights),
            non_trainable: List::new(non_trainable),
            training: mode.is_training(),
            updated: mode == Mode::Training,
            outputs: List::new(outputs_read),
            saved: buffers(&mut saved),
            scratch: buffers(&mut scratch),
            output_gradients: ListMut::new(&mut views_mut(&mut output_gradients)),
            from_logits: 0,
            input_gradients: ListMut::new(&mut input_gradients),
            weight_gradients: of_weights.then_some(ListMut::new(&mut views_mut(&mut gradients))),
            accumulate: wanted == Wanted::Accumulated,
            rectified: false,
            random: self.random,
            frozen: &[],
        });
        StepGradients { inputs, weights: gradients }
    }

    fn buffer(&self, dims: Dims) -> Vec<f32> {
        vec![self.unwritten; self.batch * dims.size()]
    }

    fn memory(&self, space: Space) -> Buffer {
        (vec![self.unwritten; space.per_sample * self.batch], vec![self.unwritten; space.fixed])
    }
}

fn buffers(memory: &mut Buffer) -> Buffers<'_> {
    Buffers { per_sample: &mut memory.0, fixed: &mut memory.1 }
}

fn floats<'a>(tensors: &[&'a [f32]]) -> Vec<Elements<'a>> {
    tensors.iter().map(|tensor| Elements::Float32(tensor)).collect()
}

fn views(tensors: &[Vec<f32>]) -> Vec<&[f32]> {
    tensors.iter().map(Vec::as_slice).collect()
}

fn views_mut(tensors: &mut [Vec<f32>]) -> Vec<&mut [f32]> {
    tensors.iter_mut().map(Vec::as_mut_slice).collect()
}

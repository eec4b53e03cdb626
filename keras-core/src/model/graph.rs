//! The graph of a model, or of the layers within a layer: what a plan is made of.

use super::{CallDescription, InputDescription, Memory, OutputDescription};
use crate::layers::{Built, TensorSpec};

/// The calls of layers between inputs and outputs. It borrows what it consists of, so that the `build` of a layer that
/// `layer!` declares can plan one.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Graph<'a> {
    pub inputs: &'a [InputDescription],
    pub calls: &'a [CallDescription<'a>],
    pub outputs: &'a [OutputDescription],
    /// Whether each layer has flags of its own that say whether it is frozen. Those within a layer are frozen as it is.
    pub of_a_model: bool,
}

impl Graph<'_> {
    /// Which call makes a tensor that is no input: its number, and that of the output.
    pub(crate) const fn maker(&self, tensor: usize) -> (usize, usize) {
        // Where each call makes one tensor, it is found at once: const evaluation is slow.
        let guess = tensor.saturating_sub(self.inputs.len());
        if guess < self.calls.len() && self.calls[guess].output == tensor {
            return (guess, 0);
        }
        // Calls are in the order of their outputs: the last that starts at the tensor or before it.
        let (mut from, mut to) = (0, self.calls.len());
        while from + 1 < to {
            let middle = (from + to) / 2;
            if self.calls[middle].output <= tensor {
                from = middle;
            } else {
                to = middle;
            }
        }
        (from, tensor - self.calls[from].output)
    }

    /// The dimensions of one sample of a tensor.
    pub(crate) const fn dims(&self, tensor: usize) -> crate::shape::Dims {
        self.spec(tensor).dims
    }

    /// A tensor by its number: dimensions, dtype, mask.
    pub(crate) const fn spec(&self, tensor: usize) -> TensorSpec {
        if tensor < self.inputs.len() {
            TensorSpec::new(self.inputs[tensor].dims).with_dtype(self.inputs[tensor].dtype)
        } else {
            let (call, output) = self.maker(tensor);
            self.calls[call].built.nth_output(output)
        }
    }

    /// The number of tensors.
    pub(crate) const fn tensors(&self) -> usize {
        let (mut tensors, mut at) = (self.inputs.len(), 0);
        while at < self.calls.len() {
            tensors += self.calls[at].built.outputs().len();
            at += 1;
        }
        tensors
    }

    /// Where the flags of the next layer start, after those of this one.
    pub(super) const fn flags_of(&self, built: &Built) -> usize {
        if self.of_a_model { built.weights.all_layers() } else { 0 }
    }

    /// Multiply-accumulate operations of one sample's forward pass.
    pub(super) const fn macs(&self) -> u64 {
        let (mut macs, mut at): (u64, _) = (0, 0);
        while at < self.calls.len() {
            macs = macs.saturating_add(self.calls[at].built.macs);
            at += 1;
        }
        macs
    }

    /// Whether, in training, a batch is taken in one piece: a sample's output depends on the other samples of its batch, or
    /// batches change a state.
    pub(super) const fn whole_batch(&self) -> bool {
        let mut at = 0;
        while at < self.calls.len() {
            if self.calls[at].built.whole_batch || !self.calls[at].built.state_space().is_none() {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The declaration of a layer of these outputs that runs the graph, without its weights.
    pub(super) const fn built(&self, outputs: Built, memory: Memory) -> Built {
        let mut built = outputs.macs(self.macs());
        built.scratch = memory.inference;
        built.saved = memory.training;
        built.whole_batch = self.whole_batch();
        built
    }
}

//! What the two passes of a layer are given.

use crate::{kernels::random::Random, shape::Dims};

/// The non-trainable weights of a layer.
pub enum State<'a> {
    /// To be read: at inference, and in training when the layer is frozen.
    Fixed(&'a [&'a [f32]]),
    /// To be updated: in training.
    Updated(&'a mut [&'a mut [f32]]),
}

/// Memory of a layer's own, as large as its [`Built`](super::Built) says.
pub struct Buffers<'a> {
    /// Floats for each sample.
    pub per_sample: &'a mut [f32],
    /// Floats for the batch.
    pub fixed: &'a mut [f32],
}

/// What [`Layer::forward`](super::Layer::forward) is given.
pub struct Forward<'a> {
    /// The number of samples.
    pub batch: usize,
    /// Whether this is a training step: dropout drops, and `kept` is to be filled.
    pub training: bool,
    /// The dimensions of one sample of each input.
    pub input_dims: &'a [Dims],
    /// The dimensions of one sample of the output.
    pub output_dims: Dims,
    /// The inputs, each `batch` samples.
    pub inputs: &'a [&'a [f32]],
    /// The trainable weights, in the order of `build`; for an inner model, one block.
    pub weights: &'a [&'a [f32]],
    /// The non-trainable weights, in the order of `build`; for an inner model, one block.
    pub state: State<'a>,
    /// Where the output goes: `batch` samples.
    pub output: &'a mut [f32],
    /// What `backward` will be given; empty at inference.
    pub kept: Buffers<'a>,
    /// Memory to use; its contents are undefined.
    pub scratch: Buffers<'a>,
    /// Random numbers of this layer in this step.
    pub random: Random,
}

/// What [`Layer::backward`](super::Layer::backward) is given.
pub struct Backward<'a> {
    /// The number of samples.
    pub batch: usize,
    /// The dimensions of one sample of each input.
    pub input_dims: &'a [Dims],
    /// The dimensions of one sample of the output.
    pub output_dims: Dims,
    /// The inputs; empty slices unless `build` said that `backward` reads them.
    pub inputs: &'a [&'a [f32]],
    /// The trainable weights, in the order of `build`.
    pub weights: &'a [&'a [f32]],
    /// The non-trainable weights, in the order of `build`.
    pub state: &'a [&'a [f32]],
    /// Whether `forward` had its state to update (see [`State`]): false in a frozen layer.
    pub state_updated: bool,
    /// The output; empty unless `build` said that `backward` reads it.
    pub output: &'a [f32],
    /// What `forward` kept.
    pub kept: Buffers<'a>,
    /// Memory to use; its contents are undefined.
    pub scratch: Buffers<'a>,
    /// The gradient of the loss with respect to the output; may be overwritten.
    pub output_gradient: &'a mut [f32],
    /// Whether `output_gradient` is the gradient of what went into the final activation, instead of what came out.
    pub from_logits: bool,
    /// Where the gradients of the inputs go, to be overwritten; an empty slice is not wanted.
    pub input_gradients: &'a mut [&'a mut [f32]],
    /// Where the gradients of the trainable weights go; an empty list is not wanted (the layer is frozen).
    pub weight_gradients: &'a mut [&'a mut [f32]],
    /// Whether the gradients of the weights are to be added to what is there (a shared layer), not written over it.
    pub accumulate: bool,
    /// The random numbers that `forward` had.
    pub random: Random,
}

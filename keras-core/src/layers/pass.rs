//! The arguments of the two passes of a layer.

use core::cell::Cell;

use super::{
    elements::Inputs,
    list::{List, ListMut},
};
use crate::{
    activations::Activation,
    kernels::{Epilogue, elementwise, random::Random},
    shape::Dims,
};

/// The non-trainable weights of a layer.
///
/// A layer with a moving mean reads it where it is fixed and changes it in a training step:
///
/// ```
/// use keras::layers::NonTrainable;
///
/// fn mean(weights: NonTrainable<'_>, batch_mean: f32) -> f32 {
///     match weights {
///         NonTrainable::Updated([mean]) => {
///             mean[0] += 0.5 * (batch_mean - mean[0]);
///             batch_mean
///         }
///         NonTrainable::ReadOnly([mean]) => mean[0],
///         _ => batch_mean,
///     }
/// }
///
/// let mut moving = [0.0];
/// assert_eq!(mean(NonTrainable::Updated(&mut [&mut moving]), 4.0), 4.0);
/// assert_eq!(mean(NonTrainable::ReadOnly(&[&moving]), 4.0), 2.0);
/// ```
pub enum NonTrainable<'a> {
    /// To be read: at inference, and in training when the layer is frozen.
    ReadOnly(&'a [&'a [f32]]),
    /// To be updated: in training.
    Updated(&'a mut [&'a mut [f32]]),
}

/// Memory of a layer, as large as its [`Built`](super::Built) declares.
///
/// ```
/// use keras::layers::Buffers;
///
/// let (mut per_sample, mut fixed) = ([0.0; 6], [0.0; 2]);
/// let saved = Buffers { per_sample: &mut per_sample, fixed: &mut fixed };
/// saved.per_sample.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]); // three samples of two floats
/// assert_eq!(per_sample[4..], [5.0, 6.0]);
/// ```
#[derive(Debug)]
pub struct Buffers<'a> {
    /// Floats for each sample.
    pub per_sample: &'a mut [f32],
    /// Floats for the batch.
    pub fixed: &'a mut [f32],
}

impl Buffers<'_> {
    /// No memory.
    pub(crate) const fn none() -> Self {
        Self { per_sample: &mut [], fixed: &mut [] }
    }

    /// The same, lent.
    pub(crate) const fn reborrow(&mut self) -> Buffers<'_> {
        Buffers { per_sample: self.per_sample, fixed: self.fixed }
    }
}

/// The arguments of [`Layer::forward`](super::Layer::forward).
///
/// ```
/// use keras::{layers::{Backward, Built, Forward, Layer}, prelude::*, shape::{Dims, ShapeError}};
///
/// /// The sum of each sample's values.
/// #[derive(Clone, Copy)]
/// pub struct Sum;
///
/// impl Sum {
///     pub const fn layer() -> Self { Self }
///     pub const fn build(&self, _: Dims) -> Result<Built, ShapeError> { Built::new(Dims::new(&[1])).ok() }
/// }
///
/// impl Layer for Sum {
///     fn forward(&self, pass: Forward<'_>) {
///         let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
///         for (to, sample) in output.iter_mut().zip(input.chunks_exact(dims.size())) { *to = sample.iter().sum(); }
///     }
/// #   fn backward(&self, _: Backward<'_>) {}
///     // …
/// }
///
/// sequential! { struct Net { Input(3), Sum() } }
/// assert_eq!(Net::new().predict(&Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))?.values(), [6.0, 15.0]);
/// # Ok::<(), keras::Error>(())
/// ```
pub struct Forward<'a> {
    /// The number of samples.
    pub batch: usize,
    /// The number of samples of the whole batch, of which these may be a slice.
    pub whole_batch: usize,
    /// Keras' argument `training` of a call: whether dropout drops, for instance.
    pub training: bool,
    /// Whether a backward pass may follow, for which `saved` is to be filled: in training, and for gradients at inference.
    pub recorded: bool,
    /// The dimensions of one sample of each input.
    pub input_dims: List<'a, Dims>,
    /// The dimensions of one sample of each output.
    pub output_dims: List<'a, Dims>,
    /// The inputs, each `batch` samples.
    pub inputs: Inputs<'a>,
    /// The masks of the inputs: 1 where a position is valid, 0 where it is masked; `None` of an input without a mask. Only a
    /// layer that declares to read them (see [`Masks`](super::Masks)) is given any.
    pub masks: List<'a, Option<&'a [f32]>>,
    /// The trainable weights, in the order of `build`; of a model, one block.
    pub weights: List<'a, &'a [f32]>,
    /// A copy of the trainable weights in which large kernels of dense layers are stored in panels, and nothing else is stored;
    /// empty if there is none, as in training. A layer that has weights of its own and passes the rest on to another layer passes
    /// that part of the copy on, or none.
    pub panels: &'a [f32],
    /// The non-trainable weights, in the order of `build`; of a model, one block.
    pub non_trainable: NonTrainable<'a>,
    /// The state variables, in the order of `build`, as the call before left them: to read, and to change for the next. One with
    /// a batch axis has `batch` samples.
    pub states: ListMut<'a, &'a mut [f32]>,
    /// The outputs to compute, each `batch` samples.
    pub outputs: ListMut<'a, &'a mut [f32]>,
    /// The mask of the first output to compute; of a model, those of its outputs, one after another. `None` unless `build`
    /// declared that `forward` makes one.
    pub output_mask: Option<&'a mut [f32]>,
    /// Saved tensors: what `backward` will be given; empty unless the pass is `recorded`.
    pub saved: Buffers<'a>,
    /// Memory to use; its contents are undefined.
    pub scratch: Buffers<'a>,
    /// Random numbers of this layer in this step. At inference they are the same in every call: those of a sample are
    /// `random.of_sample(first_sample + at)`, whatever the batch that it is in.
    pub random: Random,
    /// The number of the first sample among all that are predicted; 0 in training.
    pub first_sample: usize,
    /// The layers after this one that were fused into it: in training, at most a rectifier into a normalization.
    pub epilogue: Fused<'a>,
    /// Which of the layers within are frozen: of a layer that holds others, such as a model.
    pub frozen: &'a [bool],
    /// The sum over the samples of what is added to the loss; `None` if nobody asks for the loss.
    pub added_loss: Option<&'a mut f32>,
    /// The first id of the batch that is none: `fit`, `evaluate` and `predict` make an error of it.
    pub invalid_id: &'a Cell<Option<InvalidId>>,
}

/// An id that a layer was given and that is none.
///
/// ```
/// use keras::{Error, prelude::*};
///
/// sequential! { struct Net { Input(2), Embedding(4, 3), Flatten() } }
///
/// let error = Net::new().predict(&Tensor::from([[0.0, 1.0], [2.0, 4.0]])).unwrap_err();
/// assert!(matches!(error, Error::Id { sample: 1, value: 4.0, count: 4, .. }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidId {
    /// The layer, counted among all layers of the model, those of inner models included.
    pub layer: usize,
    /// The sample, counted in the batch that the layer was given.
    pub sample: usize,
    /// The id.
    pub value: f64,
    /// The number of ids.
    pub count: usize,
}

/// Layers that the plan fused into the one before them: its output is to be `sums·scale + shift` along the last axis, and
/// not below zero if it is rectified.
///
/// A layer that does not declare [`Fusion::Epilogue`](super::Fusion) is given none. In training, a layer that declares
/// [`Fusion::Normalization`](super::Fusion) may be given a rectifier.
///
/// ```
/// use keras::layers::Fused;
///
/// let none = Fused::default();
/// assert!(none.scale.is_empty() && none.shift.is_empty() && !none.rectified);
/// ```
#[derive(Default)]
pub struct Fused<'a> {
    /// A factor for each channel; empty if there is none.
    pub scale: &'a [f32],
    /// What is added to each channel; empty if there is no factor.
    pub shift: &'a mut [f32],
    /// Whether negative numbers become zero.
    pub rectified: bool,
}

impl<'a> Fused<'a> {
    /// The epilogue of a layer's sums, with its own bias and activation (which is linear if something was fused).
    pub(crate) fn with_bias(self, bias: &'a [f32], activation: Activation) -> Epilogue<'a> {
        let activation = if self.rectified { Activation::Relu } else { activation };
        if self.scale.is_empty() {
            return Epilogue::new(bias, activation);
        }
        for ((shift, scale), bias) in self.shift.iter_mut().zip(self.scale).zip(bias) {
            *shift += *bias * *scale;
        }
        Epilogue { scale: self.scale, bias: self.shift, activation }
    }
}

/// The arguments of [`Layer::backward`](super::Layer::backward).
///
/// ```
/// use keras::{layers::{Backward, Built, Forward, Layer}, prelude::*, shape::{Dims, ShapeError}};
///
/// /// The sum of each sample's values.
/// #[derive(Clone, Copy)]
/// pub struct Sum;
///
/// impl Layer for Sum {
///     fn backward(&self, pass: Backward<'_>) {
///         let ([dims], [output_gradient]) = (pass.input_dims.array(), pass.output_gradients.array());
///         let [Some(input_gradient)] = pass.input_gradients.array() else { return };
///         // The sum's gradient is that of each of its terms.
///         for (sample, gradient) in input_gradient.chunks_exact_mut(dims.size()).zip(output_gradient) {
///             sample.fill(*gradient);
///         }
///     }
/// #   fn forward(&self, pass: Forward<'_>) {
/// #       let ([input], [dims], [output]) = (pass.inputs.array(), pass.input_dims.array(), pass.outputs.array());
/// #       for (to, sample) in output.iter_mut().zip(input.chunks_exact(dims.size())) { *to = sample.iter().sum(); }
/// #   }
///     // …
/// }
/// # impl Sum {
/// #     pub const fn layer() -> Self { Self }
/// #     pub const fn build(&self, _: Dims) -> Result<Built, ShapeError> { Built::new(Dims::new(&[1])).ok() }
/// # }
///
/// sequential! { struct Net { Input(1), Dense(2, kernel_initializer = "ones"), Sum() } }
/// let (x, y) = (Tensor::from([[3.0]]), Tensor::from([[5.0]]));
/// let (loss, gradients) = Net::new().loss_and_gradients(&x, &y, &MeanAbsoluteError::default())?;
/// assert_eq!(loss, 1.0);
/// assert_eq!(gradients.values(), [3.0, 3.0, 1.0, 1.0]);
/// # Ok::<(), keras::Error>(())
/// ```
pub struct Backward<'a> {
    /// The number of samples.
    pub batch: usize,
    /// The number of samples of the whole batch, of which these may be a slice.
    pub whole_batch: usize,
    /// The dimensions of one sample of each input.
    pub input_dims: List<'a, Dims>,
    /// The dimensions of one sample of each output.
    pub output_dims: List<'a, Dims>,
    /// The inputs; empty slices unless `build` declared that `backward` reads them.
    pub inputs: Inputs<'a>,
    /// The masks of the inputs, as `forward` had them.
    pub masks: List<'a, Option<&'a [f32]>>,
    /// The trainable weights, in the order of `build`.
    pub weights: List<'a, &'a [f32]>,
    /// The non-trainable weights, in the order of `build`.
    pub non_trainable: List<'a, &'a [f32]>,
    /// What `training` was in `forward`: without it, a layer that drops values has dropped none.
    pub training: bool,
    /// Whether `forward` updated the non-trainable weights (see [`NonTrainable`]): false in a frozen layer.
    pub updated: bool,
    /// The outputs; empty slices unless `build` declared that `backward` reads them.
    pub outputs: List<'a, &'a [f32]>,
    /// Saved tensors: what `forward` left here.
    pub saved: Buffers<'a>,
    /// Memory to use; its contents are undefined.
    pub scratch: Buffers<'a>,
    /// The gradients of the loss with respect to the outputs; may be overwritten. That of an output that nothing reads is zero.
    pub output_gradients: ListMut<'a, &'a mut [f32]>,
    /// The outputs whose gradient is that of the input of the final activation, instead of its output: a bit each, the first
    /// output's the lowest.
    pub from_logits: u64,
    /// The gradients of the inputs to compute, overwriting their contents; `None` where it is not wanted.
    pub input_gradients: ListMut<'a, Option<&'a mut [f32]>>,
    /// The gradients of the trainable weights to compute; `None` in a frozen layer, where none is wanted.
    pub weight_gradients: Option<ListMut<'a, &'a mut [f32]>>,
    /// Whether the gradients of the weights are to be added to their contents (a shared layer), instead of overwriting them.
    pub accumulate: bool,
    /// Whether negative outputs became zero in `forward`, by its epilogue: the gradient is that of what came out.
    pub rectified: bool,
    /// The random numbers that `forward` had.
    pub random: Random,
    /// Which of the layers within are frozen: of a layer that holds others, such as a model.
    pub frozen: &'a [bool],
}

impl Forward<'_> {
    /// The output is the input.
    pub(crate) fn copy(self) {
        let [output] = self.outputs.array();
        self.inputs.get(0).copy_to(output);
    }
}

impl Backward<'_> {
    /// The gradient of the input is that of the output.
    pub(crate) fn copy(self) {
        if let [Some(input_gradient)] = self.input_gradients.array() {
            let [output_gradient] = self.output_gradients.array();
            elementwise::copy(output_gradient, input_gradient);
        }
    }
}

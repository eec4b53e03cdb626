//! What the two passes of a layer are given.

use crate::{
    activations::Activation,
    kernels::{Epilogue, random::Random},
    shape::Dims,
};

/// The non-trainable weights of a layer.
///
/// A layer with a moving mean reads it where it is fixed and changes it where it is to be updated:
///
/// ```
/// use keras::layers::State;
///
/// fn mean(state: State<'_>, batch_mean: f32) -> f32 {
///     match state {
///         State::Updated([mean]) => {
///             mean[0] += 0.5 * (batch_mean - mean[0]);
///             batch_mean
///         }
///         State::Fixed([mean]) => mean[0],
///         _ => batch_mean,
///     }
/// }
///
/// let mut moving = [0.0];
/// assert_eq!(mean(State::Updated(&mut [&mut moving]), 4.0), 4.0);
/// assert_eq!(mean(State::Fixed(&[&moving]), 4.0), 2.0);
/// ```
pub enum State<'a> {
    /// To be read: at inference, and in training when the layer is frozen.
    Fixed(&'a [&'a [f32]]),
    /// To be updated: in training.
    Updated(&'a mut [&'a mut [f32]]),
}

/// Memory of a layer's own, as large as its [`Built`](super::Built) says.
///
/// ```
/// use keras::layers::Buffers;
///
/// let (mut per_sample, mut fixed) = ([0.0; 6], [0.0; 2]);
/// let kept = Buffers { per_sample: &mut per_sample, fixed: &mut fixed };
/// kept.per_sample.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]); // three samples of two floats
/// assert_eq!(per_sample[4..], [5.0, 6.0]);
/// ```
pub struct Buffers<'a> {
    /// Floats for each sample.
    pub per_sample: &'a mut [f32],
    /// Floats for the batch.
    pub fixed: &'a mut [f32],
}

/// What [`Layer::forward`](super::Layer::forward) is given beside, if the layer is a model.
///
/// ```
/// use keras::layers::InnerForward;
///
/// let plain = InnerForward::default(); // what all layers but models are given
/// assert!(plain.more_outputs.is_empty() && plain.activity.is_none());
/// ```
#[derive(Default)]
pub struct InnerForward<'a> {
    /// Which of its layers are frozen, those of its own inner models included.
    pub frozen: &'a [bool],
    /// Where the outputs after the first go.
    pub more_outputs: &'a mut [&'a mut [f32]],
    /// The number of samples of the whole batch.
    pub whole: usize,
    /// Where what its outputs cost is added, if it is asked for.
    pub activity: Option<&'a mut f32>,
}

/// What [`Layer::backward`](super::Layer::backward) is given beside, if the layer is a model.
///
/// ```
/// use keras::layers::InnerBackward;
///
/// let plain = InnerBackward::default(); // what all layers but models are given
/// assert!(plain.more_output_gradients.is_empty() && plain.from_logits == 0);
/// ```
#[derive(Default)]
pub struct InnerBackward<'a> {
    /// Which of its layers are frozen, those of its own inner models included.
    pub frozen: &'a [bool],
    /// The gradients of the outputs after the first; empty where nothing reads the output.
    pub more_output_gradients: &'a mut [&'a mut [f32]],
    /// Of which outputs the gradient is that of what went into the final activation: a bit each.
    pub from_logits: u32,
    /// The number of samples of the whole batch.
    pub whole: usize,
}

/// What [`Layer::forward`](super::Layer::forward) is given.
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
///         let samples = pass.inputs[0].chunks_exact(pass.input_dims[0].size());
///         for (to, sample) in pass.output.iter_mut().zip(samples) { *to = sample.iter().sum(); }
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
    /// The layers after it that were folded into this one; none in training.
    pub folded: Folded<'a>,
    /// What only a model as a layer looks at.
    pub inner: InnerForward<'a>,
}

/// Layers that the plan folded into the one before them: its output is to be `sums·scale + shift` along the last axis, and
/// not below zero if it is rectified.
///
/// A layer that does not say of itself that others can be folded into it is given none:
///
/// ```
/// use keras::layers::Folded;
///
/// let none = Folded::default();
/// assert!(none.scale.is_empty() && none.shift.is_empty() && !none.rectified);
/// ```
#[derive(Default)]
pub struct Folded<'a> {
    /// A factor for each channel; empty if there is none.
    pub scale: &'a [f32],
    /// What is added to each channel; empty if there is no factor.
    pub shift: &'a mut [f32],
    /// Whether negative numbers become zero.
    pub rectified: bool,
}

impl<'a> Folded<'a> {
    /// What a layer's sums go through, with its own bias and activation (which is linear if something was folded).
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

/// What [`Layer::backward`](super::Layer::backward) is given.
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
///         let samples = pass.input_gradients[0].chunks_exact_mut(pass.input_dims[0].size());
///         // The sum's gradient is that of each of its terms.
///         for (sample, gradient) in samples.zip(pass.output_gradient.iter()) { sample.fill(*gradient); }
///     }
/// #   fn forward(&self, pass: Forward<'_>) {
/// #       let samples = pass.inputs[0].chunks_exact(pass.input_dims[0].size());
/// #       for (to, sample) in pass.output.iter_mut().zip(samples) { *to = sample.iter().sum(); }
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
    /// What only a model as a layer looks at.
    pub inner: InnerBackward<'a>,
}

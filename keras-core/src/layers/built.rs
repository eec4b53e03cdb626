//! The declaration of a layer for inputs of known dimensions: its outputs, weights and memory.

use super::{MAX_STATES, StateVariable};
use crate::{
    activations::Activation,
    constraints::Constraint,
    initializers::Initializer,
    model::Description,
    regularizers::Regularizer,
    shape::{Dims, Dtype, MAX_ELEMENTS, MAX_LENGTH, MAX_RANK, ShapeError},
};

/// The largest number of weights of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_WEIGHTS, 8);
/// ```
pub const MAX_WEIGHTS: usize = 8;

/// The largest number of outputs of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_OUTPUTS, 16);
/// ```
pub const MAX_OUTPUTS: usize = 16;

/// One weight of a layer: its name, dimensions, initializer.
///
/// ```
/// use keras::{initializers::Initializer, layers::Weight, regularizers::Regularizer, shape::Dims};
///
/// let kernel = Weight::new("kernel", Dims::new(&[3, 2]), Initializer::HE_NORMAL).regularizer(Regularizer::l2(0.01));
/// assert!(kernel.trainable);
/// let mean = Weight::non_trainable("moving_mean", Dims::new(&[2]), Initializer::Zeros);
/// assert!(!mean.trainable);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// The name within the layer: `kernel`, `bias`, `gamma`.
    pub name: &'static str,
    /// The path of the layer that it belongs to, within the layer that has it as an argument: `["dense"]` in
    /// `TimeDistributed(Dense(8))`, and empty for a weight of the layer itself.
    pub scope: &'static [&'static str],
    /// The dimensions.
    pub dims: Dims,
    /// Initializer of the values.
    pub initializer: Initializer,
    /// Regularizer: a term of the training loss.
    pub regularizer: Regularizer,
    /// Constraint, applied after each training step.
    pub constraint: Constraint,
    /// Whether the optimizer updates it. Moving averages are non-trainable: `forward` updates them.
    pub trainable: bool,
}

impl Weight {
    const NONE: Self = Self::new("", Dims::SCALAR, Initializer::Zeros);

    /// A trainable weight without a regularizer or a constraint.
    ///
    /// ```
    /// use keras::{layers::Weight, prelude::*, shape::Dims};
    ///
    /// let kernel = Weight::new("kernel", Dims::new(&[3, 2]), Initializer::HE_NORMAL);
    /// assert!(kernel.trainable && kernel.dims.size() == 6);
    /// ```
    pub const fn new(name: &'static str, dims: Dims, initializer: Initializer) -> Self {
        Self {
            name,
            scope: &[],
            dims,
            initializer,
            regularizer: Regularizer::None,
            constraint: Constraint::NONE,
            trainable: true,
        }
    }

    /// A non-trainable weight: `forward` updates it in training, through [`NonTrainable`](super::NonTrainable).
    ///
    /// ```
    /// use keras::{layers::Weight, prelude::*, shape::Dims};
    ///
    /// assert!(!Weight::non_trainable("moving_mean", Dims::new(&[2]), Initializer::Zeros).trainable);
    /// ```
    pub const fn non_trainable(name: &'static str, dims: Dims, initializer: Initializer) -> Self {
        let mut weight = Self::new(name, dims, initializer);
        weight.trainable = false;
        weight
    }

    /// Whether this is its path in its layer, or in the layer `depth` levels within: `dense/kernel`.
    pub(crate) fn has_path(&self, path: &str, depth: usize) -> bool {
        let scope = self.scope.get(depth..).unwrap_or_default();
        without_scope(path, scope) == Some(self.name)
    }

    /// Whether its dimensions suit its initializer, its regularizer and its constraint.
    const fn check(&self) -> Result<(), ShapeError> {
        match (self.initializer.check(self.dims), self.regularizer.check(self.dims), self.constraint.check(self.dims)) {
            (Ok(()), Ok(()), Ok(())) => Ok(()),
            (Err(error), ..) | (_, Err(error), _) | (_, _, Err(error)) => Err(error),
        }
    }

    /// Adds a regularizer.
    ///
    /// ```
    /// use keras::{layers::{Built, Weight}, prelude::*, shape::Dims};
    ///
    /// let kernel = Weight::new("kernel", Dims::new(&[3]), Initializer::Zeros).regularizer(Regularizer::l2(-1.0));
    /// assert!(Built::new(Dims::new(&[3])).weight(kernel).ok().is_err()); // a factor is at least 0
    /// ```
    pub const fn regularizer(mut self, regularizer: Regularizer) -> Self {
        self.regularizer = regularizer;
        self
    }

    /// Adds a constraint.
    ///
    /// ```
    /// use keras::{layers::{Built, Weight}, prelude::*, shape::Dims};
    ///
    /// let scale = Weight::new("scale", Dims::new(&[3]), Initializer::ONES).constraint(Constraint::non_neg());
    /// assert!(!scale.constraint.is_none() && Built::new(Dims::new(&[3])).weight(scale).ok().is_ok());
    /// ```
    pub const fn constraint(mut self, constraint: Constraint) -> Self {
        self.constraint = constraint;
        self
    }
}

/// The rest of a path that starts with this scope.
pub(crate) fn without_scope<'p>(path: &'p str, scope: &[&str]) -> Option<&'p str> {
    scope.iter().try_fold(path, |rest, layer| rest.strip_prefix(layer)?.strip_prefix('/'))
}

/// The weights of a layer: its own, or those of a model that is used as a layer.
///
/// ```
/// use keras::{layers::Dense, shape::Dims};
///
/// let built = Dense::layer(10).build(Dims::new(&[784]))?;
/// assert_eq!(built.weights.list()[0].name, "kernel");
/// assert_eq!((built.weights.trainable_size(), built.weights.non_trainable_size()), (7850, 0));
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "a constant, never copied at run time")]
pub enum Weights {
    /// Up to [`MAX_WEIGHTS`] weights, of which the first `1` count.
    Own([Weight; MAX_WEIGHTS], usize),
    /// All weights of an inner model: two blocks, trainable and rest.
    Model(&'static Description),
    /// The same, of a model that is an argument of the layer, with its path in the layer: `["encoder"]` in
    /// `TimeDistributed(Encoder())`.
    Wrapped(&'static Description, &'static [&'static str]),
}

impl Weights {
    /// The layer's own weights; none for an inner model.
    ///
    /// ```
    /// use keras::{layers::Dense, shape::Dims};
    ///
    /// let built = Dense::layer(10).build(Dims::new(&[784]))?;
    /// let names: Vec<&str> = built.weights.list().iter().map(|weight| weight.name).collect();
    /// assert_eq!(names, ["kernel", "bias"]);
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub fn list(&self) -> &[Weight] {
        match self {
            Self::Own(list, count) => &list[..*count],
            Self::Model(_) | Self::Wrapped(..) => &[],
        }
    }

    /// The inner model, if they are those of one, and its path in the layer.
    pub(crate) const fn model(&self) -> Option<(&'static Description, &'static [&'static str])> {
        match self {
            Self::Own(..) => None,
            Self::Model(model) => Some((model, &[])),
            Self::Wrapped(model, scope) => Some((model, scope)),
        }
    }

    /// The number of levels within the layer that have names in the paths of the weights: of models, and of layers that are
    /// arguments.
    pub(crate) const fn levels(&self) -> usize {
        match self {
            Self::Own(list, count) => {
                let (mut levels, mut at) = (0, 0);
                while at < *count {
                    if levels < list[at].scope.len() {
                        levels = list[at].scope.len();
                    }
                    at += 1;
                }
                levels
            }
            Self::Model(model) => model.levels,
            Self::Wrapped(model, scope) => model.levels + scope.len(),
        }
    }

    /// The number of elements of the trainable weights.
    ///
    /// ```
    /// use keras::{layers::BatchNormalization, shape::Dims};
    ///
    /// let weights = BatchNormalization::layer().build(Dims::new(&[10]))?.weights;
    /// assert_eq!(weights.trainable_size(), 10 + 10); // gamma and beta
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn trainable_size(&self) -> usize {
        match self {
            Self::Own(..) => self.size_of(Role::Trainable),
            Self::Model(model) | Self::Wrapped(model, _) => model.trainable,
        }
    }

    /// The number of elements of the non-trainable weights.
    ///
    /// ```
    /// use keras::{layers::BatchNormalization, shape::Dims};
    ///
    /// let weights = BatchNormalization::layer().build(Dims::new(&[10]))?.weights;
    /// assert_eq!(weights.non_trainable_size(), 10 + 10); // the moving averages
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn non_trainable_size(&self) -> usize {
        match self {
            Self::Own(..) => self.size_of(Role::NonTrainable),
            Self::Model(model) | Self::Wrapped(model, _) => model.non_trainable,
        }
    }

    /// The number of elements of the layer's own weights of one role.
    const fn size_of(&self, role: Role) -> usize {
        let Self::Own(list, count) = self else { return 0 };
        let (mut size, mut at): (usize, _) = (0, 0);
        while at < *count {
            if list[at].trainable == matches!(role, Role::Trainable) {
                size = size.saturating_add(list[at].dims.size());
            }
            at += 1;
        }
        size
    }
}

/// Which of the two blocks of a model's weights a weight lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Trainable,
    NonTrainable,
}

/// An amount of memory in floats: a number for each sample of the batch, and a fixed number for a batch of any size.
///
/// ```
/// use keras::layers::Space;
///
/// const SPACE: Space = Space::new(16, 8);
/// let batch = 32;
/// assert_eq!(SPACE.per_sample * batch + SPACE.fixed, 520);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Floats for each sample.
    pub per_sample: usize,
    /// Floats for a batch of any size.
    pub fixed: usize,
}

impl Space {
    pub(crate) const fn is_none(&self) -> bool {
        self.per_sample == 0 && self.fixed == 0
    }

    /// Both together.
    pub(crate) const fn plus(self, more: Self) -> Self {
        Self::new(self.per_sample.saturating_add(more.per_sample), self.fixed.saturating_add(more.fixed))
    }

    /// No floats.
    ///
    /// ```
    /// use keras::layers::Space;
    ///
    /// assert_eq!(Space::NONE, Space::new(0, 0));
    /// ```
    pub const NONE: Self = Self::new(0, 0);

    /// This number of floats for each sample, and a fixed number.
    ///
    /// ```
    /// use keras::layers::Space;
    ///
    /// let space = Space::new(16, 8);
    /// assert_eq!((space.per_sample, space.fixed), (16, 8));
    /// ```
    pub const fn new(per_sample: usize, fixed: usize) -> Self {
        Self { per_sample, fixed }
    }

    /// The memory for samples of which each is this number of samples.
    const fn times(self, steps: usize) -> Self {
        Self::new(self.per_sample.saturating_mul(steps), self.fixed)
    }
}

/// Whether a layer's output can be its input, unchanged in memory, so that nothing is computed.
///
/// ```
/// use keras::{layers::{Dropout, Flatten, Reuse}, shape::Dims};
///
/// let input = Dims::new(&[8, 8]);
/// assert_eq!(Flatten::layer().build(input)?.reuse, Reuse::Always);
/// assert_eq!(Dropout::layer(0.5).build(input)?.reuse, Reuse::Inference);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The layer computes.
    Never,
    /// The output is the input at inference (dropout).
    Inference,
    /// The output is the input, and the input's gradient the output's (flatten, reshape).
    Always,
}

/// The activation that ends a layer, where a loss can be computed from what went into it.
///
/// ```
/// use keras::{activations::Activation, layers::{Dense, FinalActivation}, shape::Dims};
///
/// let scores = Dense::layer(10).activation(Activation::Softmax).build(Dims::new(&[64]))?;
/// assert_eq!(scores.outputs()[0].final_activation, FinalActivation::Softmax);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalActivation {
    /// None that a loss knows.
    Other,
    /// Softmax over the last axis.
    Softmax,
    /// Sigmoid of every element.
    Sigmoid,
}

/// A tensor of a model as const evaluation knows it, as Keras' `KerasTensor`: an input, or an output of a layer.
///
/// ```
/// use keras::{layers::{Built, FinalActivation}, shape::{Dims, Dtype}};
///
/// let built = Built::new(Dims::new(&[10]));
/// let output = built.outputs()[0];
/// assert_eq!((output.dims, output.dtype, output.mask), (Dims::new(&[10]), Dtype::Float32, None));
/// assert_eq!(output.final_activation, FinalActivation::Other);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorSpec {
    /// The dimensions of one sample.
    pub dims: Dims,
    /// The type of its elements.
    pub dtype: Dtype,
    /// The dimensions of one sample of its mask, if it has one.
    pub mask: Option<Dims>,
    /// The activation whose output it is.
    pub final_activation: FinalActivation,
    /// Where the input of that activation starts among the floats a sample that `forward` saves.
    pub logits: usize,
}

impl TensorSpec {
    const NONE: Self = Self::new(Dims::SCALAR);

    /// A `float32` tensor of these dimensions, without a mask.
    ///
    /// ```
    /// use keras::{layers::TensorSpec, shape::Dims};
    ///
    /// assert_eq!(TensorSpec::new(Dims::new(&[10])).mask, None);
    /// ```
    pub const fn new(dims: Dims) -> Self {
        Self { dims, dtype: Dtype::Float32, mask: None, final_activation: FinalActivation::Other, logits: 0 }
    }

    /// The same with elements of another type.
    ///
    /// ```
    /// use keras::{layers::TensorSpec, shape::{Dims, Dtype}};
    ///
    /// assert_eq!(TensorSpec::new(Dims::new(&[10])).with_dtype(Dtype::Int32).dtype, Dtype::Int32);
    /// ```
    pub const fn with_dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = dtype;
        self
    }

    /// The number of words of one sample in an arena.
    pub(crate) const fn words(&self) -> usize {
        self.dtype.words(self.dims.size())
    }

    /// The number of words of one sample of its gradient: whole numbers have none.
    pub(crate) const fn gradient_words(&self) -> usize {
        match self.dtype {
            Dtype::Float32 => self.dims.size(),
            _ => 0,
        }
    }
}

/// The dtypes that a layer takes, and that of its outputs.
///
/// ```
/// use keras::{layers::{Dense, Dtypes, Flatten, Rescaling}, shape::Dims};
///
/// let input = Dims::new(&[4]);
/// assert_eq!(Dense::layer(2).build(input)?.dtypes, Dtypes::Float32);
/// assert_eq!(Rescaling::layer(&[0.5]).build(input)?.dtypes, Dtypes::Numbers);
/// assert_eq!(Flatten::layer().build(input)?.dtypes, Dtypes::Same);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtypes {
    /// `float32`, which the outputs are too.
    Float32,
    /// Numbers of any dtype; the outputs are `float32`.
    Numbers,
    /// Elements that are moved, not computed with: `float32` or `int32`, which the outputs are too.
    Moved,
    /// Elements of any dtype, which stay in their order; the outputs are of the same.
    Same,
}

/// What a layer does with the masks of its inputs. As Keras' `supports_masking` and `compute_mask`.
///
/// ```
/// use keras::{layers::{Dense, Flatten, Masks}, shape::Dims};
///
/// let sequence = Dims::new(&[20, 4]);
/// assert_eq!(Dense::layer(2).build(sequence)?.masks, Masks::Passed);
/// assert_eq!(Flatten::layer().build(sequence)?.masks, Masks::Dropped);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Masks {
    /// The layer does not support masking: its output has no mask, as in Keras, which warns of it.
    Dropped,
    /// The output has the mask of the input; of several inputs, if each has a mask, a position of the output is valid where one
    /// of them is.
    Passed,
    /// `forward` reads the masks, and the output has none.
    Consumed,
    /// `forward` computes a mask of these dimensions for the output.
    Made(Dims),
    /// `forward` computes a mask for the output from those of the inputs, if one of them has a mask; its dimensions are those of
    /// the output without its last axis.
    Combined,
    /// A masked input is an error; this is the advice that it gives.
    Refused(&'static str),
}

/// The part that a layer can take in the fusion of neighbouring layers at inference.
///
/// A layer that declares one confirms it by [`Layer::FUSES`](super::Layer::FUSES): a custom layer that hands on the `build` of
/// a built-in one, but computes something else, is not fused.
///
/// ```
/// use keras::{layers::{Dense, Fusion, ReLU}, shape::Dims};
///
/// assert_eq!(Dense::layer(10).build(Dims::new(&[4]))?.fusion, Fusion::Epilogue);
/// assert_eq!(ReLU::layer().build(Dims::new(&[10]))?.fusion, Fusion::Rectifier);
/// assert_eq!(ReLU::layer().max_value(6.0).build(Dims::new(&[10]))?.fusion, Fusion::None);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    /// None.
    None,
    /// `forward` applies [`Forward::epilogue`](super::Forward), so that the layers after it can be fused into it.
    Epilogue,
    /// It computes `x·scale + shift` along the last axis, and can be fused into a layer before it: gamma and beta are its
    /// trainable weights, as far as it has them, mean and variance its non-trainable ones.
    Normalization {
        /// What is added to the variance.
        epsilon: f32,
        /// Whether there is a gamma.
        scale: bool,
        /// Whether there is a beta.
        center: bool,
    },
    /// It computes `max(x, 0)`, and can be fused into a layer before it.
    Rectifier,
}

/// The declaration of a layer for inputs of known dimensions: its outputs, its weights, the memory of its passes. A layer's
/// `build` returns it:
///
/// ```
/// use keras::{initializers::Initializer, layers::{Built, Weight}, shape::{Dims, ShapeError}};
///
/// const fn build(input: Dims) -> Result<Built, ShapeError> {
///     if input.rank() == 0 {
///         return Err(ShapeError::new("it scales the last axis, but its input is a scalar {a}").dims(input));
///     }
///     let scale = Weight::new("scale", Dims::new(&[input.last()]), Initializer::Ones);
///     Built::new(input).weight(scale).macs(input.size() as u64).backward_reads_input().ok()
/// }
///
/// let built = build(Dims::new(&[8, 8, 3]))?;
/// assert_eq!(built.weights.trainable_size(), 3);
/// assert_eq!(built.macs, 192);
/// # Ok::<(), ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Built {
    outputs: [TensorSpec; MAX_OUTPUTS],
    output_count: usize,
    /// The weights.
    pub weights: Weights,
    pub(super) states: [StateVariable; MAX_STATES],
    pub(super) state_count: usize,
    /// Memory of the tensors that `forward` saves for `backward`, in training.
    pub saved: Space,
    /// Scratch memory of `forward`.
    pub scratch: Space,
    /// Scratch memory of `backward`.
    pub backward_scratch: Space,
    /// Multiply-accumulate operations of one sample's forward pass.
    pub macs: u64,
    /// Whether the output can be the input.
    pub reuse: Reuse,
    /// Whether `backward` reads the inputs.
    pub backward_reads_input: bool,
    /// Whether `backward` reads the output.
    pub backward_reads_output: bool,
    /// Whether, in training, a sample's output depends on the other samples of its batch. If not, a large batch is taken
    /// in slices.
    pub whole_batch: bool,
    /// Regularizer of the first output: a term of the loss, divided by the number of samples.
    pub activity_regularizer: Regularizer,
    /// The dtypes that the layer takes.
    pub dtypes: Dtypes,
    /// What the layer does with masks.
    pub masks: Masks,
    /// The layer takes ids, whole numbers from 0 up to this one; `forward` reports others by
    /// [`Forward::invalid_id`](super::Forward).
    pub ids: Option<usize>,
    /// The part that the layer takes in the fusion of layers at inference.
    pub fusion: Fusion,
    /// The layer adapts to data before training (`adapt`): the axes of its input that it keeps apart.
    pub measures: Option<[bool; MAX_RANK]>,
}

impl Built {
    /// A layer without weights that computes this output and whose `backward` reads nothing but the gradient.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// let built = Built::new(Dims::new(&[10])); // of a layer that only computes
    /// assert_eq!((built.output(), built.weights.trainable_size(), built.macs), (Dims::new(&[10]), 0, 0));
    /// ```
    pub const fn new(output: Dims) -> Self {
        Self {
            outputs: {
                let mut outputs = [TensorSpec::NONE; MAX_OUTPUTS];
                outputs[0] = TensorSpec::new(output);
                outputs
            },
            output_count: 1,
            weights: Weights::Own([Weight::NONE; MAX_WEIGHTS], 0),
            states: [StateVariable::NONE; MAX_STATES],
            state_count: 0,
            saved: Space::NONE,
            scratch: Space::NONE,
            backward_scratch: Space::NONE,
            macs: 0,
            reuse: Reuse::Never,
            backward_reads_input: false,
            backward_reads_output: false,
            whole_batch: false,
            activity_regularizer: Regularizer::None,
            dtypes: Dtypes::Float32,
            masks: Masks::Dropped,
            ids: None,
            fusion: Fusion::None,
            measures: None,
        }
    }

    /// The same, with the dtype and the mask that the inputs of a call give the outputs.
    pub(crate) const fn resolved(mut self, dtype: Dtype, mask: Option<Dims>) -> Self {
        let mut at = 0;
        while at < self.output_count {
            self.outputs[at].dtype = dtype;
            at += 1;
        }
        self.outputs[0].mask = mask;
        self
    }

    /// A layer with these outputs: a model.
    ///
    /// # Panics
    /// With more than [`MAX_OUTPUTS`] outputs.
    pub(crate) const fn with_outputs(outputs: &[TensorSpec]) -> Self {
        let (mut built, mut at) = (Self::new(Dims::SCALAR), 0);
        built.output_count = 0;
        while at < outputs.len() {
            built = built.and_output(outputs[at]);
            at += 1;
        }
        built
    }

    /// Declares the part that the layer takes in fusion.
    pub(crate) const fn fusion(mut self, fusion: Fusion) -> Self {
        self.fusion = fusion;
        self
    }

    /// Declares that `forward` applies [`Forward::epilogue`](super::Forward), if the layer's own activation is linear: another
    /// one would have to come first.
    pub(crate) const fn applies_epilogue(self, activation: Activation) -> Self {
        if matches!(activation, Activation::Linear) { self.fusion(Fusion::Epilogue) } else { self }
    }

    /// The dimensions of one sample of the first output.
    ///
    /// ```
    /// use keras::{layers::Dense, shape::Dims};
    ///
    /// assert_eq!(Dense::layer(10).build(Dims::new(&[64]))?.output(), Dims::new(&[10]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn output(&self) -> Dims {
        self.outputs[0].dims
    }

    /// The outputs.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// model! { struct Two(x: Input(4)) { (Dense(3)(x), Dense(1)(x)) } }
    ///
    /// let built = Two::layer().build(Dims::new(&[4]))?;
    /// assert_eq!(built.outputs().len(), 2);
    /// assert_eq!(built.outputs()[1].dims, Dims::new(&[1]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn outputs(&self) -> &[TensorSpec] {
        self.outputs.split_at(self.output_count).0
    }

    /// An output by its number; beyond the last, an empty one.
    #[doc(hidden)]
    pub const fn nth_output(&self, at: usize) -> TensorSpec {
        if at < self.output_count { self.outputs[at] } else { TensorSpec::NONE }
    }

    /// Adds an output after those that there are.
    ///
    /// # Panics
    /// With more than [`MAX_OUTPUTS`] outputs.
    ///
    /// ```
    /// use keras::{layers::{Built, TensorSpec}, shape::Dims};
    ///
    /// /// The declaration of a layer that sorts: values, and their places before.
    /// const BUILT: Built = Built::new(Dims::new(&[10])).and_output(TensorSpec::new(Dims::new(&[10])));
    /// assert_eq!(BUILT.outputs().len(), 2);
    /// ```
    pub const fn and_output(mut self, output: TensorSpec) -> Self {
        assert!(self.output_count < MAX_OUTPUTS, "a layer has at most 16 outputs");
        self.outputs[self.output_count] = output;
        self.output_count += 1;
        self
    }

    /// Adds a weight; the passes get the weights in this order.
    ///
    /// # Panics
    /// With more than [`MAX_WEIGHTS`] weights.
    ///
    /// ```
    /// use keras::{layers::{Built, Weight}, prelude::*, shape::Dims};
    ///
    /// let scale = Weight::new("scale", Dims::new(&[10]), Initializer::ONES);
    /// assert_eq!(Built::new(Dims::new(&[10])).weight(scale).weights.trainable_size(), 10);
    /// ```
    pub const fn weight(mut self, weight: Weight) -> Self {
        if let Weights::Own(list, count) = &mut self.weights {
            assert!(*count < MAX_WEIGHTS, "a layer has at most 8 weights");
            list[*count] = weight;
            *count += 1;
        }
        self
    }

    /// Declares the number of floats that `forward` saves for `backward`.
    ///
    /// ```
    /// use keras::{layers::{Built, Space}, shape::Dims};
    ///
    /// /// A layer that saves its output and one number of the batch.
    /// const BUILT: Built = Built::new(Dims::new(&[10])).saved(10, 1);
    /// assert_eq!(BUILT.saved, Space::new(10, 1));
    /// ```
    pub const fn saved(mut self, per_sample: usize, fixed: usize) -> Self {
        self.saved = Space::new(per_sample, fixed);
        self
    }

    /// Declares the scratch memory of `forward`, in floats.
    ///
    /// ```
    /// use keras::{layers::{Built, Space}, shape::Dims};
    ///
    /// const BUILT: Built = Built::new(Dims::new(&[10])).scratch(10, 0).backward_scratch(0, 64);
    /// assert_eq!((BUILT.scratch, BUILT.backward_scratch), (Space::new(10, 0), Space::new(0, 64)));
    /// ```
    pub const fn scratch(mut self, per_sample: usize, fixed: usize) -> Self {
        self.scratch = Space::new(per_sample, fixed);
        self
    }

    /// Declares the scratch memory of `backward`, in floats.
    ///
    /// ```
    /// use keras::{layers::{Built, Space}, shape::Dims};
    ///
    /// assert_eq!(Built::new(Dims::new(&[10])).backward_scratch(0, 64).backward_scratch, Space::new(0, 64));
    /// ```
    pub const fn backward_scratch(mut self, per_sample: usize, fixed: usize) -> Self {
        self.backward_scratch = Space::new(per_sample, fixed);
        self
    }

    /// Declares the multiply-accumulate operations of one sample.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// /// A matrix of 10 rows and 3 columns, and a vector.
    /// const BUILT: Built = Built::new(Dims::new(&[10])).macs(10 * 3);
    /// assert_eq!(BUILT.macs, 30);
    /// ```
    pub const fn macs(mut self, macs: u64) -> Self {
        self.macs = macs;
        self
    }

    /// Declares that the output can be the input.
    ///
    /// ```
    /// use keras::{layers::{Built, Reuse}, shape::Dims};
    ///
    /// const BUILT: Built = Built::new(Dims::new(&[10])).reuse(Reuse::Always);
    /// assert_eq!(BUILT.reuse, Reuse::Always);
    /// ```
    pub const fn reuse(mut self, reuse: Reuse) -> Self {
        self.reuse = reuse;
        self
    }

    /// Declares that `backward` reads the inputs.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// assert!(Built::new(Dims::new(&[10])).backward_reads_input().backward_reads_input);
    /// ```
    pub const fn backward_reads_input(mut self) -> Self {
        self.backward_reads_input = true;
        self
    }

    /// Declares that `backward` reads the output.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// assert!(Built::new(Dims::new(&[10])).backward_reads_output().backward_reads_output);
    /// ```
    pub const fn backward_reads_output(mut self) -> Self {
        self.backward_reads_output = true;
        self
    }

    /// Declares that, in training, a sample's output depends on the other samples of its batch.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// assert!(Built::new(Dims::new(&[10])).whole_batch().whole_batch);
    /// ```
    pub const fn whole_batch(mut self) -> Self {
        self.whole_batch = true;
        self
    }

    /// Adds a regularizer of the first output; to be called last.
    ///
    /// The loss then starts from the output itself, also if a softmax or sigmoid ends the layer.
    ///
    /// ```
    /// use keras::{layers::{Built, Reuse}, prelude::*, shape::Dims};
    ///
    /// const BUILT: Built = Built::new(Dims::new(&[10])).reuse(Reuse::Always).activity_regularizer(Regularizer::l2(0.01));
    /// assert!(BUILT.backward_reads_output && BUILT.reuse == Reuse::Inference);
    /// ```
    pub const fn activity_regularizer(mut self, regularizer: Regularizer) -> Self {
        if !matches!(regularizer, Regularizer::None) {
            self.activity_regularizer = regularizer;
            // Its gradient is one by the output, and is added where the layer's backward pass starts.
            self.backward_reads_output = true;
            self.outputs[0].final_activation = FinalActivation::Other;
            if matches!(self.reuse, Reuse::Always) {
                self.reuse = Reuse::Inference;
            }
        }
        self
    }

    /// Declares the dtypes that the layer takes (default: `float32`).
    ///
    /// ```
    /// use keras::{layers::{Built, Dtypes}, shape::Dims};
    ///
    /// assert_eq!(Built::new(Dims::new(&[4])).dtypes(Dtypes::Numbers).dtypes, Dtypes::Numbers);
    /// ```
    pub const fn dtypes(mut self, dtypes: Dtypes) -> Self {
        self.dtypes = dtypes;
        self
    }

    /// Declares what the layer does with masks (default: [`Masks::Dropped`]).
    ///
    /// ```
    /// use keras::{layers::{Built, Masks}, shape::Dims};
    ///
    /// assert_eq!(Built::new(Dims::new(&[20, 4])).masks(Masks::Passed).masks, Masks::Passed);
    /// ```
    pub const fn masks(mut self, masks: Masks) -> Self {
        self.masks = masks;
        self
    }

    /// Declares that the input is ids: whole numbers below `count`, of any dtype.
    ///
    /// ```
    /// use keras::{layers::Embedding, prelude::*, shape::Dims};
    ///
    /// assert_eq!(Embedding::layer(1000, 16).build(Dims::new(&[20]))?.ids, Some(1000));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn ids(mut self, count: usize) -> Self {
        self.ids = Some(count);
        self.dtypes = Dtypes::Numbers;
        self
    }

    /// Declares that the layer measures data before training, these axes of its input apart.
    pub(crate) const fn measures(mut self, axes: [bool; MAX_RANK]) -> Self {
        self.measures = Some(axes);
        self
    }

    /// Declares the activation that ends the layer. If it is not `Other`, `forward` saves the activation's input in training,
    /// first of all `saved` floats a sample, and `backward` heeds [`Backward::from_logits`](super::Backward).
    ///
    /// ```
    /// use keras::{layers::{Built, FinalActivation}, shape::Dims};
    ///
    /// const BUILT: Built = Built::new(Dims::new(&[10])).saved(10, 0).final_activation(FinalActivation::Softmax);
    /// assert_eq!(BUILT.outputs()[0].final_activation, FinalActivation::Softmax);
    /// ```
    pub const fn final_activation(mut self, activation: FinalActivation) -> Self {
        self.outputs[0].final_activation = activation;
        self
    }

    /// The declaration of a layer that is an argument of another, in which this is its path.
    pub(crate) const fn in_scope(mut self, scope: &'static [&'static str]) -> Self {
        match &mut self.weights {
            Weights::Own(list, count) => {
                let mut at = 0;
                while at < *count {
                    // Those of a layer within this one have a longer path already.
                    if list[at].scope.is_empty() {
                        list[at].scope = scope;
                    }
                    at += 1;
                }
            }
            Weights::Model(model) => self.weights = Weights::Wrapped(model, scope),
            Weights::Wrapped(..) => {}
        }
        self
    }

    /// The same for a sequence of steps in the place of one, with an output of these dimensions.
    pub(crate) const fn of_steps(mut self, steps: usize, output: Dims) -> Self {
        self.outputs[0].dims = output;
        self.outputs[0].logits = self.outputs[0].logits.saturating_mul(steps);
        self.saved = self.saved.times(steps);
        self.scratch = self.scratch.times(steps);
        self.backward_scratch = self.backward_scratch.times(steps);
        self.macs = self.macs.saturating_mul(steps as u64);
        self
    }

    /// The same as a `Result`, to end a `build` with.
    ///
    /// # Errors
    /// If the output, the weights, the state or the memory of the passes are too large (see
    /// [`MAX_ELEMENTS`](crate::shape::MAX_ELEMENTS)), the initializer, the regularizer or the constraint of a weight does not
    /// fit its dimensions, or a layer with state declares that nothing is computed (see [`Reuse`]).
    ///
    /// ```
    /// use keras::{initializers::Initializer, layers::{Built, Reuse, TensorSpec, Weight}, shape::Dims};
    ///
    /// let bias = Weight::new("bias", Dims::new(&[8]), Initializer::ORTHOGONAL);
    /// assert!(Built::new(Dims::new(&[8])).weight(bias).ok().is_err());
    ///
    /// // A layer whose output is its input is not called, and cannot write another output.
    /// let d = Dims::new(&[8]);
    /// assert!(Built::new(d).and_output(TensorSpec::new(d)).reuse(Reuse::Always).ok().is_err());
    /// ```
    pub const fn ok(self) -> Result<Self, ShapeError> {
        if let Err(error) = self.check_size() {
            return Err(error);
        }
        if let Err(error) = self.activity_regularizer.check_activity() {
            return Err(error);
        }
        if let Weights::Own(list, count) = &self.weights {
            let mut at = 0;
            while at < *count {
                if let Err(error) = list[at].check() {
                    return Err(error);
                }
                at += 1;
            }
        }
        if !matches!(self.reuse, Reuse::Never) {
            if self.state_count > 0 {
                return Err(ShapeError::new(
                    "it has state, which `forward` writes, and so its output cannot be its input; leave out `reuse`",
                ));
            }
            if self.outputs().len() > 1 || matches!(self.masks, Masks::Made(_) | Masks::Combined) {
                return Err(ShapeError::new(
                    "its output is its input, so `forward` is not called and cannot write another output or a mask; leave out \
                     `reuse`",
                ));
            }
        }
        Ok(self)
    }

    /// Refuses what is too large for any machine. Sums and products of lengths end at the largest number instead of wrapping
    /// around, so that this one place finds them all.
    const fn check_size(&self) -> Result<(), ShapeError> {
        let mut at = 0;
        while at < self.outputs().len() {
            let output = self.outputs()[at].dims;
            if output.has_more_axes() {
                return Err(ShapeError::new("its output {a} has more than 5 axes").dims(output));
            }
            if !output.is_valid() {
                return Err(ShapeError::new(
                    "its output {a} is too large: it may have at most {0} elements, and {1} along an axis",
                )
                .dims(output)
                .number(MAX_ELEMENTS)
                .number(MAX_LENGTH));
            }
            at += 1;
        }
        if let Weights::Own(list, count) = &self.weights {
            let mut at = 0;
            while at < *count {
                if !list[at].dims.is_valid() {
                    return Err(ShapeError::new(
                        "a weight of {a} is too large: it may have at most {0} elements, and {1} along an axis",
                    )
                    .dims(list[at].dims)
                    .number(MAX_ELEMENTS)
                    .number(MAX_LENGTH));
                }
                at += 1;
            }
        }
        let weights = self.weights.trainable_size().saturating_add(self.weights.non_trainable_size());
        if weights > MAX_ELEMENTS {
            return Err(ShapeError::new("its weights have {0} elements, but may have at most {1}")
                .number(weights)
                .number(MAX_ELEMENTS));
        }
        let mut at = 0;
        while at < self.state_count {
            if let Err(error) = self.states[at].check() {
                return Err(error);
            }
            at += 1;
        }
        let memory = [self.saved, self.scratch, self.backward_scratch, self.state_space()];
        let mut at = 0;
        while at < memory.len() {
            let Space { per_sample, fixed } = memory[at];
            let larger = if per_sample > fixed { per_sample } else { fixed };
            if larger > MAX_ELEMENTS {
                return Err(ShapeError::new("its passes work in memory of {0} numbers, but may in at most {1}")
                    .number(larger)
                    .number(MAX_ELEMENTS));
            }
            at += 1;
        }
        Ok(())
    }
}

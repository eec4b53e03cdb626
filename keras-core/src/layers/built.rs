//! The declaration of a layer for inputs of known dimensions: its outputs, weights and memory.

use super::{FinalActivation, MAX_STATES, MAX_WEIGHTS, MAX_WEIGHTS_WITHIN, StateVariable, TensorSpec, Weight, Weights};
use crate::{
    activations::Activation,
    regularizers::Regularizer,
    shape::{Dims, Dtype, MAX_ELEMENTS, MAX_LENGTH, MAX_RANK, ShapeError},
};

/// The largest number of outputs of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_OUTPUTS, 64);
/// ```
pub const MAX_OUTPUTS: usize = 64;

/// The largest number of outputs of a layer that is not a model. More outputs of a model are a list outside of its [`Built`], of which
/// there is one for each layer of each model.
const MAX_OWN_OUTPUTS: usize = 16;

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

/// The part that a layer can take in the fusion of neighbouring layers: at inference and, of a normalization and a rectifier, in
/// training.
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
    /// trainable weights, as far as it has them, mean and variance its non-trainable ones. In training, a rectifier can be fused
    /// into it: `forward` makes negative outputs zero if its epilogue says so, and `backward` regards
    /// [`Backward::rectified`](super::Backward::rectified).
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
    own_outputs: [TensorSpec; MAX_OWN_OUTPUTS],
    output_count: usize,
    /// The outputs of a model that has more.
    model_outputs: Option<&'static [TensorSpec]>,
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
    /// Whether the layer runs layers within it: it is given its weights and its state in two blocks each, and its passes work in
    /// what it saves.
    pub(crate) runs_layers: bool,
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
            own_outputs: {
                let mut outputs = [TensorSpec::NONE; MAX_OWN_OUTPUTS];
                outputs[0] = TensorSpec::new(output);
                outputs
            },
            output_count: 1,
            model_outputs: None,
            weights: Weights::Own([Weight::NONE; MAX_WEIGHTS_WITHIN], 0),
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
            runs_layers: false,
            measures: None,
        }
    }

    /// The same, with the dtype and the mask that the inputs of a call give the outputs.
    pub(crate) const fn resolved(mut self, dtype: Dtype, mask: Option<Dims>) -> Self {
        let mut at = 0;
        while at < self.output_count {
            self.own_outputs[at].dtype = dtype;
            at += 1;
        }
        self.own_outputs[0].mask = mask;
        self
    }

    /// A layer with these outputs: a model.
    pub(crate) const fn with_outputs(outputs: &'static [TensorSpec]) -> Self {
        if outputs.len() > MAX_OWN_OUTPUTS {
            let mut built = Self::new(Dims::SCALAR);
            built.model_outputs = Some(outputs);
            return built;
        }
        Self::with_own_outputs(outputs)
    }

    /// A layer with these outputs, at most [`MAX_OWN_OUTPUTS`].
    pub(crate) const fn with_own_outputs(outputs: &[TensorSpec]) -> Self {
        let mut built = Self::new(Dims::SCALAR);
        built.output_count = 0;
        while built.output_count < outputs.len() {
            built = built.and_output(outputs[built.output_count]);
        }
        built
    }

    /// Whether the layer runs layers: it is a model, has one as an argument, or is declared by `layer!`.
    pub(crate) const fn has_layers(&self) -> bool {
        self.runs_layers || self.weights.model().is_some()
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
        self.nth_output(0).dims
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
        match self.model_outputs {
            Some(outputs) => outputs,
            None => self.own_outputs.split_at(self.output_count).0,
        }
    }

    /// An output by its number; beyond the last, an empty one.
    #[doc(hidden)]
    pub const fn nth_output(&self, at: usize) -> TensorSpec {
        let outputs = self.outputs();
        if at < outputs.len() { outputs[at] } else { TensorSpec::NONE }
    }

    /// Adds an output after those that there are.
    ///
    /// # Panics
    /// With more than 16 outputs.
    ///
    /// ```
    /// use keras::{layers::{Built, TensorSpec}, shape::Dims};
    ///
    /// /// The declaration of a layer that sorts: values, and their places before.
    /// const BUILT: Built = Built::new(Dims::new(&[10])).and_output(TensorSpec::new(Dims::new(&[10])));
    /// assert_eq!(BUILT.outputs().len(), 2);
    /// ```
    pub const fn and_output(mut self, output: TensorSpec) -> Self {
        assert!(self.output_count < MAX_OWN_OUTPUTS, "a layer has at most 16 outputs");
        self.own_outputs[self.output_count] = output;
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
            self.own_outputs[0].final_activation = FinalActivation::Other;
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
        self.own_outputs[0].final_activation = activation;
        self
    }

    /// The declaration of a layer that is an argument of another, in which this is its path.
    pub(crate) const fn in_scope(mut self, scope: &'static [&'static str]) -> Self {
        match &mut self.weights {
            Weights::Own(list, count) => {
                // A layer around this one adds its own name.
                let Some(name) = scope.last() else { return self };
                let mut at = 0;
                while at < *count {
                    list[at].scope = list[at].scope.within(name);
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
        self.own_outputs[0].dims = output;
        self.own_outputs[0].logits = self.own_outputs[0].logits.saturating_mul(steps);
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
                    "it has state, which `forward` updates, so its output cannot reuse its input; remove `reuse`",
                ));
            }
            if self.outputs().len() > 1 || matches!(self.masks, Masks::Made(_) | Masks::Combined) {
                return Err(ShapeError::new(
                    "its output reuses its input, so `forward` is not called and cannot write another output or a \
                     mask; remove `reuse`",
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
                        "a weight of shape {a} is too large: it may have at most {0} elements, and {1} along an axis",
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
                return Err(ShapeError::new("its passes need {0} floats of memory, but at most {1} are supported")
                    .number(larger)
                    .number(MAX_ELEMENTS));
            }
            at += 1;
        }
        Ok(())
    }
}

//! What a layer says of itself once its input's dimensions are known.

use crate::{
    activations::Activation,
    constraints::Constraint,
    initializers::Initializer,
    model::Description,
    regularizers::Regularizer,
    shape::{Dims, MAX_RANK, ShapeError},
};

/// The largest number of weights of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_WEIGHTS, 8);
/// ```
pub const MAX_WEIGHTS: usize = 8;

/// One weight of a layer: its name, dimensions, first values.
///
/// ```
/// use keras::{initializers::Initializer, layers::Weight, regularizers::Regularizer, shape::Dims};
///
/// let kernel = Weight::new("kernel", Dims::new(&[3, 2]), Initializer::HE_NORMAL).regularizer(Regularizer::l2(0.01));
/// assert!(kernel.trainable);
/// let mean = Weight::moving("moving_mean", Dims::new(&[2]), Initializer::Zeros);
/// assert!(!mean.trainable);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Weight {
    /// The name within the layer: `kernel`, `bias`, `gamma`.
    pub name: &'static str,
    /// The dimensions.
    pub dims: Dims,
    /// What its values are before training.
    pub initializer: Initializer,
    /// What its size costs: a term of the training loss.
    pub regularizer: Regularizer,
    /// What it is turned into after each step of training.
    pub constraint: Constraint,
    /// Whether gradients change it. Moving averages are not trainable: `forward` updates them.
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
        Self { name, dims, initializer, regularizer: Regularizer::None, constraint: Constraint::NONE, trainable: true }
    }

    /// A weight that gradients do not change: `forward` updates it in training, through [`State`](super::State).
    ///
    /// ```
    /// use keras::{layers::Weight, prelude::*, shape::Dims};
    ///
    /// assert!(!Weight::moving("moving_mean", Dims::new(&[2]), Initializer::Zeros).trainable);
    /// ```
    pub const fn moving(name: &'static str, dims: Dims, initializer: Initializer) -> Self {
        Self { name, dims, initializer, regularizer: Regularizer::None, constraint: Constraint::NONE, trainable: false }
    }

    /// Whether its dimensions suit its initializer, its regularizer and its constraint.
    const fn check(&self) -> Result<(), ShapeError> {
        match (self.initializer.check(self.dims), self.regularizer.check(self.dims), self.constraint.check(self.dims)) {
            (Ok(()), Ok(()), Ok(())) => Ok(()),
            (Err(error), ..) | (_, Err(error), _) | (_, _, Err(error)) => Err(error),
        }
    }

    /// Adds what its size costs.
    ///
    /// ```
    /// use keras::{layers::{Built, Weight}, prelude::*, shape::Dims};
    ///
    /// let kernel = Weight::new("kernel", Dims::new(&[3]), Initializer::Zeros).regularizer(Regularizer::l2(-1.0));
    /// assert!(Built::new(Dims::new(&[3])).weight(kernel).ok().is_err()); // the factor of a cost is at least 0
    /// ```
    pub const fn regularizer(mut self, regularizer: Regularizer) -> Self {
        self.regularizer = regularizer;
        self
    }

    /// Adds what it is turned into after each step of training.
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

/// The weights of a layer: its own, or those of a model that is used as a layer.
///
/// ```
/// use keras::{layers::Dense, shape::Dims};
///
/// let built = Dense::layer(10).build(Dims::new(&[784]))?;
/// assert_eq!(built.weights.list()[0].name, "kernel");
/// assert_eq!((built.weights.floats(true), built.weights.floats(false)), (7850, 0));
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "a constant, never copied at run time")]
pub enum Weights {
    /// Up to [`MAX_WEIGHTS`] weights, of which the first `1` count.
    Own([Weight; MAX_WEIGHTS], usize),
    /// All weights of an inner model: two blocks, trainable and rest.
    Model(&'static Description),
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
            Self::Model(_) => &[],
        }
    }

    /// The number of floats of the trainable weights, or of the others.
    ///
    /// ```
    /// use keras::{layers::BatchNormalization, shape::Dims};
    ///
    /// let weights = BatchNormalization::layer().build(Dims::new(&[10]))?.weights;
    /// assert_eq!((weights.floats(true), weights.floats(false)), (10 + 10, 10 + 10)); // gamma and beta; the moving averages
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn floats(&self, trainable: bool) -> usize {
        match self {
            Self::Own(list, count) => {
                let mut floats = 0;
                let mut at = 0;
                while at < *count {
                    if list[at].trainable == trainable {
                        floats += list[at].dims.size();
                    }
                    at += 1;
                }
                floats
            }
            Self::Model(model) => {
                if trainable {
                    model.trainable
                } else {
                    model.rest
                }
            }
        }
    }
}

/// A number of floats: so many for each sample of the batch, and so many besides, whatever the batch.
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
    /// No floats.
    ///
    /// ```
    /// use keras::layers::Space;
    ///
    /// assert_eq!(Space::NONE, Space::new(0, 0));
    /// ```
    pub const NONE: Self = Self::new(0, 0);

    /// So many floats for each sample, and so many besides.
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
/// assert_eq!(scores.final_activation, FinalActivation::Softmax);
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

/// One output of a layer.
///
/// ```
/// use keras::{layers::{Built, FinalActivation}, shape::Dims};
///
/// let output = Built::new(Dims::new(&[10])).nth_output(0);
/// assert_eq!((output.dims, output.final_activation), (Dims::new(&[10]), FinalActivation::Other));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// The dimensions of one sample.
    pub dims: Dims,
    /// The activation that it comes out of.
    pub final_activation: FinalActivation,
    /// Where what went into that activation starts, in the floats a sample that `forward` keeps.
    pub logits: usize,
}

/// What a layer computes at inference of each element, if it can be folded into the layer before it.
///
/// ```
/// use keras::{layers::{Dropout, Follows, ReLU}, shape::Dims};
///
/// assert_eq!(ReLU::layer().build(Dims::new(&[10]))?.follows, Follows::Rectifier);
/// assert_eq!(ReLU::layer().max_value(6.0).build(Dims::new(&[10]))?.follows, Follows::Other);
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Follows {
    /// Something else.
    Other,
    /// `x·scale + shift` along the last axis: gamma and beta are its trainable weights, as far as it has them, mean and
    /// variance its others.
    Normalization {
        /// What is added to the variance.
        epsilon: f32,
        /// Whether there is a gamma.
        scale: bool,
        /// Whether there is a beta.
        center: bool,
    },
    /// `max(x, 0)`.
    Rectifier,
}

/// What a layer is for an input of known dimensions: its output, its weights, the memory it needs.
///
/// It is what a layer's `build` gives:
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
/// assert_eq!(built.weights.floats(true), 3);
/// assert_eq!(built.macs, 192);
/// # Ok::<(), ShapeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Built {
    /// The dimensions of one sample of the output.
    pub output: Dims,
    /// The outputs after the first: an inner model may have several.
    pub more_outputs: &'static [Output],
    /// The weights.
    pub weights: Weights,
    /// What `forward` keeps for `backward`, in training.
    pub kept: Space,
    /// What `forward` uses while it runs.
    pub scratch: Space,
    /// What `backward` uses while it runs.
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
    /// What the size of its output costs: a term of the loss, divided by the number of samples.
    pub activity_regularizer: Regularizer,
    /// The layer takes ids, whole numbers from 0 up to this one. Where a model's input goes to such a layer, its data are
    /// checked.
    pub ids: Option<usize>,
    /// What the layer computes, if at inference it can be folded into the layer before it.
    pub follows: Follows,
    /// Whether `forward` heeds [`Forward::folded`](super::Forward), so that at inference such layers can be folded into it.
    pub folds: bool,
    /// The layer measures data before training (`adapt`): the axes of its input that it keeps apart.
    pub measures: Option<[bool; MAX_RANK]>,
    /// The activation that ends the layer. If it is not `Other`, `forward` keeps in training what went into it,
    /// `output.size()` floats a sample of `kept`, and `backward` heeds [`Backward::from_logits`](super::Backward).
    pub final_activation: FinalActivation,
    /// Where these floats start in `kept`: first of all, but for an inner model.
    pub logits: usize,
}

impl Built {
    /// A layer without weights that computes this output and whose `backward` reads nothing but the gradient.
    ///
    /// ```
    /// use keras::{layers::Built, shape::Dims};
    ///
    /// let built = Built::new(Dims::new(&[10])); // of a layer that only computes
    /// assert_eq!((built.output, built.weights.floats(true), built.macs), (Dims::new(&[10]), 0, 0));
    /// ```
    pub const fn new(output: Dims) -> Self {
        Self {
            output,
            more_outputs: &[],
            weights: Weights::Own([Weight::NONE; MAX_WEIGHTS], 0),
            kept: Space::NONE,
            scratch: Space::NONE,
            backward_scratch: Space::NONE,
            macs: 0,
            reuse: Reuse::Never,
            backward_reads_input: false,
            backward_reads_output: false,
            whole_batch: false,
            activity_regularizer: Regularizer::None,
            ids: None,
            follows: Follows::Other,
            folds: false,
            measures: None,
            final_activation: FinalActivation::Other,
            logits: 0,
        }
    }

    pub(crate) const fn follows(mut self, follows: Follows) -> Self {
        self.follows = follows;
        self
    }

    /// Says that `forward` heeds [`Forward::folded`](super::Forward), if nothing but sums comes before: another
    /// activation would have to come first.
    pub(crate) const fn folds(mut self, activation: Activation) -> Self {
        self.folds = matches!(activation, Activation::Linear);
        self
    }

    /// The number of outputs.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// model! { struct Two(x: Input(4)) { (Dense(3)(x), Dense(1)(x)) } }
    ///
    /// let built = Two::layer().build(Dims::new(&[4]))?;
    /// assert_eq!(built.outputs(), 2);
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn outputs(&self) -> usize {
        1 + self.more_outputs.len()
    }

    /// An output by its number; beyond the last, an empty one.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// model! { struct Two(x: Input(4)) { (Dense(3)(x), Dense(1)(x)) } }
    ///
    /// let built = Two::layer().build(Dims::new(&[4]))?;
    /// assert_eq!((built.nth_output(0).dims, built.nth_output(1).dims), (Dims::new(&[3]), Dims::new(&[1])));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn nth_output(&self, at: usize) -> Output {
        if at == 0 {
            Output { dims: self.output, final_activation: self.final_activation, logits: self.logits }
        } else if at <= self.more_outputs.len() {
            self.more_outputs[at - 1]
        } else {
            Output { dims: Dims::SCALAR, final_activation: FinalActivation::Other, logits: 0 }
        }
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
    /// assert_eq!(Built::new(Dims::new(&[10])).weight(scale).weights.floats(true), 10);
    /// ```
    pub const fn weight(mut self, weight: Weight) -> Self {
        if let Weights::Own(list, count) = &mut self.weights {
            assert!(*count < MAX_WEIGHTS, "a layer has at most 8 weights");
            list[*count] = weight;
            *count += 1;
        }
        self
    }

    /// Says how many floats `forward` keeps for `backward`.
    ///
    /// ```
    /// use keras::{layers::{Built, Space}, shape::Dims};
    ///
    /// /// A layer that keeps its output and one number of the batch.
    /// const BUILT: Built = Built::new(Dims::new(&[10])).kept(10, 1);
    /// assert_eq!(BUILT.kept, Space::new(10, 1));
    /// ```
    pub const fn kept(mut self, per_sample: usize, fixed: usize) -> Self {
        self.kept = Space::new(per_sample, fixed);
        self
    }

    /// Says how many floats `forward` uses while it runs.
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

    /// Says how many floats `backward` uses while it runs.
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

    /// Says how many multiply-accumulate operations one sample costs.
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

    /// Says that the output can be the input.
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

    /// Says that `backward` reads the inputs.
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

    /// Says that `backward` reads the output.
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

    /// Says that, in training, a sample's output depends on the other samples of its batch.
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

    /// Adds what the size of the output costs; the last thing to say of an output.
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
            self.final_activation = FinalActivation::Other;
            if matches!(self.reuse, Reuse::Always) {
                self.reuse = Reuse::Inference;
            }
        }
        self
    }

    /// Says that the input is ids: whole numbers below `count`.
    ///
    /// ```
    /// use keras::{layers::Embedding, prelude::*, shape::Dims};
    ///
    /// assert_eq!(Embedding::layer(1000, 16).build(Dims::new(&[20]))?.ids, Some(1000));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn ids(mut self, count: usize) -> Self {
        self.ids = Some(count);
        self
    }

    /// Says that the layer measures data before training, these axes of its input apart.
    pub(crate) const fn measures(mut self, axes: [bool; MAX_RANK]) -> Self {
        self.measures = Some(axes);
        self
    }

    /// Names the activation that ends the layer.
    ///
    /// ```
    /// use keras::{layers::{Built, FinalActivation}, shape::Dims};
    ///
    /// const BUILT: Built = Built::new(Dims::new(&[10])).kept(10, 0).final_activation(FinalActivation::Softmax);
    /// assert_eq!(BUILT.final_activation, FinalActivation::Softmax);
    /// ```
    pub const fn final_activation(mut self, activation: FinalActivation) -> Self {
        self.final_activation = activation;
        self
    }

    /// The same as a `Result`, to end a `build` with.
    ///
    /// # Errors
    /// If the initializer, the regularizer or the constraint of a weight does not fit its dimensions.
    ///
    /// ```
    /// use keras::{initializers::Initializer, layers::{Built, Weight}, shape::Dims};
    ///
    /// let bias = Weight::new("bias", Dims::new(&[8]), Initializer::ORTHOGONAL);
    /// assert!(Built::new(Dims::new(&[8])).weight(bias).ok().is_err());
    /// ```
    pub const fn ok(self) -> Result<Self, ShapeError> {
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
        Ok(self)
    }
}

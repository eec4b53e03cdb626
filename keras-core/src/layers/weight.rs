//! The declaration of the weights of a layer.

use crate::{
    constraints::Constraint,
    initializers::Initializer,
    model::Description,
    regularizers::Regularizer,
    shape::{Dims, ShapeError},
};

/// The largest number of weights of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_WEIGHTS, 8);
/// ```
pub const MAX_WEIGHTS: usize = 8;

/// The largest number of weights of a layer that `layer!` declares, with those of the layers within.
///
/// ```
/// assert_eq!(keras::layers::MAX_WEIGHTS_WITHIN, 16);
/// ```
pub const MAX_WEIGHTS_WITHIN: usize = 16;

/// The path of a layer within another: `["dense"]` in `TimeDistributed(Dense(8))`.
///
/// ```
/// use keras::layers::Scope;
///
/// let scope = Scope::NONE.within("dense").within("encoder");
/// assert!(scope.names().eq(["encoder", "dense"]));
/// assert_eq!((scope.len(), Scope::NONE.len()), (2, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope([Option<&'static str>; MAX_SCOPE]);

/// How deep a layer with weights can stand in other layers.
const MAX_SCOPE: usize = 5;

impl Scope {
    /// The path of the layer itself.
    ///
    /// ```
    /// assert!(keras::layers::Scope::NONE.is_empty());
    /// ```
    pub const NONE: Self = Self([None; MAX_SCOPE]);

    /// The same in a layer of this name.
    ///
    /// # Panics
    /// If the path gets longer than 5 names: a compile error.
    ///
    /// ```
    /// use keras::layers::Scope;
    ///
    /// assert!(Scope::NONE.within("dense").names().eq(["dense"]));
    /// ```
    pub const fn within(mut self, name: &'static str) -> Self {
        assert!(self.0[MAX_SCOPE - 1].is_none(), "layers are within layers at most 5 levels deep");
        let mut at = MAX_SCOPE - 1;
        while at > 0 {
            self.0[at] = self.0[at - 1];
            at -= 1;
        }
        self.0[0] = Some(name);
        self
    }

    /// The number of names.
    ///
    /// ```
    /// assert_eq!(keras::layers::Scope::NONE.within("dense").len(), 1);
    /// ```
    pub const fn len(&self) -> usize {
        let mut len = 0;
        while len < MAX_SCOPE && self.0[len].is_some() {
            len += 1;
        }
        len
    }

    /// Whether there are no names.
    ///
    /// ```
    /// assert!(!keras::layers::Scope::NONE.within("dense").is_empty());
    /// ```
    pub const fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// The names, that of the outermost layer first.
    ///
    /// ```
    /// use keras::layers::Scope;
    ///
    /// assert!(Scope::NONE.within("dense").within("encoder").names().eq(["encoder", "dense"]));
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.into_iter().flatten()
    }

    /// A name by its place.
    pub(crate) const fn get(&self, at: usize) -> Option<&'static str> {
        if at < MAX_SCOPE { self.0[at] } else { None }
    }
}

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
    /// The path of the layer that it belongs to, within the layer that has it as an argument or in its body: empty for a weight of
    /// the layer itself.
    pub scope: Scope,
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
    /// Whether it is the kernel of a matrix product, and inference may be given a copy of it in panels.
    pub(crate) in_panels: bool,
}

impl Weight {
    pub(super) const NONE: Self = Self::new("", Dims::SCALAR, Initializer::Zeros);

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
            scope: Scope::NONE,
            dims,
            initializer,
            regularizer: Regularizer::None,
            constraint: Constraint::NONE,
            trainable: true,
            in_panels: false,
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

    /// The same as the kernel of a matrix product, the first weight of its layer: see [`Forward::panels`](super::Forward).
    pub(crate) const fn in_panels(mut self) -> Self {
        self.in_panels = true;
        self
    }

    /// Whether this is its path in its layer, or in the layer `depth` levels within: `dense/kernel`.
    pub(crate) fn has_path(&self, path: &str, depth: usize) -> bool {
        without_scope(path, self.scope.names().skip(depth)) == Some(self.name)
    }

    /// Whether its dimensions suit its initializer, its regularizer and its constraint.
    pub(super) const fn check(&self) -> Result<(), ShapeError> {
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
pub(crate) fn without_scope(path: &str, mut scope: impl Iterator<Item = &'static str>) -> Option<&str> {
    scope.try_fold(path, |rest, layer| rest.strip_prefix(layer)?.strip_prefix('/'))
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
    /// Up to [`MAX_WEIGHTS_WITHIN`] weights, of which the first `1` count: those of the layer and, if `layer!` declares it, of the
    /// layers within.
    Own([Weight; MAX_WEIGHTS_WITHIN], usize),
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

    /// The number of layers that the layer is: 1, and those of a model within.
    pub(crate) const fn all_layers(&self) -> usize {
        match self.model() {
            None => 1,
            Some((model, _)) => 1 + model.all_layers(),
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

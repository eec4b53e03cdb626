//! One layer's weights, as the accessors of a model give them.

use core::marker::PhantomData;

use super::{freezing::within, state::LayerState};
use crate::{
    layers::{Built, Weight, without_scope},
    shape::Dims,
};

/// The weights of a layer of type `L`, to read: `model.dense()`.
///
/// ```
/// use keras::{View, prelude::*};
///
/// sequential! { struct Net { Input(3), Dense(2, bias_initializer = "ones", name = "scores") } }
///
/// let net = Net::with_seed(1);
/// let scores: View<'_, Dense> = net.scores();
/// assert_eq!(scores.kernel().shape(), [3, 2]);
/// assert_eq!(scores.bias().to_vec(), [1.0, 1.0]);
/// ```
pub struct View<'a, L> {
    built: &'static Built,
    trainable: &'a [f32],
    non_trainable: &'a [f32],
    state: LayerState<'a>,
    /// The layer itself, and the layers of an inner model.
    frozen: &'a [bool],
    /// How deep the layer stands in the one whose weights these are: as an argument, or as an argument of such.
    depth: usize,
    /// The seed of the model, and the number of its training steps so far.
    #[cfg(feature = "std")]
    pub(super) random: (u64, u64),
    /// A copy of an inner model, made when it is first used as one.
    #[cfg(feature = "std")]
    pub(super) model: std::sync::OnceLock<L>,
    layer: PhantomData<fn() -> L>,
}

/// The weights of a layer of type `L`, to change: `model.dense_mut()`.
///
/// ```
/// use keras::{ViewMut, prelude::*};
///
/// sequential! { struct Net { Input(3), Dense(2, name = "scores") } }
///
/// let mut net = Net::with_seed(1);
/// let mut scores: ViewMut<'_, Dense> = net.scores_mut();
/// scores.kernel().fill(0.0);
/// scores.bias()[1] = 0.5;
/// assert_eq!(net.predict_one(&[1.0, 2.0, 3.0]), [0.0, 0.5]);
/// ```
pub struct ViewMut<'a, L> {
    built: &'static Built,
    trainable: &'a mut [f32],
    non_trainable: &'a mut [f32],
    /// The layer itself, and the layers of an inner model.
    frozen: &'a mut [bool],
    /// How deep the layer stands in the one whose weights these are: as an argument, or as an argument of such.
    depth: usize,
    /// The seed of the model, and the number of its training steps so far.
    #[cfg(feature = "std")]
    pub(super) random: (u64, &'a mut u64),
    layer: PhantomData<fn() -> L>,
}

/// A weight among those of its layer.
struct Found {
    trainable: bool,
    /// Where it starts, among the layer's trainable weights or among the others.
    offset: usize,
    dims: Dims,
}

/// Finds a weight by its path in the layer at this depth: its name, in an inner model and in an argument `dense/kernel`.
fn find(built: &Built, path: &str, depth: usize) -> Option<Found> {
    if let Some((model, scope)) = built.weights.model() {
        let path = without_scope(path, scope.iter().copied().skip(depth))?;
        let weight = model.named_weights().find(|weight| weight.name.equals(path.as_bytes()))?;
        let trainable = weight.offset < model.trainable;
        let offset = if trainable { weight.offset } else { weight.offset - model.trainable };
        return Some(Found { trainable, offset, dims: weight.dims });
    }
    let (mut trainable, mut non_trainable) = (0, 0);
    for weight in built.weights.list() {
        let offset = if weight.trainable { &mut trainable } else { &mut non_trainable };
        if weight.has_path(path, depth) {
            return Some(Found { trainable: weight.trainable, offset: *offset, dims: weight.dims });
        }
        *offset += weight.dims.size();
    }
    None
}

impl<'a, L> View<'a, L> {
    /// The view of the layer that is the argument of this one.
    pub(crate) fn argument<I>(&self) -> View<'a, I> {
        View {
            built: self.built,
            trainable: self.trainable,
            non_trainable: self.non_trainable,
            state: self.state,
            frozen: self.frozen,
            depth: self.depth + 1,
            #[cfg(feature = "std")]
            random: self.random,
            #[cfg(feature = "std")]
            model: std::sync::OnceLock::new(),
            layer: PhantomData,
        }
    }

    /// A weight by its name, in an inner model and in an argument by its path (`dense/kernel`): row-major, with its dimensions.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Inner { Input(3), Dense(2) } }
    /// sequential! { struct Net { Input(3), Inner(name = "encoder"), Dense(1) } }
    ///
    /// let net = Net::with_seed(1);
    /// let (kernel, dims) = net.encoder().weight("dense/kernel").unwrap();
    /// assert_eq!((kernel.len(), dims.to_string().as_str()), (6, "(3, 2)"));
    /// assert!(net.dense().weight("gamma").is_none());
    /// ```
    pub fn weight(&self, name: &str) -> Option<(&'a [f32], Dims)> {
        let Found { trainable, offset, dims } = find(self.built, name, self.depth)?;
        let block = if trainable { self.trainable } else { self.non_trainable };
        Some((block.get(offset..offset + dims.size())?, dims))
    }

    /// A state variable by its name, in an inner model by its path, as the last call left it: with a batch axis, of all samples of
    /// the batch. `None` if there is none, and before the first call.
    ///
    /// ```
    /// use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
    /// # #[derive(Clone, Copy)]
    /// # pub struct Sum;
    /// # impl Sum {
    /// #     pub const fn layer() -> Self { Self }
    /// #     pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
    /// #         Built::new(input).state(StateVariable::per_sample("sum", input)).ok()
    /// #     }
    /// # }
    /// # impl Layer for Sum {
    /// #     fn forward(&self, pass: Forward<'_>) {
    /// #         let ([input], [sum], [output]) = (pass.inputs.array(), pass.states.array(), pass.outputs.array());
    /// #         sum.iter_mut().zip(input).for_each(|(sum, value)| *sum += value);
    /// #         output.copy_from_slice(sum);
    /// #     }
    /// #     fn backward(&self, _: Backward<'_>) {}
    /// # }
    ///
    /// sequential! { struct Total { Input(1), Sum() } } // the sum of all that a sample was so far
    ///
    /// let mut total = Total::new();
    /// assert_eq!(total.sum().state("sum"), None);
    /// total.predict_stateful(&Tensor::from([[1.0], [10.0]]))?;
    /// assert_eq!(total.sum().state("sum"), Some(&[1.0, 10.0][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn state(&self, name: &str) -> Option<&'a [f32]> {
        self.state.variable(self.built, name)
    }

    /// Whether the layer is frozen, an inner model as a whole: training leaves its weights as they are.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2, trainable = false), Dense(1) } }
    ///
    /// let net = Net::new();
    /// assert_eq!((net.dense().is_frozen(), net.dense_1().is_frozen()), (true, false));
    /// ```
    pub fn is_frozen(&self) -> bool {
        within(self.frozen).is_some_and(|(_, frozen)| frozen)
    }

    /// The flags of the layer itself, and of the layers of an inner model.
    #[cfg(feature = "std")]
    pub(super) fn flags(&self) -> &'a [bool] {
        self.frozen
    }

    /// The names and dimensions of the weights.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2) } }
    ///
    /// let names: Vec<&str> = Net::new().dense().declarations().iter().map(|weight| weight.name).collect();
    /// assert_eq!(names, ["kernel", "bias"]);
    /// ```
    pub fn declarations(&self) -> &'static [Weight] {
        self.built.weights.list()
    }

    /// All weights of the layer, trainable ones first: of an inner model, what its own `weights()` are.
    ///
    /// They are copied, since those of a layer do not lie in one piece.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Encoder { Input(3), Dense(2), BatchNormalization(), Dense(1) } }
    /// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
    ///
    /// let net = Net::with_seed(1);
    /// let mut encoder = Encoder::new();
    /// encoder.weights_mut().copy_from_slice(&net.encoder().weights());
    /// assert_eq!(net.encoder().weights(), encoder.weights());
    /// assert_eq!(net.encoder().weight("dense/kernel").unwrap().0, encoder.dense().weight("kernel").unwrap().0);
    /// ```
    #[cfg(feature = "std")]
    pub fn weights(&self) -> Vec<f32> {
        self.blocks().concat()
    }

    /// All trainable weights of the layer in a row.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2), BatchNormalization() } }
    ///
    /// let net = Net::new();
    /// assert_eq!(net.dense().trainable().len(), 3 * 2 + 2);
    /// assert_eq!(net.batch_normalization().trainable(), [1.0, 1.0, 0.0, 0.0]); // gamma and beta
    /// ```
    pub fn trainable(&self) -> &'a [f32] {
        self.trainable
    }

    /// The trainable weights, and the others.
    #[cfg(feature = "std")]
    pub(crate) fn blocks(&self) -> [&'a [f32]; 2] {
        [self.trainable, self.non_trainable]
    }
}

impl<L> ViewMut<'_, L> {
    /// What the layer is for its input.
    #[cfg(feature = "std")]
    pub(crate) fn built(&self) -> &'static Built {
        self.built
    }

    /// The view of the layer that is the argument of this one.
    pub(crate) fn argument<I>(&mut self) -> ViewMut<'_, I> {
        ViewMut {
            built: self.built,
            trainable: self.trainable,
            non_trainable: self.non_trainable,
            frozen: self.frozen,
            depth: self.depth + 1,
            #[cfg(feature = "std")]
            random: (self.random.0, self.random.1),
            layer: PhantomData,
        }
    }

    /// A weight by its name, in an inner model and in an argument by its path (`dense/kernel`): row-major, with its dimensions.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2, name = "scores") } }
    ///
    /// let mut net = Net::new();
    /// if let Some((bias, _)) = net.scores_mut().weight("bias") {
    ///     bias.copy_from_slice(&[1.0, 2.0]);
    /// }
    /// assert_eq!(net.predict_one(&[0.0; 3]), [1.0, 2.0]);
    /// ```
    pub fn weight(&mut self, name: &str) -> Option<(&mut [f32], Dims)> {
        let Found { trainable, offset, dims } = find(self.built, name, self.depth)?;
        let block = if trainable { &mut *self.trainable } else { &mut *self.non_trainable };
        Some((block.get_mut(offset..offset + dims.size())?, dims))
    }

    /// Training leaves the weights as they are from now on; of an inner model, those of all its layers.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2) } }
    ///
    /// let mut net = Net::new();
    /// net.dense_mut().freeze();
    /// assert!(net.dense().is_frozen());
    /// ```
    pub fn freeze(&mut self) {
        self.frozen.fill(true);
    }

    /// Training changes the weights from now on; of an inner model, those of all its layers.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2, trainable = false) } }
    ///
    /// let mut net = Net::new();
    /// net.dense_mut().unfreeze();
    /// assert!(!net.dense().is_frozen());
    /// ```
    pub fn unfreeze(&mut self) {
        self.frozen.fill(false);
    }

    /// All trainable weights of the layer in a row.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), Dense(2) } }
    ///
    /// let mut net = Net::new();
    /// net.dense_mut().trainable().fill(0.5);
    /// assert_eq!(net.predict_one(&[1.0, 1.0, 1.0]), [2.0, 2.0]);
    /// ```
    pub fn trainable(&mut self) -> &mut [f32] {
        self.trainable
    }

    /// Replaces all weights, trainable ones first: what [`weights`](View::weights) of such a layer, or of such a model, gave. As
    /// [Keras' `set_weights`](https://keras.io/api/layers/base_layer/#set_weights-method).
    ///
    /// # Errors
    /// If they are more or less than the layer has; nothing is changed.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(3), BatchNormalization() } }
    ///
    /// let (mut net, mut other) = (Net::new(), Net::new());
    /// net.batch_normalization_mut().moving_mean().fill(0.5);
    /// other.batch_normalization_mut().set_weights(&net.batch_normalization().weights())?; // the moving averages, too
    /// assert_eq!(other.batch_normalization().moving_mean().to_vec(), [0.5; 3]);
    ///
    /// let error = other.batch_normalization_mut().set_weights(&[1.0, 2.0]).unwrap_err();
    /// assert!(error.to_string().contains("a list of 2 numbers for a layer with 12"));
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn set_weights(&mut self, weights: &[f32]) -> crate::Result<()> {
        let (trainable, expected) = (self.trainable.len(), self.trainable.len() + self.non_trainable.len());
        if weights.len() != expected {
            let found = format!("a list of {} numbers for a layer with {expected}", weights.len());
            return Err(crate::Error::argument("weights", found, "one number for each of its weights"));
        }
        self.trainable.copy_from_slice(&weights[..trainable]);
        self.non_trainable.copy_from_slice(&weights[trainable..]);
        Ok(())
    }

    /// The trainable weights, and the others.
    #[cfg(feature = "std")]
    pub(crate) fn blocks(&mut self) -> [&mut [f32]; 2] {
        [self.trainable, self.non_trainable]
    }

    /// The flags of the layer itself, and of the layers of an inner model.
    #[cfg(feature = "std")]
    pub(super) fn flags(&mut self) -> &mut [bool] {
        self.frozen
    }

    /// A copy of an inner model.
    #[cfg(feature = "std")]
    pub(super) fn copied(&self) -> L
    where
        L: super::Model<Storage = super::Owned>,
    {
        let frozen = self.frozen.get(1..).unwrap_or_default();
        let (seed, steps) = (self.random.0, *self.random.1);
        L::from_storage(super::Owned::of_parts([self.trainable, self.non_trainable], frozen, (seed, steps)))
    }
}

/// What is a layer's in its model: of the trainable weights, of the others, of all layers.
#[cfg(feature = "std")]
fn parts(model: &super::Description, layer: usize) -> [core::ops::Range<usize>; 3] {
    let sizes = |layer: &super::LayerDescription| {
        [layer.built.weights.trainable_size(), layer.built.weights.non_trainable_size(), layer.all_layers()]
    };
    let mut parts = sizes(&model.layers[layer]).map(|size| 0..size);
    for before in &model.layers[..layer] {
        for (part, size) in parts.iter_mut().zip(sizes(before)) {
            *part = part.start + size..part.end + size;
        }
    }
    parts
}

#[cfg(feature = "std")]
impl super::Owned {
    /// The view of a layer, by its number in the description.
    #[doc(hidden)]
    pub fn view<L>(&self, model: &'static super::Description, layer: usize) -> View<'_, L> {
        use super::Storage;
        let [trainable_part, non_trainable_part, layers] = parts(model, layer);
        let (trainable, non_trainable) = self.weights().split_at(model.trainable);
        let start = model.layers[..layer]
            .iter()
            .fold(crate::layers::Space::NONE, |start, before| start.plus(before.built.state_space()));
        let built = model.layers[layer].built;
        View {
            built,
            trainable: &trainable[trainable_part],
            non_trainable: &non_trainable[non_trainable_part],
            state: self.state().of_layer(model, start, built.state_space()),
            frozen: &self.frozen()[layers],
            depth: 0,
            random: self.random(),
            model: std::sync::OnceLock::new(),
            layer: PhantomData,
        }
    }

    /// The view of a layer to change, by its number in the description.
    #[doc(hidden)]
    pub fn view_mut<L>(&mut self, model: &'static super::Description, layer: usize) -> ViewMut<'_, L> {
        let [trainable_part, non_trainable_part, layers] = parts(model, layer);
        let (weights, frozen, random) = self.changing_parts();
        let (trainable, non_trainable) = weights.split_at_mut(model.trainable);
        ViewMut {
            built: model.layers[layer].built,
            trainable: &mut trainable[trainable_part],
            non_trainable: &mut non_trainable[non_trainable_part],
            frozen: &mut frozen[layers],
            depth: 0,
            random,
            layer: PhantomData,
        }
    }
}

/// Accessors of a layer's weights by name, as arrays of the right number of axes.
///
/// `weights!(Dense { kernel: Ix2, bias: Ix1 })` gives `model.dense().kernel()` and `model.dense_mut().kernel()`.
#[doc(hidden)]
#[macro_export]
macro_rules! weights {
    ($layer:ty { $($name:ident: $axes:ident),* $(,)? }) => {
        #[cfg(feature = "std")]
        impl<'a> $crate::model::View<'a, $layer> {
            $(
                #[doc = concat!("The weight `", stringify!($name), "`; empty if the layer has none.")]
                pub fn $name(&self) -> ndarray::ArrayView<'a, f32, ndarray::$axes> {
                    $crate::model::array(self.weight(stringify!($name)))
                }
            )*
        }

        #[cfg(feature = "std")]
        impl $crate::model::ViewMut<'_, $layer> {
            $(
                #[doc = concat!("The weight `", stringify!($name), "`, to change; empty if the layer has none.")]
                pub fn $name(&mut self) -> ndarray::ArrayViewMut<'_, f32, ndarray::$axes> {
                    $crate::model::array_mut(self.weight(stringify!($name)))
                }
            )*
        }
    };
}

/// The values of a weight with any number of axes, row-major, as the arrays of one axis have them.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(2), Dense(2, kernel_initializer = "identity") } }
///
/// assert_eq!(Net::new().dense().kernel().to_vec(), [1.0, 0.0, 0.0, 1.0]);
/// ```
#[cfg(feature = "std")]
pub trait ToVec {
    /// The values, row-major.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(2), Dense(1, kernel_initializer = "ones") } }
    ///
    /// assert_eq!(Net::new().dense().kernel().to_vec(), [1.0, 1.0]);
    /// ```
    fn to_vec(&self) -> Vec<f32>;
}

#[cfg(feature = "std")]
impl<D: ndarray::Dimension> ToVec for ndarray::ArrayView<'_, f32, D> {
    fn to_vec(&self) -> Vec<f32> {
        self.iter().copied().collect()
    }
}

#[cfg(feature = "std")]
fn axes<D: ndarray::Dimension>(dims: Dims) -> D {
    let mut axes = D::zeros(dims.rank());
    for (axis, length) in dims.lengths().enumerate() {
        axes[axis] = length;
    }
    axes
}

#[cfg(feature = "std")]
#[doc(hidden)]
pub fn array<D: ndarray::Dimension>(weight: Option<(&[f32], Dims)>) -> ndarray::ArrayView<'_, f32, D> {
    let (values, axes) =
        weight.map_or((&[][..], D::zeros(D::NDIM.unwrap_or(1))), |(values, dims)| (values, axes(dims)));
    ndarray::aview1(values).into_shape_with_order(axes).expect("a weight has as many values as its dimensions say")
}

#[cfg(feature = "std")]
#[doc(hidden)]
pub fn array_mut<D: ndarray::Dimension>(weight: Option<(&mut [f32], Dims)>) -> ndarray::ArrayViewMut<'_, f32, D> {
    let (values, axes) = match weight {
        Some((values, dims)) => (values, axes(dims)),
        None => (&mut [][..], D::zeros(D::NDIM.unwrap_or(1))),
    };
    ndarray::aview_mut1(values).into_shape_with_order(axes).expect("a weight has as many values as its dimensions say")
}

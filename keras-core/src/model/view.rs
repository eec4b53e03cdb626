//! One layer's weights, as the accessors of a model give them.

use core::marker::PhantomData;

use crate::layers::{Built, Weight};

/// The weights of a layer of type `L`, to read: `model.dense()`.
pub struct View<'a, L> {
    built: &'static Built,
    trainable: &'a [f32],
    rest: &'a [f32],
    frozen: bool,
    layer: PhantomData<fn() -> L>,
}

/// The weights of a layer of type `L`, to change: `model.dense_mut()`.
pub struct ViewMut<'a, L> {
    built: &'static Built,
    trainable: &'a mut [f32],
    rest: &'a mut [f32],
    frozen: &'a mut bool,
    layer: PhantomData<fn() -> L>,
}

/// Finds a weight: in which block, and where.
fn find(built: &Built, name: &str) -> Option<(Weight, usize)> {
    let (mut trainable, mut rest) = (0, 0);
    for weight in built.weights.list() {
        let offset = if weight.trainable { &mut trainable } else { &mut rest };
        if weight.name == name {
            return Some((*weight, *offset));
        }
        *offset += weight.dims.size();
    }
    None
}

impl<'a, L> View<'a, L> {
    /// The view of a layer whose blocks start at these floats of `trainable` and `rest`.
    pub fn new(built: &'static Built, trainable: &'a [f32], rest: &'a [f32], frozen: bool) -> Self {
        Self { built, trainable, rest, frozen, layer: PhantomData }
    }

    /// A weight by its name, row-major, with its dimensions.
    pub fn weight(&self, name: &str) -> Option<(&'a [f32], crate::shape::Dims)> {
        let (weight, offset) = find(self.built, name)?;
        let block = if weight.trainable { self.trainable } else { self.rest };
        Some((block.get(offset..offset + weight.dims.size())?, weight.dims))
    }

    /// Whether the layer is frozen: training leaves its weights as they are.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The names and dimensions of the weights.
    pub fn weights(&self) -> &'static [Weight] {
        self.built.weights.list()
    }

    /// All trainable weights of the layer in a row.
    pub fn trainable(&self) -> &'a [f32] {
        self.trainable
    }
}

impl<L> ViewMut<'_, L> {
    /// A weight by its name, row-major, with its dimensions.
    pub fn weight(&mut self, name: &str) -> Option<(&mut [f32], crate::shape::Dims)> {
        let (weight, offset) = find(self.built, name)?;
        let block = if weight.trainable { &mut *self.trainable } else { &mut *self.rest };
        Some((block.get_mut(offset..offset + weight.dims.size())?, weight.dims))
    }

    /// Training leaves the weights as they are from now on.
    pub fn freeze(&mut self) {
        *self.frozen = true;
    }

    /// Training changes the weights from now on.
    pub fn unfreeze(&mut self) {
        *self.frozen = false;
    }

    /// All trainable weights of the layer in a row.
    pub fn trainable(&mut self) -> &mut [f32] {
        self.trainable
    }
}

/// Where the layer's blocks start: floats of trainable and of other weights before it.
#[cfg(feature = "std")]
fn offsets(model: &super::Description, layer: usize) -> (usize, usize) {
    model.layers.iter().take(layer).fold((0, 0), |(trainable, rest), layer| {
        (trainable + layer.built.weights.floats(true), rest + layer.built.weights.floats(false))
    })
}

#[cfg(feature = "std")]
impl super::Owned {
    /// The view of a layer, by its number in the description.
    pub fn view<L>(&self, model: &'static super::Description, layer: usize) -> View<'_, L> {
        use super::Storage;
        let built = model.layers[layer].built;
        let (trainable, rest) = self.weights().split_at(model.trainable);
        let (at, rest_at) = offsets(model, layer);
        View::new(
            built,
            &trainable[at..at + built.weights.floats(true)],
            &rest[rest_at..rest_at + built.weights.floats(false)],
            self.frozen()[layer],
        )
    }

    /// The view of a layer to change, by its number in the description.
    pub fn view_mut<L>(&mut self, model: &'static super::Description, layer: usize) -> ViewMut<'_, L> {
        let built = model.layers[layer].built;
        let (at, rest_at) = offsets(model, layer);
        let (weights, frozen) = self.parts_mut();
        let (trainable, rest) = weights.split_at_mut(model.trainable);
        ViewMut {
            built,
            trainable: &mut trainable[at..at + built.weights.floats(true)],
            rest: &mut rest[rest_at..rest_at + built.weights.floats(false)],
            frozen: &mut frozen[layer],
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

#[cfg(feature = "std")]
fn axes<D: ndarray::Dimension>(dims: crate::shape::Dims) -> D {
    let mut axes = D::zeros(dims.rank());
    for (axis, length) in dims.lengths().enumerate() {
        axes[axis] = length;
    }
    axes
}

#[cfg(feature = "std")]
#[doc(hidden)]
pub fn array<D: ndarray::Dimension>(weight: Option<(&[f32], crate::shape::Dims)>) -> ndarray::ArrayView<'_, f32, D> {
    let (values, axes) =
        weight.map_or((&[][..], D::zeros(D::NDIM.unwrap_or(0))), |(values, dims)| (values, axes(dims)));
    ndarray::ArrayView::from_shape(axes, values).expect("a weight has as many values as its dimensions say")
}

#[cfg(feature = "std")]
#[doc(hidden)]
pub fn array_mut<D: ndarray::Dimension>(
    weight: Option<(&mut [f32], crate::shape::Dims)>,
) -> ndarray::ArrayViewMut<'_, f32, D> {
    let (values, axes) = match weight {
        Some((values, dims)) => (values, axes(dims)),
        None => (&mut [][..], D::zeros(D::NDIM.unwrap_or(0))),
    };
    ndarray::ArrayViewMut::from_shape(axes, values).expect("a weight has as many values as its dimensions say")
}

//! A model as a layer of another.

use core::marker::PhantomData;

use super::{Composite, Inference, Mode, Model, Ports, Training, composite};
use crate::{
    layers::{Backward, Built, Forward, Layer},
    shape::ShapeError,
};

/// A model `M` as a layer: what `M::layer()` makes, and `M()` in a listing means.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// sequential! { struct Encoder { Input(8), Dense(4) } }
///
/// let built = Encoder::layer().build(Dims::new(&[8]))?;
/// assert_eq!((built.output(), built.weights.trainable_size()), (Dims::new(&[4]), 8 * 4 + 4));
/// # Ok::<(), keras::shape::ShapeError>(())
/// ```
pub struct Nested<M>(PhantomData<fn() -> M>);

impl<M> Clone for Nested<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Nested<M> {}

impl<M: Model> Nested<M> {
    /// The model as a layer.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    /// use keras_core::model::Nested;
    ///
    /// sequential! { struct Encoder { Input(8), Dense(4) } }
    ///
    /// let layer = Nested::<Encoder>::new(); // as `Encoder::layer()`
    /// assert!(layer.build(Dims::new(&[8])).is_ok());
    /// ```
    #[expect(clippy::new_without_default, reason = "layers are made by `layer`")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// The rule of a model: its own. It takes the dimensions of one input or a list of them, so that a wrong number of
    /// inputs is no mismatch of types, but what [`called`](super::called) finds, and says in words.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// model! { struct Join(a: Input(8), b: Input(4)) { Concatenate()([a, b]) } }
    ///
    /// let built = Join::layer().build(&[Dims::new(&[8]), Dims::new(&[4])])?;
    /// assert_eq!(built.output(), Dims::new(&[12]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build<Inputs: Copy>(&self, _: Inputs) -> Result<Built, ShapeError> {
        M::BUILT
    }
}

/// What a path in a listing stands for as a layer: a layer itself, or a model as a layer.
#[doc(hidden)]
pub trait Listed {
    /// The type of the layer.
    type Layer: Layer;
}

impl<L: Layer> Listed for L {
    type Layer = L;
}

impl<M: Model> Layer for Nested<M> {
    fn forward(&self, pass: Forward<'_>) {
        composite::forward(self, pass);
    }

    fn backward(&self, pass: Backward<'_>) {
        composite::backward(self, pass);
    }
}

impl<M: Model> Composite for Nested<M> {
    fn ports(&self) -> Ports<'_> {
        Ports {
            inputs: M::inputs(),
            outputs: [M::outputs(Mode::Inference), M::outputs(Mode::Training)],
            output_masks: [M::output_masks(Mode::Inference), M::output_masks(Mode::Training)],
            input_gradients: M::input_gradients(),
            output_gradients: M::output_gradients(),
            is_model: true,
        }
    }

    fn infer(&self, pass: &mut Inference<'_>) {
        M::infer(pass);
    }

    fn forward(&self, pass: &mut Training<'_>) {
        M::forward(pass);
    }

    fn backward(&self, pass: &mut Training<'_>) {
        M::backward(pass);
    }
}

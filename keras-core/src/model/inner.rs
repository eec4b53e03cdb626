//! An inner model as a model.
//!
//! The weights of an inner model lie in two places of the outer one, so that there is no model to borrow. A view of it makes a copy
//! when it is first used as a model; one that changes it writes the copy back when it goes out of scope.

use super::ViewMut;
use crate::layers::Layer;

/// What a `…_mut` accessor of a layer of this type gives: a [`ViewMut`] of a layer, a `ModelMut` of an inner model.
///
/// ```
/// use keras::{ModelMut, ViewMut, model::ViewMutOf, prelude::*};
///
/// sequential! { struct Encoder { Input(3), Dense(2) } }
/// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
///
/// let mut net = Net::new();
/// let encoder: ViewMutOf<'_, Encoder> = net.encoder_mut();
/// let encoder: ModelMut<'_, Encoder> = encoder; // the same type
/// drop(encoder);
/// let dense: ViewMutOf<'_, Dense> = net.dense_mut();
/// let dense: ViewMut<'_, Dense> = dense;
/// ```
pub type ViewMutOf<'a, L> = <L as HasViewMut<'a>>::ViewMut;

/// Layers and models, which differ in what their accessors give to change them: see [`ViewMutOf`]. The macros implement it for
/// models.
///
/// ```
/// use keras::{model::HasViewMut, prelude::*};
///
/// sequential! { struct Encoder { Input(3), Dense(2) } }
///
/// fn is_a_layer_or_a_model<T: for<'a> HasViewMut<'a>>() {}
/// is_a_layer_or_a_model::<Dense>();
/// is_a_layer_or_a_model::<Encoder>();
/// ```
pub trait HasViewMut<'a>: Sized {
    /// The type.
    type ViewMut;

    /// A view of this layer as that.
    #[doc(hidden)]
    fn of_view(view: ViewMut<'a, Self>) -> Self::ViewMut;
}

impl<'a, L: Layer> HasViewMut<'a> for L {
    type ViewMut = ViewMut<'a, L>;

    fn of_view(view: ViewMut<'a, L>) -> ViewMut<'a, L> {
        view
    }
}

#[cfg(feature = "std")]
pub use with_std::ModelMut;

#[cfg(feature = "std")]
mod with_std {
    use core::ops::{Deref, DerefMut};
    use std::sync::OnceLock;

    use crate::{
        Result,
        model::{Model, Owned, Storage, View, ViewMut},
        shape::Dims,
    };

    /// An inner model.
    impl<M: Model<Storage = Owned>> View<'_, M> {
        /// A copy of the inner model as a model of its own: all weights, moving averages included, and which layers are frozen. The
        /// state of layers starts from its initial values. [`ModelMut::copy_from`] puts it back.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Decoder { Input(2), BatchNormalization(), Dense(3) } }
        /// sequential! { struct Autoencoder { Input(3), Dense(2), Decoder(name = "decoder") } }
        ///
        /// let (mut autoencoder, z) = (Autoencoder::with_seed(1), Tensor::from([[1.0, 2.0], [-1.0, 0.5]]));
        /// let mut decoder: Decoder = autoencoder.decoder().to_model();
        /// let mut compiled = decoder.compile(SGD::new(0.1), MeanSquaredError::default(), ());
        /// compiled.fit(&z, &Tensor::from([[0.0; 3]; 2])).verbose(0).run()?;
        /// assert_ne!(decoder.predict(&z)?, autoencoder.decoder().predict(&z)?); // the copy is trained
        ///
        /// autoencoder.decoder_mut().copy_from(&decoder);
        /// assert_eq!(decoder.predict(&z)?, autoencoder.decoder().predict(&z)?);
        /// # Ok::<(), keras::Error>(())
        /// ```
        pub fn to_model(&self) -> M {
            // The first flag is that of the model as a layer.
            let frozen = self.flags().get(1..).unwrap_or_default();
            M::from_storage(Owned::of_parts(self.blocks(), frozen, self.random))
        }
    }

    /// A view of an inner model has all methods of the model. They work on a copy, which is made at the first of them.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Decoder { Input(2), Dense(3, kernel_initializer = "ones", name = "pixels") } }
    /// sequential! { struct Autoencoder { Input(3), Dense(2), Decoder(name = "decoder") } }
    ///
    /// /// A function of one's own for such models.
    /// fn brightness(decoder: &Decoder) -> f32 {
    ///     decoder.predict_one(&[1.0, 1.0]).iter().sum()
    /// }
    ///
    /// let autoencoder = Autoencoder::new();
    /// let decoder = autoencoder.decoder();
    /// assert_eq!(decoder.predict(&Tensor::from([[1.0, 2.0]]))?.values(), [3.0; 3]);
    /// assert_eq!(decoder.pixels().kernel().shape(), [2, 3]);
    /// assert!(decoder.summary().to_string().contains("pixels"));
    /// assert_eq!(brightness(&decoder), 6.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    impl<M: Model<Storage = Owned>> Deref for View<'_, M> {
        type Target = M;

        fn deref(&self) -> &M {
            self.model.get_or_init(|| self.to_model())
        }
    }

    /// An inner model, to change: `model.decoder_mut()`.
    ///
    /// It has all methods of the model: `compile` and `fit`, `load`, `freeze`, and the accessors of its layers. They work on a copy of
    /// the inner model, which is made at the first of them, and written back when this value goes out of scope: weights, moving
    /// averages, and which layers are frozen. The state of layers is not part of it.
    ///
    /// ```
    /// use keras::{ModelMut, prelude::*};
    ///
    /// sequential! { struct Decoder { Input(2), Dense(3, name = "pixels") } }
    /// sequential! { struct Autoencoder { Input(3), Dense(2), Decoder(name = "decoder") } }
    ///
    /// let (z, x) = (Tensor::from([[1.0, 2.0], [-1.0, 0.5]]), Tensor::from([[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]]));
    /// let mut autoencoder = Autoencoder::with_seed(1);
    /// let mean_squared_error = || MeanSquaredError::default();
    /// autoencoder.decoder_mut().compile(Adam::new(0.1), mean_squared_error(), ()).fit(&z, &x).epochs(200).verbose(0).run()?;
    ///
    /// let mut decoder: ModelMut<'_, Decoder> = autoencoder.decoder_mut();
    /// assert!(decoder.compile(Adam::default(), mean_squared_error(), ()).evaluate(&z, &x)?.loss < 0.01);
    /// decoder.pixels_mut().bias().fill(0.0);
    /// drop(decoder); // written back
    /// assert_eq!(autoencoder.decoder().pixels().bias().to_vec(), [0.0; 3]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct ModelMut<'a, M: Model<Storage = Owned>> {
        view: ViewMut<'a, M>,
        model: OnceLock<M>,
        /// Whether the copy may have been changed.
        changed: bool,
    }

    impl<'a, M: Model<Storage = Owned>> ModelMut<'a, M> {
        #[doc(hidden)]
        pub fn new(view: ViewMut<'a, M>) -> Self {
            Self { view, model: OnceLock::new(), changed: false }
        }

        /// The place of the inner model, with all changes.
        fn view(&mut self) -> &mut ViewMut<'a, M> {
            self.put_back();
            &mut self.view
        }

        fn put_back(&mut self) {
            let Some(model) = self.model.take() else { return };
            if !core::mem::take(&mut self.changed) {
                return;
            }
            self.view.copy_from(&model);
            if let Some(flags) = self.view.flags().get_mut(1..) {
                flags.copy_from_slice(model.storage().frozen());
            }
            (_, *self.view.random.1) = model.storage().random();
        }

        /// Takes over all weights of a model, moving averages included.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), BatchNormalization(), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder", trainable = false), Dense(1) } }
        ///
        /// let encoder = Encoder::with_seed(1); // pretrained
        /// let mut net = Net::with_seed(2);
        /// net.encoder_mut().copy_from(&encoder);
        /// assert_eq!(net.encoder().weights(), encoder.weights());
        /// ```
        pub fn copy_from(&mut self, model: &M) {
            self.view().copy_from(model);
        }

        /// Replaces all weights, trainable ones first. As
        /// [Keras' `set_weights`](https://keras.io/api/layers/base_layer/#set_weights-method).
        ///
        /// # Errors
        /// If they are more or less than the model has; nothing is changed.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), BatchNormalization(), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
        ///
        /// let (source, mut net) = (Net::with_seed(1), Net::with_seed(2));
        /// net.encoder_mut().set_weights(&source.encoder().weights())?;
        /// assert_eq!(net.encoder().weights(), source.encoder().weights());
        /// # Ok::<(), keras::Error>(())
        /// ```
        pub fn set_weights(&mut self, weights: &[f32]) -> Result<()> {
            self.view().set_weights(weights)
        }

        /// A weight by its path in the inner model, as [`ViewMut::weight`].
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.encoder_mut().weight("dense/bias").unwrap().0.fill(1.0);
        /// assert_eq!(net.encoder().dense().bias().to_vec(), [1.0, 1.0]);
        /// ```
        pub fn weight(&mut self, name: &str) -> Option<(&mut [f32], Dims)> {
            self.view().weight(name)
        }

        /// All trainable weights of the inner model in a row.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.encoder_mut().trainable().fill(0.5);
        /// assert_eq!(net.encoder().predict_one(&[1.0, 1.0, 1.0]), [2.0, 2.0]);
        /// ```
        pub fn trainable(&mut self) -> &mut [f32] {
            self.view().trainable()
        }

        /// Training leaves the weights of all its layers as they are from now on.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder"), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.encoder_mut().freeze();
        /// assert!(net.encoder().is_frozen() && net.encoder().dense().is_frozen());
        /// ```
        pub fn freeze(&mut self) {
            self.view().freeze();
        }

        /// Training changes the weights of all its layers from now on.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), Dense(2) } }
        /// sequential! { struct Net { Input(3), Encoder(name = "encoder", trainable = false), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.encoder_mut().unfreeze();
        /// assert!(!net.encoder().is_frozen());
        /// ```
        pub fn unfreeze(&mut self) {
            self.view().unfreeze();
        }
    }

    /// An inner model.
    impl<M: Model<Storage = Owned>> ViewMut<'_, M> {
        /// Takes over all weights of a model, moving averages included: of an inner model that is an argument of a layer, as in
        /// `TimeDistributed(Encoder())`.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// sequential! { struct Encoder { Input(3), BatchNormalization(), Dense(2) } }
        /// sequential! { struct Net { Input(5, 3), TimeDistributed(Encoder()) } }
        ///
        /// let encoder = Encoder::with_seed(1);
        /// let mut net = Net::with_seed(2);
        /// net.time_distributed_mut().layer().copy_from(&encoder);
        /// let frame = Tensor::from([[1.0, 2.0, 3.0]]);
        /// assert_eq!(net.time_distributed().layer().predict(&frame)?, encoder.predict(&frame)?);
        /// # Ok::<(), keras::Error>(())
        /// ```
        pub fn copy_from(&mut self, model: &M) {
            let (first, second) = model.storage().weights().split_at(M::DESCRIPTION.trainable);
            let [trainable, non_trainable] = self.blocks();
            trainable.copy_from_slice(first);
            non_trainable.copy_from_slice(second);
        }
    }

    impl<M: Model<Storage = Owned>> Deref for ModelMut<'_, M> {
        type Target = M;

        fn deref(&self) -> &M {
            self.model.get_or_init(|| self.view.copied())
        }
    }

    impl<M: Model<Storage = Owned>> DerefMut for ModelMut<'_, M> {
        fn deref_mut(&mut self) -> &mut M {
            self.changed = true;
            if self.model.get().is_none() {
                self.model = OnceLock::from(self.view.copied());
            }
            self.model.get_mut().expect("it has just been made")
        }
    }

    impl<M: Model<Storage = Owned>> Drop for ModelMut<'_, M> {
        fn drop(&mut self) {
            self.put_back();
        }
    }
}

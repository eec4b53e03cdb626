//! Where a model's weights are: on the heap, or in the binary.

use super::StoredFloat;

/// Where a model's weights are.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Embedded, Storage};
///
/// static WEIGHTS: &[f32] = &[1.0, 10.0, 0.5];
/// assert_eq!(Embedded::new(WEIGHTS).weights(), WEIGHTS);
/// ```
pub trait Storage: Sized + Send + Sync + 'static {
    /// What the weights are stored as.
    type Number: StoredFloat;

    /// All weights: the trainable ones first, then the rest.
    fn weights(&self) -> &[Self::Number];

    /// The seed of random numbers at inference: that of the model, and 0 for weights in the program.
    #[doc(hidden)]
    fn inference_seed(&self) -> u64 {
        0
    }

    /// Where a copy of large kernels is kept that makes predictions faster, if there is such a place.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    fn panels(&self) -> Option<&super::Panels> {
        None
    }
}

/// Weights compiled into the binary, made by `embed!`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(2), Dense(1) } }
///
/// /// Works on embedded weights, whatever made them.
/// fn score(net: &Net<Embedded>) -> f32 {
///     net.predict_one(&[1.0, 2.0])[0]
/// }
///
/// static WEIGHTS: &[f32] = &[1.0, 10.0, 0.5]; // `embed!` makes them of a file, and checks it
/// assert_eq!(score(&Net::from_embedded(WEIGHTS)), 21.5);
/// ```
///
/// Of a file of 16-bit floats, `embed!` makes an `Embedded<Float16>` or an `Embedded<BFloat16>`, which takes half the room.
/// Inference computes in `f32` all the same: it widens the weights of one layer at a time, an inner model being one, into its
/// workspace, which is that much larger: `Net::HALF_WORKSPACE` floats.
#[derive(Clone, Copy, PartialEq)]
pub struct Embedded<N: 'static = f32> {
    weights: &'static [N],
}

impl<N> core::fmt::Debug for Embedded<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Embedded").field("weights", &self.weights.len()).finish_non_exhaustive()
    }
}

impl<N> Embedded<N> {
    /// These weights.
    ///
    /// ```
    /// use keras::Embedded;
    ///
    /// const WEIGHTS: Embedded = Embedded::new(&[1.0, 10.0, 0.5]); // `embed!` does so, after it has checked them
    /// assert_eq!(format!("{WEIGHTS:?}"), "Embedded { weights: 3, .. }");
    /// ```
    pub const fn new(weights: &'static [N]) -> Self {
        Self { weights }
    }
}

impl<N: StoredFloat> Storage for Embedded<N> {
    type Number = N;

    #[inline]
    fn weights(&self) -> &[N] {
        self.weights
    }
}

#[cfg(not(feature = "std"))]
pub use no_heap::Owned;
#[cfg(feature = "std")]
pub use owned::Owned;

#[cfg(not(feature = "std"))]
mod no_heap {
    /// Weights on the heap: there is none without the feature `std`, so no such value exists.
    #[derive(Clone, Debug, PartialEq)]
    pub enum Owned {}

    impl super::Storage for Owned {
        type Number = f32;

        fn weights(&self) -> &[f32] {
            match *self {}
        }
    }
}

#[cfg(feature = "std")]
mod owned {
    use crate::{
        kernels::random::Random,
        model::{Description, Panels, State},
    };

    /// A cache line of weights.
    #[derive(Clone, Copy)]
    #[repr(C, align(64))]
    struct Line([f32; 16]);

    /// Weights on the heap: one buffer, aligned to 64 bytes.
    ///
    /// It is what a model has if nothing else is said: `Net` is `Net<Owned>`.
    ///
    /// ```
    /// use keras::{Owned, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(1) } }
    ///
    /// let net: Net<Owned> = Net::with_seed(1);
    /// let same: Net = net;
    /// assert_eq!(same.weights().as_ptr().align_offset(64), 0);
    /// ```
    ///
    /// Two are equal if all weights and the state are, so models can be compared that derive it. Their seeds, and what is frozen,
    /// do not count: they do not change what a model predicts.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { #[derive(Clone, Debug, PartialEq)] struct Net { Input(2), Dense(1) } }
    ///
    /// let net = Net::with_seed(1);
    /// let mut other = net.clone();
    /// assert_eq!(net, other);
    /// other.weights_mut()[0] += 1.0;
    /// assert_ne!(net, other);
    /// ```
    #[derive(Clone)]
    pub struct Owned {
        lines: Vec<Line>,
        length: usize,
        frozen: Vec<bool>,
        seed: u64,
        steps: u64,
        state: State,
        panels: Panels,
    }

    impl Owned {
        /// First values for a model's weights, all from one seed.
        #[doc(hidden)]
        pub fn new(model: &Description, seed: u64) -> Self {
            let length = model.count_params();
            let mut owned = Self {
                lines: vec![Line([0.0; 16]); length.div_ceil(16)],
                length,
                frozen: model.declared_frozen(),
                seed,
                steps: 0,
                state: State::new(),
                panels: Panels::default(),
            };
            let weights = owned.weights_mut();
            for (stream, weight) in model.named_weights().enumerate() {
                let random = Random::new(seed, stream as u64);
                weight.declaration.initializer.fill(weight.dims, random, &mut weights[weight.range()]);
            }
            owned
        }

        /// A copy of a part of a model, as a model: its two blocks of weights, the flags of its layers, and the seed and the
        /// number of the last training step, with which it goes on.
        pub(crate) fn of_parts([trainable, non_trainable]: [&[f32]; 2], frozen: &[bool], random: (u64, u64)) -> Self {
            let length = trainable.len() + non_trainable.len();
            let mut owned = Self {
                lines: vec![Line([0.0; 16]); length.div_ceil(16)],
                length,
                frozen: frozen.to_vec(),
                seed: random.0,
                steps: random.1,
                state: State::new(),
                panels: Panels::default(),
            };
            let (first, second) = owned.weights_mut().split_at_mut(trainable.len());
            first.copy_from_slice(trainable);
            second.copy_from_slice(non_trainable);
            owned
        }

        /// A seed that differs from run to run.
        ///
        /// ```
        /// use keras::{Owned, prelude::*};
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// let seed = Owned::random_seed(); // to be written down, so that the run can be repeated
        /// assert_eq!(Net::with_seed(seed).weights(), Net::with_seed(seed).weights());
        /// ```
        pub fn random_seed() -> u64 {
            use std::hash::{BuildHasher, Hasher};
            std::hash::RandomState::new().build_hasher().finish()
        }

        /// The seed that the weights and the random numbers of training come from.
        ///
        /// ```
        /// use keras::prelude::*;
        /// use keras_core::model::Model;
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// assert_eq!(Net::with_seed(7).storage().seed(), 7);
        /// ```
        pub fn seed(&self) -> u64 {
            self.seed
        }

        /// The number of the next training step: with the seed, it gives the step's random numbers.
        pub(crate) fn next_step(&mut self) -> u64 {
            self.steps += 1;
            self.steps
        }

        /// Which layers are frozen: an inner model stands before its layers.
        ///
        /// ```
        /// use keras::prelude::*;
        /// use keras_core::model::Model;
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.freeze("dense")?;
        /// assert_eq!(net.storage().frozen(), [true]);
        /// # Ok::<(), keras::Error>(())
        /// ```
        pub fn frozen(&self) -> &[bool] {
            &self.frozen
        }

        /// The same, to change.
        ///
        /// ```
        /// use keras::prelude::*;
        /// use keras_core::model::Model;
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.storage_mut().frozen_mut().fill(true); // every layer
        /// assert!(net.dense().is_frozen());
        /// ```
        pub fn frozen_mut(&mut self) -> &mut [bool] {
            &mut self.frozen
        }

        /// All weights, to change.
        ///
        /// ```
        /// use keras::prelude::*;
        /// use keras_core::model::Model;
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// let mut net = Net::new();
        /// net.storage_mut().weights_mut().copy_from_slice(&[2.0, 3.0, 0.5]);
        /// assert_eq!(net.predict_one(&[1.0, 1.0]), [5.5]);
        /// ```
        pub fn weights_mut(&mut self) -> &mut [f32] {
            self.panels.reset();
            // SAFETY: `Line` is `repr(C)` over `[f32; 16]` without padding, so the lines are `16 * lines.len()` floats in
            // a row, and `length` is at most that.
            unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) }
        }

        /// The state of the model's layers, which training and evaluation go on with.
        ///
        /// ```
        /// use keras::{State, prelude::*};
        /// use keras_core::model::Model;
        ///
        /// sequential! { struct Net { Input(2), Dense(1) } }
        ///
        /// assert_eq!(*Net::new().storage_mut().state_mut(), State::new()); // no layer has any
        /// ```
        pub fn state_mut(&mut self) -> &mut State {
            &mut self.state
        }

        /// The state of the model's layers.
        pub(crate) fn state(&self) -> &State {
            &self.state
        }

        /// All weights and which layers are frozen, to be read, and the state, to be changed.
        pub(crate) fn weights_and_state(&mut self) -> (&[f32], &[bool], &mut State) {
            // SAFETY: as in `weights_mut`; the borrows are of different fields.
            let weights = unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) };
            (weights, &self.frozen, &mut self.state)
        }

        /// The seed, and the number of training steps so far.
        pub(crate) fn random(&self) -> (u64, u64) {
            (self.seed, self.steps)
        }

        /// All weights, which layers are frozen, and the seed with the number of training steps so far.
        pub(crate) fn changing_parts(&mut self) -> (&mut [f32], &mut [bool], (u64, &mut u64)) {
            self.panels.reset();
            // SAFETY: as in `weights_mut`; the borrows are of different fields.
            let weights = unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) };
            (weights, &mut self.frozen, (self.seed, &mut self.steps))
        }

        /// All weights, which layers are frozen, and the state.
        pub(crate) fn parts_mut(&mut self) -> (&mut [f32], &mut [bool], &mut State) {
            self.panels.reset();
            // SAFETY: as in `weights_mut`; the borrows are of different fields.
            let weights = unsafe { core::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length) };
            (weights, &mut self.frozen, &mut self.state)
        }
    }

    impl super::Storage for Owned {
        type Number = f32;

        fn weights(&self) -> &[f32] {
            // SAFETY: as in `weights_mut`.
            unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length) }
        }

        fn panels(&self) -> Option<&Panels> {
            Some(&self.panels)
        }

        fn inference_seed(&self) -> u64 {
            self.seed
        }
    }

    impl PartialEq for Owned {
        fn eq(&self, other: &Self) -> bool {
            use super::Storage;
            self.weights() == other.weights() && self.state == other.state
        }
    }

    impl core::fmt::Debug for Owned {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.debug_struct("Owned").field("weights", &self.length).field("seed", &self.seed).finish_non_exhaustive()
        }
    }
}

//! The declaration of state: what a layer keeps from call to call and is no weight.

use super::Space;
use crate::shape::{Dims, MAX_ELEMENTS, MAX_LENGTH, ShapeError};

/// The largest number of state variables of one layer.
///
/// ```
/// assert_eq!(keras::layers::MAX_STATES, 8);
/// ```
pub const MAX_STATES: usize = 8;

/// A state variable of a layer: its name, its dimensions, and its initial value.
///
/// State survives from call to call, is written at inference as in training, and goes back to its initial value by
/// `reset_states`. It is no weight: it is not saved, not counted among the parameters, and no optimizer sees it. As the states
/// of Keras' recurrent layers with `stateful=True`.
///
/// ```
/// use keras::{layers::{Built, StateVariable}, shape::Dims};
///
/// let count = StateVariable::new("count", Dims::new(&[1]));                 // one for all samples
/// let hidden = StateVariable::per_sample("hidden", Dims::new(&[32])).initial_value(1.0);
/// let built = Built::new(Dims::new(&[32])).state(count).state(hidden);
/// assert_eq!(built.states().len(), 2);
/// assert_eq!(built.weights.trainable_size() + built.weights.non_trainable_size(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StateVariable {
    /// The name within the layer: `hidden`.
    pub name: &'static str,
    /// The dimensions; with a batch axis, those of one sample.
    pub dims: Dims,
    /// Whether there is a batch axis: a value for each sample.
    pub per_sample: bool,
    /// The value of every element at first, and after a reset.
    pub initial: f32,
}

impl StateVariable {
    pub(super) const NONE: Self = Self::new("", Dims::SCALAR);

    /// A variable without a batch axis, of zeros: one for all samples. Batches are then taken in one piece, one after the other.
    ///
    /// ```
    /// use keras::{layers::StateVariable, shape::Dims};
    ///
    /// let mean = StateVariable::new("mean", Dims::new(&[4]));
    /// assert!(!mean.per_sample && mean.initial == 0.0);
    /// ```
    pub const fn new(name: &'static str, dims: Dims) -> Self {
        Self { name, dims, per_sample: false, initial: 0.0 }
    }

    /// A variable with a batch axis, of zeros: these dimensions for each sample. Sample `i` of a batch goes on from what sample
    /// `i` of the batch before it left, so the number of samples stays the same until the state is reset.
    ///
    /// ```
    /// use keras::{layers::StateVariable, shape::Dims};
    ///
    /// assert!(StateVariable::per_sample("hidden", Dims::new(&[32])).per_sample);
    /// ```
    pub const fn per_sample(name: &'static str, dims: Dims) -> Self {
        Self { name, dims, per_sample: true, initial: 0.0 }
    }

    /// The same with another initial value (default: 0).
    ///
    /// ```
    /// use keras::{layers::StateVariable, shape::Dims};
    ///
    /// assert_eq!(StateVariable::new("scale", Dims::new(&[4])).initial_value(1.0).initial, 1.0);
    /// ```
    pub const fn initial_value(mut self, value: f32) -> Self {
        self.initial = value;
        self
    }

    /// Whether it can be stored.
    pub(super) const fn check(&self) -> Result<(), ShapeError> {
        if !self.dims.is_valid() {
            return Err(ShapeError::new(
                "a state variable of shape {a} is too large: it may have at most {0} elements, and {1} along an axis",
            )
            .dims(self.dims)
            .number(MAX_ELEMENTS)
            .number(MAX_LENGTH));
        }
        Ok(())
    }
}

impl super::Built {
    /// Adds a state variable; [`Forward::states`](super::Forward) has them in this order.
    ///
    /// # Panics
    /// With more than [`MAX_STATES`] state variables.
    ///
    /// ```
    /// use keras::{layers::{Built, StateVariable}, shape::Dims};
    ///
    /// let built = Built::new(Dims::new(&[8])).state(StateVariable::per_sample("hidden", Dims::new(&[8])));
    /// assert_eq!(built.states()[0].name, "hidden");
    /// ```
    pub const fn state(mut self, variable: StateVariable) -> Self {
        assert!(self.state_count < MAX_STATES, "a layer has at most 8 state variables");
        self.states[self.state_count] = variable;
        self.state_count += 1;
        self
    }

    /// The layer's own state variables; none of an inner model.
    ///
    /// ```
    /// use keras::{layers::Dense, shape::Dims};
    ///
    /// assert!(Dense::layer(10).build(Dims::new(&[4]))?.states().is_empty());
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn states(&self) -> &[StateVariable] {
        self.states.split_at(self.state_count).0
    }

    /// The floats of the state, of a model those of all its layers.
    ///
    /// ```
    /// use keras::{layers::{Built, Space, StateVariable}, shape::Dims};
    ///
    /// let hidden = StateVariable::per_sample("hidden", Dims::new(&[8]));
    /// let count = StateVariable::new("count", Dims::new(&[1]));
    /// assert_eq!(Built::new(Dims::new(&[8])).state(hidden).state(count).state_space(), Space::new(8, 1));
    /// ```
    pub const fn state_space(&self) -> Space {
        if let Some((model, _)) = self.weights.model() {
            return model.state;
        }
        let (mut space, mut at) = (Space::NONE, 0);
        while at < self.state_count {
            let size = self.states[at].dims.size();
            if self.states[at].per_sample {
                space.per_sample = space.per_sample.saturating_add(size);
            } else {
                space.fixed = space.fixed.saturating_add(size);
            }
            at += 1;
        }
        space
    }
}

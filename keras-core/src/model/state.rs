//! State: where each layer's lies in the model's, and the values that a model, or whoever calls it, keeps from call to call.
//!
//! A model's state is two blocks, as the memory of its passes: one whose offsets are floats a sample, and one of floats whatever
//! the batch. Each layer has a part of both, in the order of the layers, an inner model's layers in its place.

use super::{Description, Place, Places};
use crate::{
    layers::{Buffers, Built, MAX_STATES, Space, StateVariable, Weights},
    shape::Message,
};

/// Where the state of a layer lies in the model's, and how it falls apart into variables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatePlan {
    places: Places,
    /// The floats of each variable, of one sample if it has a batch axis.
    lengths: [usize; MAX_STATES],
    /// Whether it has one: a bit for each variable.
    per_sample: u8,
    count: usize,
}

impl StatePlan {
    pub(super) const fn new(built: &Built, start: Space) -> Self {
        let space = built.state_space();
        let mut plan = Self {
            places: Places {
                per_sample: Place { offset: start.per_sample, length: space.per_sample },
                fixed: Place { offset: start.fixed, length: space.fixed },
            },
            lengths: [0; MAX_STATES],
            per_sample: 0,
            count: 0,
        };
        if built.has_layers() {
            // What runs layers takes both blocks as they are.
            if !space.is_none() {
                (plan.lengths[0], plan.lengths[1]) = (space.per_sample, space.fixed);
                (plan.per_sample, plan.count) = (1, 2);
            }
            return plan;
        }
        let states = built.states();
        while plan.count < states.len() {
            plan.lengths[plan.count] = states[plan.count].dims.size();
            if states[plan.count].per_sample {
                plan.per_sample |= 1 << plan.count;
            }
            plan.count += 1;
        }
        plan
    }

    /// Whether the layer has no state.
    pub(super) const fn is_none(&self) -> bool {
        self.count == 0
    }

    /// The variables of the layer out of the state of the model: their number.
    pub(super) fn split<'a>(
        &self,
        state: Buffers<'a>,
        batch: usize,
        into: &mut [&'a mut [f32]; MAX_STATES],
    ) -> Option<usize> {
        let Places { per_sample, fixed } = self.places;
        let mut per_sample = of_place(state.per_sample, per_sample.of_batch(batch))?;
        let mut fixed = of_place(state.fixed, fixed)?;
        for (at, (variable, &length)) in into.iter_mut().zip(&self.lengths).enumerate().take(self.count) {
            let (block, length) = match self.per_sample >> at & 1 {
                1 => (&mut per_sample, length * batch),
                _ => (&mut fixed, length),
            };
            (*variable, *block) = core::mem::take(block).split_at_mut_checked(length)?;
        }
        Some(self.count)
    }
}

fn of_place(values: &mut [f32], place: Place) -> Option<&mut [f32]> {
    values.get_mut(place.offset..)?.get_mut(..place.length)
}

impl Description {
    /// The number of floats of the state of one sample.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4) } }
    ///
    /// const _: () = assert!(Net::DESCRIPTION.state_size() == 0 && Net::STATE == 0); // no layer keeps any
    /// ```
    pub const fn state_size(&self) -> usize {
        self.state.per_sample + self.state.fixed
    }

    /// Writes the initial values of the state of a batch into zeros.
    const fn initialize_state(&self, batch: usize, values: &mut [f32]) {
        let fixed_start = self.state.per_sample * batch;
        let mut layers = self.nested_layers();
        while let Some(found) = layers.advance() {
            let Space { mut per_sample, mut fixed } = found.state;
            let (states, mut at) = (found.layer.built.states(), 0);
            while at < states.len() {
                let (size, initial) = (states[at].dims.size(), states[at].initial);
                let place = if states[at].per_sample {
                    per_sample += size;
                    Place { offset: per_sample - size, length: size }.of_batch(batch)
                } else {
                    fixed += size;
                    Place { offset: fixed_start + fixed - size, length: size }
                };
                // No const evaluation per float where there is nothing to write.
                let mut value = if initial.to_bits() == 0 { place.length } else { 0 };
                while value < place.length {
                    values[place.offset + value] = initial;
                    value += 1;
                }
                at += 1;
            }
        }
    }
}

/// The state of one layer, as the last call left it.
#[derive(Clone, Copy)]
pub(super) struct LayerState<'a> {
    per_sample: &'a [f32],
    fixed: &'a [f32],
    samples: usize,
}

impl<'a> LayerState<'a> {
    /// A variable by its name, in an inner model by its path; `None` if there is none, or was no call.
    pub(super) fn variable(&self, built: &Built, name: &str) -> Option<&'a [f32]> {
        let (place, per_sample) = match &built.weights {
            Weights::Own(..) => {
                let is_it = |variable: &StateVariable| variable.name == name;
                found_among(built.states(), Space::NONE, is_it)?
            }
            Weights::Model(model) | Weights::Wrapped(model, _) => model.nested_layers().find_map(|found| {
                let is_it = |variable: &StateVariable| found.path.push(variable.name).equals(name.as_bytes());
                found_among(found.layer.built.states(), found.state, is_it)
            })?,
        };
        let (block, place) =
            if per_sample { (self.per_sample, place.of_batch(self.samples)) } else { (self.fixed, place) };
        block.get(place.offset..)?.get(..place.length).filter(|values| !values.is_empty())
    }
}

/// The place of a variable in its block, and whether that is the one with a batch axis.
fn found_among(
    states: &[StateVariable],
    start: Space,
    is_it: impl Fn(&StateVariable) -> bool,
) -> Option<(Place, bool)> {
    let mut next = start;
    for variable in states {
        let offset = if variable.per_sample { &mut next.per_sample } else { &mut next.fixed };
        let place = Place { offset: *offset, length: variable.dims.size() };
        if is_it(variable) {
            return Some((place, variable.per_sample));
        }
        *offset += place.length;
    }
    None
}

/// The initial state of one sample.
#[doc(hidden)]
#[track_caller]
pub const fn initial_state<const N: usize>(model: &Description) -> [f32; N] {
    if N != model.state_size() {
        let mut message = Message::new();
        message.text("the state of this model has ");
        message.integer(model.state_size());
        message.text(" numbers (its `STATE`), but the array for it has ");
        message.integer(N);
        panic!("{}", message.as_str())
    }
    let mut values = [0.0; N];
    model.initialize_state(1, &mut values);
    values
}

/// Refuses a model with state, where it could not be kept.
#[doc(hidden)]
#[track_caller]
pub const fn check_stateless(model: &Description, advice: &'static str) {
    if !model.state.is_none() {
        let mut message = Message::new();
        message.text("`");
        message.text(model.name);
        message.text("` has state, which cannot be updated through `&self`; ");
        message.text(advice);
        panic!("{}", message.as_str())
    }
}

#[cfg(feature = "std")]
pub use kept::{State, with_own_state};

#[cfg(feature = "std")]
mod kept {
    use super::{Buffers, Description, LayerState, Space};
    use crate::{
        Error, Result,
        model::{Model, Owned},
    };

    /// The state of a model: what its layers keep from call to call. A new one is at the initial values, for a batch of any size;
    /// the first batch decides the number of samples.
    ///
    /// A model has one of its own, which training, evaluation and `predict_stateful` go on with, and which
    /// [`reset_states`](crate::training::Train::reset_states) resets. Others are for streams of data that share the weights of one
    /// model: see [`Predict::with_state`](crate::training::Predict::with_state).
    ///
    /// ```
    /// use keras::State;
    /// # use keras::{layers::{Backward, Built, Forward, Layer, StateVariable}, prelude::*, shape::{Dims, ShapeError}};
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
    /// // `Sum` gives the sum of all that a sample was so far.
    /// sequential! { struct Total { Input(1), Sum() } }
    ///
    /// let (total, mut mine, mut yours) = (Total::new(), State::new(), State::new());
    /// let x = Tensor::from([[5.0]]);
    /// Predict::with_state(&total, &mut mine).run(&x)?;
    /// assert_eq!(Predict::with_state(&total, &mut mine).run(&x)?.values(), [10.0]);
    /// assert_eq!(Predict::with_state(&total, &mut yours).run(&x)?.values(), [5.0]);
    /// mine.reset();
    /// assert_eq!(mine, State::new());
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct State {
        /// The two blocks one after the other; empty before the first batch.
        values: Vec<f32>,
        /// The number of samples of that batch.
        samples: usize,
    }

    impl State {
        /// The initial state of any model.
        ///
        /// ```
        /// use keras::State;
        ///
        /// assert_eq!(State::new(), State::default());
        /// ```
        pub const fn new() -> Self {
            Self { values: Vec::new(), samples: 0 }
        }

        /// Goes back to the initial values; the next batch may have another number of samples.
        ///
        /// ```
        /// use keras::State;
        ///
        /// let mut state = State::new(); // and then a model has gone on with it
        /// state.reset();
        /// assert_eq!(state, State::new());
        /// ```
        pub fn reset(&mut self) {
            self.values.clear();
            self.samples = 0;
        }

        /// The number of samples that it is the state of, if that matters and a batch has come.
        pub(crate) fn samples(&self, model: &Description) -> Option<usize> {
            (model.state.per_sample > 0 && self.samples > 0).then_some(self.samples)
        }

        /// The state to go on from with a batch of this number of samples.
        pub(crate) fn of_batch(&mut self, model: &'static Description, batch: usize) -> Result<Buffers<'_>> {
            let Space { per_sample, fixed } = model.state;
            let length = |samples| per_sample.saturating_mul(samples).saturating_add(fixed);
            if self.values.is_empty() && !model.state.is_none() {
                self.values.resize(length(batch), 0.0);
                self.samples = if per_sample > 0 { batch } else { 0 };
                model.initialize_state(batch, &mut self.values);
            }
            if self.values.len() != length(self.samples) {
                let (found, expected) = ("the state of another model", "a state of this model, or a new one");
                return Err(Error::argument("state", found, expected));
            }
            if per_sample > 0 && self.samples != batch {
                return Err(Error::StateSamples { expected: self.samples, found: batch });
            }
            let (per_sample, fixed) = self.values.split_at_mut(per_sample * batch);
            Ok(Buffers { per_sample, fixed })
        }

        /// The part of a layer that starts here in both blocks; empty before the first batch.
        pub(in crate::model) fn of_layer(&self, model: &Description, start: Space, space: Space) -> LayerState<'_> {
            let (per_sample, fixed) =
                self.values.split_at(self.values.len() - model.state.fixed.min(self.values.len()));
            LayerState {
                per_sample: part(per_sample, start.per_sample * self.samples, space.per_sample * self.samples),
                fixed: part(fixed, start.fixed, space.fixed),
                samples: self.samples,
            }
        }

        /// All values, to be put back by [`restore`](Self::restore); none before the first batch.
        pub(crate) fn values(&self) -> &[f32] {
            &self.values
        }

        /// Puts back what [`values`](Self::values) gave before a batch.
        pub(crate) fn restore(&mut self, values: &[f32]) {
            self.values.clear();
            self.values.extend_from_slice(values);
            if values.is_empty() {
                self.samples = 0;
            }
        }

        /// Refuses numbers of samples that are no whole number of batches, where a batch goes on from the one before it, sample
        /// by sample.
        pub(crate) fn check_batches(model: &Description, samples: usize, batch_size: usize) -> Result<()> {
            if model.state.per_sample > 0 && samples > batch_size && !samples.is_multiple_of(batch_size) {
                return Err(Error::LastBatch { samples, batch_size, last: samples % batch_size });
            }
            Ok(())
        }
    }

    fn part(block: &[f32], offset: usize, length: usize) -> &[f32] {
        block.get(offset..offset + length).unwrap_or_default()
    }

    /// Works with the state that a model keeps, as that of one sample.
    ///
    /// # Errors
    /// If it is that of a batch of several.
    #[doc(hidden)]
    pub fn with_own_state<M: Model<Storage = Owned>, const N: usize, R>(
        model: &mut M,
        work: impl FnOnce(&M, &mut [f32; N]) -> R,
    ) -> Result<R> {
        let mut state = core::mem::take(model.storage_mut().state_mut());
        let prepared = state.of_batch(M::DESCRIPTION, 1).map(|_| ());
        let done = prepared.and_then(|()| match state.values.first_chunk_mut() {
            Some(values) => Ok(work(model, values)),
            None => Err(Error::argument("state", "too short", "`STATE` floats long")),
        });
        *model.storage_mut().state_mut() = state;
        done
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::{layers::Built, model::LayerDescription, shape::Dims};

    fn leaked<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    fn layer(built: Built) -> LayerDescription {
        LayerDescription::new("layer", "", leaked(built), crate::model::ANY_LAYER)
    }

    fn model(layers: Vec<LayerDescription>) -> &'static Description {
        leaked(Description::new("Net", false, &[], Vec::leak(layers), &[], &[]))
    }

    fn variables(counts: f32, sums: f32) -> Built {
        Built::new(Dims::new(&[2]))
            .state(StateVariable::new("count", Dims::new(&[1])).initial_value(counts))
            .state(StateVariable::per_sample("sum", Dims::new(&[2])).initial_value(sums))
    }

    /// A layer, a model of such a layer, and another layer.
    fn nested() -> &'static Description {
        let mut inner = Built::new(Dims::SCALAR);
        inner.weights = Weights::Model(model(vec![layer(variables(3.0, 4.0)), layer(Built::new(Dims::SCALAR))]));
        model(vec![layer(variables(1.0, 2.0)), layer(inner), layer(variables(5.0, 0.0))])
    }

    #[test]
    fn initial_values_lie_layer_by_layer() {
        assert_eq!(nested().state, Space::new(6, 3));
        assert_eq!(initial_state::<9>(nested()), [2.0, 2.0, 4.0, 4.0, 0.0, 0.0, 1.0, 3.0, 5.0]);
        let mut state = State::new();
        let Buffers { per_sample, fixed } = state.of_batch(nested(), 2).unwrap();
        assert_eq!(per_sample, [2.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(fixed, [1.0, 3.0, 5.0]);
    }

    #[test]
    #[should_panic(expected = "the state of this model has 9 numbers (its `STATE`), but the array for it has 8")]
    fn an_array_of_another_length_is_refused() {
        initial_state::<8>(nested());
    }

    #[test]
    fn variables_come_in_the_order_of_build() {
        let description = nested();
        let plan = StatePlan::new(description.layers[2].built, Space::new(4, 2));
        let mut state = State::new();
        let mut into: [&mut [f32]; MAX_STATES] = core::array::from_fn(|_| &mut [][..]);
        let count = plan.split(state.of_batch(description, 2).unwrap(), 2, &mut into).unwrap();
        assert_eq!((count, &*into[0], &*into[1]), (2, &[5.0][..], &[0.0; 4][..]));
        let inner = StatePlan::new(description.layers[1].built, Space::new(2, 1));
        let mut into: [&mut [f32]; MAX_STATES] = core::array::from_fn(|_| &mut [][..]);
        let count = inner.split(state.of_batch(description, 2).unwrap(), 2, &mut into).unwrap();
        assert_eq!((count, &*into[0], &*into[1]), (2, &[4.0; 4][..], &[3.0][..]), "its blocks, in one piece each");
    }

    #[test]
    fn the_number_of_samples_is_that_of_the_first_batch() {
        let (mut state, description) = (State::new(), nested());
        assert_eq!(state.samples(description), None);
        assert!(state.of_batch(description, 3).is_ok() && state.of_batch(description, 3).is_ok());
        assert_eq!(state.samples(description), Some(3));
        let error = state.of_batch(description, 2).unwrap_err().to_string();
        assert!(error.contains("3") && error.contains("2") && error.contains("reset_states"), "{error}");
        let other = model(vec![layer(variables(0.0, 0.0)), layer(Built::new(Dims::SCALAR))]);
        let error = state.of_batch(other, 2).unwrap_err().to_string();
        assert_eq!(error, "`state` is the state of another model, but must be a state of this model, or a new one");
        state.reset();
        assert!(state.of_batch(description, 2).is_ok());
    }
}

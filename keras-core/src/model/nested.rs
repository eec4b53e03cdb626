//! A model as a layer of another.

use core::marker::PhantomData;

use super::{Inference, Model, Rest, Training, plan::Place};
use crate::{
    layers::{Backward, Built, Forward, Layer, State},
    shape::{Dims, ShapeError},
};

/// A model `M` as a layer: what `M::layer()` makes, and `M()` in a listing means.
pub struct Nested<M>(PhantomData<fn() -> M>);

impl<M> Clone for Nested<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Nested<M> {}

const fn check_input<M: Model>(at: usize, input: Dims) -> Result<(), ShapeError> {
    let expected = M::INPUT_DIMS[at];
    if input.equals(expected) {
        Ok(())
    } else {
        Err(ShapeError::new("this model takes an input {a}, but it is given {b}; change one of them")
            .dims(expected)
            .dims(input))
    }
}

impl<M: Model> Nested<M> {
    /// The model as a layer.
    #[expect(clippy::new_without_default, reason = "layers are made by `layer`")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// The rule of a model with one input.
    pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        self.build_all(&[input])
    }

    /// The rule of a model with several inputs.
    pub const fn build_all(&self, inputs: &[Dims]) -> Result<Built, ShapeError> {
        if inputs.len() != M::INPUT_DIMS.len() {
            return Err(ShapeError::new("this model takes {0} inputs, but {1} are given")
                .number(M::INPUT_DIMS.len())
                .number(inputs.len()));
        }
        let mut at = 0;
        while at < inputs.len() {
            if let Err(error) = check_input::<M>(at, inputs[at]) {
                return Err(error);
            }
            at += 1;
        }
        M::BUILT
    }
}

impl<M: Model> Layer for Nested<M> {
    fn forward(&self, pass: Forward<'_>) {
        let trainable = pass.weights.first().copied().unwrap_or_default();
        if pass.training {
            let mut training = Training {
                batch: pass.batch,
                trainable,
                rest: match pass.state {
                    State::Fixed(state) => Rest::Fixed(state.first().copied().unwrap_or_default()),
                    State::Updated([rest, ..]) => Rest::Updated(rest),
                    State::Updated([]) => Rest::Updated(&mut []),
                },
                samples: pass.kept.per_sample,
                fixed: pass.kept.fixed,
                frozen: &[],
                seed: pass.random.derive(),
                gradients: &mut [],
                accumulate: false,
                input_gradients: true,
                from_logits: 0,
            };
            for (place, input) in M::inputs(true).iter().zip(pass.inputs) {
                copy_in(training.samples, *place, pass.batch, input);
            }
            M::forward(&mut training);
            copy_out(training.samples, M::outputs(true), pass.batch, pass.output);
        } else {
            let mut inference = Inference {
                batch: pass.batch,
                trainable,
                rest: match pass.state {
                    State::Fixed(state) => state.first().copied().unwrap_or_default(),
                    State::Updated([rest, ..]) => rest,
                    State::Updated([]) => &[],
                },
                samples: pass.scratch.per_sample,
                fixed: pass.scratch.fixed,
            };
            for (place, input) in M::inputs(false).iter().zip(pass.inputs) {
                copy_in(inference.samples, *place, pass.batch, input);
            }
            M::infer(&mut inference);
            copy_out(inference.samples, M::outputs(false), pass.batch, pass.output);
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let state = pass.state.first().copied().unwrap_or_default();
        let mut none: [f32; 0] = [];
        let gradients = match pass.weight_gradients {
            [gradients, ..] => &mut **gradients,
            [] => &mut none[..],
        };
        // The backward pass reads its state only; `Updated` says in which mode the forward pass ran.
        let mut training = Training {
            batch: pass.batch,
            trainable: pass.weights.first().copied().unwrap_or_default(),
            rest: if pass.state_updated { Rest::Read(state) } else { Rest::Fixed(state) },
            samples: pass.kept.per_sample,
            fixed: pass.kept.fixed,
            frozen: &[],
            seed: pass.random.derive(),
            gradients,
            accumulate: pass.accumulate,
            input_gradients: true,
            from_logits: u32::from(pass.from_logits),
        };
        for place in M::output_gradients() {
            copy_in(training.samples, *place, pass.batch, pass.output_gradient);
        }
        M::backward(&mut training);
        for (place, gradient) in M::input_gradients().iter().zip(pass.input_gradients.iter_mut()) {
            copy_out(training.samples, core::slice::from_ref(place), pass.batch, gradient);
        }
    }
}

/// Copies a batch of values into its place.
pub(crate) fn copy_in(samples: &mut [f32], place: Place, batch: usize, values: &[f32]) {
    let place = place.of_batch(batch);
    let target = samples.get_mut(place.offset..).and_then(|tail| tail.get_mut(..place.length));
    if let Some(target) = target {
        for (to, from) in target.iter_mut().zip(values) {
            *to = *from;
        }
    }
}

/// Copies a batch of values out of the first place.
pub(crate) fn copy_out(samples: &[f32], places: &[Place], batch: usize, values: &mut [f32]) {
    if let Some(place) = places.first() {
        let place = place.of_batch(batch);
        let source = samples.get(place.offset..).and_then(|tail| tail.get(..place.length));
        if let Some(source) = source {
            for (to, from) in values.iter_mut().zip(source) {
                *to = *from;
            }
        }
    }
}

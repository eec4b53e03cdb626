//! A model as a layer of another.

use core::marker::PhantomData;

use super::{Inference, Model, Rest, Training, plan::Place};
use crate::{
    layers::{Backward, Built, Forward, Layer, State},
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
/// assert_eq!((built.output, built.weights.floats(true)), (Dims::new(&[4]), 8 * 4 + 4));
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
    /// assert_eq!(built.output, Dims::new(&[12]));
    /// # Ok::<(), keras::shape::ShapeError>(())
    /// ```
    pub const fn build<Inputs: Copy>(&self, _: Inputs) -> Result<Built, ShapeError> {
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
                frozen: pass.inner.frozen,
                seed: pass.random.derive(),
                gradients: &mut [],
                accumulate: false,
                input_gradients: false,
                from_logits: 0,
                whole: pass.inner.whole,
                activity: 0.0,
            };
            for (place, input) in M::inputs().iter().zip(pass.inputs) {
                copy_in(training.samples, *place, pass.batch, input);
            }
            M::forward(&mut training);
            if let Some(sum) = pass.inner.activity {
                *sum += training.activity;
            }
            let outputs = core::iter::once(pass.output).chain(pass.inner.more_outputs.iter_mut().map(|it| &mut **it));
            for (place, output) in M::outputs(true).iter().zip(outputs) {
                copy_out(training.samples, *place, pass.batch, output);
            }
        } else {
            let mut inference = Inference {
                batch: pass.batch,
                trainable,
                rest: match pass.state {
                    State::Fixed(state) => state.first().copied().unwrap_or_default(),
                    State::Updated([rest, ..]) => rest,
                    State::Updated([]) => &[],
                },
                inputs: pass.inputs,
                samples: pass.scratch.per_sample,
                fixed: pass.scratch.fixed,
                activity: pass.inner.activity.as_ref().map(|_| 0.0),
            };
            M::infer(&mut inference);
            if let (Some(sum), Some(activity)) = (pass.inner.activity, inference.activity) {
                *sum += activity;
            }
            let outputs = core::iter::once(pass.output).chain(pass.inner.more_outputs.iter_mut().map(|it| &mut **it));
            for (place, output) in M::outputs(false).iter().zip(outputs) {
                copy_out(inference.samples, *place, pass.batch, output);
            }
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
            frozen: pass.inner.frozen,
            seed: pass.random.derive(),
            gradients,
            accumulate: pass.accumulate,
            input_gradients: pass.input_gradients.iter().any(|gradient| !gradient.is_empty()),
            from_logits: pass.inner.from_logits,
            whole: pass.inner.whole,
            activity: 0.0,
        };
        let more = pass.inner.more_output_gradients.iter().map(|gradient| &**gradient);
        for (place, gradient) in M::output_gradients().iter().zip(core::iter::once(&*pass.output_gradient).chain(more))
        {
            if gradient.is_empty() {
                fill_zero(training.samples, *place, pass.batch);
            } else {
                copy_in(training.samples, *place, pass.batch, gradient);
            }
        }
        M::backward(&mut training);
        for (place, gradient) in M::input_gradients().iter().zip(pass.input_gradients.iter_mut()) {
            copy_out(training.samples, *place, pass.batch, gradient);
        }
    }
}

/// Copies a batch of values into its place.
pub(crate) fn copy_in(samples: &mut [f32], place: Place, batch: usize, values: &[f32]) {
    let place = place.of_batch(batch);
    if let Some(target) = samples.get_mut(place.offset..).and_then(|tail| tail.get_mut(..place.length)) {
        for (to, from) in target.iter_mut().zip(values) {
            *to = *from;
        }
    }
}

/// Nothing depends on this output: its gradient is zero.
fn fill_zero(samples: &mut [f32], place: Place, batch: usize) {
    let place = place.of_batch(batch);
    if let Some(target) = samples.get_mut(place.offset..).and_then(|tail| tail.get_mut(..place.length)) {
        target.fill(0.0);
    }
}

/// Copies a batch of values out of its place.
fn copy_out(samples: &[f32], place: Place, batch: usize, values: &mut [f32]) {
    let place = place.of_batch(batch);
    if let Some(source) = samples.get(place.offset..).and_then(|tail| tail.get(..place.length)) {
        for (to, from) in values.iter_mut().zip(source) {
            *to = *from;
        }
    }
}

//! A model as a layer of another.

use core::marker::PhantomData;

use super::{Inference, Mode, Model, NonTrainableBlock, Training, plan::Place};
use crate::{
    kernels::elementwise,
    layers::{Backward, Buffers, Built, Forward, InvalidId, Layer, NonTrainable},
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

impl<M: Model> Layer for Nested<M> {
    fn forward(&self, pass: Forward<'_>) {
        let trainable = pass.weights.first().copied().unwrap_or_default();
        let mut outputs = pass.outputs;
        let [per_sample, fixed] = pass.states.padded();
        let state = Buffers { per_sample, fixed };
        if pass.training {
            let mut training = Training {
                batch: pass.batch,
                trainable,
                non_trainable: match pass.non_trainable {
                    NonTrainable::ReadOnly(blocks) => {
                        NonTrainableBlock::ReadOnly(blocks.first().copied().unwrap_or_default())
                    }
                    NonTrainable::Updated([block, ..]) => NonTrainableBlock::Updated(block),
                    NonTrainable::Updated([]) => NonTrainableBlock::Updated(&mut []),
                },
                state,
                samples: pass.saved.per_sample,
                fixed: pass.saved.fixed,
                frozen: pass.frozen,
                seed: pass.random.derive(),
                gradients: None,
                accumulate: false,
                input_gradients: false,
                from_logits: 0,
                whole_batch: pass.whole_batch,
                added_loss: 0.0,
                invalid_id: None,
            };
            for (at, place) in M::inputs().iter().enumerate() {
                if let Some(words) = words_mut(training.samples, *place, pass.batch) {
                    pass.inputs.get(at).copy_to(words);
                }
            }
            M::forward(&mut training);
            if let Some(sum) = pass.added_loss {
                *sum += training.added_loss;
            }
            pass.invalid_id.set(within(training.invalid_id));
            copy_masks(training.samples, M::output_masks(Mode::Training), pass.batch, pass.output_mask);
            for (place, output) in M::outputs(Mode::Training).iter().zip(outputs.iter_mut()) {
                copy_out(training.samples, *place, pass.batch, output);
            }
        } else {
            let mut inference = Inference {
                batch: pass.batch,
                trainable,
                panels: pass.panels,
                non_trainable: match pass.non_trainable {
                    NonTrainable::ReadOnly(blocks) => blocks.first().copied().unwrap_or_default(),
                    NonTrainable::Updated([block, ..]) => block,
                    NonTrainable::Updated([]) => &[],
                },
                state,
                inputs: pass.inputs.as_slice(),
                samples: pass.scratch.per_sample,
                fixed: pass.scratch.fixed,
                widened: &mut [],
                added_loss: pass.added_loss.as_ref().map(|_| 0.0),
                invalid_id: None,
            };
            M::infer(&mut inference);
            if let (Some(sum), Some(added)) = (pass.added_loss, inference.added_loss) {
                *sum += added;
            }
            pass.invalid_id.set(within(inference.invalid_id));
            copy_masks(inference.samples, M::output_masks(Mode::Inference), pass.batch, pass.output_mask);
            for (place, output) in M::outputs(Mode::Inference).iter().zip(outputs.iter_mut()) {
                copy_out(inference.samples, *place, pass.batch, output);
            }
        }
    }

    fn backward(&self, pass: Backward<'_>) {
        let non_trainable = pass.non_trainable.first().copied().unwrap_or_default();
        let mut weight_gradients = pass.weight_gradients;
        // The backward pass reads its non-trainable weights only; the variant says in which mode the forward pass ran.
        let mut training = Training {
            batch: pass.batch,
            trainable: pass.weights.first().copied().unwrap_or_default(),
            non_trainable: if pass.updated {
                NonTrainableBlock::AfterUpdate(non_trainable)
            } else {
                NonTrainableBlock::ReadOnly(non_trainable)
            },
            state: Buffers::none(),
            samples: pass.saved.per_sample,
            fixed: pass.saved.fixed,
            frozen: pass.frozen,
            seed: pass.random.derive(),
            gradients: weight_gradients.as_mut().map(|gradients| gradients.first_mut().map_or(&mut [][..], |all| all)),
            accumulate: pass.accumulate,
            input_gradients: pass.input_gradients.iter().any(Option::is_some),
            from_logits: pass.from_logits,
            whole_batch: pass.whole_batch,
            added_loss: 0.0,
            invalid_id: None,
        };
        for (place, gradient) in M::output_gradients().iter().zip(pass.output_gradients.iter()) {
            copy_in(training.samples, *place, pass.batch, gradient);
        }
        M::backward(&mut training);
        let mut input_gradients = pass.input_gradients;
        for (place, gradient) in M::input_gradients().iter().zip(input_gradients.iter_mut()) {
            if let Some(gradient) = gradient {
                copy_out(training.samples, *place, pass.batch, gradient);
            }
        }
    }
}

/// An id that is none, of a layer within: the model itself is counted before its layers.
fn within(found: Option<InvalidId>) -> Option<InvalidId> {
    found.map(|id| InvalidId { layer: id.layer + 1, ..id })
}

/// The words of a batch at a place.
fn words_mut(samples: &mut [f32], place: Place, batch: usize) -> Option<&mut [f32]> {
    let place = place.of_batch(batch);
    samples.get_mut(place.offset..)?.get_mut(..place.length)
}

/// Copies a batch of values into its place.
fn copy_in(samples: &mut [f32], place: Place, batch: usize, values: &[f32]) {
    if let Some(words) = words_mut(samples, place, batch) {
        elementwise::copy(values, words);
    }
}

/// Copies a batch of values out of its place.
fn copy_out(samples: &[f32], place: Place, batch: usize, values: &mut [f32]) {
    let place = place.of_batch(batch);
    if let Some(source) = samples.get(place.offset..).and_then(|tail| tail.get(..place.length)) {
        elementwise::copy(source, values);
    }
}

/// Copies a batch of the masks of the outputs, one after another.
fn copy_masks(samples: &[f32], places: &[Place], batch: usize, masks: Option<&mut [f32]>) {
    let mut rest = masks.unwrap_or_default();
    for place in places {
        let Some((mask, after)) = rest.split_at_mut_checked(place.length * batch) else { return };
        copy_out(samples, *place, batch, mask);
        rest = after;
    }
}

//! What comes after a model, in the place of its loss.

use core::marker::PhantomData;
use std::sync::Mutex;

use super::{
    LossList,
    signature::{LossBatch, LossValues},
};
use crate::{
    Error, Result,
    data::Shapes,
    losses::{LossError, Reduction},
};

/// A function that says the gradients of a model's outputs, asked once.
pub(super) struct After<S: Shapes, F> {
    state: Mutex<State<S, F>>,
    shapes: PhantomData<fn() -> S>,
}

enum State<S: Shapes, F> {
    Waiting(F),
    Done(Result<S::Tensors>),
    Taken,
}

impl<S, F> After<S, F>
where
    S: Shapes,
    F: FnOnce(&S::Tensors) -> Result<S::Tensors>,
{
    pub(super) fn new(gradient: F) -> Self {
        Self { state: Mutex::new(State::Waiting(gradient)), shapes: PhantomData }
    }

    /// The outputs that it was asked about.
    pub(super) fn outputs(self) -> Result<S::Tensors> {
        match self.state.into_inner() {
            Ok(State::Done(outputs)) => outputs,
            _ => Err(Error::NoSamples),
        }
    }

    /// The outputs, after their gradients are written.
    fn ask(gradient: F, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<S::Tensors> {
        let outputs = S::tensors(batch.predictions.iter().map(|prediction| prediction.values.to_vec()).collect())?;
        let answer = gradient(&outputs)?;
        for ((into, (found, values)), prediction) in gradients.iter_mut().zip(S::values(&answer)).zip(batch.predictions)
        {
            if found != prediction.count {
                return Err(Error::SampleCounts { what: "gradients", expected: prediction.count, found });
            }
            into.copy_from_slice(values);
        }
        Ok(outputs)
    }
}

impl<S, F> LossList<S> for After<S, F>
where
    S: Shapes,
    F: FnOnce(&S::Tensors) -> Result<S::Tensors> + Send,
{
    type Targets = ();

    const FITS_THE_OUTPUTS: () = ();
    // It is asked once, about all samples.
    const WHOLE_BATCH: bool = true;

    fn names(&self) -> Vec<String> {
        Vec::new()
    }

    fn reduction(&self, _: usize) -> Reduction {
        Reduction::Sum
    }

    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError> {
        let Ok(mut state) = self.state.lock() else { return Ok(LossValues::default()) };
        if let State::Waiting(gradient) = std::mem::replace(&mut *state, State::Taken) {
            *state = State::Done(Self::ask(gradient, batch, gradients));
        }
        Ok(LossValues::default())
    }
}

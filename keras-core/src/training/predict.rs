//! Predictions for many samples.

use super::{OutputValues, compiled::count, step::infer_rows};
use crate::{
    Error, Result,
    callbacks::{Callback, Callbacks},
    data::Inputs,
    model::Model,
};

/// A prediction run to be: `Predict::new(&model).batch_size(256).run(&x)`. Works on embedded models too.
#[must_use = "call `.run(x)` to predict"]
pub struct Predict<'a, M> {
    model: &'a M,
    batch_size: usize,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl<'a, M: Model> Predict<'a, M> {
    /// Predicts with this model, 32 samples at a time.
    pub fn new(model: &'a M) -> Self {
        Self { model, batch_size: 32, callbacks: Vec::new() }
    }

    /// The number of samples that are computed together (32).
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// A tuple of callbacks, whose hooks for predictions are called; lend one (`&mut`) to read it after the run.
    pub fn callbacks(mut self, callbacks: impl Callbacks<'a>) -> Self {
        self.callbacks = callbacks.boxed();
        self
    }

    /// The outputs for all samples.
    ///
    /// # Errors
    /// If the data do not fit together, the batch size is 0, or a callback fails.
    pub fn run<X>(mut self, x: X) -> Result<<M::Outputs as OutputValues>::Tensors>
    where
        X: Inputs<M::Inputs>,
        M::Outputs: OutputValues,
    {
        let mut inputs = Vec::new();
        x.sources(&mut inputs)?;
        let samples = count(&inputs, &[])?;
        if self.batch_size == 0 {
            return Err(Error::argument("batch_size", "0", "at least 1"));
        }
        let mut outputs: Vec<Vec<f32>> =
            M::outputs(false).iter().map(|place| Vec::with_capacity(place.length * samples)).collect();
        let rows: Vec<usize> = (0..samples).collect();
        let mut workspaces = Vec::new();
        self.each(|callback| callback.on_predict_begin())?;
        for (batch, rows) in rows.chunks(self.batch_size).enumerate() {
            self.each(|callback| callback.on_predict_batch_begin(batch))?;
            infer_rows(self.model, &mut workspaces, &inputs, rows, &mut outputs);
            self.each(|callback| callback.on_predict_batch_end(batch))?;
        }
        self.each(|callback| callback.on_predict_end())?;
        M::Outputs::tensors(outputs)
    }

    fn each(&mut self, mut hook: impl FnMut(&mut dyn Callback) -> Result<()>) -> Result<()> {
        self.callbacks.iter_mut().try_for_each(|callback| hook(&mut **callback))
    }
}

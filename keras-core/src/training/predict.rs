//! Predictions for many samples.

use super::{OutputValues, compiled::count, step::infer_rows};
use crate::{Error, Result, data::Inputs, model::Model};

/// A prediction run to be: `Predict::new(&model).batch_size(256).run(&x)`. Works on embedded models too.
#[derive(Debug)]
pub struct Predict<'a, M> {
    model: &'a M,
    batch_size: usize,
}

impl<'a, M: Model> Predict<'a, M> {
    /// Predicts with this model, 32 samples at a time.
    pub fn new(model: &'a M) -> Self {
        Self { model, batch_size: 32 }
    }

    /// The number of samples that are computed together (32).
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// The outputs for all samples.
    ///
    /// # Errors
    /// If the data do not fit together, or the batch size is 0.
    pub fn run<X>(self, x: X) -> Result<<M::Outputs as OutputValues>::Tensors>
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
        for rows in rows.chunks(self.batch_size) {
            infer_rows(self.model, &mut workspaces, &inputs, rows, &mut outputs);
        }
        M::Outputs::tensors(outputs)
    }
}

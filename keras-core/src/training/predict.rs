//! Predictions for many samples.

use super::{
    OutputValues,
    compiled::count,
    memory::{Arenas, gather},
    step::infer,
};
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
        let mut arenas = Arenas::default();
        arenas.reserve(M::MEMORY.inference, self.batch_size.min(samples));
        let mut outputs: Vec<Vec<f32>> =
            M::outputs(false).iter().map(|place| Vec::with_capacity(place.length * samples)).collect();
        let rows: Vec<usize> = (0..samples).collect();
        for rows in rows.chunks(self.batch_size) {
            let batch = rows.len();
            for (place, source) in M::inputs(false).iter().zip(&inputs) {
                gather(source.values, source.dims.size(), rows, arenas.at_mut(*place, batch));
            }
            infer(self.model, &mut arenas, batch);
            for (output, place) in outputs.iter_mut().zip(M::outputs(false)) {
                output.extend_from_slice(arenas.at(*place, batch));
            }
        }
        M::Outputs::tensors(outputs)
    }
}

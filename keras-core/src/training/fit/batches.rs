//! The batches that a run trains on: of samples that there are, shuffled and repeated, or of an iterator.

use std::marker::PhantomData;

use crate::{
    Result,
    data::{Inputs, IntoBatch, SampleWeight, Targets},
    kernels::random::Random,
    layers::TensorSpec,
    model::Owned,
    training::{class_weight, run_data::RunData, step::Rows},
};

/// Batches, one after another.
pub(super) trait Batches {
    /// The number of batches until they end or repeat, if it is known.
    fn count(&self) -> Option<usize>;

    /// Prepares the next batch.
    fn prepare(&mut self, storage: &mut Owned);

    /// Passes the next batch to this function; `false` if there is none.
    fn next(&mut self, work: &mut dyn FnMut(&Rows<'_>) -> Result<()>) -> Result<bool>;
}

/// The batches of samples that there are. After the last batch the first follows, of samples that are shuffled anew.
pub(super) struct SampleBatches<'r> {
    data: Rows<'r>,
    rows: Vec<usize>,
    batch_size: usize,
    shuffled: bool,
    /// The batches done in this pass over the samples.
    done: usize,
}

impl<'r> SampleBatches<'r> {
    pub(super) fn new(data: Rows<'r>, batch_size: usize, shuffled: bool) -> Self {
        Self { data, rows: data.rows.to_vec(), batch_size, shuffled, done: 0 }
    }
}

impl Batches for SampleBatches<'_> {
    fn count(&self) -> Option<usize> {
        Some(self.rows.len().div_ceil(self.batch_size))
    }

    fn prepare(&mut self, storage: &mut Owned) {
        if self.done == self.rows.len().div_ceil(self.batch_size) {
            self.done = 0;
        }
        if self.shuffled && self.done == 0 {
            let step = storage.next_step();
            shuffle(&mut self.rows, Random::new(storage.seed(), u64::MAX - step));
        }
    }

    fn next(&mut self, work: &mut dyn FnMut(&Rows<'_>) -> Result<()>) -> Result<bool> {
        let Some(rows) = self.rows.chunks(self.batch_size).nth(self.done) else { return Ok(false) };
        self.done += 1;
        work(&Rows { rows, ..self.data })?;
        Ok(true)
    }
}

/// Fisher-Yates shuffle of the sorted rows: the result does not depend on their previous order.
fn shuffle(rows: &mut [usize], random: Random) {
    rows.iter_mut().enumerate().for_each(|(at, row)| *row = at);
    for at in (1..rows.len()).rev() {
        let with = (random.number(at as u64) % (at as u64 + 1)) as usize;
        rows.swap(at, with);
    }
}

/// Class weights, with the outputs of the model that they are for.
#[derive(Clone, Copy)]
pub(super) struct Classes<'a> {
    pub(super) weights: Option<&'a [(u32, f32)]>,
    pub(super) outputs: &'static [TensorSpec],
}

impl Classes<'_> {
    /// The weights of a batch of an iterator.
    fn sample_weight<'b>(&self, given: SampleWeight<'b>, data: &RunData<'_>) -> Result<SampleWeight<'b>> {
        class_weight::sample_weight(self.outputs, given, self.weights, data)
    }
}

/// Batches from outside, which wait for the options of the run.
pub(super) trait Given<'a> {
    fn batches(self: Box<Self>, classes: Classes<'a>) -> Box<dyn Batches + 'a>;
}

/// The types of inputs, targets and outputs.
type Fits<I, K, S> = PhantomData<fn() -> (I, K, S)>;

/// An iterator of batches, for a model of these inputs, kinds of targets and outputs.
pub(super) struct OfIterator<T, I, K, S> {
    batches: T,
    fits: Fits<I, K, S>,
}

impl<T, I, K, S> OfIterator<T, I, K, S> {
    pub(super) fn new(batches: T) -> Self {
        Self { batches, fits: PhantomData }
    }
}

impl<'a, T, I: 'a, K: 'a, S: 'a> Given<'a> for OfIterator<T, I, K, S>
where
    T: Iterator<Item: IntoBatch<'a, X: Inputs<I>, Y: Targets<K, S>>> + 'a,
{
    fn batches(self: Box<Self>, classes: Classes<'a>) -> Box<dyn Batches + 'a> {
        Box::new(IteratorBatches { given: *self, classes, rows: Vec::new() })
    }
}

struct IteratorBatches<'a, T, I, K, S> {
    given: OfIterator<T, I, K, S>,
    classes: Classes<'a>,
    rows: Vec<usize>,
}

impl<'a, T, I, K, S> Batches for IteratorBatches<'a, T, I, K, S>
where
    T: Iterator<Item: IntoBatch<'a, X: Inputs<I>, Y: Targets<K, S>>>,
{
    fn count(&self) -> Option<usize> {
        None
    }

    fn prepare(&mut self, _: &mut Owned) {}

    fn next(&mut self, work: &mut dyn FnMut(&Rows<'_>) -> Result<()>) -> Result<bool> {
        let Some(batch) = self.given.batches.next() else { return Ok(false) };
        let batch = batch.into_batch()?;
        let data = RunData::new(&batch.x, &batch.y)?;
        let weight = self.classes.sample_weight(batch.sample_weight, &data)?;
        self.rows.clear();
        self.rows.extend(0..data.samples());
        work(&data.rows(&self.rows, &weight))?;
        Ok(true)
    }
}

/// An iterator of batches without targets.
pub(super) struct OfInputs<T, I>(pub(super) T, pub(super) PhantomData<fn() -> I>);

impl<'a, T: Iterator<Item: Inputs<I>> + 'a, I: 'a> Given<'a> for OfInputs<T, I> {
    fn batches(self: Box<Self>, _: Classes<'a>) -> Box<dyn Batches + 'a> {
        Box::new(InputBatches { given: *self, rows: Vec::new() })
    }
}

struct InputBatches<T, I> {
    given: OfInputs<T, I>,
    rows: Vec<usize>,
}

impl<T: Iterator<Item: Inputs<I>>, I> Batches for InputBatches<T, I> {
    fn count(&self) -> Option<usize> {
        None
    }

    fn prepare(&mut self, _: &mut Owned) {}

    fn next(&mut self, work: &mut dyn FnMut(&Rows<'_>) -> Result<()>) -> Result<bool> {
        let Some(batch) = self.given.0.next() else { return Ok(false) };
        let data = RunData::without_targets(&batch)?;
        self.rows.clear();
        self.rows.extend(0..data.samples());
        work(&data.rows(&self.rows, &SampleWeight::default()))?;
        Ok(true)
    }
}

//! The data of a run: samples and targets, collected and validated once.

use std::marker::PhantomData;

use super::step::Rows;
use crate::{
    Error, Result,
    data::{Inputs, SampleWeight, Source, Target, Targets},
};

/// The samples of each input and the targets of each output; their numbers are equal.
pub(super) struct RunData<'a> {
    pub(super) inputs: Vec<Source<'a>>,
    pub(super) targets: Vec<Target<'a>>,
    samples: usize,
}

impl<'a> RunData<'a> {
    /// Samples with their targets.
    pub(super) fn new<I, K, S, X, Y>(x: &'a X, y: &'a Y) -> Result<Self>
    where
        X: Inputs<I>,
        Y: Targets<K, S>,
    {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        x.sources(&mut inputs)?;
        y.targets(&mut targets)?;
        Self::checked(inputs, targets)
    }

    /// Samples without targets.
    pub(super) fn without_targets<I, X: Inputs<I>>(x: &'a X) -> Result<Self> {
        let mut inputs = Vec::new();
        x.sources(&mut inputs)?;
        Self::checked(inputs, Vec::new())
    }

    /// No samples.
    pub(super) fn nothing() -> Self {
        Self { inputs: Vec::new(), targets: Vec::new(), samples: 0 }
    }

    /// Checks that all numbers of samples are equal, and validates ids among the inputs.
    fn checked(inputs: Vec<Source<'a>>, targets: Vec<Target<'a>>) -> Result<Self> {
        let samples = inputs.first().map_or(0, |input| input.count);
        let counts = inputs.iter().map(|input| ("inputs", input.count));
        equal_counts(samples, counts.chain(targets.iter().map(|target| ("targets", target.count()))))?;
        if samples == 0 {
            return Err(Error::NoSamples);
        }
        Ok(Self { inputs, targets, samples })
    }

    /// The number of samples.
    pub(super) fn samples(&self) -> usize {
        self.samples
    }

    /// All samples in order, as rows.
    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.samples).collect()
    }

    /// Selected samples, with these weights.
    pub(super) fn rows<'b>(&'b self, rows: &'b [usize], sample_weight: &'b SampleWeight<'b>) -> Rows<'b> {
        Rows { inputs: &self.inputs, targets: &self.targets, rows, sample_weight }
    }
}

/// Checks numbers of samples, each with the name of its data.
pub(super) fn equal_counts(expected: usize, counts: impl Iterator<Item = (&'static str, usize)>) -> Result<()> {
    for (what, found) in counts {
        if found != expected {
            return Err(Error::SampleCounts { what, expected, found });
        }
    }
    Ok(())
}

/// Samples with their targets, type-erased, which `fit` holds until it runs.
pub(super) trait Pair {
    fn data(&self) -> Result<RunData<'_>>;
}

/// The types of the inputs, targets and outputs.
type Fits<I, K, S> = PhantomData<fn() -> (I, K, S)>;

struct TypedPair<X, Y, I, K, S> {
    x: X,
    y: Y,
    fits: Fits<I, K, S>,
}

impl<I, K, S, X: Inputs<I>, Y: Targets<K, S>> Pair for TypedPair<X, Y, I, K, S> {
    fn data(&self) -> Result<RunData<'_>> {
        RunData::new(&self.x, &self.y)
    }
}

struct TypedInputs<X, I>(X, PhantomData<fn() -> I>);

impl<I, X: Inputs<I>> Pair for TypedInputs<X, I> {
    fn data(&self) -> Result<RunData<'_>> {
        RunData::without_targets(&self.0)
    }
}

/// Samples without targets, type-erased.
pub(super) fn boxed_inputs<'a, I: 'a, X: Inputs<I> + 'a>(x: X) -> Box<dyn Pair + 'a> {
    Box::new(TypedInputs::<X, I>(x, PhantomData))
}

/// A type-erased pair.
pub(super) fn boxed<'a, I: 'a, K: 'a, S: 'a, X: Inputs<I> + 'a, Y: Targets<K, S> + 'a>(
    x: X,
    y: Y,
) -> Box<dyn Pair + 'a> {
    Box::new(TypedPair::<X, Y, I, K, S> { x, y, fits: PhantomData })
}

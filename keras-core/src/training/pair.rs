//! Samples and their targets, whatever their types.

use crate::{
    Result,
    data::{Inputs, Source, Target, Targets},
};

/// Samples and targets of any kinds, behind one type.
pub(super) trait Data {
    fn collect<'a>(&'a self, inputs: &mut Vec<Source<'a>>, targets: &mut Vec<Target<'a>>) -> Result<()>;
}

/// Of which inputs, kinds of targets and outputs the data are.
type Fits<I, K, S> = std::marker::PhantomData<fn() -> (I, K, S)>;

struct Pair<X, Y, I, K, S> {
    x: X,
    y: Y,
    fits: Fits<I, K, S>,
}

impl<I, K, S, X: Inputs<I>, Y: Targets<K, S>> Data for Pair<X, Y, I, K, S> {
    fn collect<'a>(&'a self, inputs: &mut Vec<Source<'a>>, targets: &mut Vec<Target<'a>>) -> Result<()> {
        self.x.sources(inputs)?;
        self.y.targets(targets)
    }
}

pub(super) fn boxed<'a, I: 'a, K: 'a, S: 'a, X: Inputs<I> + 'a, Y: Targets<K, S> + 'a>(
    x: X,
    y: Y,
) -> Box<dyn Data + 'a> {
    Box::new(Pair::<X, Y, I, K, S> { x, y, fits: std::marker::PhantomData })
}

//! The fields of a struct of named inputs or outputs, as nested pairs of references: `(&a, (&b, ()))`.
//!
//! What one field must be is asked of each only if those before it are it. So rustc reports the first one that is not, and nothing of
//! the others: two fields that are swapped are one mistake.

use super::{Inputs, Source, Target, Targets};
use crate::{Result, model::Given};

/// Fields with samples of these shapes.
#[doc(hidden)]
pub trait InputFields<'a, S> {
    /// Appends the samples of each field.
    ///
    /// # Errors
    /// If the shape or the layout of an array is wrong.
    fn sources(self, into: &mut Vec<Source<'a>>) -> Result<()>;
}

impl<'a> InputFields<'a, ()> for () {
    fn sources(self, _: &mut Vec<Source<'a>>) -> Result<()> {
        Ok(())
    }
}

impl<'a, A, Rest, S, More> InputFields<'a, (S, More)> for (&'a A, Rest)
where
    A: Inputs<S>,
    Rest: InputFields<'a, Given<A::Known, More>>,
{
    fn sources(self, into: &mut Vec<Source<'a>>) -> Result<()> {
        self.0.sources(into)?;
        self.1.sources(into)
    }
}

/// Fields with targets of these kinds for outputs of these shapes.
#[doc(hidden)]
pub trait TargetFields<'a, K, S> {
    /// Appends the targets of each field.
    ///
    /// # Errors
    /// If the shape or the layout of an array is wrong.
    fn targets(self, into: &mut Vec<Target<'a>>) -> Result<()>;
}

impl<'a> TargetFields<'a, (), ()> for () {
    fn targets(self, _: &mut Vec<Target<'a>>) -> Result<()> {
        Ok(())
    }
}

impl<'a, A, Rest, K, MoreKinds, S, More> TargetFields<'a, (K, MoreKinds), (S, More)> for (&'a A, Rest)
where
    A: Targets<K, S>,
    Rest: TargetFields<'a, Given<A::Known, MoreKinds>, Given<A::Known, More>>,
{
    fn targets(self, into: &mut Vec<Target<'a>>) -> Result<()> {
        self.0.targets(into)?;
        self.1.targets(into)
    }
}

//! What an iterator of batches gives.

use super::{Batch, Dataset, IntoSampleWeight};
use crate::Result;

/// Types that convert to a [`Batch`]: what the iterators give that [`fit_batches`](crate::training::Compiled::fit_batches) takes. These
/// are batches themselves, tuples of samples and targets, `(x, y)` or `(x, y, sample_weight)`, datasets, and `Result`s of these.
///
/// ```
/// use keras::{data::IntoBatch, prelude::*};
///
/// /// The samples of a batch.
/// fn samples<'a, B: IntoBatch<'a>>(batch: B) -> keras::Result<B::X> {
///     Ok(batch.into_batch()?.x)
/// }
///
/// let (x, y) = (Tensor::from([[1.0], [3.0]]), Labels::try_from([0, 1])?);
/// assert_eq!(samples((&x, &y))?, &x);
/// assert_eq!(samples((&x, &y, &[1.0, 0.5]))?, &x);
/// assert_eq!(samples(Ok(Batch::new(&x, &y)))?, &x);
/// assert!(samples(Err::<(Tensor<Shape1<1>>, Labels), _>(keras::Error::NoSamples)).is_err());
/// # Ok::<(), keras::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a batch",
    label = "samples with targets are needed",
    note = "an iterator of batches gives `(x, y)`, `(x, y, &sample_weight)`, a `Batch`, or a `Result` of one of these"
)]
pub trait IntoBatch<'a> {
    /// The samples.
    type X;
    /// The targets.
    type Y;

    /// The batch.
    ///
    /// # Errors
    /// If there was one already: the batch is a `Result`.
    fn into_batch(self) -> Result<Batch<'a, Self::X, Self::Y>>;
}

impl<'a, X, Y> IntoBatch<'a> for Batch<'a, X, Y> {
    type X = X;
    type Y = Y;

    fn into_batch(self) -> Result<Self> {
        Ok(self)
    }
}

impl<'a, X, Y> IntoBatch<'a> for (X, Y) {
    type X = X;
    type Y = Y;

    fn into_batch(self) -> Result<Batch<'a, X, Y>> {
        Ok(Batch::new(self.0, self.1))
    }
}

impl<'a, X, Y, W: IntoSampleWeight<'a>> IntoBatch<'a> for (X, Y, W) {
    type X = X;
    type Y = Y;

    fn into_batch(self) -> Result<Batch<'a, X, Y>> {
        Ok(Batch::new(self.0, self.1).sample_weight(self.2))
    }
}

impl<'a, X, Y> IntoBatch<'a> for Dataset<X, Y> {
    type X = X;
    type Y = Y;

    fn into_batch(self) -> Result<Batch<'a, X, Y>> {
        Ok(Batch::new(self.x, self.y))
    }
}

impl<'a, 'd, X, Y> IntoBatch<'a> for &'d Dataset<X, Y> {
    type X = &'d X;
    type Y = &'d Y;

    fn into_batch(self) -> Result<Batch<'a, &'d X, &'d Y>> {
        Ok(Batch::new(&self.x, &self.y))
    }
}

impl<'a, B: IntoBatch<'a>> IntoBatch<'a> for Result<B> {
    type X = B::X;
    type Y = B::Y;

    fn into_batch(self) -> Result<Batch<'a, B::X, B::Y>> {
        self?.into_batch()
    }
}

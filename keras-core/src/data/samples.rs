//! Samples of tensors and labels: which are asked for, and how they are printed.

use std::{
    fmt,
    ops::{Bound, Range, RangeBounds},
};

use ndarray::ArrayViewD;

use crate::{Error, Result, shape::Dims};

/// The range, if so many samples have it.
pub(super) fn range(range: impl RangeBounds<usize>, samples: usize) -> Result<Range<usize>> {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => samples,
    };
    if start > end || end > samples { Err(Error::SampleRange { start, end, samples }) } else { Ok(start..end) }
}

/// The index, if so many samples have it.
pub(super) fn index(index: usize, samples: usize) -> Result<usize> {
    if index < samples { Ok(index) } else { Err(Error::SampleIndex { index, samples }) }
}

/// The values of the samples at these indices, each of this size.
pub(super) fn gather<T: Clone>(values: &[T], size: usize, samples: usize, indices: &[usize]) -> Result<Vec<T>> {
    let mut gathered = Vec::with_capacity(indices.len() * size);
    for &at in indices {
        let at = index(at, samples)?;
        gathered.extend_from_slice(&values[at * size..(at + 1) * size]);
    }
    Ok(gathered)
}

/// Prints samples as an array.
pub(super) fn display<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    values: &[T],
    samples: usize,
    dims: Dims,
) -> fmt::Result {
    let axes: Vec<usize> = std::iter::once(samples).chain(dims.lengths()).collect();
    let array = ArrayViewD::from_shape(axes, values).map_err(|_| fmt::Error)?;
    fmt::Display::fmt(&array, f)
}

//! Strided views of tensors: transposed or broadcast.

use super::MAX_RANK;

/// The axes of a view: those of a sample, and the batch.
const AXES: usize = MAX_RANK + 1;

/// A strided view of a tensor: a length and a stride for each axis. A stride of 0 broadcasts.
///
/// The strides are those of the viewed tensor in memory; the result is contiguous and row-major. Missing axes come first, with length 1:
/// what views are read and written by is compiled once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strided {
    /// The length of each axis.
    pub lengths: [usize; AXES],
    /// The stride of each axis, in floats.
    pub strides: [usize; AXES],
}

impl Strided {
    /// A view of at most [`MAX_RANK`] axes and the batch; of more, the last count.
    pub(crate) fn new<const N: usize>(lengths: [usize; N], strides: [usize; N]) -> Self {
        let mut view = Self { lengths: [1; AXES], strides: [0; AXES] };
        let axes = view.lengths.iter_mut().zip(&mut view.strides).rev();
        for ((length, stride), axis) in axes.zip(lengths.into_iter().zip(strides).rev()) {
            (*length, *stride) = axis;
        }
        view
    }

    /// The offset of each element, in row-major order.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = usize> + Clone {
        let count = self.lengths.iter().product();
        let mut steps = Offsets::new(self);
        (0..count).map(move |_| {
            let offset = steps.offset;
            steps.step(0);
            offset
        })
    }

    /// The length and stride of the last axis.
    pub(crate) fn last(&self) -> (usize, usize) {
        match (self.lengths.last(), self.strides.last()) {
            (Some(length), Some(stride)) => (*length, *stride),
            _ => (1, 0),
        }
    }
}

/// Iterates over the elements, or over the rows along the last axis.
#[derive(Clone)]
pub(crate) struct Offsets<'a> {
    axes: &'a Strided,
    index: [usize; AXES],
    /// The offset of the next element or row.
    pub(crate) offset: usize,
}

impl<'a> Offsets<'a> {
    pub(crate) fn new(axes: &'a Strided) -> Self {
        Self { axes, index: [0; AXES], offset: 0 }
    }

    pub(crate) fn next_row(&mut self) {
        self.step(1);
    }

    /// Advances along the last axis but `inner`, carrying over to the axes before.
    fn step(&mut self, inner: usize) {
        let axes = self.index.iter_mut().zip(&self.axes.lengths).zip(&self.axes.strides);
        for ((at, length), stride) in axes.rev().skip(inner) {
            *at += 1;
            self.offset += stride;
            if *at < *length {
                break;
            }
            self.offset -= stride * length;
            *at = 0;
        }
    }
}

//! Tensors seen through other axes: in another order, or several times.

/// A tensor seen through other axes: one length and one stride for each. A stride of 0 repeats.
///
/// The tensor that is seen lies in memory with these strides; what is made of it lies in rows, one axis after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strided<const AXES: usize> {
    /// How often each axis is stepped along.
    pub lengths: [usize; AXES],
    /// How many floats a step along each axis is.
    pub strides: [usize; AXES],
}

impl<const AXES: usize> Strided<AXES> {
    /// Where each element lies, in the order of the axes.
    #[cfg(feature = "std")]
    pub(crate) fn offsets(&self) -> impl Iterator<Item = usize> {
        let count = self.lengths.iter().product();
        let mut steps = Offsets::new(self);
        (0..count).map(move |_| {
            let offset = steps.offset;
            steps.step(0);
            offset
        })
    }

    /// The last axis: its length and its stride.
    pub(crate) fn last(&self) -> (usize, usize) {
        match (self.lengths.last(), self.strides.last()) {
            (Some(length), Some(stride)) => (*length, *stride),
            _ => (1, 0),
        }
    }
}

/// The elements, or the rows along the last axis, one after the other.
pub(crate) struct Offsets<'a, const AXES: usize> {
    axes: &'a Strided<AXES>,
    index: [usize; AXES],
    /// Where the next one begins.
    pub(crate) offset: usize,
}

impl<'a, const AXES: usize> Offsets<'a, AXES> {
    pub(crate) fn new(axes: &'a Strided<AXES>) -> Self {
        Self { axes, index: [0; AXES], offset: 0 }
    }

    pub(crate) fn next_row(&mut self) {
        self.step(1);
    }

    /// One step along the last axis but `inner`, and along those before it where that one ends.
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

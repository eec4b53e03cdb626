//! Axes of a sample or of a weight, as arguments.

use super::{Dims, Integers, MAX_RANK, Strided};

/// Axes as given: negative ones count from the end. For samples, axis 0 is the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axes(Integers);

impl Axes {
    /// These axes; more axes than a sample can have are never valid.
    pub(crate) const fn new(axes: &[isize]) -> Self {
        Self(Integers::new(axes))
    }

    /// The axes as given.
    #[cfg(feature = "std")]
    pub(crate) const fn given(self) -> Integers {
        self.0
    }

    /// Whether one of them is negative.
    pub(crate) const fn any_negative(&self) -> bool {
        let (given, mut at) = (self.0.as_slice(), 0);
        while at < given.len() {
            if given[at] < 0 {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The axes of a sample, without the batch; `None` if one does not exist, is the batch, or is repeated.
    pub(crate) const fn chosen(&self, sample: Dims) -> Option<Chosen> {
        self.resolve(sample, 0)
    }

    /// The axes of a weight, whose first axis is axis 0; `None` if one does not exist or is repeated.
    pub(crate) const fn chosen_of_weight(&self, weight: Dims) -> Option<Chosen> {
        self.resolve(weight, 1)
    }

    const fn resolve(&self, sample: Dims, shift: isize) -> Option<Chosen> {
        if self.0.count() > MAX_RANK {
            return None;
        }
        let mut chosen = Chosen { sample, is: [false; MAX_RANK] };
        let (axes, mut at) = (self.0.as_slice(), 0);
        while at < axes.len() {
            let given = axes[at];
            match sample.resolve_axis(if given < 0 { given } else { given.saturating_add(shift) }) {
                // The bound is that of the type: no index can fail when a layer runs.
                Some(axis) if axis < MAX_RANK && !chosen.is[axis] => chosen.is[axis] = true,
                _ => return None,
            }
            at += 1;
        }
        Some(chosen)
    }
}

/// The shape of a sample or a weight, and a selection of its axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    sample: Dims,
    is: [bool; MAX_RANK],
}

impl Chosen {
    /// Selects these axes of a sample.
    #[cfg(feature = "std")]
    pub(crate) const fn new(sample: Dims, is: [bool; MAX_RANK]) -> Self {
        Self { sample, is }
    }

    /// Selects all other axes.
    pub(crate) const fn others(mut self) -> Self {
        let mut axis = 0;
        while axis < MAX_RANK {
            self.is[axis] = axis < self.sample.rank() && !self.is[axis];
            axis += 1;
        }
        self
    }

    /// The last of the selected axes; none if `elements` is 1.
    pub(crate) const fn of_last(mut self, elements: usize) -> Self {
        let (mut axis, mut found) = (MAX_RANK, elements == 1);
        while axis > 0 {
            axis -= 1;
            self.is[axis] = self.is[axis] && !found;
            found = found || self.is[axis];
        }
        self
    }

    /// A flag for each possible axis.
    pub(crate) const fn flags(self) -> [bool; MAX_RANK] {
        self.is
    }

    /// The lengths of the selected axes, in order.
    pub(crate) const fn lengths(self) -> Dims {
        let (mut lengths, mut axis) = (Dims::SCALAR, 0);
        while axis < MAX_RANK {
            if self.is[axis] {
                lengths = lengths.append(self.sample.length(axis));
            }
            axis += 1;
        }
        lengths
    }

    /// The number of elements along the selected axes: the product of their lengths.
    pub(crate) const fn elements(self) -> usize {
        self.lengths().size()
    }

    /// The shape of the sample, with length 1 along the selected axes.
    pub(crate) const fn reduced(self) -> Dims {
        let (mut lengths, mut axis) = (self.sample, 0);
        while axis < MAX_RANK {
            if self.is[axis] {
                lengths = lengths.with_length(axis, 1);
            }
            axis += 1;
        }
        lengths
    }

    /// Whether the selected axes are the last axes of the sample.
    pub(crate) const fn are_last(self) -> bool {
        let mut axis = 1;
        while axis < self.sample.rank() && axis < MAX_RANK {
            if self.is[axis - 1] && !self.is[axis] {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// The axes of the sample from last to first, each with its length and whether it is selected.
    fn backwards(&self) -> impl Iterator<Item = (usize, bool)> {
        let (sample, rank) = (self.sample, self.sample.rank());
        self.is.iter().enumerate().take(rank).rev().map(move |(axis, &is)| (sample.length(axis), is))
    }

    /// A weight with the selected axes, broadcast to the sample.
    pub(crate) fn spread(&self) -> Strided {
        // Missing axes come first, with length 1.
        let (mut lengths, mut strides) = ([1; MAX_RANK], [0; MAX_RANK]);
        let mut step = 1;
        for ((axis, is), (length, stride)) in self.backwards().zip(lengths.iter_mut().zip(&mut strides).rev()) {
            *length = axis;
            if is {
                *stride = step;
                step *= axis;
            }
        }
        Strided::new(lengths, strides)
    }

    /// The number of elements after the last selected axis.
    #[cfg(feature = "std")]
    pub(crate) fn run(&self) -> usize {
        self.backwards().take_while(|(_, is)| !is).map(|(length, _)| length).product()
    }

    /// The strided view along the selected axes, in rows of at least `run` elements.
    #[cfg(feature = "std")]
    pub(crate) fn steps(&self, run: usize) -> Strided {
        let (mut lengths, mut strides) = ([1; MAX_RANK], [0; MAX_RANK]);
        let mut step = 1;
        for ((axis, is), (length, stride)) in self.backwards().zip(lengths.iter_mut().zip(&mut strides).rev()) {
            if is && step >= run {
                (*length, *stride) = (axis, step);
            }
            step *= axis;
        }
        Strided::new(lengths, strides)
    }

    /// A view of the sample with the selected axes last.
    pub(crate) fn last(&self) -> Strided {
        let (mut lengths, mut strides) = ([1; MAX_RANK], [0; MAX_RANK]);
        let mut places = lengths.iter_mut().zip(&mut strides).rev();
        for wanted in [true, false] {
            let mut step = 1;
            for (axis, is) in self.backwards() {
                if is == wanted
                    && let Some((length, stride)) = places.next()
                {
                    (*length, *stride) = (axis, step);
                }
                step *= axis;
            }
        }
        Strided::new(lengths, strides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Dims = Dims::new(&[2, 3, 4]);

    #[test]
    fn axes_are_resolved_once() {
        assert_eq!(Axes::new(&[-1, 1]).chosen(SAMPLE).unwrap().lengths(), Dims::new(&[2, 4]));
        assert_eq!(Axes::new(&[-1, 1]).chosen(SAMPLE).unwrap().others().lengths(), Dims::new(&[3]));
        for wrong in [&[0][..], &[4], &[-4], &[3, -1], &[1, 2, 3, 1, 2, 3], &[isize::MIN], &[isize::MAX]] {
            assert!(Axes::new(wrong).chosen(SAMPLE).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn weights_have_no_batch() {
        assert_eq!(Axes::new(&[0, -1]).chosen_of_weight(SAMPLE).unwrap().lengths(), Dims::new(&[2, 4]));
        assert!(Axes::new(&[3]).chosen_of_weight(SAMPLE).is_none());
        assert!(Axes::new(&[isize::MAX]).chosen_of_weight(SAMPLE).is_none());
    }

    #[test]
    fn the_last_axes_are_known() {
        for (axes, last) in
            [(&[-1][..], true), (&[2, 3], true), (&[1, 2, 3], true), (&[], true), (&[1], false), (&[1, 3], false)]
        {
            assert_eq!(Axes::new(axes).chosen(SAMPLE).unwrap().are_last(), last, "{axes:?}");
        }
    }

    #[test]
    fn a_sample_is_seen_with_the_axes_last() {
        let sample: Vec<f32> = (0..24).map(|at| at as f32).collect();
        let mut seen = vec![f32::NAN; 24];
        Axes::new(&[1, 3]).chosen(SAMPLE).unwrap().last().gather(&sample, &mut seen);
        // (2, 3, 4) becomes (3, 2, 4).
        let expected: Vec<f32> =
            (0..3).flat_map(|b| (0..2).flat_map(move |a| (0..4).map(move |c| (a * 12 + b * 4 + c) as f32))).collect();
        assert_eq!(seen, expected);
        let (weight, mut spread) = ([0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0], vec![f32::NAN; 24]);
        Axes::new(&[1, 3]).chosen(SAMPLE).unwrap().spread().gather(&weight, &mut spread);
        let expected: Vec<f32> =
            (0..2).flat_map(|a| (0..3).flat_map(move |_| (0..4).map(move |c| (a * 10 + c) as f32))).collect();
        assert_eq!(spread, expected);
    }
}

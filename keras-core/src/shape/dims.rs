//! The lengths of one sample's axes, as a value.

use core::fmt;

/// The largest number of axes of a sample (the batch axis is not counted).
///
/// ```
/// use keras::shape::{Dims, MAX_RANK};
///
/// assert_eq!(Dims::new(&[2; MAX_RANK]).size(), 32);
/// ```
pub const MAX_RANK: usize = 5;

/// The lengths of the axes of ONE sample: rank and lengths, the batch axis left out.
///
/// This is what shape rules compute with, in const evaluation and at run time alike.
///
/// ```
/// use keras::shape::Dims;
///
/// const IMAGE: Dims = Dims::new(&[28, 28, 1]);
/// assert_eq!(IMAGE.rank(), 3);
/// assert_eq!(IMAGE.size(), 784);
/// assert_eq!(IMAGE.to_string(), "(28, 28, 1)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dims {
    lengths: [u32; MAX_RANK],
    rank: u8,
}

impl Dims {
    /// The dimensions of a scalar: rank 0, one element.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!((Dims::SCALAR.rank(), Dims::SCALAR.size()), (0, 1));
    /// ```
    pub const SCALAR: Self = Self { lengths: [0; MAX_RANK], rank: 0 };

    /// Dimensions with these lengths.
    ///
    /// # Panics
    /// With more than [`MAX_RANK`] axes, or a length that does not fit in 32 bits; in const evaluation, a compile error.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 20, 3]);
    /// assert_eq!(IMAGE.lengths().collect::<Vec<_>>(), [28, 20, 3]);
    /// ```
    #[track_caller]
    pub const fn new(lengths: &[usize]) -> Self {
        assert!(lengths.len() <= MAX_RANK, "a sample has at most 5 axes");
        let mut dims = Self::SCALAR;
        dims.rank = lengths.len() as u8;
        let mut axis = 0;
        while axis < lengths.len() {
            assert!(lengths[axis] <= u32::MAX as usize, "the length of an axis does not fit in 32 bits");
            dims.lengths[axis] = lengths[axis] as u32;
            axis += 1;
        }
        dims
    }

    /// The number of axes.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 20, 3]).rank(), 3);
    /// ```
    pub const fn rank(self) -> usize {
        self.rank as usize
    }

    /// The length of an axis, counted from 0; 0 for an axis that does not exist.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 20, 3]);
    /// assert_eq!((IMAGE.length(1), IMAGE.length(3), IMAGE.last()), (20, 0, 3));
    /// ```
    pub const fn length(self, axis: usize) -> usize {
        if axis < self.rank as usize && axis < MAX_RANK { self.lengths[axis] as usize } else { 0 }
    }

    /// The length of the last axis; 1 for a scalar.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!((Dims::new(&[28, 20, 3]).last(), Dims::SCALAR.last()), (3, 1));
    /// ```
    pub const fn last(self) -> usize {
        if self.rank == 0 { 1 } else { self.length(self.rank as usize - 1) }
    }

    /// The number of elements of one sample: the product of the lengths.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 20, 3]).size(), 1680);
    /// ```
    pub const fn size(self) -> usize {
        let mut size = 1;
        let mut axis = 0;
        // The second bound is the type's: with it no index can fail, where a layer computes with axes at run time.
        while axis < self.rank as usize && axis < MAX_RANK {
            size *= self.lengths[axis] as usize;
            axis += 1;
        }
        size
    }

    /// The same dimensions with the length of one axis changed.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 28, 1]);
    /// assert_eq!(IMAGE.with_length(0, 14), Dims::new(&[14, 28, 1]));
    /// assert_eq!(IMAGE.with_last(32), Dims::new(&[28, 28, 32]));
    /// ```
    pub const fn with_length(mut self, axis: usize, length: usize) -> Self {
        if axis < self.rank as usize {
            self.lengths[axis] = length as u32;
        }
        self
    }

    /// The same dimensions with the length of the last axis changed.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 28, 1]).with_last(32), Dims::new(&[28, 28, 32]));
    /// ```
    pub const fn with_last(self, length: usize) -> Self {
        if self.rank == 0 { self } else { self.with_length(self.rank as usize - 1, length) }
    }

    /// The axes before `axis`.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const VIDEO: Dims = Dims::new(&[16, 28, 20, 3]);
    /// assert_eq!(VIDEO.before(2), Dims::new(&[16, 28]));
    /// assert_eq!(VIDEO.after(2), Dims::new(&[3]));
    /// ```
    pub const fn before(self, axis: usize) -> Self {
        let mut dims = Self::SCALAR;
        let mut at = 0;
        while at < axis && at < self.rank as usize && at < MAX_RANK {
            dims.lengths[at] = self.lengths[at];
            at += 1;
        }
        dims.rank = at as u8;
        dims
    }

    /// The axes after `axis`.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[16, 28, 20, 3]).after(1), Dims::new(&[20, 3]));
    /// ```
    pub const fn after(self, axis: usize) -> Self {
        let mut dims = Self::SCALAR;
        let mut from = axis.saturating_add(1);
        let mut at = 0;
        while from < self.rank as usize && from < MAX_RANK && at < MAX_RANK {
            dims.lengths[at] = self.lengths[from];
            from += 1;
            at += 1;
        }
        dims.rank = at as u8;
        dims
    }

    /// These axes followed by one more.
    ///
    /// # Panics
    /// If there are [`MAX_RANK`] axes already.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 28]).append(3), Dims::new(&[28, 28, 3]));
    /// ```
    pub const fn append(mut self, length: usize) -> Self {
        assert!((self.rank as usize) < MAX_RANK, "a sample has at most 5 axes");
        self.lengths[self.rank as usize] = length as u32;
        self.rank += 1;
        self
    }

    /// Whether both have the same rank and lengths (`==` for const evaluation).
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const _: () = assert!(Dims::new(&[2, 3]).equals(Dims::new(&[2, 3])));
    /// assert_ne!(Dims::new(&[2, 3]), Dims::new(&[3, 2]));
    /// ```
    pub const fn equals(self, other: Self) -> bool {
        if self.rank != other.rank {
            return false;
        }
        let mut axis = 0;
        while axis < self.rank as usize {
            if self.lengths[axis] != other.lengths[axis] {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// The lengths, in order.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// let lengths: Vec<usize> = Dims::new(&[28, 20, 3]).lengths().collect();
    /// assert_eq!(lengths, [28, 20, 3]);
    /// ```
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.lengths[..self.rank()].iter().map(|&length| length as usize)
    }

    /// Resolves an axis that may count from the end (-1 is the last), as Keras counts axes WITH the batch axis 0.
    ///
    /// `None` for the batch axis and for axes that do not exist.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 28, 3]);
    /// assert_eq!(IMAGE.resolve_axis(-1), Some(2));
    /// assert_eq!(IMAGE.resolve_axis(1), Some(0));
    /// assert_eq!(IMAGE.resolve_axis(0), None);
    /// ```
    pub const fn resolve_axis(self, axis: isize) -> Option<usize> {
        let rank = self.rank as isize;
        let resolved = if axis < 0 { rank + axis } else { axis - 1 };
        if resolved >= 0 && resolved < rank { Some(resolved as usize) } else { None }
    }
}

impl Default for Dims {
    /// Those of a scalar.
    fn default() -> Self {
        Self::SCALAR
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (axis, length) in self.lengths().enumerate() {
            if axis > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{length}")?;
        }
        f.write_str(if self.rank == 1 { ",)" } else { ")" })
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_both_ends() {
        let dims = Dims::new(&[4, 5, 6]);
        assert_eq!(dims.resolve_axis(-1), Some(2));
        assert_eq!(dims.resolve_axis(1), Some(0));
        assert_eq!(dims.resolve_axis(0), None);
        assert_eq!(dims.resolve_axis(-4), None);
        assert_eq!(dims.resolve_axis(4), None);
    }

    #[test]
    fn parts() {
        let dims = Dims::new(&[4, 5, 6]);
        assert_eq!(dims.before(1), Dims::new(&[4]));
        assert_eq!(dims.after(0), Dims::new(&[5, 6]));
        assert_eq!(dims.append(7), Dims::new(&[4, 5, 6, 7]));
        assert_eq!(dims.with_last(1).size(), 20);
        assert_eq!(Dims::SCALAR.size(), 1);
    }
}

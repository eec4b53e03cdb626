//! The shape of a sample, as a value.

use core::fmt;

use super::Message;

/// The maximum number of axes of a sample, not counting the batch.
///
/// ```
/// use keras::shape::{Dims, MAX_RANK};
///
/// assert_eq!(Dims::new(&[2; MAX_RANK]).size(), 32);
/// ```
pub const MAX_RANK: usize = 5;

/// The maximum number of elements of a sample, of the weights of a layer, and of the memory of a pass: far more than a
/// machine has, and small enough that sums and products of such numbers do not overflow.
///
/// ```
/// use keras::shape::{Dims, MAX_ELEMENTS};
///
/// assert!(Dims::new(&[4096, 4096, 4]).size() <= MAX_ELEMENTS);
/// ```
pub const MAX_ELEMENTS: usize = 1 << if usize::BITS >= 64 { 40 } else { usize::BITS - 4 };

/// The shape of ONE sample: rank and lengths, without the batch axis.
///
/// Shape rules compute with it, in const evaluation and at run time. Sums and products of lengths never overflow:
/// shapes beyond the limits are values too, but not [valid](Self::is_valid), and
/// [`Built::ok`](crate::layers::Built::ok) rejects them, so that shape rules need not check for overflow.
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
    /// There were too many axes.
    has_more_axes: bool,
}

/// The value for all longer lengths.
const TOO_LONG: u32 = u32::MAX;

/// The maximum length of an axis.
///
/// ```
/// use keras::shape::{Dims, MAX_LENGTH};
///
/// assert!(Dims::new(&[MAX_LENGTH]).is_valid() && !Dims::new(&[MAX_LENGTH + 1]).is_valid());
/// ```
pub const MAX_LENGTH: usize = TOO_LONG as usize - 1;

/// The stored form of a length.
const fn stored(length: usize) -> u32 {
    if length <= MAX_LENGTH { length as u32 } else { TOO_LONG }
}

impl Dims {
    /// The shape of a scalar: rank 0, one element.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!((Dims::SCALAR.rank(), Dims::SCALAR.size()), (0, 1));
    /// ```
    pub const SCALAR: Self = Self { lengths: [0; MAX_RANK], rank: 0, has_more_axes: false };

    /// A shape with these lengths. With more than [`MAX_RANK`] lengths, or a length above [`MAX_LENGTH`], it is not
    /// [valid](Self::is_valid).
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 20, 3]);
    /// assert_eq!(IMAGE.lengths().collect::<Vec<_>>(), [28, 20, 3]);
    /// ```
    pub const fn new(lengths: &[usize]) -> Self {
        let mut dims = Self::SCALAR;
        let mut axis = 0;
        while axis < lengths.len() {
            dims = dims.append(lengths[axis]);
            axis += 1;
        }
        dims
    }

    /// Whether the shape is within the limits: at most [`MAX_RANK`] axes, lengths of at most [`MAX_LENGTH`], and at
    /// most [`MAX_ELEMENTS`] elements.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert!(Dims::new(&[28, 28, 1]).is_valid());
    /// assert!(!Dims::new(&[1 << 32]).is_valid());
    /// assert!(!Dims::new(&[65536, 65536, 65536, 65536]).is_valid());
    /// assert!(!Dims::new(&[1, 2, 3, 4, 5, 6]).is_valid());
    /// ```
    pub const fn is_valid(self) -> bool {
        !self.has_more_axes && self.size() <= MAX_ELEMENTS
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

    /// The length of an axis, counted from 0 without the batch; 0 for an axis that does not exist.
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

    /// The number of elements of one sample: the product of the lengths, saturating at `usize::MAX`.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 20, 3]).size(), 1680);
    /// assert_eq!(Dims::new(&[65536, 65536, 65536, 65536]).size(), usize::MAX);
    /// ```
    pub const fn size(self) -> usize {
        let (mut size, mut axis): (usize, _) = (1, 0);
        // The second bound is that of the type: no index can fail where a layer computes with axes at run time.
        while axis < self.rank as usize && axis < MAX_RANK {
            if self.lengths[axis] == TOO_LONG {
                return usize::MAX;
            }
            size = size.saturating_mul(self.lengths[axis] as usize);
            axis += 1;
        }
        size
    }

    /// The same shape with a different length of one axis.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const IMAGE: Dims = Dims::new(&[28, 28, 1]);
    /// assert_eq!(IMAGE.with_length(0, 14), Dims::new(&[14, 28, 1]));
    /// assert_eq!(IMAGE.with_last(32), Dims::new(&[28, 28, 32]));
    /// ```
    pub const fn with_length(mut self, axis: usize, length: usize) -> Self {
        if axis < self.rank as usize && axis < MAX_RANK {
            self.lengths[axis] = stored(length);
        }
        self
    }

    /// The same shape with a different length of the last axis.
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

    /// The shape with an additional last axis; not [valid](Self::is_valid) if there are [`MAX_RANK`] axes already.
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// assert_eq!(Dims::new(&[28, 28]).append(3), Dims::new(&[28, 28, 3]));
    /// assert!(!Dims::new(&[1, 2, 3, 4, 5]).append(6).is_valid());
    /// ```
    pub const fn append(mut self, length: usize) -> Self {
        if (self.rank as usize) < MAX_RANK {
            self.lengths[self.rank as usize] = stored(length);
            self.rank += 1;
        } else {
            self.has_more_axes = true;
        }
        self
    }

    /// Whether the shapes are equal (`==` for const evaluation).
    ///
    /// ```
    /// use keras::shape::Dims;
    ///
    /// const _: () = assert!(Dims::new(&[2, 3]).equals(Dims::new(&[2, 3])));
    /// assert_ne!(Dims::new(&[2, 3]), Dims::new(&[3, 2]));
    /// ```
    pub const fn equals(self, other: Self) -> bool {
        if self.rank != other.rank || self.has_more_axes != other.has_more_axes {
            return false;
        }
        let mut axis = 0;
        while axis < self.rank as usize && axis < MAX_RANK {
            if self.lengths[axis] != other.lengths[axis] {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// Whether there are more axes than [`MAX_RANK`].
    pub(crate) const fn has_more_axes(self) -> bool {
        self.has_more_axes
    }

    /// Whether a length is out of range.
    pub(crate) const fn is_too_long(self, axis: usize) -> bool {
        self.length(axis) >= TOO_LONG as usize
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

    /// Resolves an axis numbered as in Keras: WITH the batch as axis 0, or negative, counted from the end (-1 is the
    /// last).
    ///
    /// Returns `None` for the batch axis and for axes that do not exist.
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

    /// The length of an axis numbered as in Keras, in the body of a layer that `layer!` declares.
    #[doc(hidden)]
    #[track_caller]
    pub const fn keras_length(self, axis: isize) -> usize {
        match self.resolve_axis(axis) {
            Some(axis) => self.length(axis),
            None => panic!("`dim` asks for the length of an axis that the tensor does not have; the batch is axis 0"),
        }
    }
}

impl Default for Dims {
    /// The shape of a scalar.
    fn default() -> Self {
        Self::SCALAR
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = Message::new();
        message.dims(*self);
        f.write_str(message.as_str())
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

    #[test]
    fn what_is_beyond_all_limits_is_not_valid() {
        assert!(Dims::new(&[MAX_LENGTH]).is_valid() && Dims::new(&[1 << 20, 1 << 20]).is_valid());
        for lengths in [
            &[MAX_LENGTH + 1][..],
            &[usize::MAX, 0],
            &[MAX_LENGTH + 2, 1],
            &[(1 << 20) + 1, 1 << 20],
            &[1 << 16; 4],
            &[1; 6],
        ] {
            assert!(!Dims::new(lengths).is_valid(), "{lengths:?}");
        }
        assert!(!Dims::new(&[1, 2]).with_length(1, 1 << 32).is_valid());
        assert_eq!(Dims::new(&[1 << 32, 2]).to_string(), "(4294967295 or more, 2)");
        assert_eq!(Dims::new(&[1, 2, 3, 4, 5, 6]).to_string(), "(1, 2, 3, 4, 5, …)");
        assert_eq!(Dims::new(&[usize::MAX; 2]).size(), usize::MAX);
    }
}

//! The elements of tensors of any dtype.
//!
//! The arenas of a model consist of 4-byte words, viewed as `f32`. An `int32` is stored bitwise in a word, and four
//! `uint8` share a word.

use crate::shape::Dtype;

/// The elements of a tensor, by dtype.
///
/// ```
/// use keras::layers::Elements;
///
/// let ids = [3, 1, 2];
/// assert_eq!(Elements::Int32(&ids).len(), 3);
/// assert_eq!(Elements::UInt8(&[0, 255]).to_floats().collect::<Vec<_>>(), [0.0, 255.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Elements<'a> {
    /// `float32`.
    Float32(&'a [f32]),
    /// `int32`.
    Int32(&'a [i32]),
    /// `uint8`.
    UInt8(&'a [u8]),
}

/// The Rust type of the elements of an input: `f32`, `i32` or `u8`.
///
/// ```
/// use keras::{layers::Element, shape::Dtype};
///
/// assert_eq!(i32::DTYPE, Dtype::Int32);
/// ```
pub trait Element: Copy + Send + Sync + 'static + sealed::Sealed {
    /// The dtype.
    const DTYPE: Dtype;

    /// Elements of this type.
    fn elements(values: &[Self]) -> Elements<'_>;

    /// The elements, if they are of this type.
    fn slice(elements: Elements<'_>) -> Option<&[Self]>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($element:ty: $dtype:ident;)+) => {$(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            const DTYPE: Dtype = Dtype::$dtype;

            #[inline]
            fn elements(values: &[Self]) -> Elements<'_> {
                Elements::$dtype(values)
            }

            #[inline]
            fn slice(elements: Elements<'_>) -> Option<&[Self]> {
                match elements {
                    Elements::$dtype(values) => Some(values),
                    _ => None,
                }
            }
        }
    )+};
}

elements! {
    f32: Float32;
    i32: Int32;
    u8: UInt8;
}

/// The elements of an input, as passed by generated code.
#[doc(hidden)]
#[inline]
pub fn elements<T: Element>(values: &[T]) -> Elements<'_> {
    T::elements(values)
}

impl Default for Elements<'_> {
    fn default() -> Self {
        Self::Float32(&[])
    }
}

impl<'a> Elements<'a> {
    /// A number of elements stored in words.
    pub(crate) fn in_words(dtype: Dtype, words: &'a [f32], elements: usize) -> Self {
        match dtype {
            Dtype::Float32 | Dtype::String => Self::Float32(words),
            Dtype::Int32 => Self::Int32(bytemuck::try_cast_slice(words).unwrap_or_default()),
            Dtype::UInt8 => {
                let bytes: &[u8] = bytemuck::try_cast_slice(words).unwrap_or_default();
                Self::UInt8(bytes.get(..elements).unwrap_or_default())
            }
        }
    }

    /// The dtype.
    ///
    /// ```
    /// use keras::{layers::Elements, shape::Dtype};
    ///
    /// assert_eq!(Elements::Int32(&[1]).dtype(), Dtype::Int32);
    /// ```
    pub fn dtype(self) -> Dtype {
        match self {
            Self::Float32(_) => Dtype::Float32,
            Self::Int32(_) => Dtype::Int32,
            Self::UInt8(_) => Dtype::UInt8,
        }
    }

    /// The number of elements.
    ///
    /// ```
    /// use keras::layers::Elements;
    ///
    /// assert_eq!(Elements::UInt8(&[1, 2]).len(), 2);
    /// ```
    pub fn len(self) -> usize {
        match self {
            Self::Float32(elements) => elements.len(),
            Self::Int32(elements) => elements.len(),
            Self::UInt8(elements) => elements.len(),
        }
    }

    /// Whether there are no elements.
    ///
    /// ```
    /// use keras::layers::Elements;
    ///
    /// assert!(Elements::default().is_empty());
    /// ```
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The elements of a range of samples with the given number of elements each.
    #[cfg(feature = "std")]
    pub(crate) fn range(self, elements: core::ops::Range<usize>) -> Self {
        match self {
            Self::Float32(all) => Self::Float32(&all[elements]),
            Self::Int32(all) => Self::Int32(&all[elements]),
            Self::UInt8(all) => Self::UInt8(&all[elements]),
        }
    }

    /// The elements as words, for layers that only move them: `float32` and `int32`.
    pub(crate) fn words(self) -> &'a [f32] {
        match self {
            Self::Float32(elements) => elements,
            Self::Int32(elements) => bytemuck::try_cast_slice(elements).unwrap_or_default(),
            Self::UInt8(_) => &[],
        }
    }

    /// Each element as a float.
    ///
    /// ```
    /// use keras::layers::Elements;
    ///
    /// assert_eq!(Elements::Int32(&[-2, 7]).to_floats().collect::<Vec<_>>(), [-2.0, 7.0]);
    /// ```
    pub fn to_floats(self) -> impl Iterator<Item = f32> {
        let (floats, integers, bytes): (&[f32], &[i32], &[u8]) = match self {
            Self::Float32(elements) => (elements, &[], &[]),
            Self::Int32(elements) => (&[], elements, &[]),
            Self::UInt8(elements) => (&[], &[], elements),
        };
        let integers = integers.iter().map(|&element| element as f32);
        floats.iter().copied().chain(integers).chain(bytes.iter().map(|&element| f32::from(element)))
    }

    /// Copies the elements to words.
    pub(crate) fn copy_to(self, words: &mut [f32]) {
        match self {
            Self::Float32(_) | Self::Int32(_) => crate::kernels::elementwise::copy(self.words(), words),
            Self::UInt8(elements) => {
                let bytes: &mut [u8] = bytemuck::try_cast_slice_mut(words).unwrap_or_default();
                for (to, from) in bytes.iter_mut().zip(elements) {
                    *to = *from;
                }
            }
        }
    }
}

/// The inputs of a pass.
///
/// A layer that does not declare dtypes only receives `float32` inputs, as slices:
///
/// ```
/// use keras::layers::{Elements, Inputs};
///
/// let inputs = [Elements::Float32(&[1.0, 2.0])];
/// let [input] = Inputs::new(&inputs).array();
/// assert_eq!(input, [1.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a>(&'a [Elements<'a>]);

impl<'a> Inputs<'a> {
    /// Inputs of any dtype.
    ///
    /// ```
    /// use keras::layers::Inputs;
    ///
    /// assert!(Inputs::new(&[]).is_empty());
    /// ```
    pub const fn new(inputs: &'a [Elements<'a>]) -> Self {
        Self(inputs)
    }

    /// The inputs as a slice.
    pub(crate) const fn as_slice(self) -> &'a [Elements<'a>] {
        self.0
    }

    /// The number of inputs.
    ///
    /// ```
    /// use keras::layers::{Elements, Inputs};
    ///
    /// assert_eq!(Inputs::new(&[Elements::default(); 2]).len(), 2);
    /// ```
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are no inputs.
    ///
    /// ```
    /// use keras::layers::Inputs;
    ///
    /// assert!(Inputs::new(&[]).is_empty());
    /// ```
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// An input by its index, of any dtype; empty if it does not exist.
    ///
    /// ```
    /// use keras::layers::{Elements, Inputs};
    ///
    /// let inputs = [Elements::UInt8(&[7])];
    /// assert_eq!(Inputs::new(&inputs).get(0), Elements::UInt8(&[7]));
    /// ```
    pub fn get(self, at: usize) -> Elements<'a> {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// All `N` inputs, as floats.
    ///
    /// A different number or dtype is a bug of the caller: debug builds assert it, release builds return empty slices,
    /// so that embedded inference has no panic path.
    ///
    /// ```
    /// use keras::layers::{Elements, Inputs};
    ///
    /// let inputs = [Elements::Float32(&[1.0]), Elements::Float32(&[2.0])];
    /// let [left, right] = Inputs::new(&inputs).array();
    /// assert_eq!((left, right), (&[1.0][..], &[2.0][..]));
    /// ```
    #[inline]
    pub fn array<const N: usize>(self) -> [&'a [f32]; N] {
        debug_assert_eq!(self.0.len(), N, "the number of inputs that the layer takes");
        let mut inputs = self.iter();
        core::array::from_fn(|_| inputs.next().unwrap_or_default())
    }

    /// All inputs as floats.
    ///
    /// ```
    /// use keras::layers::{Elements, Inputs};
    ///
    /// let inputs = [Elements::Float32(&[1.0]), Elements::Float32(&[2.0])];
    /// assert_eq!(Inputs::new(&inputs).iter().map(|input| input[0]).sum::<f32>(), 3.0);
    /// ```
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = &'a [f32]> {
        self.0.iter().map(|input| match input {
            Elements::Float32(values) => *values,
            other => {
                debug_assert!(other.is_empty(), "the dtype that the layer takes");
                &[]
            }
        })
    }

    /// All inputs as words, for layers that move elements without reading them.
    #[inline]
    pub(crate) fn words(self) -> impl Iterator<Item = &'a [f32]> {
        self.0.iter().map(|input| input.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_keep_their_bits_in_words() {
        let integers = [i32::MIN, -1, 0, 1, 0x7FA0_0001, i32::MAX];
        let mut words = [0.0; 6];
        Elements::Int32(&integers).copy_to(&mut words);
        assert_eq!(Elements::in_words(Dtype::Int32, &words, 6), Elements::Int32(&integers));

        let bytes = [1, 2, 3, 4, 255];
        let mut words = [0.0; 2];
        Elements::UInt8(&bytes).copy_to(&mut words);
        assert_eq!(Elements::in_words(Dtype::UInt8, &words, 5), Elements::UInt8(&bytes));
    }
}

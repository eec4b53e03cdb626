//! Samples of a shape given by the type.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Index, RangeBounds},
    slice::ChunksExact,
};

use ndarray::{
    Array, Array1, Array2, Array3, Array4, Array5, Array6, ArrayView, Dimension, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6,
};

use super::{Labels, samples};
use crate::{
    Error, Result,
    shape::{Dims, Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5},
};

/// Samples of shape `S`, contiguous and row-major.
///
/// A tensor is created from arrays, slices or `ndarray` arrays, whose lengths are checked once.
///
/// ```
/// use keras::prelude::*;
///
/// let tensor = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]); // a Tensor<Shape1<2>>
/// assert_eq!(tensor.len(), 3);
/// assert_eq!(tensor[1], [3.0, 4.0]);
/// assert_eq!(tensor.view()[[2, 0]], 5.0);
///
/// let images = Tensor::<Shape3<2, 2, 1>>::try_from(ndarray::Array4::<f32>::zeros((10, 2, 2, 1)))?;
/// assert_eq!(images.len(), 10);
/// # Ok::<(), keras::Error>(())
/// ```
///
/// Elements are `f32`, or `i32`, `u8` and `String` for inputs of those dtypes:
///
/// ```
/// use keras::prelude::*;
///
/// let ids = Tensor::from([[3, 1, 2], [4, 0, 0]]); // a Tensor<Shape1<3>, i32>
/// assert_eq!(ids[1], [4, 0, 0]);
/// let text = Tensor::from([["a", "b"]]); // a Tensor<Shape1<2>, String>
/// assert_eq!(text.len(), 1);
/// ```
#[derive(Clone, PartialEq)]
pub struct Tensor<S, T = f32> {
    pub(super) values: Vec<T>,
    pub(super) samples: usize,
    shape: PhantomData<S>,
}

/// The element types of a [`Tensor`]: `f32`, `i32`, `u8`, `String`.
///
/// ```
/// use keras::{data::TensorElement, prelude::*};
///
/// fn first<S: Shape, T: TensorElement>(tensor: &Tensor<S, T>) -> Option<&T> {
///     tensor.values().first()
/// }
/// assert_eq!(first(&Tensor::from([[7, 8]])), Some(&7));
/// ```
pub trait TensorElement: Clone + PartialEq + Send + Sync + 'static {}

impl TensorElement for f32 {}
impl TensorElement for i32 {}
impl TensorElement for u8 {}
impl TensorElement for String {}

impl<S: Shape, T: TensorElement> Tensor<S, T> {
    /// Samples from a flat list of values.
    ///
    /// # Errors
    /// If the values are not a whole number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let images = Tensor::<Shape3<8, 8, 1>>::from_vec(vec![0.5; 640])?;
    /// assert_eq!(images.len(), 10);
    /// let error = Tensor::<Shape3<8, 8, 1>>::from_vec(vec![0.5; 100]).unwrap_err();
    /// assert_eq!(error.to_string(), "100 values are not a whole number of samples of shape (8, 8, 1), which have 64 each");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn from_vec(values: Vec<T>) -> Result<Self> {
        if S::LEN == 0 || !values.len().is_multiple_of(S::LEN) {
            return Err(Error::ValueCount { values: values.len(), shape: S::DIMS });
        }
        Ok(Self { samples: values.len() / S::LEN, values, shape: PhantomData })
    }

    /// Samples from a slice of values.
    ///
    /// # Errors
    /// See [`Tensor::from_vec`].
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let values = [1.0, 2.0, 3.0, 4.0];
    /// assert_eq!(Tensor::<Shape1<2>>::from_slice(&values)?, Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn from_slice(values: &[T]) -> Result<Self> {
        Self::from_vec(values.to_vec())
    }

    /// The number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!((tensor.len(), tensor.is_empty()), (2, false));
    /// ```
    pub fn len(&self) -> usize {
        self.samples
    }

    /// Whether there are no samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert!(Tensor::<Shape1<2>>::from_vec(Vec::new())?.is_empty());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// All values, flat.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).values(), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, mutable.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut pixels = Tensor::from([[0.0, 51.0], [102.0, 255.0]]);
    /// pixels.values_mut().iter_mut().for_each(|value| *value /= 255.0);
    /// assert_eq!(pixels[1], [0.4, 1.0]);
    /// ```
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// All values, as a vector.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let values: Vec<f32> = Tensor::from([[1.0, 2.0], [3.0, 4.0]]).into_values();
    /// assert_eq!(values, [1.0, 2.0, 3.0, 4.0]);
    /// ```
    pub fn into_values(self) -> Vec<T> {
        self.values
    }

    /// The values of a sample. `tensor[at]` is the same, and panics if there is no such sample.
    ///
    /// # Errors
    /// If there is no such sample.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(tensor.sample(1)?, [3.0, 4.0]);
    /// assert_eq!(tensor[1], [3.0, 4.0]);
    /// assert_eq!(tensor.sample(2).unwrap_err().to_string(), "sample 2 is out of range: the number of samples is 2");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn sample(&self, at: usize) -> Result<&[T]> {
        Ok(&self[samples::index(at, self.samples)?])
    }

    /// Iterates over the values of each sample, as `for sample in &tensor` does.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// let sums: Vec<f32> = tensor.samples().map(|sample| sample.iter().sum()).collect();
    /// assert_eq!(sums, [3.0, 7.0]);
    /// for sample in &tensor {
    ///     assert_eq!(sample.len(), 2);
    /// }
    /// ```
    pub fn samples(&self) -> ChunksExact<'_, T> {
        self.values.chunks_exact(S::LEN.max(1))
    }

    /// A range of samples.
    ///
    /// # Errors
    /// If the range is out of bounds.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0], [2.0], [3.0]]);
    /// assert_eq!(tensor.slice(1..)?, Tensor::from([[2.0], [3.0]]));
    /// let error = tensor.slice(2..5).unwrap_err();
    /// assert_eq!(error.to_string(), "samples 2..5 are out of range: the number of samples is 3");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Self> {
        let range = samples::range(range, self.samples)?;
        Ok(Self::new(self.values[range.start * S::LEN..range.end * S::LEN].to_vec(), range.len()))
    }

    /// The samples at these indices, in this order.
    ///
    /// # Errors
    /// If an index is out of bounds.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0], [2.0], [3.0]]);
    /// assert_eq!(tensor.gather(&[2, 0])?, Tensor::from([[3.0], [1.0]]));
    /// assert!(tensor.gather(&[3]).is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn gather(&self, indices: &[usize]) -> Result<Self> {
        Ok(Self::new(samples::gather(&self.values, S::LEN, self.samples, indices)?, indices.len()))
    }

    pub(super) fn new(values: Vec<T>, samples: usize) -> Self {
        Self { values, samples, shape: PhantomData }
    }
}

impl<S: Shape<Leading = L>, L: Shape> Tensor<S> {
    /// The index of the largest value along the last axis, as NumPy's `argmax`: of equal ones the first, and NaN is the largest.
    ///
    /// Of class probabilities it is the class, one per sample, or one for each position of a sample.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let scores = Tensor::from([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]]);
    /// assert_eq!(scores.argmax(), Labels::from_vec(vec![1, 0]));
    /// ```
    pub fn argmax(&self) -> Labels<L> {
        let last = S::LEN.checked_div(L::LEN).unwrap_or(0).max(1);
        let largest = |row: &[f32]| {
            let better = |(best, top): (usize, f32), (at, &value): (usize, &f32)| {
                if value > top || (value.is_nan() && !top.is_nan()) { (at, value) } else { (best, top) }
            };
            row.iter().enumerate().fold((0, row[0]), better).0 as u32
        };
        Labels::new(self.values.chunks_exact(last).map(largest).collect(), self.samples)
    }
}

impl<S: Shape, T> Index<usize> for Tensor<S, T> {
    type Output = [T];

    /// The values of a sample.
    ///
    /// # Panics
    /// If there is no such sample. See [`Tensor::sample`] for a variant that does not panic.
    fn index(&self, at: usize) -> &[T] {
        &self.values[at * S::LEN..(at + 1) * S::LEN]
    }
}

impl<'a, S: Shape, T: TensorElement> IntoIterator for &'a Tensor<S, T> {
    type Item = &'a [T];
    type IntoIter = ChunksExact<'a, T>;

    fn into_iter(self) -> ChunksExact<'a, T> {
        self.samples()
    }
}

/// As NumPy prints an array, shortened if it is large: `{:.2}` rounds its values, `{:#}` prints all of them.
///
/// ```
/// use keras::prelude::*;
///
/// let tensor = Tensor::from([[1.0, 2.5], [3.0, 4.0]]);
/// assert_eq!(tensor.to_string(), "[[1, 2.5],\n [3, 4]]");
/// assert_eq!(format!("{tensor:.2}"), "[[1.00, 2.50],\n [3.00, 4.00]]");
/// ```
impl<S: Shape, T: fmt::Display> fmt::Display for Tensor<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        samples::display(f, &self.values, self.samples, S::DIMS)
    }
}

impl<S: Shape, T> fmt::Debug for Tensor<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} samples of shape {})", self.samples, S::DIMS)
    }
}

/// Checks all axes of an array but the first.
pub(super) fn check<S: Shape>(axes: &[usize]) -> Result<()> {
    let found = Dims::new(&axes[1..]);
    if found == S::DIMS { Ok(()) } else { Err(Error::SampleShape { expected: S::DIMS, found }) }
}

macro_rules! arrays {
    ($($shape:ident<$($axis:ident),*> $array:ident $rank:ident;)*) => {$(
        impl<T: TensorElement, $(const $axis: usize),*> TryFrom<$array<T>> for Tensor<$shape<$($axis),*>, T> {
            type Error = Error;

            /// Takes ownership of the array; the values are copied only if they are not contiguous.
            fn try_from(array: $array<T>) -> Result<Self> {
                check::<$shape<$($axis),*>>(array.shape())?;
                let samples = array.len_of(ndarray::Axis(0));
                let values = if array.is_standard_layout() {
                    let (values, offset) = array.into_raw_vec_and_offset();
                    if offset.unwrap_or(0) == 0 { values } else { values[offset.unwrap_or(0)..].to_vec() }
                } else {
                    array.iter().cloned().collect()
                };
                let values = if values.len() == samples * $shape::<$($axis),*>::LEN { values } else { values[..samples * $shape::<$($axis),*>::LEN].to_vec() };
                Ok(Self { values, samples, shape: PhantomData })
            }
        }

        impl<T: TensorElement, $(const $axis: usize),*> TryFrom<&$array<T>> for Tensor<$shape<$($axis),*>, T> {
            type Error = Error;

            fn try_from(array: &$array<T>) -> Result<Self> {
                Self::try_from(array.view())
            }
        }

        impl<T: TensorElement, $(const $axis: usize),*> TryFrom<ArrayView<'_, T, $rank>> for Tensor<$shape<$($axis),*>, T> {
            type Error = Error;

            fn try_from(array: ArrayView<'_, T, $rank>) -> Result<Self> {
                check::<$shape<$($axis),*>>(array.shape())?;
                let values = array.iter().cloned().collect();
                Ok(Self { values, samples: array.len_of(ndarray::Axis(0)), shape: PhantomData })
            }
        }

        impl<T: TensorElement, $(const $axis: usize),*> Tensor<$shape<$($axis),*>, T> {
            /// A view of the samples as an array, whose first axis is the sample.
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            /// let tensor = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]]);
            /// assert_eq!(tensor.view().shape(), [3, 2]);
            /// assert_eq!(tensor.view().mean_axis(ndarray::Axis(0)), Some(ndarray::array![3.0, 5.0]));
            /// ```
            pub fn view(&self) -> ArrayView<'_, T, $rank> {
                ArrayView::from_shape(axes::<$rank>(self.samples, $shape::<$($axis),*>::DIMS), &self.values)
                    .expect("a tensor has as many values as its shape says")
            }

            /// A view of the samples as an array, whose first axis is the sample.
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            /// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).into_ndarray(), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
            /// ```
            pub fn into_ndarray(self) -> Array<T, $rank> {
                Array::from_shape_vec(axes::<$rank>(self.samples, $shape::<$($axis),*>::DIMS), self.values)
                    .expect("a tensor has as many values as its shape says")
            }
        }
    )*};
}

arrays! {
    Shape0<> Array1 Ix1;
    Shape1<A> Array2 Ix2;
    Shape2<A, B> Array3 Ix3;
    Shape3<A, B, C> Array4 Ix4;
    Shape4<A, B, C, D> Array5 Ix5;
    Shape5<A, B, C, D, E> Array6 Ix6;
}

fn axes<D: Dimension>(samples: usize, dims: Dims) -> D {
    let mut axes = D::zeros(dims.rank() + 1);
    axes[0] = samples;
    for (axis, length) in dims.lengths().enumerate() {
        axes[axis + 1] = length;
    }
    axes
}

/// Samples from nested arrays, with their elements converted to the element type of the tensor.
macro_rules! from_nested {
    ($given:ty => $held:ty) => {
        impl<const N: usize> From<[$given; N]> for Tensor<Shape0, $held> {
            fn from(values: [$given; N]) -> Self {
                Self::of(&values, N)
            }
        }

        impl<const N: usize, const A: usize> From<[[$given; A]; N]> for Tensor<Shape1<A>, $held> {
            fn from(values: [[$given; A]; N]) -> Self {
                Self::of(values.as_flattened(), N)
            }
        }

        impl<const N: usize, const A: usize, const B: usize> From<[[[$given; B]; A]; N]>
            for Tensor<Shape2<A, B>, $held>
        {
            fn from(values: [[[$given; B]; A]; N]) -> Self {
                Self::of(values.as_flattened().as_flattened(), N)
            }
        }

        impl<const N: usize, const A: usize, const B: usize, const C: usize> From<[[[[$given; C]; B]; A]; N]>
            for Tensor<Shape3<A, B, C>, $held>
        {
            fn from(values: [[[[$given; C]; B]; A]; N]) -> Self {
                Self::of(values.as_flattened().as_flattened().as_flattened(), N)
            }
        }

        impl<const N: usize, const A: usize, const B: usize, const C: usize, const D: usize>
            From<[[[[[$given; D]; C]; B]; A]; N]> for Tensor<Shape4<A, B, C, D>, $held>
        {
            fn from(values: [[[[[$given; D]; C]; B]; A]; N]) -> Self {
                Self::of(values.as_flattened().as_flattened().as_flattened().as_flattened(), N)
            }
        }

        impl<const N: usize, const A: usize, const B: usize, const C: usize, const D: usize, const E: usize>
            From<[[[[[[$given; E]; D]; C]; B]; A]; N]> for Tensor<Shape5<A, B, C, D, E>, $held>
        {
            fn from(values: [[[[[[$given; E]; D]; C]; B]; A]; N]) -> Self {
                Self::of(values.as_flattened().as_flattened().as_flattened().as_flattened().as_flattened(), N)
            }
        }
    };
}

impl<S, T> Tensor<S, T> {
    fn of<G: Clone + Into<T>>(values: &[G], samples: usize) -> Self {
        Self { values: values.iter().cloned().map(Into::into).collect(), samples, shape: PhantomData }
    }
}

from_nested!(f32 => f32);
from_nested!(i32 => i32);
from_nested!(u8 => u8);
from_nested!(&str => String);
from_nested!(String => String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_arrays_of_every_rank_are_samples() {
        let four = Tensor::<Shape4<1, 2, 1, 3>>::from([[[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]]; 2]);
        assert_eq!((four.samples().len(), &four.values()[6..9]), (2, &[1.0, 2.0, 3.0][..]));
        let five = Tensor::<Shape5<1, 1, 1, 1, 2>>::from([[[[[[1.0, 2.0]]]]], [[[[[3.0, 4.0]]]]]]);
        assert_eq!((five.samples().len(), five.values()), (2, &[1.0, 2.0, 3.0, 4.0][..]));
    }

    #[test]
    fn samples_out_of_range_are_errors() {
        let tensor = Tensor::from([[1, 2], [3, 4], [5, 6]]);
        assert_eq!(tensor.slice(..=1).unwrap(), Tensor::from([[1, 2], [3, 4]]));
        assert_eq!(tensor.slice(3..).unwrap().len(), 0);
        assert_eq!(tensor.slice(..).unwrap(), tensor);
        assert_eq!((&tensor).into_iter().map(|sample| sample[1]).collect::<Vec<_>>(), [2, 4, 6]);
        #[expect(clippy::reversed_empty_ranges, reason = "an error, not a panic")]
        let reversed = tensor.slice(2..1);
        assert!(matches!(reversed, Err(Error::SampleRange { start: 2, end: 1, samples: 3 })));
        assert!(matches!(tensor.slice(..=3), Err(Error::SampleRange { start: 0, end: 4, samples: 3 })));
        assert!(matches!(tensor.slice(..=usize::MAX), Err(Error::SampleRange { .. })));
        assert!(matches!(tensor.gather(&[0, 3]), Err(Error::SampleIndex { index: 3, samples: 3 })));
        assert!(matches!(tensor.sample(3), Err(Error::SampleIndex { index: 3, samples: 3 })));
    }

    #[test]
    fn argmax_is_along_the_last_axis() {
        let scores = Tensor::from([[[1.0, 2.0, 2.0], [3.0, -1.0, 0.0]], [[-3.0, -2.0, -1.0], [0.0, f32::NAN, 9.0]]]);
        let classes: Labels<Shape1<2>> = scores.argmax();
        assert_eq!((classes.len(), classes.values()), (2, &[1, 0, 2, 1][..]));
        assert_eq!(Tensor::from([[-1.0], [5.0]]).argmax().values(), [0, 0]);
    }

    #[test]
    fn large_tensors_are_printed_shortened() {
        let tensor = Tensor::<Shape2<40, 40>>::full(30, 0.5);
        assert!(tensor.to_string().contains("...") && tensor.to_string().len() < 5000);
        assert_eq!(format!("{tensor:#}").matches("0.5").count(), 30 * 40 * 40);
        assert_eq!(Tensor::from([["a", "b"]]).to_string(), "[[a, b]]");
        assert_eq!(Tensor::from([1.0, 0.5]).to_string(), "[1, 0.5]");
    }

    #[test]
    fn arrays_are_checked_once() {
        let array = Array4::<f32>::zeros((5, 2, 3, 1));
        let tensor = Tensor::<Shape3<2, 3, 1>>::try_from(array.clone()).unwrap();
        assert_eq!(tensor.len(), 5);
        let error = Tensor::<Shape3<3, 2, 1>>::try_from(&array).unwrap_err();
        assert_eq!(error.to_string(), "samples of shape (3, 2, 1) are expected, but these have shape (2, 3, 1)");
    }

    #[test]
    fn nothing_is_copied_where_the_layout_allows() {
        let array = Array2::<f32>::zeros((4, 3));
        let place = array.as_ptr();
        let tensor = Tensor::<Shape1<3>>::try_from(array).unwrap();
        assert_eq!(tensor.values().as_ptr(), place);
        assert_eq!(tensor.into_ndarray().as_ptr(), place);
    }

    #[test]
    fn columns_first_is_copied_in_order() {
        let array = Array2::from_shape_fn((2, 3), |(i, j)| (10 * i + j) as f32).reversed_axes();
        let tensor = Tensor::<Shape1<2>>::try_from(array).unwrap();
        assert_eq!(tensor.values(), [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
    }
}

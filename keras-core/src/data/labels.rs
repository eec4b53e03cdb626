//! Integer labels.

use std::{fmt, marker::PhantomData, ops::RangeBounds};

use super::{Tensor, samples};
use crate::{
    Error, Result,
    shape::{Shape, Shape0, Shape1},
};

/// Class labels: integers from 0, one per sample, or `S` per sample (one per pixel, for segmentation).
///
/// ```
/// use keras::prelude::*;
///
/// let labels = Labels::try_from([3, 1, 4])?;
/// assert_eq!(labels.values(), [3, 1, 4]);
/// assert_eq!(labels.one_hot::<5>()?[1], [0.0, 1.0, 0.0, 0.0, 0.0]);
/// assert!(Labels::try_from([3, -1]).is_err());
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Labels<S = Shape0> {
    values: Vec<u32>,
    samples: usize,
    shape: PhantomData<S>,
}

impl Labels {
    /// Labels from a list, one per sample.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let labels = Labels::from_vec(vec![3, 1, 4]);
    /// assert_eq!(labels.len(), 3);
    /// ```
    pub fn from_vec(values: Vec<u32>) -> Self {
        let samples = values.len();
        Self::new(values, samples)
    }

    /// One-hot encoding of the labels.
    ///
    /// # Errors
    /// If a label is not less than `CLASSES`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Labels::from_vec(vec![2, 0]).one_hot::<3>()?.values(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// assert!(Labels::from_vec(vec![3]).one_hot::<3>().is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn one_hot<const CLASSES: usize>(&self) -> Result<Tensor<Shape1<CLASSES>>> {
        let mut values = vec![0.0; self.samples * CLASSES];
        for (sample, &label) in self.values.iter().enumerate() {
            if label as usize >= CLASSES {
                return Err(crate::losses::LossError::Label { sample, label, classes: CLASSES }.into());
            }
            values[sample * CLASSES + label as usize] = 1.0;
        }
        Tensor::from_vec(values)
    }
}

impl<S: Shape> Labels<S> {
    /// Labels of several positions per sample, such as pixels, from a flat list of values.
    ///
    /// # Errors
    /// If the values are not a whole number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let of_pixels = Labels::<Shape2<2, 2>>::from_shape_vec(vec![0, 1, 1, 0, 2, 2, 2, 2])?;
    /// assert_eq!(of_pixels.len(), 2);
    /// assert!(Labels::<Shape2<2, 2>>::from_shape_vec(vec![0, 1, 1]).is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn from_shape_vec(values: Vec<u32>) -> Result<Self> {
        if S::LEN == 0 || !values.len().is_multiple_of(S::LEN) {
            return Err(Error::ValueCount { values: values.len(), shape: S::DIMS });
        }
        let samples = values.len() / S::LEN;
        Ok(Self::new(values, samples))
    }

    /// The number of samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let labels = Labels::try_from([3, 1, 4])?;
    /// assert_eq!((labels.len(), labels.is_empty()), (3, false));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.samples
    }

    /// Whether there are no samples.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert!(!Labels::try_from([2, 0])?.is_empty());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// All labels, flat.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Labels::try_from(vec![3u8, 1, 4])?.values(), [3, 1, 4]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// The labels of a range of samples.
    ///
    /// # Errors
    /// If the range is out of bounds.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let labels = Labels::from_vec(vec![3, 1, 4, 1, 5]);
    /// assert_eq!(labels.slice(1..3)?.values(), [1, 4]);
    /// assert!(labels.slice(4..6).is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Self> {
        let range = samples::range(range, self.samples)?;
        Ok(Self::new(self.values[range.start * S::LEN..range.end * S::LEN].to_vec(), range.len()))
    }

    /// The labels of the samples at these indices, in this order.
    ///
    /// # Errors
    /// If an index is out of bounds.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Labels::from_vec(vec![3, 1, 4]).gather(&[2, 0])?.values(), [4, 3]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn gather(&self, indices: &[usize]) -> Result<Self> {
        Ok(Self::new(samples::gather(&self.values, S::LEN, self.samples, indices)?, indices.len()))
    }

    pub(super) fn new(values: Vec<u32>, samples: usize) -> Self {
        Self { values, samples, shape: PhantomData }
    }
}

/// As NumPy prints an array, shortened if it is large; `{:#}` prints all labels.
///
/// ```
/// use keras::prelude::*;
///
/// assert_eq!(Labels::from_vec(vec![3, 1, 4]).to_string(), "[3, 1, 4]");
/// ```
impl<S: Shape> fmt::Display for Labels<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        samples::display(f, &self.values, self.samples, S::DIMS)
    }
}

impl<S: Shape> fmt::Debug for Labels<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Labels({} samples of shape {})", self.samples, S::DIMS)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl TryFrom<&[$integer]> for Labels {
            type Error = Error;

            fn try_from(labels: &[$integer]) -> Result<Self> {
                let values = labels.iter().enumerate().map(|(sample, &label)| {
                    u32::try_from(label).map_err(|_| Error::Label { sample, value: label as i128 })
                }).collect::<Result<_>>()?;
                Ok(Self::from_vec(values))
            }
        }

        impl TryFrom<Vec<$integer>> for Labels {
            type Error = Error;

            fn try_from(labels: Vec<$integer>) -> Result<Self> {
                Self::try_from(&labels[..])
            }
        }

        impl<const N: usize> TryFrom<[$integer; N]> for Labels {
            type Error = Error;

            fn try_from(labels: [$integer; N]) -> Result<Self> {
                Self::try_from(&labels[..])
            }
        }
    )*};
}

integers!(u8, u32, i32, i64, usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_pixels_are_taken_by_samples() {
        let labels = Labels::<Shape1<2>>::from_shape_vec(vec![0, 1, 2, 3, 4, 5]).unwrap();
        assert_eq!(labels.slice(1..).unwrap().values(), [2, 3, 4, 5]);
        assert_eq!(labels.gather(&[2, 0]).unwrap().values(), [4, 5, 0, 1]);
        assert_eq!(labels.to_string(), "[[0, 1],\n [2, 3],\n [4, 5]]");
        let error = labels.slice(1..4).unwrap_err();
        assert_eq!(error.to_string(), "samples 1..4 are out of range: the number of samples is 3");
        assert!(matches!(labels.gather(&[3]), Err(Error::SampleIndex { index: 3, samples: 3 })));
    }
}

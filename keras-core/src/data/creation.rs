//! Tensors of equal values, and of samples that there are.

use std::borrow::Borrow;

use super::{Tensor, TensorElement};
use crate::{Error, Result, shape::Shape};

impl<S: Shape, T: TensorElement> Tensor<S, T> {
    /// Samples of zeros.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Tensor::<Shape1<2>>::zeros(3), Tensor::from([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]));
    /// ```
    pub fn zeros(samples: usize) -> Self
    where
        T: From<u8>,
    {
        Self::full(samples, 0.into())
    }

    /// Samples of ones.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let valid: Tensor<Shape1<1>> = Tensor::ones(3); // the targets of a discriminator
    /// assert_eq!(valid, Tensor::from([[1.0], [1.0], [1.0]]));
    /// ```
    pub fn ones(samples: usize) -> Self
    where
        T: From<u8>,
    {
        Self::full(samples, 1.into())
    }

    /// Samples of one value.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let steps = Tensor::<Shape2<2, 2>>::full(1, 0.5);
    /// assert_eq!(steps, Tensor::from([[[0.5, 0.5], [0.5, 0.5]]]));
    /// ```
    pub fn full(samples: usize, value: T) -> Self {
        Self::new(vec![value; samples * S::LEN], samples)
    }

    /// The samples of several tensors, one after another.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (real, fake) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0, 4.0], [5.0, 6.0]]));
    /// assert_eq!(Tensor::concat([&real, &fake]), Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    /// ```
    pub fn concat(tensors: impl IntoIterator<Item: Borrow<Self>>) -> Self {
        let mut all = Self::new(Vec::new(), 0);
        for tensor in tensors {
            let tensor = tensor.borrow();
            all.samples += tensor.samples;
            all.values.extend_from_slice(&tensor.values);
        }
        all
    }

    /// A tensor of samples from an iterator: arrays, slices or vectors of values.
    ///
    /// # Errors
    /// If a sample does not have as many values as the shape.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let tensor = Tensor::from([[1.0, 2.0], [-3.0, 4.0], [5.0, 6.0]]);
    /// let positive = Tensor::<Shape1<2>>::stack(tensor.samples().filter(|sample| sample[0] > 0.0))?;
    /// assert_eq!(positive, Tensor::from([[1.0, 2.0], [5.0, 6.0]]));
    ///
    /// let error = Tensor::<Shape1<2>>::stack([vec![1.0, 2.0], vec![3.0]]).unwrap_err();
    /// assert_eq!(error.to_string(), "sample 1 has 1 values, but samples of shape (2,) have 2");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn stack(samples: impl IntoIterator<Item: AsRef<[T]>>) -> Result<Self> {
        let mut stacked = Self::new(Vec::new(), 0);
        for values in samples {
            let values = values.as_ref();
            if values.len() != S::LEN {
                return Err(Error::SampleSize { sample: stacked.samples, found: values.len(), shape: S::DIMS });
            }
            stacked.samples += 1;
            stacked.values.extend_from_slice(values);
        }
        Ok(stacked)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        data::Tensor,
        shape::{Shape0, Shape1, Shape2},
    };

    #[test]
    fn every_element_type_is_filled() {
        assert_eq!(Tensor::<Shape1<2>, i32>::ones(2), Tensor::from([[1, 1], [1, 1]]));
        assert_eq!(Tensor::<Shape0, u8>::zeros(2), Tensor::from([0u8, 0]));
        assert_eq!(Tensor::<Shape1<1>, String>::full(2, "a".to_owned()), Tensor::from([["a"], ["a"]]));
        assert_eq!((Tensor::<Shape2<3, 4>>::zeros(0).len(), Tensor::<Shape2<3, 4>>::ones(2).values().len()), (0, 24));
    }

    #[test]
    fn tensors_are_joined_whether_borrowed_or_owned() {
        let (a, b) = (Tensor::from([[1, 2]]), Tensor::from([[3, 4], [5, 6]]));
        let joined = Tensor::from([[3, 4], [5, 6], [1, 2]]);
        assert_eq!(Tensor::concat([&b, &a]), joined);
        assert_eq!(Tensor::concat(&[b.clone(), a.clone()]), joined);
        assert_eq!(Tensor::concat(vec![b, a]), joined);
        assert!(Tensor::<Shape1<2>>::concat([] as [Tensor<Shape1<2>>; 0]).is_empty());
    }

    #[test]
    fn arrays_slices_and_vectors_are_samples() {
        let expected = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(Tensor::stack([[1.0, 2.0], [3.0, 4.0]]).unwrap(), expected);
        assert_eq!(Tensor::stack([&[1.0, 2.0][..], &[3.0, 4.0]]).unwrap(), expected);
        assert_eq!(Tensor::stack(vec![vec![1.0, 2.0], vec![3.0, 4.0]]).unwrap(), expected);
        // as many values in all, but not in each
        assert!(Tensor::<Shape1<2>>::stack([vec![1.0], vec![2.0, 3.0, 4.0]]).is_err());
    }
}

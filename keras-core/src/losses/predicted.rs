//! Predictions as a program holds them: arrays and tensors.

use super::Prediction;
use crate::{
    data::Tensor,
    shape::{Dims, Shape},
};

/// Predictions as a program holds them, which losses and metrics take without a model: a [`Tensor`], as `predict` gives it, or an
/// array, a slice or a vector with a row or a number for each sample.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Half { Input(1), Rescaling(0.5) } }
/// let (x, y) = (Tensor::from([[2.0], [4.0]]), Tensor::from([[1.0], [3.0]]));
/// let prediction = Half::new().predict(&x)?; // 1, 2
/// let (value, gradient) = MeanSquaredError::default().value_and_gradient(&y, &prediction)?;
/// assert_eq!((value, gradient), (0.5, Tensor::from([[0.0], [-1.0]])));
///
/// let rows = vec![[1.0], [2.0]];
/// assert_eq!(MeanSquaredError::default().value_and_gradient(&y, &rows)?, (0.5, vec![[0.0], [-1.0]]));
/// let numbers = vec![1.0, 2.0];
/// assert_eq!(MeanSquaredError::default().value_and_gradient(&y, &numbers)?, (0.5, vec![0.0, -1.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a batch of predictions",
    label = "one row per sample is needed",
    note = "predictions have one row per sample: `[[0.2], [0.9]]` is two samples of one value, `[[0.2, 0.9]]` is one \
            sample of two; a `Tensor` works too"
)]
pub trait Predicted {
    /// The type of the gradient by them: as many numbers.
    type Gradient;

    /// The predictions as losses and metrics see them.
    ///
    /// ```
    /// use keras::{losses::Predicted, shape::Dims};
    ///
    /// let prediction = [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]];
    /// assert_eq!((prediction.view().count, prediction.view().dims), (2, Dims::new(&[3])));
    /// ```
    fn view(&self) -> Prediction<'_>;

    /// Room for a gradient.
    ///
    /// ```
    /// use keras::losses::Predicted;
    ///
    /// assert_eq!([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]].room().len(), 2);
    /// ```
    fn room(&self) -> Self::Gradient;

    /// A gradient's numbers.
    ///
    /// ```
    /// use keras::losses::Predicted;
    ///
    /// let mut gradient = vec![[0.0, 0.0], [0.0, 0.0]];
    /// <[[f32; 2]]>::values_mut(&mut gradient)[3] = 1.0;
    /// assert_eq!(gradient, [[0.0, 0.0], [0.0, 1.0]]);
    /// ```
    fn values_mut(gradient: &mut Self::Gradient) -> &mut [f32];
}

impl<const LAST: usize> Predicted for [[f32; LAST]] {
    type Gradient = Vec<[f32; LAST]>;

    fn view(&self) -> Prediction<'_> {
        Prediction { values: self.as_flattened(), dims: Dims::new(&[LAST]), count: self.len(), logits: None }
    }

    fn room(&self) -> Self::Gradient {
        vec![[0.0; LAST]; self.len()]
    }

    fn values_mut(gradient: &mut Self::Gradient) -> &mut [f32] {
        gradient.as_flattened_mut()
    }
}

impl Predicted for [f32] {
    type Gradient = Vec<f32>;

    /// A number for each sample is a vector of one.
    fn view(&self) -> Prediction<'_> {
        Prediction { values: self, dims: Dims::new(&[1]), count: self.len(), logits: None }
    }

    fn room(&self) -> Vec<f32> {
        vec![0.0; self.len()]
    }

    fn values_mut(gradient: &mut Vec<f32>) -> &mut [f32] {
        gradient
    }
}

/// The implementation of a slice, for types that hold one.
macro_rules! as_a_slice {
    ($([$($generics:tt)*] $holder:ty: [$row:ty]),*) => {$(
        impl<$($generics)*> Predicted for $holder {
            type Gradient = Vec<$row>;

            fn view(&self) -> Prediction<'_> {
                self[..].view()
            }

            fn room(&self) -> Self::Gradient {
                self[..].room()
            }

            fn values_mut(gradient: &mut Self::Gradient) -> &mut [f32] {
                <[$row]>::values_mut(gradient)
            }
        }
    )*};
}

as_a_slice!(
    [const LAST: usize, const N: usize] [[f32; LAST]; N]: [[f32; LAST]],
    [const LAST: usize] Vec<[f32; LAST]>: [[f32; LAST]],
    [const N: usize] [f32; N]: [f32],
    [] Vec<f32>: [f32]
);

impl<S: Shape> Predicted for Tensor<S> {
    type Gradient = Self;

    fn view(&self) -> Prediction<'_> {
        // A number for each sample is a vector of one.
        let dims = if S::DIMS.rank() == 0 { Dims::new(&[1]) } else { S::DIMS };
        Prediction { values: self.values(), dims, count: self.len(), logits: None }
    }

    fn room(&self) -> Self {
        self.clone()
    }

    fn values_mut(gradient: &mut Self) -> &mut [f32] {
        gradient.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        data::{Labels, Tensor},
        losses::{BinaryCrossentropy, Loss, LossError, MeanSquaredError, SparseCategoricalCrossentropy},
        shape::Shape2,
    };

    #[test]
    fn tensors_and_arrays_are_the_same() {
        let (y, p) = ([[0.0, 1.0], [1.0, 0.0]], [[0.25, 0.5], [0.75, 0.5]]);
        let loss = BinaryCrossentropy::default();
        let (value, gradient) = loss.value_and_gradient(&y, &p).unwrap();
        assert_eq!(loss.value_and_gradient(&y[..], &p[..]).unwrap(), (value, gradient.clone()));
        assert_eq!(loss.value_and_gradient(&y.to_vec(), &p.to_vec()).unwrap(), (value, gradient.clone()));
        let of_tensors = loss.value_and_gradient(&Tensor::from(y), &Tensor::from(p)).unwrap();
        assert_eq!((of_tensors.0, of_tensors.1.values()), (value, gradient.as_flattened()));
    }

    #[test]
    fn a_number_for_each_sample_is_a_vector_of_one() {
        let (y, p) = (Tensor::from([0.0, 1.0]), Tensor::from([1.0, 3.0]));
        assert_eq!(MeanSquaredError::default().value(&y, &p), Ok(2.5));
        assert_eq!(MeanSquaredError::default().value(&[0.0, 1.0], &[[1.0], [3.0]]), Ok(2.5));
        assert_eq!(MeanSquaredError::default().value(&vec![0.0, 1.0], &p), Ok(2.5));
        assert_eq!(MeanSquaredError::default().value(&vec![0.0, 1.0], &vec![1.0, 3.0]), Ok(2.5));
        let (y, p) = (vec![0.0, 1.0], [1.0, 3.0]);
        assert_eq!(MeanSquaredError::default().value_and_gradient(&y, &p[..]), Ok((2.5, vec![1.0, 2.0])));
    }

    #[test]
    fn pixels_have_labels() {
        let loss = SparseCategoricalCrossentropy::default();
        let image = Tensor::from([[[0.25, 0.75], [0.75, 0.25]]]);
        let labels = Labels::<crate::shape::Shape1<2>>::from_shape_vec(vec![1, 0]).unwrap();
        assert!((loss.value(&labels, &image).unwrap() + 0.75f32.ln()).abs() < 1e-6);
        let other: Tensor<Shape2<2, 2>> = image.clone();
        let error = loss.value(&[1, 2], &other).unwrap_err();
        assert!(matches!(error, LossError::Label { label: 2, classes: 2, .. }));
    }

    #[test]
    fn weights_count_as_in_training() {
        let (y, p) = (Tensor::from([[0.0], [0.0]]), Tensor::from([[1.0], [2.0]]));
        assert_eq!(MeanSquaredError::default().weighted_value(&y, &p, &[1.0, 3.0]), Ok((1.0 + 3.0 * 4.0) / 2.0));
        assert!(MeanSquaredError::default().weighted_value(&y, &p, &[1.0; 3]).is_err());
        let (value, gradient) = MeanSquaredError::default().weighted_value_and_gradient(&y, &p, &[1.0, 3.0]).unwrap();
        assert_eq!((value, gradient.values()), (6.5, &[1.0, 6.0][..]));
        assert!(MeanSquaredError::default().weighted_value_and_gradient(&y, &p, &[1.0; 3]).is_err());
    }
}

//! Negative cosine similarity.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
    rows::by_vectors,
};
use crate::kernels::{
    rows::{RowFunction, Rows, Slopes},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Negative cosine similarity of targets and predictions, as vectors over the last axis: `-Σ y·p / (‖y‖·‖p‖)`, which is
    /// -1 for the same direction and 1 for the opposite one.
    /// [Keras' `CosineSimilarity`](https://keras.io/api/losses/regression_losses/#cosinesimilarity-class).
    ///
    /// A norm is at least 1e-7 where it is divided by. A prediction of zeros has a gradient of 0. (In Keras, it is NaN.)
    ///
    /// Vectors lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = CosineSimilarity::default();
    /// assert_eq!(loss.value(&[[0.0, 3.0]], &[[0.0, 0.5]])?, -1.0);
    /// assert_eq!(loss.value(&[[0.0, 3.0]], &[[2.0, 0.0]])?, 0.0);
    /// let loss = CosineSimilarity::default().reduction(Reduction::Sum);
    /// assert_eq!(loss.value(&[[0.0, 1.0], [1.0, 0.0]], &[[0.0, 2.0], [3.0, 0.0]])?, -2.0);
    ///
    /// sequential! { struct Direction { Input(1), Dense(2) } }
    /// let (x, y) = (Tensor::from([[1.0]]), Tensor::from([[3.0, 4.0]]));
    /// let mut direction = Direction::with_seed(1);
    /// direction.compile(SGD::new(0.5), CosineSimilarity::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// let [a, b] = direction.predict_one(&[1.0]);
    /// assert!((a / b - 0.75).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct CosineSimilarity {}
}

impl Loss for CosineSimilarity {
    type Target = Values;

    described!("cosine_similarity");

    by_vectors!();
}

/// The largest factor that a vector is normalized by.
const LARGEST_FACTOR: f32 = 1.0 / math::EPSILON;

/// What vectors of this square are multiplied by to be of length 1.
#[inline(always)]
fn inverse<V: Vector>(square: V) -> V {
    (V::splat(1.0) / square.sqrt()).min(V::splat(LARGEST_FACTOR))
}

impl RowFunction for CosineSimilarity {
    const OF_CLASSES: bool = false;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (mut of_target, mut of_prediction) = (Sum::zero(), Sum::zero());
        for at in row.elements() {
            let (y, p) = (row.target(at), row.value(at));
            row.add(&mut of_target, at, y * y);
            row.add(&mut of_prediction, at, p * p);
        }
        let (of_target, of_prediction) = (inverse(row.total(of_target)), inverse(row.total(of_prediction)));
        let (mut similarity, mut size) = (Sum::zero(), Sum::zero());
        for at in row.elements() {
            let p = row.value(at);
            row.add(&mut similarity, at, (row.target(at) * of_target) * (p * of_prediction));
            row.add(&mut size, at, p.abs());
        }
        let similarity = row.total(similarity);
        if let Some(slopes) = slopes {
            // the prediction's length changes with it, unless the least length stands in its place
            let along = V::select(of_prediction.lt(V::splat(LARGEST_FACTOR)), similarity * of_prediction, V::zero());
            let none = row.total(size).eq(V::zero());
            for at in row.elements() {
                let slope = (along * row.value(at) - row.target(at) * of_target) * of_prediction;
                slopes.write(at, V::select(none, V::zero(), slope));
            }
        }
        -similarity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        for last in [2, 4] {
            testing::check_gradient(&CosineSimilarity::default(), target, &[0.6, 0.4, 3.7, 0.1], last);
        }
    }

    #[test]
    fn numbers_have_a_sign_and_no_slope() {
        let row = Row { target: TargetView::Values(&[-3.0]), values: &[2.0], logits: None };
        let mut gradient = [9.0];
        assert_eq!(CosineSimilarity::default().row(row, Some((&mut gradient, 1.0))), 1.0);
        assert!(gradient[0].abs() < 1e-6);
    }

    #[test]
    fn zeros_are_like_nothing() {
        let row = Row { target: TargetView::Values(&[1.0, 2.0]), values: &[0.0, 0.0], logits: None };
        let mut gradient = [9.0; 2];
        assert_eq!(CosineSimilarity::default().row(row, Some((&mut gradient, 1.0))), 0.0);
        assert_eq!(gradient, [0.0; 2]);
        assert_eq!(CosineSimilarity::default().value(&[[0.0, 0.0]], &[[1.0, 2.0]]), Ok(0.0));
    }
}

//! Negative cosine similarity.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
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

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        let (similarity, of_target, of_prediction) = math::cosine(row.target, row.values);
        if let Some((gradient, factor)) = gradient {
            // the prediction's length changes with it, unless the least length stands in its place
            let along = if of_prediction < 1.0 / math::EPSILON { similarity * of_prediction } else { 0.0 };
            let factor = factor * of_prediction;
            for (at, (slope, &p)) in gradient.iter_mut().zip(row.values).enumerate() {
                *slope = (along * p - row.target.number(at) * of_target) * factor;
            }
            if row.values.iter().all(|&p| p == 0.0) {
                gradient.fill(0.0);
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

//! Squared hinge loss.

use super::{
    Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    hinge::{check_sides, side},
};

loss! {
    /// Squared hinge loss: the mean over the last axis of `max(1 - y·p, 0)²`.
    /// [Keras' `SquaredHinge`](https://keras.io/api/losses/hinge_losses/#squaredhinge-class).
    ///
    /// Targets are those of [`Hinge`](super::Hinge).
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = SquaredHinge::default().value(&[[-1.0, 1.0]], &[[-0.5, 3.0]])?;
    /// assert_eq!(loss, (0.25 + 0.0) / 2.0);
    /// assert_eq!(SquaredHinge::default().reduction(Reduction::Sum).value(&[[1.0], [-1.0]], &[[0.5], [0.5]])?, 0.25 + 2.25);
    ///
    /// sequential! { struct Or { Input(2), Dense(1) } }
    /// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// let y = Tensor::from([-1.0, 1.0, 1.0, 1.0]);
    /// let mut or = Or::with_seed(1);
    /// or.compile(Adam::new(0.1), SquaredHinge::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!(or.predict_one(&[0.0, 0.0])[0] < 0.0 && or.predict_one(&[0.0, 1.0])[0] > 0.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct SquaredHinge {}
}

impl Loss for SquaredHinge {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("squared_hinge");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        check_sides(self.name(), target, prediction)
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let side = side(y);
            let lack = 1.0 - side * p;
            if lack < 0.0 { (0.0, 0.0) } else { (lack * lack, -2.0 * lack * side) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    #[test]
    fn gradients() {
        for target in [[-1.0, 1.0, 1.0, -1.0], [0.0, 1.0, 1.0, 0.0]] {
            for last in [1, 2] {
                let values = &[0.6, 0.4, 3.7, -1.3];
                testing::check_gradient(&SquaredHinge::default(), TargetView::Values(&target), values, last);
            }
        }
    }

    #[test]
    fn a_zero_beside_minus_one_is_an_error() {
        assert!(SquaredHinge::default().value(&[[0.0], [-1.0]], &[[0.5]; 2]).is_err());
    }
}

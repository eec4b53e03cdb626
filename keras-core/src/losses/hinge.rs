//! Hinge loss.

use super::{
    Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
};

loss! {
    /// Hinge loss: the mean over the last axis of `max(1 - y·p, 0)`.
    /// [Keras' `Hinge`](https://keras.io/api/losses/hinge_losses/#hinge-class).
    ///
    /// Targets are -1 or 1, or 0 or 1, where 0 counts as -1. A 0 beside numbers other than 0 and 1 is an error. (Keras
    /// converts 0 to -1 only in batches of nothing but 0 and 1, so that the meaning of a target depends on the batch.)
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = Hinge::default();
    /// assert_eq!(loss.value(&[[-1.0, 1.0]], &[[-0.5, 3.0]])?, (0.5 + 0.0) / 2.0);
    /// assert_eq!(loss.value(&[[0.0, 1.0]], &[[-0.5, 3.0]])?, (0.5 + 0.0) / 2.0);
    /// assert_eq!(Hinge::default().reduction(Reduction::Sum).value(&[[1.0], [-1.0]], &[[0.5], [0.5]])?, 0.5 + 1.5);
    ///
    /// sequential! { struct Or { Input(2), Dense(1) } }
    /// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// let y = Tensor::from([-1.0, 1.0, 1.0, 1.0]);
    /// let mut or = Or::with_seed(1);
    /// or.compile(Adam::new(0.1), Hinge::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!(or.predict_one(&[0.0, 0.0])[0] < 0.0 && or.predict_one(&[0.0, 1.0])[0] > 0.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Hinge {}
}

impl Loss for Hinge {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("hinge");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        check_sides(self.name(), target, prediction)
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let side = side(y);
            let lack = 1.0 - side * p;
            if lack < 0.0 { (0.0, 0.0) } else { (lack, -side) }
        })
    }
}

/// A target as -1 or 1.
pub(super) fn side(target: f32) -> f32 {
    if target == 0.0 { -1.0 } else { target }
}

/// Checks that there is a target for each value, and that no 0 stands beside a number other than 0 and 1.
pub(super) fn check_sides(
    loss: &'static str,
    target: TargetView<'_>,
    prediction: &Prediction<'_>,
) -> Result<(), LossError> {
    LossError::expect_targets(loss, prediction.values.len(), target.len())?;
    let TargetView::Values(values) = target else { return Ok(()) };
    let other = values.iter().find(|&&value| value != 0.0 && value != 1.0);
    match other {
        Some(&other) if values.contains(&0.0) => Err(LossError::Sides { loss, other }),
        _ => Ok(()),
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
                testing::check_gradient(&Hinge::default(), TargetView::Values(&target), &[0.6, 0.4, 3.7, -1.3], last);
            }
        }
    }

    #[test]
    fn a_zero_beside_minus_one_is_an_error() {
        let error = Hinge::default().value(&[[0.0], [-1.0], [1.0]], &[[0.5]; 3]).unwrap_err();
        assert_eq!(error.to_string(), "hinge takes targets of -1 or 1, or of 0 or 1, but these include both 0 and -1");
        assert!(Hinge::default().value(&[[0.5], [-1.0]], &[[0.5]; 2]).is_ok());
        assert_eq!(Hinge::default().value(&[0, 1], &[[-2.0], [2.0]]), Ok(0.0));
    }
}

//! Mean absolute error.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Mean absolute error: `Σ |p - y| / n` over the last axis; its gradient is `sign(p - y) / n`, 0 where they
    /// are equal. [Keras' `MeanAbsoluteError`](https://keras.io/api/losses/regression_losses/#meanabsoluteerror-class).
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = MeanAbsoluteError::default().value(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [1.0, 0.0]])?;
    /// assert_eq!(loss, 0.5);
    /// assert_eq!(MeanAbsoluteError::default().reduction(Reduction::Sum).value(&[[0.0], [0.0]], &[[1.0], [3.0]])?, 4.0);
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    /// let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[1.5], [4.5]]));
    /// let mut same = Same::new();
    /// let evaluation = same.compile(SGD::default(), MeanAbsoluteError::default(), ()).evaluate(&x, &y)?;
    /// assert_eq!(evaluation.loss, (0.5 + 2.5) / 2.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct MeanAbsoluteError {}
}

impl Loss for MeanAbsoluteError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("mean_absolute_error");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| ((p - y).abs(), math::sign(p - y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        testing::check_gradient(&MeanAbsoluteError::default(), target, &[0.6, 0.4, 3.7, 0.1], 1);
        testing::check_gradient(&MeanAbsoluteError::default(), target, &[0.6, 0.4, 3.7, 0.1], 2);
    }

    #[test]
    fn there_is_no_slope_at_zero() {
        let row = Row { target: TargetView::Values(&[1.0]), values: &[1.0], logits: None };
        let mut gradient = [9.0];
        assert_eq!(MeanAbsoluteError::default().row(row, Some((&mut gradient, 1.0))), 0.0);
        assert_eq!(gradient, [0.0]);
    }
}

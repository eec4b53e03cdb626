//! Mean absolute percentage error.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Mean absolute percentage error: `100·Σ |p - y| / |y| / n` over the last axis.
    /// [Keras' `MeanAbsolutePercentageError`](https://keras.io/api/losses/regression_losses/#meanabsolutepercentageerror-class).
    ///
    /// A target closer to 0 than 1e-7 counts as 1e-7.
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = MeanAbsolutePercentageError::default().value(&[[2.0, 10.0]], &[[3.0, 9.0]])?;
    /// assert_eq!(loss, (50.0 + 10.0) / 2.0);
    /// let loss = MeanAbsolutePercentageError::default().reduction(Reduction::Sum);
    /// assert_eq!(loss.value(&[[2.0], [4.0]], &[[1.0], [5.0]])?, 50.0 + 25.0);
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    /// let (x, y) = (Tensor::from([[1.0], [3.0]]), Tensor::from([[2.0], [4.0]]));
    /// let mut same = Same::new();
    /// let evaluation = same.compile(SGD::default(), MeanAbsolutePercentageError::default(), ()).evaluate(&x, &y)?;
    /// assert_eq!(evaluation.loss, (50.0 + 25.0) / 2.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct MeanAbsolutePercentageError {}
}

impl Loss for MeanAbsolutePercentageError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("mean_absolute_percentage_error");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let (error, percent) = (p - y, 100.0 / math::at_least_epsilon(y.abs()));
            (error.abs() * percent, math::sign(error) * percent)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[1.0, 1.5, 2.0, -2.5]);
        for last in [1, 2] {
            testing::check_gradient(&MeanAbsolutePercentageError::default(), target, &[0.6, 0.4, 3.7, 0.1], last);
        }
    }

    #[test]
    fn a_target_of_zero_is_not_divided_by() {
        let loss = MeanAbsolutePercentageError::default();
        assert_eq!(loss.value(&[[0.0]], &[[0.0]]), Ok(0.0));
        let value = loss.value(&[[0.0]], &[[1e-7]]).unwrap();
        assert!((value - 100.0).abs() < 1e-4, "{value}");
    }
}

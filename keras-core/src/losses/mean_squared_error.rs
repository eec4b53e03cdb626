//! Mean squared error.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
};

loss! {
    /// Mean squared error: `Σ (p - y)² / n` over the last axis; its gradient is `2·(p - y) / n`.
    /// [Keras' `MeanSquaredError`](https://keras.io/api/losses/regression_losses/#meansquarederror-class).
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = MeanSquaredError::default().value(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [1.0, 0.0]])?;
    /// assert_eq!(loss, 0.5);
    /// assert_eq!(MeanSquaredError::default().reduction(Reduction::Sum).value(&[[0.0], [0.0]], &[[1.0], [3.0]])?, 10.0);
    ///
    /// sequential! { struct Line { Input(1), Dense(1) } }
    /// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    /// let mut line = Line::with_seed(1);
    /// line.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!((line.predict_one(&[3.0])[0] - 7.0).abs() < 0.1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct MeanSquaredError {}
}

impl Loss for MeanSquaredError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("mean_squared_error");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| ((p - y) * (p - y), 2.0 * (p - y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        for loss in [MeanSquaredError::default(), MeanSquaredError::default().reduction(Reduction::Sum)] {
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 1);
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 2);
        }
    }
}

//! Mean squared logarithmic error.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Mean squared logarithmic error: `Σ (ln(p + 1) - ln(y + 1))² / n` over the last axis.
    /// [Keras' `MeanSquaredLogarithmicError`](https://keras.io/api/losses/regression_losses/#meansquaredlogarithmicerror-class).
    ///
    /// It is for non-negative numbers: anything below 1e-7 counts as 1e-7, where a prediction has a gradient of 0.
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// // off by a factor of two, whatever the size
    /// let loss = MeanSquaredLogarithmicError::default().value(&[[0.0, 999.0]], &[[1.0, 1999.0]])?;
    /// assert!((loss - 2f32.ln().powi(2)).abs() < 1e-5);
    /// let loss = MeanSquaredLogarithmicError::default().reduction(Reduction::Sum);
    /// assert!((loss.value(&[[0.0], [0.0]], &[[1.0], [1.0]])? - 2.0 * 2f32.ln().powi(2)).abs() < 1e-6);
    ///
    /// sequential! { struct Level { Input(1), Dense(1, activation = "softplus") } }
    /// let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[3.0], [3.0]]));
    /// let mut level = Level::with_seed(1);
    /// level.compile(Adam::new(0.1), MeanSquaredLogarithmicError::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!((level.predict_one(&[1.0])[0] - 3.0).abs() < 0.1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct MeanSquaredLogarithmicError {}
}

impl Loss for MeanSquaredLogarithmicError {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("mean_squared_logarithmic_error");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let error = math::at_least_epsilon(p).ln_1p() - math::at_least_epsilon(y).ln_1p();
            (error * error, if p < math::EPSILON { 0.0 } else { 2.0 * error / (p + 1.0) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.5, 20.0]);
        for last in [1, 2] {
            testing::check_gradient(&MeanSquaredLogarithmicError::default(), target, &[0.6, 0.4, 3.7, 0.1], last);
        }
    }

    #[test]
    fn negative_numbers_count_as_nothing() {
        let row = Row { target: TargetView::Values(&[-5.0]), values: &[-2.0], logits: None };
        let mut gradient = [9.0];
        assert_eq!(MeanSquaredLogarithmicError::default().row(row, Some((&mut gradient, 1.0))), 0.0);
        assert_eq!(gradient, [0.0]);
    }
}

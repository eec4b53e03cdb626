//! Huber loss.

use super::{
    Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Huber loss, quadratic for small errors and linear for large ones: the mean over the last axis of `½·e²` if
    /// `|e| ≤ δ`, otherwise `δ·|e| - ½·δ²`, with `e = p - y`.
    /// [Keras' `Huber`](https://keras.io/api/losses/regression_losses/#huber-class);
    /// [Huber 1964](https://doi.org/10.1214/aoms/1177703732).
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = Huber::default().value(&[[0.0, 0.0]], &[[0.5, 3.0]])?;
    /// assert_eq!(loss, (0.125 + 2.5) / 2.0);
    /// assert_eq!(Huber::default().reduction(Reduction::Sum).value(&[[0.0], [0.0]], &[[1.0], [3.0]])?, 0.5 + 2.5);
    ///
    /// // A level of samples of which one is far off: the mean would be 25.75.
    /// sequential! { struct Level { Input(1), Dense(1, use_bias = false) } }
    /// let (x, y) = (Tensor::from([[1.0]; 4]), Tensor::from([[1.0], [1.0], [1.0], [100.0]]));
    /// let mut level = Level::with_seed(1);
    /// level.compile(SGD::new(0.1), Huber::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!((level.predict_one(&[1.0])[0] - (1.0 + 1.0 / 3.0)).abs() < 1e-3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Huber {
        /// The error at which the loss changes from quadratic to linear.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// assert_eq!(Huber::default().delta(2.0).value(&[[0.0]], &[[3.0]])?, 2.0 * 3.0 - 0.5 * 4.0);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        delta: f32 = 1.0,
    }
}

impl Loss for Huber {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("huber_loss");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect(self.delta > 0.0, self.name(), "delta", self.delta, "more than 0")?;
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        let delta = self.delta;
        row.mean(gradient, |y, p| {
            let error = p - y;
            if error.abs() <= delta {
                (0.5 * error * error, error)
            } else {
                (delta * error.abs() - 0.5 * delta * delta, delta * math::sign(error))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 1.0, -2.0]);
        for loss in [Huber::default(), Huber::default().delta(0.3)] {
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 1);
            testing::check_gradient(&loss, target, &[0.6, 0.4, 3.7, 0.1], 2);
        }
    }

    #[test]
    fn the_parts_meet() {
        let huber = Huber::default().delta(0.75);
        for p in [0.75, -0.75] {
            assert_eq!(huber.value(&[[0.0]], &[[p]]), Ok(0.5 * 0.75 * 0.75));
        }
    }
}

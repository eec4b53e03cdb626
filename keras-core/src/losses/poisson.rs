//! Poisson loss.

use super::{
    Loss, Reduction, Row, RowGradient, Values,
    declare::{described, loss},
    math,
};

loss! {
    /// Poisson loss: the mean over the last axis of `p - y·ln p`, up to a constant the negative log-likelihood of counts
    /// `y` under Poisson distributions with means `p`.
    /// [Keras' `Poisson`](https://keras.io/api/losses/probabilistic_losses/#poisson-class).
    ///
    /// 1e-7 is added to `p` in the logarithm. Of negative predictions the loss is NaN: let the model end in `"exponential"` or
    /// `"softplus"`.
    ///
    /// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = Poisson::default().value(&[[0.0, 2.0]], &[[1.0, 2.0]])?;
    /// assert!((loss - (1.0 + 2.0 - 2.0 * 2f32.ln()) / 2.0).abs() < 1e-6);
    /// assert_eq!(Poisson::default().reduction(Reduction::Sum).value(&[[0.0], [0.0]], &[[1.0], [3.0]])?, 4.0);
    ///
    /// sequential! { struct Rate { Input(1), Dense(1, activation = "exponential", use_bias = false) } }
    /// let (x, y) = (Tensor::from([[1.0]; 4]), Tensor::from([[1.0], [4.0], [2.0], [5.0]]));
    /// let mut rate = Rate::with_seed(1);
    /// rate.compile(Adam::new(0.05), Poisson::default(), ()).fit(&x, &y).epochs(200).verbose(0).run()?;
    /// assert!((rate.predict_one(&[1.0])[0] - 3.0).abs() < 0.01, "the mean of the counts");
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Poisson {}
}

impl Loss for Poisson {
    type Target = Values;

    const ELEMENTWISE: bool = true;

    described!("poisson");

    fn row(&self, row: Row<'_>, gradient: RowGradient<'_>) -> f32 {
        row.mean(gradient, |y, p| {
            let mean = p + math::EPSILON;
            (p - y * mean.ln(), 1.0 - y / mean)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{TargetView, testing};

    #[test]
    fn gradients() {
        let target = TargetView::Values(&[0.0, 1.0, 3.0, 7.0]);
        for last in [1, 2] {
            testing::check_gradient(&Poisson::default(), target, &[0.6, 0.4, 3.7, 5.1], last);
        }
    }

    #[test]
    fn a_mean_of_zero_has_a_logarithm() {
        assert_eq!(Poisson::default().value(&[[0.0]], &[[0.0]]), Ok(0.0));
        assert!((Poisson::default().value(&[[1.0]], &[[0.0]]).unwrap() - 16.118_095).abs() < 1e-5);
    }
}

//! Adagrad: gradients divided by the root of the sum of their squares.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Adagrad: gradients divided by the root of the sum of their squares so far: `a ← a + g²`, `w ← w - lr·g / √(a + ε)`.
    /// Weights with sparse or small gradients take larger steps.
    /// [Keras' `Adagrad`](https://keras.io/api/optimizers/adagrad/);
    /// [Duchi et al. 2011](https://jmlr.org/papers/v12/duchi11a.html).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// Adagrad::new(0.5).initial_accumulator_value(7.0).step(&mut weights, &[3.0])?;
    /// assert!((weights[0] - (1.0 - 0.5 * 3.0 / 4.0)).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Adagrad {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The initial value of the sums: at least 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Adagrad::new(1.0).initial_accumulator_value(0.0).step(&mut weights, &[-3.0])?;
        /// assert!((weights[0] - 1.0).abs() < 1e-6, "the first step has the length of the learning rate");
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        initial_accumulator_value: f32 = 0.1,
        /// The constant that is added under the root.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Adagrad::new(1.0).initial_accumulator_value(0.0).epsilon(3.0).step(&mut weights, &[-1.0])?;
        /// assert_eq!(weights, [0.5]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
    }
}

impl Optimizer for Adagrad {
    described!("adagrad");

    fn slots(&self) -> usize {
        1
    }

    fn initial(&self, _: usize) -> f32 {
        self.initial_accumulator_value
    }

    fn check(&self) -> Result<(), OptimizerError> {
        let initial = self.initial_accumulator_value;
        OptimizerError::expect(
            initial >= 0.0,
            self.name(),
            "initial_accumulator_value",
            f64::from(initial),
            "at least 0",
        )?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [sums, ..] }: Span<'_>) {
        for ((w, &g), sum) in weights.iter_mut().zip(gradients).zip(sums) {
            let g = step.clipped(g);
            *sum += Step::squared(g);
            *w = step.decayed(*w) - step.learning_rate * g / (*sum + self.epsilon).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_grow() {
        let mut adagrad = Adagrad::new(0.1);
        let (mut weights, mut w, mut sum) = ([1.0], 1.0f64, 0.1f64);
        for g in [0.5, -2.0, 0.25] {
            adagrad.step(&mut weights, &[g as f32]).unwrap();
            sum += g * g;
            w -= 0.1 * g / (sum + 1e-7).sqrt();
        }
        assert!((f64::from(weights[0]) - w).abs() < 1e-6, "{} is not {w}", weights[0]);
        assert!((f64::from(adagrad.state()[0]) - sum).abs() < 1e-6);
    }

    #[test]
    fn a_negative_sum_is_refused() {
        let error = Adagrad::default().initial_accumulator_value(-1.0).step(&mut [0.0], &[0.0]).unwrap_err();
        assert_eq!(error.to_string(), "adagrad's `initial_accumulator_value` is -1, but must be at least 0");
    }
}

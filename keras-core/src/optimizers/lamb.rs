//! LAMB: Adam with layerwise adaptive learning rates.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
    pass::square_norm,
};

optimizer! {
    /// LAMB, for large batches: Adam whose updates are scaled, variable by variable, to the norm of the weights.
    /// `m ← m + (g - m)·(1 - β₁)`, `v ← v + (g² - v)·(1 - β₂)`, `s = m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε)`,
    /// `w ← w - lr·‖w‖/‖s‖·s`. [Keras' `Lamb`](https://keras.io/api/optimizers/lamb/);
    /// [You et al. 2019](https://arxiv.org/abs/1904.00962).
    ///
    /// Where the weights or the update are all 0, the factor `‖w‖/‖s‖` is 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// Lamb::new(0.1).step(&mut weights, &[20.0])?;
    /// assert!((weights[0] - (10.0 - 0.1 * 10.0)).abs() < 1e-4);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Lamb {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the average of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut lamb) = ([1.0], Lamb::new(0.1).beta_1(0.0));
        /// lamb.step(&mut weights, &[1.0])?;
        /// let first = weights[0];
        /// lamb.step(&mut weights, &[0.0])?;
        /// assert_eq!(weights[0], first);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f64 = 0.9,
        /// The exponential decay rate of the average of their squares.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut lamb = Lamb::default().beta_2(0.75);
        /// lamb.step(&mut [1.0], &[2.0])?;
        /// assert_eq!(lamb.state()[1], 0.25 * 4.0);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f64 = 0.999,
        /// The constant that is added to the divisor.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // With a large one, large gradients count for more than small ones.
        /// let mut weights = [0.0, 1.0];
        /// Lamb::new(0.1).epsilon(1000.0).step(&mut weights, &[-3.0, -4.0])?;
        /// assert!((weights[0] - 0.1 * 0.6).abs() < 1e-4);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
    }
}

impl Optimizer for Lamb {
    described!("lamb");

    fn updates_whole_variables(&self) -> bool {
        true
    }

    fn slots(&self) -> usize {
        2
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_factors(self.name(), [("beta_1", self.beta_1), ("beta_2", self.beta_2)])?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [means, squares, _] }: Span<'_>) {
        let (rest_1, rest_2) = ((1.0 - self.beta_1) as f32, (1.0 - self.beta_2) as f32);
        let (correction_1, correction_2) = (1.0 - step.power(self.beta_1), 1.0 - step.power(self.beta_2));
        for (((w, &g), m), v) in weights.iter_mut().zip(gradients).zip(&mut *means).zip(&mut *squares) {
            let g = step.clipped(g);
            *m += (g - *m) * rest_1;
            *v += (Step::squared(g) - *v) * rest_2;
            *w = step.decayed(*w);
        }
        let direction = |m: f32, v: f32| m / correction_1 / ((v / correction_2).sqrt() + self.epsilon);
        let mut lanes = [0.0; 8];
        for (means, squares) in means.chunks(8).zip(squares.chunks(8)) {
            for ((lane, &m), &v) in lanes.iter_mut().zip(means).zip(squares) {
                *lane += f64::from(direction(m, v)).powi(2);
            }
        }
        let (norm, length) = (square_norm(weights).sqrt(), lanes.iter().sum::<f64>().sqrt());
        let ratio = if norm > 0.0 && length > 0.0 { (norm / length) as f32 } else { 1.0 };
        for ((w, &mut m), &mut v) in weights.iter_mut().zip(means).zip(squares) {
            *w -= ratio * step.learning_rate * direction(m, v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::Variable;

    #[test]
    fn each_variable_has_its_own_ratio() {
        let variables = [Variable::new("a", 0..2), Variable::new("b", 2..3), Variable::new("c", 3..4)];
        let mut weights = [3.0, 4.0, 2.0, 0.0];
        let gradients = [1.0, -1.0, 0.5, 0.5];
        Lamb::new(0.1).step_variables(&mut weights, &gradients, &variables).unwrap();
        let part = 5.0 / 2f32.sqrt() * 0.1;
        for (found, expected) in weights.iter().zip([3.0 - part, 4.0 + part, 2.0 - 0.2, -0.1]) {
            assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
        }
    }
}

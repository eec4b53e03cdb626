//! Adamax: Adam with the infinity norm.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Adamax: Adam with the infinity norm, a decaying maximum of the gradients, in the place of the root mean square:
    /// `m ← m + (g - m)·(1 - β₁)`, `u ← max(β₂·u, |g|)`, `w ← w - lr·m / ((1 - β₁ᵗ)·(u + ε))`.
    /// [Keras' `Adamax`](https://keras.io/api/optimizers/adamax/); [Kingma and Ba 2014](https://arxiv.org/abs/1412.6980),
    /// section 7.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// Adamax::new(0.1).step(&mut weights, &[20.0])?;
    /// assert!((weights[0] - 9.9).abs() < 1e-5, "the first step has the length of the learning rate");
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Adamax {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the average of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut adamax) = ([0.0], Adamax::new(0.1).beta_1(0.0));
        /// adamax.step(&mut weights, &[1.0])?;
        /// let first = weights[0];
        /// adamax.step(&mut weights, &[0.0])?;
        /// assert_eq!(weights[0], first);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f64 = 0.9,
        /// The exponential decay rate of the largest gradient.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // Without memory, each step is divided by its own gradient's size.
        /// let (mut weights, mut adamax) = ([0.0], Adamax::new(0.1).beta_1(0.0).beta_2(0.0));
        /// adamax.step(&mut weights, &[100.0])?;
        /// adamax.step(&mut weights, &[1.0])?;
        /// assert!((weights[0] + 0.2).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f32 = 0.999,
        /// The constant that is added to the divisor.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Adamax::new(1.0).epsilon(1.0).step(&mut weights, &[-1.0])?;
        /// assert!((weights[0] - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
    }
}

impl Optimizer for Adamax {
    described!("adamax");

    fn slots(&self) -> usize {
        2
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_factors(self.name(), [("beta_1", self.beta_1), ("beta_2", self.beta_2.into())])?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [means, largest, _] }: Span<'_>) {
        let (rest, correction) = ((1.0 - self.beta_1) as f32, 1.0 - step.power(self.beta_1));
        for (((w, &g), m), u) in weights.iter_mut().zip(gradients).zip(means).zip(largest) {
            let g = step.clipped(g);
            *m += (g - *m) * rest;
            let (faded, size) = (self.beta_2 * *u, g.abs());
            *u = if faded > size { faded } else { size };
            *w = step.decayed(*w) - step.learning_rate * *m / (correction * (*u + self.epsilon));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_fades() {
        let mut adamax = Adamax::new(0.1).beta_1(0.5).beta_2(0.5);
        let mut weights = [1.0];
        for g in [2.0, 0.25, 0.0] {
            adamax.step(&mut weights, &[g]).unwrap();
        }
        // means 1, 0.625, 0.3125; largest 2, 1, 0.5
        let expected = 1.0 - 0.1 * (1.0 / (0.5 * 2.0) + 0.625 / 0.75 + 0.3125 / (0.875 * 0.5));
        assert!((weights[0] - expected).abs() < 1e-6, "{} is not {expected}", weights[0]);
    }
}

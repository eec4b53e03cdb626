//! Adadelta: gradients scaled by the size of recent updates.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Adadelta: gradients scaled by the root mean square of recent updates over that of recent gradients:
    /// `v ← ρ·v + (1 - ρ)·g²`, `s = -√(d + ε) / √(v + ε)·g`, `d ← ρ·d + (1 - ρ)·s²`, `w ← w + lr·s`.
    /// [Keras' `Adadelta`](https://keras.io/api/optimizers/adadelta/); [Zeiler 2012](https://arxiv.org/abs/1212.5701), where
    /// the learning rate is 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// Adadelta::new(1.0).epsilon(1.0).rho(0.0).step(&mut weights, &[3.0f32.sqrt()])?;
    /// assert!((weights[0] - (1.0 - 0.5 * 3f32.sqrt())).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Adadelta {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the averages.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut long, mut short) = ([0.0], [0.0]);
        /// Adadelta::new(1.0).step(&mut long, &[1.0])?;
        /// Adadelta::new(1.0).rho(0.5).step(&mut short, &[1.0])?;
        /// assert!(long[0].abs() > short[0].abs(), "the first gradient counts for more in a shorter average");
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        rho: f64 = 0.95,
        /// The constant that is added under both roots: the first steps have the length of its root.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Adadelta::new(1.0).rho(0.0).epsilon(1e-4).step(&mut weights, &[-5.0])?;
        /// assert!((weights[0] - 0.01).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
    }
}

impl Optimizer for Adadelta {
    described!("adadelta");

    fn slots(&self) -> usize {
        2
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_share(self.name(), "rho", self.rho)?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [squares, steps, _] }: Span<'_>) {
        let (rho, rest) = (self.rho as f32, (1.0 - self.rho) as f32);
        for (((w, &g), v), d) in weights.iter_mut().zip(gradients).zip(squares).zip(steps) {
            let g = step.clipped(g);
            *v = rho * *v + rest * Step::squared(g);
            let delta = -((*d + self.epsilon).sqrt() * g / (*v + self.epsilon).sqrt());
            *d = rho * *d + rest * Step::squared(delta);
            *w = step.decayed(*w) + step.learning_rate * delta;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_steps_before() {
        let mut adadelta = Adadelta::new(0.5).rho(0.8).epsilon(0.01);
        let (mut weights, mut w, mut v, mut d) = ([1.0], 1.0f64, 0.0f64, 0.0f64);
        for g in [0.5, -2.0, 0.25] {
            adadelta.step(&mut weights, &[g as f32]).unwrap();
            v = 0.8 * v + 0.2 * g * g;
            let delta = -(d + 0.01).sqrt() / (v + 0.01).sqrt() * g;
            d = 0.8 * d + 0.2 * delta * delta;
            w += 0.5 * delta;
        }
        assert!((f64::from(weights[0]) - w).abs() < 1e-6, "{} is not {w}", weights[0]);
    }
}

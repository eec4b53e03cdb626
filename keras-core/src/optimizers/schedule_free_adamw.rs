//! Schedule-free AdamW.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Schedule-free AdamW: instead of a learning rate that decays, the weights are averaged as they go.
    /// [Keras' `ScheduleFreeAdamW`](https://keras.io/api/optimizers/schedule_free_adamw/);
    /// [Defazio et al. 2024](https://arxiv.org/abs/2405.15682).
    ///
    /// `v ← β₂·v + (1 - β₂)·g²` and `z ← z - lr·g / (√(v / (1 - β₂ᵗ)) + ε)`, from the initial weights on; `x` is the mean of all
    /// `z`, and the weights are `(1 - β₁)·z + β₁·x`. (So computes Keras with JAX; with TensorFlow, Keras 3.15 takes the new `z` for
    /// the old one where it finds `x` from the weights.)
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// ScheduleFreeAdamW::new(0.5).step(&mut weights, &[20.0])?;
    /// assert!((weights[0] - 9.5).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct ScheduleFreeAdamW {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.0025,
        /// The share of the mean `x` in the weights: more than 0, less than 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let distance = |beta_1| {
        ///     let (mut weights, mut optimizer) = ([0.0], ScheduleFreeAdamW::new(0.1).beta_1(beta_1));
        ///     for _ in 0..10 {
        ///         optimizer.step(&mut weights, &[-1.0])?;
        ///     }
        ///     Ok::<_, keras::optimizers::OptimizerError>(weights[0])
        /// };
        /// assert!(distance(0.9)? < distance(0.1)?); // the mean lags behind
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f64 = 0.9,
        /// The exponential decay rate of the average of the squares.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // Without memory, each step is divided by its own gradient's size.
        /// let (mut weights, mut optimizer) = ([0.0], ScheduleFreeAdamW::new(0.5).beta_2(0.0));
        /// optimizer.step(&mut weights, &[-1000.0])?;
        /// assert!((weights[0] - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f64 = 0.999,
        /// The constant that is added to the divisor.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// ScheduleFreeAdamW::new(0.5).epsilon(1.0).step(&mut weights, &[-1.0])?;
        /// assert!((weights[0] - 0.25).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-8,
        /// The number of steps over which the learning rate grows to its full size.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// ScheduleFreeAdamW::new(0.5).warmup_steps(2).step(&mut weights, &[-1.0])?;
        /// assert!((weights[0] - 0.25).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        warmup_steps: u64 = 0,
    }
}

impl Optimizer for ScheduleFreeAdamW {
    described!("schedule_free_adam_w");

    fn slots(&self) -> usize {
        2
    }

    /// `z` starts as the weights, which is when it is no number.
    fn initial(&self, slot: usize) -> f32 {
        if slot == 0 { f32::NAN } else { 0.0 }
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_factors(self.name(), [("beta_1", self.beta_1), ("beta_2", self.beta_2)])?;
        OptimizerError::expect(self.beta_1 > 0.0, self.name(), "beta_1", self.beta_1, "more than 0")?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [z, squares, ..] }: Span<'_>) {
        let t = step.iteration as f32;
        let warmup = if self.warmup_steps > 0 { (t / self.warmup_steps as f32).min(1.0) } else { 1.0 };
        let (rate, weight) = (step.learning_rate * warmup, 1.0 / t);
        let (beta_1, beta_2) = (self.beta_1 as f32, self.beta_2 as f32);
        let correction = 1.0 - step.power(self.beta_2);
        for (((w, &g), z), v) in weights.iter_mut().zip(gradients).zip(z).zip(squares) {
            let g = step.clipped(g);
            let old = if z.is_nan() { *w } else { *z };
            *v += (Step::squared(g) - *v) * (1.0 - beta_2);
            *z = old - rate * g / ((*v / correction).sqrt() + self.epsilon);
            let mean = (step.decayed(*w) - (1.0 - beta_1) * old) / beta_1;
            let mean = (1.0 - weight) * mean + weight * *z;
            *w = (1.0 - beta_1) * *z + beta_1 * mean;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::Variable;

    #[test]
    fn a_layer_that_is_unfrozen_later_starts_from_its_weights() {
        let frozen = |trainable| [Variable { trainable, ..Variable::new("a", 0..1) }, Variable::new("b", 1..2)];
        let (mut weights, mut optimizer) = ([7.0, 7.0], ScheduleFreeAdamW::new(0.1));
        for _ in 0..3 {
            optimizer.step_variables(&mut weights, &[1.0, 1.0], &frozen(false)).unwrap();
        }
        assert_eq!(weights[0], 7.0);
        optimizer.step_variables(&mut weights, &[1.0, 1.0], &frozen(true)).unwrap();
        assert!(weights[0] < 7.0 && weights[0] > 6.7, "{}", weights[0]);
        assert!(ScheduleFreeAdamW::default().beta_1(0.0).check().is_err());
    }
}

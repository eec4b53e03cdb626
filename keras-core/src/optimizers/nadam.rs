//! Nadam: Adam with Nesterov momentum.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Nadam: Adam with Nesterov momentum, where `μᵢ` grows towards `β₁`: `μᵢ = β₁·(1 - ½·0.96ⁱ)`,
    /// `m ← m + (g - m)·(1 - β₁)`, `v ← v + (g² - v)·(1 - β₂)`,
    /// `w ← w - lr·(μₜ₊₁·m / (1 - Πμₜ₊₁) + (1 - μₜ)·g / (1 - Πμₜ)) / (√(v / (1 - β₂ᵗ)) + ε)`, where `Πμₜ` is the product of
    /// `μ₁` to `μₜ`.
    /// [Keras' `Nadam`](https://keras.io/api/optimizers/nadam/);
    /// [Dozat 2016](https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let (mut weights, mut nadam) = ([1.0], Nadam::new(0.1));
    /// for _ in 0..100 {
    ///     let gradient = 2.0 * weights[0]; // of the weight's square
    ///     nadam.step(&mut weights, &[gradient])?;
    /// }
    /// assert!(weights[0].abs() < 0.05);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Nadam {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the average of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut nadam) = ([0.0], Nadam::new(0.1).beta_1(0.0));
        /// nadam.step(&mut weights, &[1.0])?;
        /// let first = weights[0];
        /// nadam.step(&mut weights, &[0.0])?;
        /// assert_eq!(weights[0], first);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f64 = 0.9,
        /// The exponential decay rate of the average of their squares.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // Without memory of their size, each step is divided by its own gradient's.
        /// let (mut weights, mut nadam) = ([0.0], Nadam::new(0.1).beta_1(0.0).beta_2(0.0));
        /// nadam.step(&mut weights, &[1.0])?;
        /// nadam.step(&mut weights, &[100.0])?;
        /// assert!((weights[0] + 0.2).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f64 = 0.999,
        /// The constant that is added to the divisor.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut small, mut large) = ([0.0], [0.0]);
        /// Nadam::new(0.1).step(&mut small, &[1e-3])?;
        /// Nadam::new(0.1).epsilon(1.0).step(&mut large, &[1e-3])?;
        /// assert!(large[0].abs() < small[0].abs());
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
    }
}

impl Nadam {
    /// `μᵢ`.
    fn momentum(&self, i: u64) -> f64 {
        self.beta_1 * (1.0 - 0.5 * 0.96f64.powf(i as f64))
    }

    /// `μ₁·…·μₜ`. Computed anew, not kept, so that a saved state is the slots alone; from some 600 on, `μᵢ` is `β₁`.
    fn momenta(&self, t: u64) -> f64 {
        const CHANGING: u64 = 600;
        let changing: f64 = (1..=t.min(CHANGING)).map(|i| self.momentum(i)).product();
        changing * self.beta_1.powf(t.saturating_sub(CHANGING) as f64)
    }
}

impl Optimizer for Nadam {
    described!("nadam");

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
        // the rests in single precision, as Keras has them here, though not in Adam
        let (rest_1, rest_2) = (1.0 - self.beta_1 as f32, 1.0 - self.beta_2 as f32);
        let (now, next) = (self.momentum(step.iteration), self.momentum(step.iteration + 1));
        let product = self.momenta(step.iteration);
        let of_mean = (next / (1.0 - product * next)) as f32;
        let of_gradient = ((1.0 - now) / (1.0 - product)) as f32;
        let correction = 1.0 - step.power(self.beta_2);
        for (((w, &g), m), v) in weights.iter_mut().zip(gradients).zip(means).zip(squares) {
            let g = step.clipped(g);
            *m += (g - *m) * rest_1;
            *v += (Step::squared(g) - *v) * rest_2;
            let direction = of_mean * *m + of_gradient * g;
            *w = step.decayed(*w) - direction * step.learning_rate / ((*v / correction).sqrt() + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        let mut nadam = Nadam::new(0.1).beta_1(0.8).beta_2(0.5);
        let mut weights = [1.0];
        let (mut w, mut m, mut v, mut product) = (1.0, 0.0, 0.0, 1.0);
        for (at, g) in [0.5, -2.0, 0.01, 0.02].into_iter().enumerate() {
            nadam.step(&mut weights, &[g as f32]).unwrap();
            let t = at as i32 + 1;
            let momentum = |i: i32| 0.8 * (1.0 - 0.5 * 0.96f64.powi(i));
            product *= momentum(t);
            m += (g - m) * 0.2;
            v += (g * g - v) * 0.5;
            let ahead = momentum(t + 1) * m / (1.0 - product * momentum(t + 1));
            let direction = ahead + (1.0 - momentum(t)) * g / (1.0 - product);
            w -= 0.1 * direction / ((v / (1.0 - 0.5f64.powi(t))).sqrt() + 1e-7);
        }
        assert!((f64::from(weights[0]) - w).abs() < 1e-6, "{} is not {w}", weights[0]);
    }

    #[test]
    fn the_product_of_many_momenta() {
        let nadam = Nadam::default().beta_1(0.9999);
        let one_by_one: f64 = (1..=5000).map(|i| nadam.momentum(i)).product();
        assert!((nadam.momenta(5000) / one_by_one - 1.0).abs() < 1e-9);
    }
}

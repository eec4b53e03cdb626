//! RMSprop: gradients divided by the root of their mean square.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// RMSprop: gradients divided by the root of a moving average of their squares:
    /// `v ← ρ·v + (1 - ρ)·g²`, `w ← w - lr·g / √(v + ε)`. [Keras' `RMSprop`](https://keras.io/api/optimizers/rmsprop/);
    /// [Hinton 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf).
    ///
    /// If it is centered, they are divided by an estimate of their variance: `√(v - ḡ² + ε)`, with a moving average `ḡ`. With
    /// momentum `μ`, `m ← μ·m + lr·g / √…` and `w ← w - m`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// RMSprop::new(0.1).step(&mut weights, &[4.0])?;
    /// assert!((weights[0] - (1.0 - 0.1 / 0.1f32.sqrt())).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct RMSprop {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the averages.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [1.0];
        /// RMSprop::new(0.1).rho(0.75).step(&mut weights, &[4.0])?;
        /// assert!((weights[0] - (1.0 - 0.1 / 0.25f32.sqrt())).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        rho: f64 = 0.9,
        /// The momentum, from 0 to 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut rmsprop) = ([0.0], RMSprop::new(0.1).momentum(0.5));
        /// rmsprop.step(&mut weights, &[1.0])?;
        /// let first = weights[0];
        /// rmsprop.step(&mut weights, &[0.0])?;
        /// assert_eq!(weights[0], 1.5 * first);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        momentum: f32 = 0.0,
        /// The constant that is added under the root.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [1.0];
        /// RMSprop::new(0.5).epsilon(1.0).rho(1.0).step(&mut weights, &[1.0])?;
        /// assert_eq!(weights, [0.5]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
        /// Whether to divide by the root of the gradients' variance, not of their mean square.
        ///
        /// [Graves 2013](https://arxiv.org/abs/1308.0850) describes it.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [1.0];
        /// RMSprop::new(0.1).rho(0.5).centered(true).step(&mut weights, &[2.0])?;
        /// assert!((weights[0] - (1.0 - 0.1 * 2.0 / (2.0f32 - 1.0).sqrt())).abs() < 1e-6);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        centered: bool = false,
    }
}

impl Optimizer for RMSprop {
    described!("rm_sprop");

    fn slots(&self) -> usize {
        1 + usize::from(self.momentum > 0.0) + usize::from(self.centered)
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_share(self.name(), "rho", self.rho)?;
        OptimizerError::expect_share(self.name(), "momentum", self.momentum.into())?;
        OptimizerError::expect_epsilon(self.name(), self.epsilon)?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [squares, second, third] }: Span<'_>) {
        let (momenta, means) = if self.momentum > 0.0 { (second, third) } else { (third, second) };
        let (rho, rest) = (self.rho as f32, (1.0 - self.rho) as f32);
        // `offset` is what the mean square is to be centred by
        let increment = |g: f32, v: &mut f32, offset: f32| {
            *v = rho * *v + rest * Step::squared(g);
            step.learning_rate * g / (*v - offset + self.epsilon).sqrt()
        };
        let offset = |g: f32, mean: &mut f32| {
            *mean = rho * *mean + rest * g;
            *mean * *mean
        };
        let moved = |m: &mut f32, increment: f32| {
            *m = self.momentum * *m + increment;
            *m
        };
        let elements = weights.iter_mut().zip(gradients.iter().map(|&g| step.clipped(g))).zip(squares);
        match (self.centered, self.momentum > 0.0) {
            (false, false) => {
                for ((w, g), v) in elements {
                    *w = step.decayed(*w) - increment(g, v, 0.0);
                }
            }
            (false, true) => {
                for (((w, g), v), m) in elements.zip(momenta) {
                    *w = step.decayed(*w) - moved(m, increment(g, v, 0.0));
                }
            }
            (true, false) => {
                for (((w, g), v), mean) in elements.zip(means) {
                    *w = step.decayed(*w) - increment(g, v, offset(g, mean));
                }
            }
            (true, true) => {
                for ((((w, g), v), mean), m) in elements.zip(means).zip(momenta) {
                    *w = step.decayed(*w) - moved(m, increment(g, v, offset(g, mean)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_kinds() {
        for (centered, momentum) in [(false, 0.0), (false, 0.5), (true, 0.0), (true, 0.5)] {
            let mut rmsprop = RMSprop::default().learning_rate(0.1).rho(0.8).momentum(momentum).centered(centered);
            let mut weights = [1.0];
            let (mut w, mut v, mut mean, mut m) = (1.0, 0.0, 0.0, 0.0f64);
            for g in [0.5, -2.0, 0.25] {
                rmsprop.step(&mut weights, &[g as f32]).unwrap();
                v = 0.8 * v + 0.2 * g * g;
                mean = 0.8 * mean + 0.2 * g;
                let variance: f64 = if centered { v - mean * mean } else { v };
                m = f64::from(momentum) * m + 0.1 * g / (variance + 1e-7).sqrt();
                w -= m;
            }
            assert!((f64::from(weights[0]) - w).abs() < 1e-6, "{} is not {w}", weights[0]);
            assert_eq!(rmsprop.state().len(), rmsprop.slots());
        }
    }
}

//! Gradients divided by the root of their mean square.

use super::{Common, IntoLearningRate, Optimizer, OptimizerError, Span, Step};

/// Gradients divided by the root of a moving average of their squares:
/// `v ← ρ·v + (1 - ρ)·g²`, `w ← w - lr·g / √(v + ε)`. [Keras' `RMSprop`](https://keras.io/api/optimizers/rmsprop/);
/// [Hinton 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf).
///
/// Centered, a moving average of the gradients is taken from it: `√(v - ḡ² + ε)`. With momentum `μ`,
/// `m ← μ·m + lr·g / √…` and `w ← w - m`.
///
/// | argument | default |
/// |---|---|
/// | [`learning_rate`](Optimizer::learning_rate) | 0.001 |
/// | [`rho`](Self::rho) | 0.9 |
/// | [`momentum`](Self::momentum) | 0 |
/// | [`epsilon`](Self::epsilon) | 1e-7 |
/// | [`centered`](Self::centered) | `false` |
///
/// ```
/// use keras::prelude::*;
///
/// let mut weights = [1.0];
/// RMSprop::new(0.1).step(&mut weights, &[4.0])?;
/// assert!((weights[0] - (1.0 - 0.1 / 0.1f32.sqrt())).abs() < 1e-6);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RMSprop {
    common: Common,
    rho: f64,
    momentum: f32,
    epsilon: f32,
    centered: bool,
}

impl Default for RMSprop {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl RMSprop {
    /// Keras' defaults, with this learning rate.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(RMSprop::new(0.01).current_learning_rate(), 0.01);
    /// ```
    pub fn new(learning_rate: impl IntoLearningRate) -> Self {
        Self { common: Common::new(learning_rate), rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false }
    }

    /// Sets how much of the averages a step keeps.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// RMSprop::new(0.1).rho(0.75).step(&mut weights, &[4.0])?;
    /// assert!((weights[0] - (1.0 - 0.1 / 0.25f32.sqrt())).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn rho(mut self, rho: f64) -> Self {
        self.rho = rho;
        self
    }

    /// Sets what part of a step goes on into the next.
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
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// Sets what is added under the root.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// RMSprop::new(0.5).epsilon(1.0).rho(1.0).step(&mut weights, &[1.0])?;
    /// assert_eq!(weights, [0.5]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Divides by the root of the gradients' variance, not of their mean square.
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
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }
}

impl Optimizer for RMSprop {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self) -> usize {
        1 + usize::from(self.momentum > 0.0) + usize::from(self.centered)
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
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
            *v = rho * *v + rest * (g * g);
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

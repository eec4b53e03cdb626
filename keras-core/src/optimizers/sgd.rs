//! Gradient descent, with momentum.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Gradient descent: `w ← w - lr·g`. [Keras' `SGD`](https://keras.io/api/optimizers/sgd/).
    ///
    /// With momentum `μ`, `m ← μ·m - lr·g` and `w ← w + m`; with Nesterov momentum, `w ← w + μ·m - lr·g` (with the new `m`):
    /// [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// let mut sgd = SGD::new(0.1).momentum(0.9);
    /// sgd.step(&mut weights, &[1.0])?;
    /// sgd.step(&mut weights, &[1.0])?;
    /// assert!((weights[0] - (1.0 - 0.1 - 0.19)).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct SGD {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.01,
        /// The momentum, from 0 to 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut sgd) = ([0.0], SGD::new(1.0).momentum(0.5));
        /// sgd.step(&mut weights, &[-1.0])?;
        /// sgd.step(&mut weights, &[0.0])?;
        /// assert_eq!(weights, [1.5]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        momentum: f32 = 0.0,
        /// Whether the momentum is Nesterov's.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// SGD::new(1.0).momentum(0.5).nesterov(true).step(&mut weights, &[-1.0])?;
        /// assert_eq!(weights, [1.5]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        nesterov: bool = false,
    }
}

impl Optimizer for SGD {
    described!("sgd");

    fn slots(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }

    fn check(&self) -> Result<(), OptimizerError> {
        OptimizerError::expect_share(self.name(), "momentum", self.momentum.into())?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [momenta, ..] }: Span<'_>) {
        let (lr, momentum) = (step.learning_rate, self.momentum);
        let weights = weights.iter_mut().zip(gradients);
        if momentum == 0.0 {
            for (w, &g) in weights {
                *w = step.decayed(*w) - step.clipped(g) * lr;
            }
        } else if self.nesterov {
            for ((w, &g), m) in weights.zip(momenta) {
                let move_by = step.clipped(g) * lr;
                *m = *m * momentum - move_by;
                *w = step.decayed(*w) + (*m * momentum - move_by);
            }
        } else {
            for ((w, &g), m) in weights.zip(momenta) {
                *m = *m * momentum - step.clipped(g) * lr;
                *w = step.decayed(*w) + *m;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_steps(mut sgd: SGD) -> f32 {
        let mut weights = [1.0];
        sgd.step(&mut weights, &[1.0]).unwrap();
        sgd.step(&mut weights, &[2.0]).unwrap();
        weights[0]
    }

    #[test]
    fn plain_momentum_and_nesterov() {
        assert!((two_steps(SGD::new(0.1)) - 0.7).abs() < 1e-6);
        // m: -0.1, -0.29
        assert!((two_steps(SGD::new(0.1).momentum(0.9)) - 0.61).abs() < 1e-6);
        // moves: -0.09 - 0.1, -0.261 - 0.2
        assert!((two_steps(SGD::new(0.1).momentum(0.9).nesterov(true)) - 0.349).abs() < 1e-6);
    }
}

//! Lion: updates by the sign of a moving average.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Lion: updates of constant size, by the sign of a moving average of the gradients:
    /// `w ← w - lr·sign(β₁·m + (1 - β₁)·g)`, `m ← β₂·m + (1 - β₂)·g`.
    /// [Keras' `Lion`](https://keras.io/api/optimizers/lion/); [Chen et al. 2023](https://arxiv.org/abs/2302.06675).
    ///
    /// It keeps one number for each weight. Its learning rate should be 3 to 10 times smaller than Adam's, and its weight
    /// decay as many times larger.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0, 1.0, 1.0];
    /// Lion::new(0.25).step(&mut weights, &[100.0, -0.001, 0.0])?;
    /// assert_eq!(weights, [0.75, 1.25, 1.0]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Lion {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The weight of the average in the direction of a step: more than 0 and at most 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // With the average alone, the first step goes nowhere.
        /// let mut weights = [1.0];
        /// Lion::new(0.25).beta_1(1.0).step(&mut weights, &[3.0])?;
        /// assert_eq!(weights, [1.0]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f32 = 0.9,
        /// The exponential decay rate of the average.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut lion = Lion::default().beta_2(0.75);
        /// lion.step(&mut [0.0], &[4.0])?;
        /// assert_eq!(lion.state(), [1.0]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f32 = 0.99,
    }
}

impl Optimizer for Lion {
    described!("lion");

    fn slots(&self) -> usize {
        1
    }

    fn check(&self) -> Result<(), OptimizerError> {
        let (right, found) = (self.beta_1 > 0.0 && self.beta_1 <= 1.0, f64::from(self.beta_1));
        OptimizerError::expect(right, self.name(), "beta_1", found, "more than 0 and at most 1")?;
        OptimizerError::expect_share(self.name(), "beta_2", self.beta_2.into())?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, Span { weights, gradients, slots: [means, ..] }: Span<'_>) {
        let (rest_1, rest_2) = (1.0 - self.beta_1, 1.0 - self.beta_2);
        for ((w, &g), m) in weights.iter_mut().zip(gradients).zip(means) {
            let g = step.clipped(g);
            let direction = *m * self.beta_1 + g * rest_1;
            let sign = if direction == 0.0 { 0.0 } else { direction.signum() };
            *m = *m * self.beta_2 + g * rest_2;
            *w = step.decayed(*w) - step.learning_rate * sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beta_of_nothing_is_refused() {
        let error = Lion::default().beta_1(0.0).step(&mut [0.0], &[1.0]).unwrap_err();
        assert_eq!(error.to_string(), "lion's `beta_1` is 0, but must be more than 0 and at most 1");
    }

    #[test]
    fn the_average_outlasts_a_gradient() {
        let (mut weights, mut lion) = ([0.0], Lion::new(1.0).beta_1(0.5).beta_2(0.5));
        lion.step(&mut weights, &[-8.0]).unwrap();
        lion.step(&mut weights, &[2.0]).unwrap();
        assert_eq!(weights, [2.0]);
        lion.step(&mut weights, &[2.0]).unwrap();
        assert_eq!((weights, lion.state()), ([1.0], &[0.5][..]));
    }
}

//! Adam with weight decay.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    adam::Factors,
    declare::{described, optimizer},
};

optimizer! {
    /// [`Adam`](super::Adam) with weight decay: before each step, `w ← w - w·weight_decay·lr`.
    /// [Keras' `AdamW`](https://keras.io/api/optimizers/adamw/);
    /// [Loshchilov and Hutter 2017](https://arxiv.org/abs/1711.05101).
    ///
    /// The arguments are those of [`Adam`](super::Adam); [`weight_decay`](Optimizer::weight_decay) is 0.004 by default.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// AdamW::new(0.1).weight_decay(0.5).step(&mut weights, &[20.0])?;
    /// assert!((weights[0] - (10.0 - 0.5 - 0.1)).abs() < 1e-5);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct AdamW(weight_decay = 0.004) {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the average of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut plain) = ([1.0], [1.0]);
        /// AdamW::new(0.1).weight_decay(0.0).beta_1(0.5).step(&mut weights, &[2.0])?;
        /// Adam::new(0.1).beta_1(0.5).step(&mut plain, &[2.0])?;
        /// assert_eq!(weights, plain);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_1: f64 = 0.9,
        /// The exponential decay rate of the average of their squares.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut plain) = ([1.0], [1.0]);
        /// AdamW::new(0.1).weight_decay(0.0).beta_2(0.5).step(&mut weights, &[2.0])?;
        /// Adam::new(0.1).beta_2(0.5).step(&mut plain, &[2.0])?;
        /// assert_eq!(weights, plain);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta_2: f64 = 0.999,
        /// The constant that is added to the divisor.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut weights, mut plain) = ([1.0], [1.0]);
        /// AdamW::new(0.1).weight_decay(0.0).epsilon(1.0).step(&mut weights, &[2.0])?;
        /// Adam::new(0.1).epsilon(1.0).step(&mut plain, &[2.0])?;
        /// assert_eq!(weights, plain);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
        /// Whether to divide by the root of the largest average so far.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// assert_eq!(AdamW::default().amsgrad(true).slots(), 3);
        /// ```
        amsgrad: bool = false,
    }
}

impl AdamW {
    fn factors(&self) -> Factors {
        Factors { beta_1: self.beta_1, beta_2: self.beta_2, epsilon: self.epsilon, amsgrad: self.amsgrad }
    }
}

impl Optimizer for AdamW {
    described!("adam_w");

    fn slots(&self) -> usize {
        self.factors().slots()
    }

    fn check(&self) -> Result<(), OptimizerError> {
        self.factors().check(self.name())?;
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, span: Span<'_>) {
        self.factors().update(step, span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::Adam;

    #[test]
    fn without_decay_it_is_adam() {
        let (mut adam, mut adamw) = (Adam::new(0.1), AdamW::new(0.1).weight_decay(0.0));
        let (mut left, mut right) = ([1.0, 2.0], [1.0, 2.0]);
        adam.step(&mut left, &[0.3, -0.4]).unwrap();
        adamw.step(&mut right, &[0.3, -0.4]).unwrap();
        assert_eq!(left, right);
    }

    #[test]
    fn it_decays_by_default() {
        let mut weights = [1.0];
        AdamW::default().step(&mut weights, &[0.0]).unwrap();
        assert_eq!(weights, [1.0 - 0.004 * 0.001]);
    }
}

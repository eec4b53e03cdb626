//! Adam with weight decay.

use super::{Adam, Common, IntoLearningRate, Optimizer, OptimizerError, Span, Step};

/// [`Adam`] with weight decay: before each step, `w ← w - w·weight_decay·lr`.
/// [Keras' `AdamW`](https://keras.io/api/optimizers/adamw/);
/// [Loshchilov and Hutter 2017](https://arxiv.org/abs/1711.05101).
///
/// The arguments are those of [`Adam`]; [`weight_decay`](Optimizer::weight_decay) is 0.004 by default.
///
/// ```
/// use keras::prelude::*;
///
/// let mut weights = [10.0];
/// AdamW::new(0.1).weight_decay(0.5).step(&mut weights, &[20.0])?;
/// assert!((weights[0] - (10.0 - 0.5 - 0.1)).abs() < 1e-5);
/// # Ok::<(), keras::optimizers::OptimizerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    adam: Adam,
}

impl Default for AdamW {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl AdamW {
    /// Keras' defaults, with this learning rate.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// AdamW::new(0.5).step(&mut weights, &[0.0])?;
    /// assert!((weights[0] - (10.0 - 10.0 * 0.004 * 0.5)).abs() < 1e-6);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn new(learning_rate: impl IntoLearningRate) -> Self {
        Self { adam: Adam::new(learning_rate).weight_decay(0.004) }
    }

    /// Sets how much of the average of the gradients a step keeps.
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
    pub fn beta_1(self, beta_1: f64) -> Self {
        Self { adam: self.adam.beta_1(beta_1) }
    }

    /// Sets how much of the average of their squares a step keeps.
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
    pub fn beta_2(self, beta_2: f64) -> Self {
        Self { adam: self.adam.beta_2(beta_2) }
    }

    /// Sets what is added to the divisor.
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
    pub fn epsilon(self, epsilon: f32) -> Self {
        Self { adam: self.adam.epsilon(epsilon) }
    }

    /// Divides by the root of the largest average so far.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(AdamW::default().amsgrad(true).slots(), 3);
    /// ```
    pub fn amsgrad(self, amsgrad: bool) -> Self {
        Self { adam: self.adam.amsgrad(amsgrad) }
    }
}

impl Optimizer for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn slots(&self) -> usize {
        self.adam.slots()
    }

    fn common(&self) -> &Common {
        self.adam.common()
    }

    fn common_mut(&mut self) -> &mut Common {
        self.adam.common_mut()
    }

    fn check(&self) -> Result<(), OptimizerError> {
        self.adam.check_as(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, span: Span<'_>) {
        self.adam.update(step, span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! Adam: moving averages of the gradients and of their squares.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// Adam: a moving average of the gradients, divided by the root of a moving average of their squares.
    /// [Keras' `Adam`](https://keras.io/api/optimizers/adam/); [Kingma and Ba 2014](https://arxiv.org/abs/1412.6980).
    ///
    /// `m ← m + (g - m)·(1 - β₁)`, `v ← v + (g² - v)·(1 - β₂)`, `w ← w - lr·√(1 - β₂ᵗ)/(1 - β₁ᵗ)·m / (√v + ε)`.
    ///
    /// As in Keras, `ε` stands outside the bias correction ("epsilon hat" in the paper), and the powers are computed in
    /// single precision. With `amsgrad`, the largest `v` so far takes the place of `v`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [10.0];
    /// let mut adam = Adam::new(0.1);
    /// adam.step(&mut weights, &[20.0])?;
    /// assert!((weights[0] - 9.9).abs() < 1e-5, "the first step has the length of the learning rate");
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Adam {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// The exponential decay rate of the average of the gradients.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // Without memory of the gradients' direction, a gradient of 0 moves nothing.
        /// let (mut weights, mut adam) = ([0.0], Adam::new(0.1).beta_1(0.0));
        /// adam.step(&mut weights, &[1.0])?;
        /// let first = weights[0];
        /// adam.step(&mut weights, &[0.0])?;
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
        /// let (mut weights, mut adam) = ([0.0], Adam::new(0.1).beta_1(0.0).beta_2(0.0));
        /// adam.step(&mut weights, &[1.0])?;
        /// adam.step(&mut weights, &[100.0])?;
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
        /// Adam::new(0.1).step(&mut small, &[1e-3])?;
        /// Adam::new(0.1).epsilon(1.0).step(&mut large, &[1e-3])?;
        /// assert!(large[0].abs() < small[0].abs());
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        epsilon: f32 = 1e-7,
        /// Whether to divide by the root of the largest average so far.
        ///
        /// [Reddi et al. 2018](https://openreview.net/forum?id=ryQu7f-RZ) describe it.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (mut plain, mut careful) = ([0.0], [0.0]);
        /// let (mut adam, mut amsgrad) = (Adam::new(0.1).beta_2(0.5), Adam::new(0.1).beta_2(0.5).amsgrad(true));
        /// for gradient in [10.0, 0.1, 0.1, 0.1] {
        ///     adam.step(&mut plain, &[gradient])?;
        ///     amsgrad.step(&mut careful, &[gradient])?;
        /// }
        /// assert!(careful[0].abs() < plain[0].abs());
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        amsgrad: bool = false,
    }
}

impl Adam {
    fn factors(&self) -> Factors {
        Factors { beta_1: self.beta_1, beta_2: self.beta_2, epsilon: self.epsilon, amsgrad: self.amsgrad }
    }
}

impl Optimizer for Adam {
    described!("adam");

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

/// The arguments that Adam and AdamW share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f32,
    pub amsgrad: bool,
}

impl Factors {
    /// The number of floats of state for each weight.
    pub fn slots(self) -> usize {
        2 + usize::from(self.amsgrad)
    }

    /// Whether they are in their ranges, of an optimizer of this name.
    pub fn check(self, name: &'static str) -> Result<(), OptimizerError> {
        OptimizerError::expect_factors(name, [("beta_1", self.beta_1), ("beta_2", self.beta_2)])?;
        OptimizerError::expect_epsilon(name, self.epsilon)
    }

    #[inline(always)]
    pub fn update(self, step: Step, Span { weights, gradients, slots: [means, squares, largest] }: Span<'_>) {
        // the rests from double precision: 1 - 0.999 in single precision is off by 1e-5 of itself
        let (rest_1, rest_2) = ((1.0 - self.beta_1) as f32, (1.0 - self.beta_2) as f32);
        let (correction_1, correction_2) = (1.0 - step.power(self.beta_1), 1.0 - step.power(self.beta_2));
        let alpha = step.learning_rate * correction_2.sqrt() / correction_1;
        let averages = |g: f32, m: &mut f32, v: &mut f32| {
            *m += (g - *m) * rest_1;
            *v += (Step::squared(g) - *v) * rest_2;
        };
        let moved = |w: f32, m: f32, v: f32| step.decayed(w) - m * alpha / (v.sqrt() + self.epsilon);
        let elements = weights.iter_mut().zip(gradients).zip(means).zip(squares);
        if self.amsgrad {
            for ((((w, &g), m), v), most) in elements.zip(largest) {
                averages(step.clipped(g), m, v);
                *most = if *v > *most { *v } else { *most };
                *w = moved(*w, *m, *most);
            }
        } else {
            for (((w, &g), m), v) in elements {
                averages(step.clipped(g), m, v);
                *w = moved(*w, *m, *v);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formulas in double precision, but for the powers.
    fn reference(gradients: &[f64], lr: f64, epsilon: f64, amsgrad: bool) -> f64 {
        let (mut w, mut m, mut v, mut most) = (1.0, 0.0, 0.0, 0.0f64);
        for (at, g) in gradients.iter().enumerate() {
            let power = |beta: f32| f64::from(beta.powf((at + 1) as f32));
            m += (g - m) * 0.1;
            v += (g * g - v) * 0.001;
            most = if amsgrad { most.max(v) } else { v };
            w -= lr * (1.0 - power(0.999)).sqrt() / (1.0 - power(0.9)) * m / (most.sqrt() + epsilon);
        }
        w
    }

    #[test]
    fn steps() {
        let gradients = [0.5, -2.0, 0.01, 0.02, 0.03];
        for (amsgrad, epsilon) in [(false, 1e-7), (true, 1e-7), (false, 0.1), (true, 0.1)] {
            let mut adam = Adam::default().learning_rate(0.1).epsilon(epsilon).amsgrad(amsgrad);
            let mut weights = [1.0];
            for g in gradients {
                adam.step(&mut weights, &[g as f32]).unwrap();
            }
            let expected = reference(&gradients, 0.1, f64::from(epsilon), amsgrad);
            assert!((f64::from(weights[0]) - expected).abs() < 1e-6, "{} is not {expected}", weights[0]);
            assert_eq!(adam.iterations(), 5);
            assert_eq!(adam.state().len(), 2 + usize::from(amsgrad));
        }
    }

    #[test]
    fn amsgrad_remembers() {
        let mut adam = Adam::default().amsgrad(true).beta_2(0.5);
        adam.step(&mut [0.0], &[2.0]).unwrap();
        adam.step(&mut [0.0], &[0.0]).unwrap();
        assert_eq!(adam.state()[1..], [1.0, 2.0]);
    }
}

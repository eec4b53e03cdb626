//! FTRL: follow the regularized leader.

use super::{
    IntoLearningRate, Optimizer, OptimizerError, Span, Step,
    declare::{described, optimizer},
};

optimizer! {
    /// FTRL, follow the regularized leader: with an L1 penalty, weights are exactly 0 where gradients are small. For wide
    /// models with many sparse inputs.
    /// [Keras' `Ftrl`](https://keras.io/api/optimizers/ftrl/);
    /// [McMahan et al. 2013](https://research.google.com/pubs/archive/41159.pdf).
    ///
    /// With `g' = g + 2·l2_shrinkage·w`, `a' = a + g²`, and the power `p`: `z ← z + g' - (a'^-p - a^-p) / lr·w`,
    /// `w ← (clip(z, ±l1) - z) / (a'^-p / lr + 2·(l2 + β / (2·lr)))`, `a ← a'`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0, 1.0];
    /// Ftrl::new(0.5).l1_regularization_strength(2.0).step(&mut weights, &[1.0, -9.0])?;
    /// assert_eq!(weights[0], 0.0);
    /// assert!(weights[1] > 0.0);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub struct Ftrl {
        /// With this learning rate, a number or a [schedule](super::schedules), and the defaults of all other arguments.
        new learning_rate: impl IntoLearningRate = 0.001,
        /// How the learning rate decreases as gradients accumulate: at most 0, for a constant one.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [1.0];
        /// Ftrl::new(0.5).learning_rate_power(0.0).step(&mut weights, &[1.0])?;
        /// assert_eq!(weights, [-0.5]); // the leader is -lr times the sum of the gradients
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        learning_rate_power: f32 = -0.5,
        /// The initial value of the sums of squares: at least 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut ftrl = Ftrl::default().initial_accumulator_value(0.5);
        /// ftrl.step(&mut [1.0], &[1.0])?;
        /// assert_eq!(ftrl.state()[0], 1.5);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        initial_accumulator_value: f32 = 0.1,
        /// The strength of the L1 penalty, which makes weights exactly 0: at least 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Ftrl::new(0.5).l1_regularization_strength(1.0).step(&mut weights, &[0.9])?;
        /// assert_eq!(weights, [0.0]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        l1_regularization_strength: f32 = 0.0,
        /// The strength of the L2 penalty: at least 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let ftrl = Ftrl::new(0.5).learning_rate_power(0.0);
        /// let (mut plain, mut penalized) = ([0.0], [0.0]);
        /// ftrl.clone().step(&mut plain, &[-1.0])?;
        /// ftrl.l2_regularization_strength(1.0).step(&mut penalized, &[-1.0])?;
        /// assert_eq!((plain, penalized), ([0.5], [0.25]));
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        l2_regularization_strength: f32 = 0.0,
        /// The strength of an L2 penalty that is part of the gradient: at least 0.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let ftrl = Ftrl::new(0.5).learning_rate_power(0.0);
        /// let (mut added, mut shrunk) = ([1.0], [1.0]);
        /// ftrl.clone().step(&mut added, &[0.25 + 2.0 * 0.5 * 1.0])?;
        /// ftrl.l2_shrinkage_regularization_strength(0.5).step(&mut shrunk, &[0.25])?;
        /// assert_eq!(added, shrunk);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        l2_shrinkage_regularization_strength: f32 = 0.0,
        /// The `β` of the formula, which makes early steps smaller.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut weights = [0.0];
        /// Ftrl::new(0.5).learning_rate_power(0.0).beta(1.0).step(&mut weights, &[-1.0])?;
        /// assert_eq!(weights, [0.25]);
        /// # Ok::<(), keras::optimizers::OptimizerError>(())
        /// ```
        beta: f32 = 0.0,
    }
}

impl Optimizer for Ftrl {
    described!("ftrl");

    fn slots(&self) -> usize {
        2
    }

    fn initial(&self, slot: usize) -> f32 {
        if slot == 0 { self.initial_accumulator_value } else { 0.0 }
    }

    fn check(&self) -> Result<(), OptimizerError> {
        let power = self.learning_rate_power;
        OptimizerError::expect(power <= 0.0, self.name(), "learning_rate_power", f64::from(power), "at most 0")?;
        for (argument, value) in [
            ("initial_accumulator_value", self.initial_accumulator_value),
            ("l1_regularization_strength", self.l1_regularization_strength),
            ("l2_regularization_strength", self.l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength),
        ] {
            OptimizerError::expect(value >= 0.0, self.name(), argument, f64::from(value), "at least 0")?;
        }
        self.common.check(self.name())
    }

    #[inline(always)]
    fn update(&self, step: Step, span: Span<'_>) {
        let power = -self.learning_rate_power;
        if power == 0.5 {
            self.update_with(f32::sqrt, step, span);
        } else {
            self.update_with(|sum| sum.powf(power), step, span);
        }
    }
}

impl Ftrl {
    /// The update, with the power of a sum of squares.
    #[inline(always)]
    fn update_with(
        &self,
        raised: impl Fn(f32) -> f32,
        step: Step,
        Span { weights, gradients, slots: [sums, linears, _] }: Span<'_>,
    ) {
        let (rate, l1) = (step.learning_rate, self.l1_regularization_strength);
        let l2 = self.l2_regularization_strength + self.beta / (2.0 * rate);
        for (((w, &g), sum), linear) in weights.iter_mut().zip(gradients).zip(sums).zip(linears) {
            let (g, decayed) = (step.clipped(g), step.decayed(*w));
            let new_sum = *sum + Step::squared(g);
            let shrinking = g + 2.0 * self.l2_shrinkage_regularization_strength * decayed;
            *linear += shrinking - (raised(new_sum) - raised(*sum)) / rate * decayed;
            *w = (linear.max(-l1).min(l1) - *linear) / (raised(new_sum) / rate + 2.0 * l2);
            *sum = new_sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        let step = |ftrl: Ftrl| ftrl.clone().step(&mut [0.0], &[0.0]);
        assert!(step(Ftrl::default()).is_ok());
        let error = step(Ftrl::default().learning_rate_power(0.5)).unwrap_err();
        assert_eq!(error.to_string(), "ftrl's `learning_rate_power` is 0.5, but must be at most 0");
        assert!(step(Ftrl::default().initial_accumulator_value(-0.1)).is_err());
        assert!(step(Ftrl::default().l1_regularization_strength(-0.1)).is_err());
        assert!(step(Ftrl::default().l2_regularization_strength(-0.1)).is_err());
        assert!(step(Ftrl::default().l2_shrinkage_regularization_strength(f32::NAN)).is_err());
    }
}

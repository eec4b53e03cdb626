//! Follow the regularized leader: sparse weights.

use super::{Common, IntoLearningRate, Optimizer, OptimizerError, Span, Step};

/// Follow the regularized leader: weights that small gradients leave at exactly 0, for wide models of many rare inputs.
/// [Keras' `Ftrl`](https://keras.io/api/optimizers/ftrl/);
/// [McMahan et al. 2013](https://research.google.com/pubs/archive/41159.pdf).
///
/// With `g' = g + 2·l2_shrinkage·w`, `a' = a + g²`, and the power `p`: `z ← z + g' - (a'^-p - a^-p) / lr·w`,
/// `w ← (clip(z, ±l1) - z) / (a'^-p / lr + 2·(l2 + β / (2·lr)))`, `a ← a'`.
///
/// | argument | default | |
/// |---|---|---|
/// | [`learning_rate`](Optimizer::learning_rate) | 0.001 | |
/// | [`learning_rate_power`](Self::learning_rate_power) | -0.5 | how the steps shrink; 0 for steps of one size |
/// | [`initial_accumulator_value`](Self::initial_accumulator_value) | 0.1 | what `a` starts with |
/// | [`l1_regularization_strength`](Self::l1_regularization_strength) | 0 | |
/// | [`l2_regularization_strength`](Self::l2_regularization_strength) | 0 | |
/// | [`l2_shrinkage_regularization_strength`](Self::l2_shrinkage_regularization_strength) | 0 | |
/// | [`beta`](Self::beta) | 0 | |
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
#[derive(Clone, Debug)]
pub struct Ftrl {
    common: Common,
    learning_rate_power: f32,
    initial_accumulator_value: f32,
    l1_regularization_strength: f32,
    l2_regularization_strength: f32,
    l2_shrinkage_regularization_strength: f32,
    beta: f32,
}

impl Default for Ftrl {
    fn default() -> Self {
        Self::new(0.001)
    }
}

impl Ftrl {
    /// Keras' defaults, with this learning rate.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// assert_eq!(Ftrl::new(0.01).current_learning_rate(), 0.01);
    /// ```
    pub fn new(learning_rate: impl IntoLearningRate) -> Self {
        Self {
            common: Common::new(learning_rate),
            learning_rate_power: -0.5,
            initial_accumulator_value: 0.1,
            l1_regularization_strength: 0.0,
            l2_regularization_strength: 0.0,
            l2_shrinkage_regularization_strength: 0.0,
            beta: 0.0,
        }
    }

    /// Sets how the steps shrink as gradients add up: at most 0, which is steps of one size.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [1.0];
    /// Ftrl::new(0.5).learning_rate_power(0.0).step(&mut weights, &[1.0])?;
    /// assert_eq!(weights, [-0.5]); // the leader is -lr times the sum of the gradients
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn learning_rate_power(mut self, learning_rate_power: f32) -> Self {
        self.learning_rate_power = learning_rate_power;
        self
    }

    /// Sets what the sums of squares start with: at least 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut ftrl = Ftrl::default().initial_accumulator_value(0.5);
    /// ftrl.step(&mut [1.0], &[1.0])?;
    /// assert_eq!(ftrl.state()[0], 1.5);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn initial_accumulator_value(mut self, initial_accumulator_value: f32) -> Self {
        self.initial_accumulator_value = initial_accumulator_value;
        self
    }

    /// Sets the strength of the penalty on absolute values, which makes weights 0: at least 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [0.0];
    /// Ftrl::new(0.5).l1_regularization_strength(1.0).step(&mut weights, &[0.9])?;
    /// assert_eq!(weights, [0.0]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn l1_regularization_strength(mut self, strength: f32) -> Self {
        self.l1_regularization_strength = strength;
        self
    }

    /// Sets the strength of the penalty on squares: at least 0.
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
    pub fn l2_regularization_strength(mut self, strength: f32) -> Self {
        self.l2_regularization_strength = strength;
        self
    }

    /// Sets the strength of a penalty on squares that counts as a gradient: at least 0.
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
    pub fn l2_shrinkage_regularization_strength(mut self, strength: f32) -> Self {
        self.l2_shrinkage_regularization_strength = strength;
        self
    }

    /// Sets the `β` above, which makes early steps smaller.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut weights = [0.0];
    /// Ftrl::new(0.5).learning_rate_power(0.0).beta(1.0).step(&mut weights, &[-1.0])?;
    /// assert_eq!(weights, [0.25]);
    /// # Ok::<(), keras::optimizers::OptimizerError>(())
    /// ```
    pub fn beta(mut self, beta: f32) -> Self {
        self.beta = beta;
        self
    }
}

impl Optimizer for Ftrl {
    fn name(&self) -> &'static str {
        "ftrl"
    }

    fn slots(&self) -> usize {
        2
    }

    fn initial(&self, slot: usize) -> f32 {
        if slot == 0 { self.initial_accumulator_value } else { 0.0 }
    }

    fn common(&self) -> &Common {
        &self.common
    }

    fn common_mut(&mut self) -> &mut Common {
        &mut self.common
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
    fn update(&self, step: Step, Span { weights, gradients, slots: [sums, linears, _] }: Span<'_>) {
        let (rate, l1, power) = (step.learning_rate, self.l1_regularization_strength, -self.learning_rate_power);
        let raised = |sum: f32| if power == 0.5 { sum.sqrt() } else { sum.powf(power) };
        let l2 = self.l2_regularization_strength + self.beta / (2.0 * rate);
        for (((w, &g), sum), linear) in weights.iter_mut().zip(gradients).zip(sums).zip(linears) {
            let (g, decayed) = (step.clipped(g), step.decayed(*w));
            let new_sum = *sum + g * g;
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

//! A weighted mean.

use crate::config::Config;

/// A weighted mean of numbers, accumulated in `f64`, from which many metrics are made, as
/// [Keras' `Mean`](https://keras.io/api/metrics/reduction_metrics/#mean-class).
///
/// ```
/// use keras::metrics::Mean;
///
/// let mut mean = Mean::default();
/// mean.update(1.0, 1.0);
/// mean.update(3.0, 3.0);
/// assert_eq!(mean.result(), 2.5);
/// mean.reset();
/// assert_eq!(mean.result(), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    total: f64,
    weight: f64,
}

impl Mean {
    /// Takes in a number.
    pub fn update(&mut self, value: f32, weight: f32) {
        self.total += f64::from(value) * f64::from(weight);
        self.weight += f64::from(weight);
    }

    /// The mean so far; 0 without weight.
    pub fn result(&self) -> f32 {
        if self.weight == 0.0 { 0.0 } else { (self.total / self.weight) as f32 }
    }

    /// Forgets all numbers.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The class and the arguments, as Keras' `get_config` has them.
    pub fn config(&self) -> Config {
        Config::new("keras.metrics", "Mean").with("name", "mean").with("dtype", "float32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_zero() {
        let mut mean = Mean::default();
        assert_eq!(mean.result(), 0.0);
        mean.update(4.0, 2.0);
        mean.reset();
        assert_eq!(mean.result(), 0.0);
    }
}

//! A weighted sum.

use crate::config::Config;

/// A weighted sum of numbers, accumulated in `f64`, as
/// [Keras' `Sum`](https://keras.io/api/metrics/reduction_metrics/#sum-class).
///
/// ```
/// use keras::metrics::Sum;
///
/// let mut sum = Sum::default();
/// sum.update(1.0, 1.0);
/// sum.update(3.0, 2.0);
/// assert_eq!(sum.result(), 7.0);
/// sum.reset();
/// assert_eq!(sum.result(), 0.0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    total: f64,
}

impl Sum {
    /// Takes in a number.
    pub fn update(&mut self, value: f32, weight: f32) {
        self.total += f64::from(value) * f64::from(weight);
    }

    /// The sum so far.
    pub fn result(&self) -> f32 {
        self.total as f32
    }

    /// Forgets all numbers.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The class and the arguments, as Keras' `get_config` has them.
    pub fn config(&self) -> Config {
        Config::new("keras.metrics", "Sum").with("name", "sum").with("dtype", "float32")
    }
}

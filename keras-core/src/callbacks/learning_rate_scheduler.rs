//! Learning rate schedules over epochs.

use super::{Callback, Context, Logs};
use crate::Result;

/// Sets the learning rate before each epoch by a function of the epoch and the current learning rate, as [Keras'
/// `LearningRateScheduler`](https://keras.io/api/callbacks/learning_rate_scheduler/).
///
/// The learning rate is recorded in the history as `learning_rate`.
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
/// let history = compiled.fit(&x, &y).epochs(3).callbacks((halve,)).verbose(0).run()?;
/// assert_eq!(history["learning_rate"], [0.5, 0.25, 0.125]);
/// # Ok::<(), keras::Error>(())
/// ```
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// Creates the callback from a function of the epoch (from 0) and the current learning rate.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let steps = LearningRateScheduler::new(|epoch, _| [0.5, 0.25, 0.125][epoch.min(2)]);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(4).callbacks((steps,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.5, 0.25, 0.125, 0.125]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(schedule: F) -> Self {
        Self { schedule }
    }
}

impl<F: FnMut(usize, f64) -> f64> Callback for LearningRateScheduler<F> {
    fn on_epoch_begin(&mut self, epoch: usize, context: &mut Context<'_>) -> Result<()> {
        *context.learning_rate = (self.schedule)(epoch, *context.learning_rate);
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        logs.set("learning_rate", *context.learning_rate);
        Ok(())
    }
}

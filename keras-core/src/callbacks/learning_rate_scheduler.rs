//! Sets the learning rate by a function of the epoch.

use super::{Callback, Context, Logs};
use crate::Result;

/// Sets the learning rate before each epoch to what a function makes of the epoch and the rate so far.
///
/// The rate appears in the history as `learning_rate`.
///
/// ```
/// use keras_core::callbacks::LearningRateScheduler;
///
/// let halve = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
/// ```
pub struct LearningRateScheduler<F> {
    schedule: F,
}

impl<F: FnMut(usize, f64) -> f64> LearningRateScheduler<F> {
    /// By this function of the epoch (from 0) and the learning rate so far.
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

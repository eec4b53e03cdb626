//! The callbacks of a run, with the state that they access.

use super::erased::AnyCompiled;
use crate::{
    Error, Result,
    callbacks::{Callback, Context},
    metrics::Direction,
};

/// The callbacks of a training run or an evaluation, with the state that they access.
pub(super) struct CallbackList<'a> {
    callbacks: Vec<Box<dyn Callback + 'a>>,
    epochs: usize,
    steps: usize,
    directions: Vec<(String, Direction)>,
    /// Whether a callback has stopped training.
    pub(super) stop: bool,
    /// Whether this epoch has no validation, although others have.
    pub(super) skips_validation: bool,
}

impl<'a> CallbackList<'a> {
    pub(super) fn new(
        callbacks: Vec<Box<dyn Callback + 'a>>,
        epochs: usize,
        steps: usize,
        directions: Vec<(String, Direction)>,
    ) -> Self {
        Self { callbacks, epochs, steps, directions, stop: false, skips_validation: false }
    }

    /// Whether there are callbacks; if not, logs that only they would read are not computed.
    pub(super) fn is_watched(&self) -> bool {
        !self.callbacks.is_empty()
    }

    /// Calls a hook of every callback, in order.
    pub(super) fn each(
        &mut self,
        compiled: AnyCompiled<'_>,
        hook: &mut dyn FnMut(&mut dyn Callback, &mut Context<'_>) -> Result<()>,
    ) -> Result<()> {
        if !self.is_watched() {
            return Ok(());
        }
        let before = compiled.optimizer.current_learning_rate();
        let mut learning_rate = f64::from(before);
        let mut context = Context {
            epochs: self.epochs,
            steps: self.steps,
            learning_rate: &mut learning_rate,
            model: compiled.model,
            optimizer: compiled.optimizer,
            stop: &mut self.stop,
            directions: &self.directions,
            skips_validation: self.skips_validation,
        };
        for callback in &mut self.callbacks {
            hook(&mut **callback, &mut context)?;
        }
        if learning_rate != f64::from(before) {
            if compiled.optimizer.is_scheduled() {
                return Err(Error::ScheduledRate { found: learning_rate });
            }
            compiled.optimizer.set_learning_rate(learning_rate as f32);
        }
        Ok(())
    }
}

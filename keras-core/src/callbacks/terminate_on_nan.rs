//! Stops at a loss that is not a number.

use super::{Callback, Context, Logs};
use crate::{Error, Result};

/// Stops training when a batch's loss is NaN or infinite; with `raise_error`, `run` returns the error.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
}

impl TerminateOnNaN {
    /// Whether the run fails, rather than ends early (false).
    pub fn raise_error(mut self, raise: bool) -> Self {
        self.raise_error = raise;
        self
    }
}

impl Callback for TerminateOnNaN {
    fn on_train_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        let loss = logs.get("batch_loss").unwrap_or(0.0);
        if loss.is_finite() {
            return Ok(());
        }
        context.stop_training();
        if self.raise_error { Err(Error::NotFinite { batch, loss }) } else { Ok(()) }
    }
}

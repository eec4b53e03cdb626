//! Stops training at a NaN loss.

use super::{Callback, Context, Logs};
use crate::{Error, Result};

/// Stops training when the loss of a batch is NaN or infinite; with `raise_error`, `run` returns an error. As [Keras'
/// `TerminateOnNaN`](https://keras.io/api/callbacks/terminate_on_nan/).
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[f32::NAN]]), Tensor::from([[1.0]]));
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
/// let history = compiled.fit(&x, &y).epochs(10).callbacks((TerminateOnNaN::default(),)).verbose(0).run()?;
/// assert_eq!(history.epochs(), 1);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminateOnNaN {
    raise_error: bool,
}

impl TerminateOnNaN {
    /// Whether the run fails with an error instead of ending early (default: `false`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// let (x, y) = (Tensor::from([[f32::NAN]]), Tensor::from([[1.0]]));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let run = compiled.fit(&x, &y).callbacks((TerminateOnNaN::default().raise_error(true),)).verbose(0).run();
    /// assert!(matches!(run, Err(keras::Error::NotFinite { batch: 0, .. })));
    /// ```
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

//! What happens beside training: callbacks, by Keras' hooks.

mod early_stopping;
mod learning_rate_scheduler;
mod model_checkpoint;
mod monitor;
mod terminate_on_nan;

use std::path::Path;

pub use early_stopping::EarlyStopping;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub use terminate_on_nan::TerminateOnNaN;

use crate::{Result, metrics::Direction, model::Description};

/// The figures of a batch or of an epoch, in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs {
    values: Vec<(String, f64)>,
}

impl Logs {
    /// A figure by its name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Sets a figure; a callback may add some of its own, which reach the history.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.values.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => {
                let at = self.values.partition_point(|(key, _)| key.as_str() < name);
                self.values.insert(at, (name.to_owned(), value));
            }
        }
    }

    /// Names and figures.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

/// What a callback can see and change of a training run.
pub struct Context<'a> {
    /// The number of epochs asked for.
    pub epochs: usize,
    /// The number of steps of an epoch, or of an evaluation that is no part of a training run.
    pub steps: usize,
    /// All weights of the model: trainable first.
    pub weights: &'a mut [f32],
    /// The learning rate of the next step.
    pub learning_rate: &'a mut f64,
    pub(crate) model: &'static Description,
    pub(crate) stop: &'a mut bool,
    pub(crate) directions: &'a [(String, Direction)],
}

impl Context<'_> {
    /// Training ends after this batch or epoch.
    pub fn stop_training(&mut self) {
        *self.stop = true;
    }

    /// Saves the weights as safetensors.
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::saving::save(self.model, self.weights, path.as_ref()).map_err(Into::into)
    }

    /// Whether a figure is better when it is small or when it is large, if that is known.
    pub fn direction(&self, name: &str) -> Option<Direction> {
        let name = name.strip_prefix("val_").unwrap_or(name);
        self.directions.iter().find(|(known, _)| known == name).map(|(_, direction)| *direction)
    }
}

/// A callback: any of Keras' hooks. An error ends the run and is what `run` returns.
///
/// ```
/// use keras_core::{Result, callbacks::{Callback, Context, Logs}};
///
/// /// Prints a line after each epoch.
/// struct Print;
///
/// impl Callback for Print {
///     fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut Context<'_>) -> Result<()> {
///         println!("epoch {epoch}: loss {:.3}", logs.get("loss").unwrap_or(f64::NAN));
///         Ok(())
///     }
/// }
/// ```
#[expect(unused_variables, reason = "the names are the documentation of what a hook gets")]
pub trait Callback {
    /// Before the first epoch.
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After the last epoch.
    fn on_train_end(&mut self, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before an epoch, counted from 0.
    fn on_epoch_begin(&mut self, epoch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After an epoch, its validation included.
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before a training step.
    fn on_train_batch_begin(&mut self, batch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After a training step, with the epoch's figures so far and `batch_loss`, the step's own.
    fn on_train_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before an evaluation.
    fn on_test_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After an evaluation, with its figures; in a training run they reach the history with `val_` before their names.
    fn on_test_end(&mut self, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before a batch of an evaluation.
    fn on_test_batch_begin(&mut self, batch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// After a batch of an evaluation, with the evaluation's figures so far.
    fn on_test_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Before a prediction.
    fn on_predict_begin(&mut self) -> Result<()> {
        Ok(())
    }
    /// After a prediction.
    fn on_predict_end(&mut self) -> Result<()> {
        Ok(())
    }
    /// Before a batch of a prediction.
    fn on_predict_batch_begin(&mut self, batch: usize) -> Result<()> {
        Ok(())
    }
    /// After a batch of a prediction.
    fn on_predict_batch_end(&mut self, batch: usize) -> Result<()> {
        Ok(())
    }
}

macro_rules! forward {
    ($($hook:ident($($name:ident: $kind:ty),*);)*) => {
        /// A callback may be lent, to be read after the run.
        impl<C: Callback + ?Sized> Callback for &mut C {
            $(fn $hook(&mut self, $($name: $kind),*) -> Result<()> { (**self).$hook($($name),*) })*
        }
    };
}

forward! {
    on_train_begin(context: &mut Context<'_>);
    on_train_end(logs: &mut Logs, context: &mut Context<'_>);
    on_epoch_begin(epoch: usize, context: &mut Context<'_>);
    on_epoch_end(epoch: usize, logs: &mut Logs, context: &mut Context<'_>);
    on_train_batch_begin(batch: usize, context: &mut Context<'_>);
    on_train_batch_end(batch: usize, logs: &mut Logs, context: &mut Context<'_>);
    on_test_begin(context: &mut Context<'_>);
    on_test_end(logs: &mut Logs, context: &mut Context<'_>);
    on_test_batch_begin(batch: usize, context: &mut Context<'_>);
    on_test_batch_end(batch: usize, logs: &mut Logs, context: &mut Context<'_>);
    on_predict_begin();
    on_predict_end();
    on_predict_batch_begin(batch: usize);
    on_predict_batch_end(batch: usize);
}

/// A tuple of callbacks.
pub trait Callbacks<'a> {
    /// The callbacks, each on the heap.
    fn boxed(self) -> Vec<Box<dyn Callback + 'a>>;
}

macro_rules! callback_tuples {
    ($(($($callback:ident $at:tt),*))*) => {$(
        impl<'a, $($callback: Callback + 'a),*> Callbacks<'a> for ($($callback,)*) {
            fn boxed(self) -> Vec<Box<dyn Callback + 'a>> {
                vec![$(Box::new(self.$at)),*]
            }
        }
    )*};
}

callback_tuples! {
    ()
    (C0 0)
    (C0 0, C1 1)
    (C0 0, C1 1, C2 2)
    (C0 0, C1 1, C2 2, C3 3)
    (C0 0, C1 1, C2 2, C3 3, C4 4)
    (C0 0, C1 1, C2 2, C3 3, C4 4, C5 5)
}

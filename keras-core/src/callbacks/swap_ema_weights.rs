//! Evaluation with the averages of the weights.

use super::{Callback, Context, Logs};
use crate::{Error, Result, model::Storage};

/// Evaluates with the moving averages of the weights, which the optimizer keeps with
/// [`use_ema`](crate::optimizers::Optimizer::use_ema): the weights and their averages are swapped before an evaluation, and
/// swapped back after it.
///
/// As [Keras' `SwapEMAWeights`](https://keras.io/api/callbacks/swap_ema_weights/). With
/// [`swap_on_epoch`](Self::swap_on_epoch), the callbacks that follow it see the averages in `on_epoch_end`: a
/// [`ModelCheckpoint`](super::ModelCheckpoint) then saves them. At the end of training the averages are the model's weights,
/// with or without this callback. The hooks of predictions have no access to the weights: predictions in between are those of
/// the model's weights.
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.1).use_ema(true).ema_momentum(0.9), MeanSquaredError::default(), ());
/// let fit = compiled.fit(&x, &y).epochs(10).validation_data(&x, &y).callbacks((SwapEMAWeights::default(),));
/// let history = fit.verbose(0).run()?;
/// // The averages are the model's weights now: they were those of the last validation.
/// assert_eq!(compiled.evaluate(&x, &y)?.loss, history["val_loss"][9]);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SwapEMAWeights {
    swap_on_epoch: bool,
    /// Whether the averages are in the model at the moment.
    is_swapped: bool,
}

impl SwapEMAWeights {
    /// Whether the averages are in the model at the end of an epoch, too, until the next one starts (default: `false`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("averages-{}.safetensors", std::process::id()));
    /// let path = path.to_str().unwrap();
    /// let callbacks = (SwapEMAWeights::default().swap_on_epoch(true), ModelCheckpoint::new(path));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1).use_ema(true), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(3).callbacks(callbacks).verbose(0).run()?;
    /// let mut saved = Line::new();
    /// saved.load(path)?;
    /// assert_eq!(saved.weights(), line.weights()); // the averages, which replace the weights at the end
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn swap_on_epoch(mut self, swap: bool) -> Self {
        self.swap_on_epoch = swap;
        self
    }

    /// Swaps the weights and their averages, so that the averages are in the model, or not. Before the first step there are
    /// none.
    fn swap(&mut self, averages: bool, context: &mut Context<'_>) -> Result<()> {
        if !context.optimizer.averages() {
            return Err(Error::NoAverage);
        }
        if self.is_swapped != averages
            && let Some(average) = context.optimizer.average_mut()
        {
            let weights = context.model.storage_mut().weights_mut();
            weights[..average.len()].swap_with_slice(average);
            self.is_swapped = averages;
        }
        Ok(())
    }
}

impl Callback for SwapEMAWeights {
    fn on_epoch_begin(&mut self, _: usize, context: &mut Context<'_>) -> Result<()> {
        if self.swap_on_epoch { self.swap(false, context) } else { Ok(()) }
    }

    fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        if !self.swap_on_epoch {
            return Ok(());
        }
        self.swap(true, context)?;
        // At the end of training, the averages become the weights, which they are already.
        if (epoch + 1 == context.epochs || *context.stop)
            && let Some(average) = context.optimizer.average_mut()
        {
            average.copy_from_slice(&context.model.storage().weights()[..average.len()]);
            self.is_swapped = false;
        }
        Ok(())
    }

    fn on_test_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.swap(true, context)
    }

    fn on_test_end(&mut self, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.swap(false, context)
    }
}

//! Access of a callback to the training run.

use std::path::Path;

use super::alias::find;
use crate::{
    Result,
    metrics::Direction,
    model::{Description, State},
};

/// The state of a training run that a callback can read and change.
///
/// ```
/// use keras::{callbacks::{Context, Logs}, prelude::*};
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// /// Shrinks the weights, and lowers the learning rate in the second half.
/// struct Discipline;
///
/// impl Callback for Discipline {
///     fn on_train_batch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
///         context.weights.iter_mut().for_each(|weight| *weight = weight.clamp(-1.0, 1.0));
///         Ok(())
///     }
///     fn on_epoch_end(&mut self, epoch: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
///         if epoch + 1 == context.epochs / 2 {
///             *context.learning_rate /= 10.0;
///         }
///         Ok(())
///     }
/// }
///
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
/// compiled.fit(&x, &y).epochs(20).callbacks((Discipline,)).verbose(0).run()?;
/// assert_eq!(compiled.optimizer().current_learning_rate(), 0.05);
/// assert_eq!(line.weights(), [1.0, 1.0]);
/// # Ok::<(), keras::Error>(())
/// ```
pub struct Context<'a> {
    /// The number of epochs.
    pub epochs: usize,
    /// The number of steps per epoch, or of a standalone evaluation; 0 if it is not known, of an iterator of batches.
    pub steps: usize,
    /// All weights of the model, trainable ones first.
    pub weights: &'a mut [f32],
    /// The learning rate of the next step.
    pub learning_rate: &'a mut f64,
    pub(crate) state: &'a mut State,
    pub(crate) model: &'static Description,
    pub(crate) stop: &'a mut bool,
    pub(crate) directions: &'a [(String, Direction)],
    /// Whether this epoch has no validation, although others have.
    pub(crate) skips_validation: bool,
}

impl Context<'_> {
    /// Stops training after the current batch or epoch.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Stops when the loss falls below a threshold.
    /// struct GoodEnough(f64);
    ///
    /// impl Callback for GoodEnough {
    ///     fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         if logs.get("loss").is_some_and(|loss| loss < self.0) {
    ///             context.stop_training();
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(1000).callbacks((GoodEnough(0.1),)).verbose(0).run()?;
    /// assert!(history.epochs() < 1000 && *history["loss"].last().unwrap() < 0.1);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn stop_training(&mut self) {
        *self.stop = true;
    }

    /// Sets the state of the model's layers back to its initial values, as
    /// [`Train::reset_states`](crate::training::Train::reset_states).
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Begins each epoch anew, of a model with state that goes through its sequences in order.
    /// struct ResetStates;
    ///
    /// impl Callback for ResetStates {
    ///     fn on_epoch_begin(&mut self, _: usize, context: &mut Context<'_>) -> keras::Result<()> {
    ///         context.reset_states();
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(2).shuffle(false).callbacks((ResetStates,)).verbose(0).run()?;
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn reset_states(&mut self) {
        self.state.reset();
    }

    /// Saves the weights as safetensors.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Saves the weights when training ends.
    /// struct SaveAtEnd(std::path::PathBuf);
    ///
    /// impl Callback for SaveAtEnd {
    ///     fn on_train_end(&mut self, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         context.save_weights(&self.0)
    ///     }
    /// }
    ///
    /// let path = std::env::temp_dir().join(format!("save-at-end-{}.safetensors", std::process::id()));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).callbacks((SaveAtEnd(path.clone()),)).verbose(0).run()?;
    /// let mut same = Line::new();
    /// same.load(&path)?;
    /// assert_eq!(same.weights(), line.weights());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::saving::save(self.model, self.weights, path.as_ref()).map_err(Into::into)
    }

    /// The direction in which a metric improves, if it is known.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, metrics::Direction, prelude::*};
    /// # sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid") } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [0.0], [0.0]]));
    ///
    /// struct Ask;
    ///
    /// impl Callback for Ask {
    ///     fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         assert_eq!(context.direction("val_accuracy"), Some(Direction::Maximize));
    ///         assert_eq!(context.direction("something_else"), None);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy::default(),));
    /// compiled.fit(&x, &y).callbacks((Ask,)).verbose(0).run()?;
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn direction(&self, name: &str) -> Option<Direction> {
        let name = name.strip_prefix("val_").unwrap_or(name);
        find(name, |name| self.directions.iter().find(|(known, _)| known == name)).map(|(_, direction)| *direction)
    }
}

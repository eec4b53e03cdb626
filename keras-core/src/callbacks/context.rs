//! Access of a callback to the training run.

use std::path::Path;

use super::alias::find;
use crate::{
    Error, Result,
    metrics::Direction,
    model::{Model, Owned, Storage},
    optimizers::AnyOptimizer,
    training::AnyModel,
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
///         context.weights_mut().iter_mut().for_each(|weight| *weight = weight.clamp(-1.0, 1.0));
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
    /// The learning rate of the next step.
    pub learning_rate: &'a mut f64,
    pub(crate) model: &'a mut dyn AnyModel,
    pub(crate) optimizer: &'a mut dyn AnyOptimizer,
    pub(crate) stop: &'a mut bool,
    pub(crate) directions: &'a [(String, Direction)],
    /// Whether this epoch has no validation, although others have.
    pub(crate) skips_validation: bool,
}

impl Context<'_> {
    /// The model that is trained or evaluated: to predict, to save, to freeze layers, for whatever a model does.
    ///
    /// # Errors
    /// If the model is of another type.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Predicts at 3 after each epoch.
    /// #[derive(Default)]
    /// struct Watch(Vec<f32>);
    ///
    /// impl Callback for Watch {
    ///     fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         let line = context.model::<Line>()?;
    ///         self.0.extend(line.predict(&Tensor::from([[3.0]]))?.values());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (mut line, mut watch) = (Line::with_seed(1), Watch::default());
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(100).callbacks((&mut watch,)).verbose(0).run()?;
    /// assert!((watch.0[0] - 7.0).abs() > 0.5 && (watch.0[99] - 7.0).abs() < 0.1);
    /// assert_eq!(watch.0[99], line.predict_one(&[3.0])[0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn model<M: Model<Storage = Owned>>(&mut self) -> Result<&mut M> {
        let found = self.model.type_name();
        let expected = std::any::type_name::<M>();
        self.model.as_any_mut().downcast_mut().ok_or(Error::OtherModel { expected, found })
    }

    /// All weights of the model, trainable ones first.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Fails if a weight is not a number.
    /// struct Finite;
    ///
    /// impl Callback for Finite {
    ///     fn on_epoch_end(&mut self, _: usize, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         match context.weights().iter().position(|weight| !weight.is_finite()) {
    ///             Some(at) => Err(keras::Error::Other(format!("weight {at} is not a number").into())),
    ///             None => Ok(()),
    ///         }
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// assert!(compiled.fit(&x, &y).callbacks((Finite,)).verbose(0).run().is_ok());
    /// ```
    pub fn weights(&self) -> &[f32] {
        self.model.storage().weights()
    }

    /// All weights of the model, trainable ones first, mutable.
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Rounds the weights after each step.
    /// struct Clamp;
    ///
    /// impl Callback for Clamp {
    ///     fn on_train_batch_end(
    ///         &mut self,
    ///         _: usize,
    ///         _: &mut keras::callbacks::Logs,
    ///         context: &mut Context<'_>,
    ///     ) -> keras::Result<()> {
    ///         context.weights_mut().iter_mut().for_each(|weight| *weight = weight.clamp(-1.0, 1.0));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(20).callbacks((Clamp,)).verbose(0).run()?;
    /// assert_eq!(line.weights(), [1.0, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn weights_mut(&mut self) -> &mut [f32] {
        self.model.storage_mut().weights_mut()
    }

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
        self.model.storage_mut().state_mut().reset();
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
        crate::saving::save(self.model.description(), self.weights(), path.as_ref()).map_err(Into::into)
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

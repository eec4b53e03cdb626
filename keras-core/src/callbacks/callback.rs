//! The hooks of callbacks.

use super::{Context, Logs};
use crate::Result;

/// A callback: any of [Keras' hooks](https://keras.io/api/callbacks/base_callback/). An error stops training and is
/// returned by `run`.
///
/// ```
/// use keras::{callbacks::{Context, Logs}, prelude::*};
///
/// /// Records the calls of its hooks.
/// #[derive(Default)]
/// struct Diary(Vec<String>);
///
/// impl Callback for Diary {
///     fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
///         self.0.push(format!("epoch {epoch}: loss {:.2}", logs.get("loss").unwrap_or(f64::NAN)));
///         Ok(())
///     }
/// }
///
/// sequential! { struct Line { Input(1), Dense(1, kernel_initializer = "zeros") } }
/// let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
/// let mut diary = Diary::default();
/// let mut line = Line::new();
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// compiled.fit(&x, &y).epochs(2).callbacks((&mut diary,)).verbose(0).run()?;
/// assert_eq!(diary.0[0], "epoch 0: loss 5.00");
/// # Ok::<(), keras::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callback",
    label = "a callback is needed",
    note = "a callback is a value: `EarlyStopping::new(\"val_loss\")`; a custom one implements `Callback`, and may be passed by reference: `&mut mine`"
)]
#[expect(unused_variables, reason = "the names are the documentation of what a hook gets")]
pub trait Callback {
    /// Called before the first epoch.
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Sets the initial weights.
    /// struct StartFrom(f32);
    ///
    /// impl Callback for StartFrom {
    ///     fn on_train_begin(&mut self, context: &mut Context<'_>) -> keras::Result<()> {
    ///         context.weights_mut().fill(self.0);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).callbacks((StartFrom(2.0),)).verbose(0).run()?;
    /// assert_eq!(line.weights(), [2.0, 2.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after the last epoch.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Rounds the weights after training.
    /// struct Round;
    ///
    /// impl Callback for Round {
    ///     fn on_train_end(&mut self, _: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         context.weights_mut().iter_mut().for_each(|weight| *weight = weight.round());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(200).callbacks((Round,)).verbose(0).run()?;
    /// assert_eq!(line.weights(), [2.0, 1.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_train_end(&mut self, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before an epoch, counted from 0.
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Halves the learning rate in each epoch.
    /// struct Halve;
    ///
    /// impl Callback for Halve {
    ///     fn on_epoch_begin(&mut self, epoch: usize, context: &mut Context<'_>) -> keras::Result<()> {
    ///         if epoch > 0 {
    ///             *context.learning_rate /= 2.0;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(3).callbacks((Halve,)).verbose(0).run()?;
    /// assert_eq!(compiled.optimizer().current_learning_rate(), 0.125);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_epoch_begin(&mut self, epoch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after an epoch, including its validation.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Records the gap between validation and training loss.
    /// struct Gap;
    ///
    /// impl Callback for Gap {
    ///     fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         if let (Some(loss), Some(val_loss)) = (logs.get("loss"), logs.get("val_loss")) {
    ///             logs.set("gap", val_loss - loss);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_data(&x, &y).callbacks((Gap,)).verbose(0).run()?;
    /// assert_eq!(history["gap"][0], history["val_loss"][0] - history["loss"][0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before a training step.
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Learning rate warmup over the first steps.
    /// struct WarmUp { to: f64, steps: usize, done: usize }
    ///
    /// impl Callback for WarmUp {
    ///     fn on_train_batch_begin(&mut self, _: usize, context: &mut Context<'_>) -> keras::Result<()> {
    ///         self.done += 1;
    ///         *context.learning_rate = self.to * (self.done as f64 / self.steps as f64).min(1.0);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let warm_up = WarmUp { to: 0.5, steps: 4, done: 0 };
    /// compiled.fit(&x, &y).batch_size(1).callbacks((warm_up,)).verbose(0).run()?; // three steps
    /// assert_eq!(compiled.optimizer().current_learning_rate(), 0.375);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_train_batch_begin(&mut self, batch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after a training step, with the logs of the epoch so far and `batch_loss`, the loss of this step.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Records the loss of each step.
    /// #[derive(Default)]
    /// struct Losses(Vec<f64>);
    ///
    /// impl Callback for Losses {
    ///     fn on_train_batch_end(&mut self, _: usize, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.0.extend(logs.get("batch_loss"));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut losses = Losses::default();
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).batch_size(1).callbacks((&mut losses,)).verbose(0).run()?;
    /// assert_eq!(losses.0.len(), 3);
    /// assert!((losses.0.iter().sum::<f64>() / 3.0 - history["loss"][0]).abs() < 1e-6);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_train_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before an evaluation.
    ///
    /// ```
    /// use keras::{callbacks::Context, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Counts evaluations and their batches.
    /// #[derive(Default)]
    /// struct Count { evaluations: usize, batches: usize }
    ///
    /// impl Callback for Count {
    ///     fn on_test_begin(&mut self, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.evaluations += 1;
    ///         Ok(())
    ///     }
    ///     fn on_test_batch_begin(&mut self, _: usize, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.batches += 1;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut count = Count::default();
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// Evaluate::new(&mut compiled).batch_size(2).callbacks((&mut count,)).run(&x, &y)?;
    /// assert_eq!((count.evaluations, count.batches), (1, 2));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_test_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after an evaluation, with its logs; in `fit` they are added to the history with the prefix `val_`.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Adds the root mean squared error.
    /// struct Root;
    ///
    /// impl Callback for Root {
    ///     fn on_test_end(&mut self, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         let loss = logs.get("loss").unwrap_or(f64::NAN);
    ///         logs.set("root", loss.sqrt());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).validation_data(&x, &y).callbacks((Root,)).verbose(0).run()?;
    /// assert_eq!(history["val_root"][0], history["val_loss"][0].sqrt());
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_test_end(&mut self, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before a batch of an evaluation.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// #[derive(Default)]
    /// struct Order(Vec<String>);
    ///
    /// impl Callback for Order {
    ///     fn on_test_batch_begin(&mut self, batch: usize, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.0.push(format!("begin {batch}"));
    ///         Ok(())
    ///     }
    ///     fn on_test_batch_end(&mut self, batch: usize, _: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.0.push(format!("end {batch}"));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut order = Order::default();
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// Evaluate::new(&mut compiled).batch_size(2).callbacks((&mut order,)).run(&x, &y)?;
    /// assert_eq!(order.0, ["begin 0", "end 0", "begin 1", "end 1"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_test_batch_begin(&mut self, batch: usize, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called after a batch of an evaluation, with the logs of the evaluation so far.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Records the running mean of the loss.
    /// #[derive(Default)]
    /// struct Running(Vec<f64>);
    ///
    /// impl Callback for Running {
    ///     fn on_test_batch_end(&mut self, _: usize, logs: &mut Logs, _: &mut Context<'_>) -> keras::Result<()> {
    ///         self.0.extend(logs.get("loss"));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut running = Running::default();
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let evaluation = Evaluate::new(&mut compiled).batch_size(1).callbacks((&mut running,)).run(&x, &y)?;
    /// assert_eq!((running.0.len(), running.0[2]), (3, evaluation.loss));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_test_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        Ok(())
    }
    /// Called before a prediction.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// /// Counts predictions and their batches.
    /// #[derive(Default)]
    /// struct Count { begun: usize, ended: usize }
    ///
    /// impl Callback for Count {
    ///     fn on_predict_begin(&mut self) -> keras::Result<()> {
    ///         self.begun += 1;
    ///         Ok(())
    ///     }
    ///     fn on_predict_end(&mut self) -> keras::Result<()> {
    ///         self.ended += 1;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (line, mut count) = (Line::with_seed(1), Count::default());
    /// Predict::new(&line).callbacks((&mut count,)).run(&Tensor::from([[1.0], [2.0], [3.0]]))?;
    /// assert_eq!((count.begun, count.ended), (1, 1));
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_predict_begin(&mut self) -> Result<()> {
        Ok(())
    }
    /// Called after a prediction.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// /// Fails if the prediction took too long.
    /// struct Within(std::time::Duration, Option<std::time::Instant>);
    ///
    /// impl Callback for Within {
    ///     fn on_predict_begin(&mut self) -> keras::Result<()> {
    ///         self.1 = Some(std::time::Instant::now());
    ///         Ok(())
    ///     }
    ///     fn on_predict_end(&mut self) -> keras::Result<()> {
    ///         match self.1 {
    ///             Some(start) if start.elapsed() > self.0 => Err(keras::Error::Other("it took too long".into())),
    ///             _ => Ok(()),
    ///         }
    ///     }
    /// }
    ///
    /// let x = Tensor::from([[1.0], [2.0], [3.0]]);
    /// let line = Line::with_seed(1);
    /// let never = Within(std::time::Duration::ZERO, None);
    /// assert!(Predict::new(&line).callbacks((never,)).run(&x).is_err());
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_predict_end(&mut self) -> Result<()> {
        Ok(())
    }
    /// Called before a batch of a prediction.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// #[derive(Default)]
    /// struct Batches(Vec<usize>);
    ///
    /// impl Callback for Batches {
    ///     fn on_predict_batch_begin(&mut self, batch: usize) -> keras::Result<()> {
    ///         self.0.push(batch);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let (line, mut batches) = (Line::with_seed(1), Batches::default());
    /// Predict::new(&line).batch_size(2).callbacks((&mut batches,)).run(&Tensor::from([[1.0], [2.0], [3.0]]))?;
    /// assert_eq!(batches.0, [0, 1]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn on_predict_batch_begin(&mut self, batch: usize) -> Result<()> {
        Ok(())
    }
    /// Called after a batch of a prediction.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    ///
    /// /// Fails after the first batch.
    /// struct Impatient;
    ///
    /// impl Callback for Impatient {
    ///     fn on_predict_batch_end(&mut self, batch: usize) -> keras::Result<()> {
    ///         Err(keras::Error::Other(format!("batch {batch} is enough").into()))
    ///     }
    /// }
    ///
    /// let line = Line::with_seed(1);
    /// let error = Predict::new(&line).callbacks((Impatient,)).run(&Tensor::from([[1.0], [2.0]])).unwrap_err();
    /// assert_eq!(error.to_string(), "batch 0 is enough");
    /// ```
    fn on_predict_batch_end(&mut self, batch: usize) -> Result<()> {
        Ok(())
    }
}

macro_rules! forward {
    ($($hook:ident($($name:ident: $kind:ty),*);)*) => {
        /// A callback can be passed by mutable reference, and inspected after the run.
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

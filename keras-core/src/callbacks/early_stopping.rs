//! Early stopping.

use super::{
    Callback, Context, Logs, Mode,
    monitor::{Monitor, improves},
};
use crate::Result;

/// Stops training when a monitored quantity has not improved for `patience` epochs.
///
/// As [Keras' `EarlyStopping`](https://keras.io/api/callbacks/early_stopping/): an improvement must be strict and
/// exceed `min_delta`, and NaN is never an improvement; `patience(0)` is the same as `patience(1)`; with
/// `restore_best_weights` the weights of the best epoch are restored at the end of training, even if it was not stopped
/// early; a baseline only affects when the patience counter is reset.
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// let mut stopping = EarlyStopping::new("val_loss").patience(3).min_delta(0.01).restore_best_weights(true);
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// let history =
///     compiled.fit(&x, &y).epochs(500).validation_data(&x, &y).callbacks((&mut stopping,)).verbose(0).run()?;
/// assert_eq!(stopping.stopped_epoch(), Some(history.epochs() - 1));
/// assert_eq!(stopping.best_epoch(), history.epochs() - 1 - 3);
/// assert_eq!(compiled.evaluate(&x, &y)?.loss, history["val_loss"][stopping.best_epoch()]);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EarlyStopping {
    monitor: Monitor,
    min_delta: f64,
    patience: usize,
    baseline: Option<f64>,
    restore_best_weights: bool,
    start_from_epoch: usize,
    wait: usize,
    best: Option<f64>,
    best_epoch: usize,
    best_weights: Option<Vec<f32>>,
    stopped_epoch: Option<usize>,
}

impl EarlyStopping {
    /// Monitors a quantity, such as `"val_loss"`.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let stopping = EarlyStopping::new("loss"); // at the first epoch without improvement
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// let history = compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((stopping,)).verbose(0).run()?;
    /// assert_eq!(history.epochs(), 2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor::new(monitor),
            min_delta: 0.0,
            patience: 0,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
            wait: 0,
            best: None,
            best_epoch: 0,
            best_weights: None,
            stopped_epoch: None,
        }
    }

    /// Minimum change that counts as an improvement (default: `0.0`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let demanding = EarlyStopping::new("loss").min_delta(1e6); // larger than any improvement
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// assert_eq!(compiled.fit(&x, &y).epochs(10).callbacks((demanding,)).verbose(0).run()?.epochs(), 2);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// Number of epochs without improvement after which training is stopped (default: `0`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let patient = EarlyStopping::new("loss").patience(4);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// assert_eq!(compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((patient,)).verbose(0).run()?.epochs(), 5);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Baseline that the monitored quantity must surpass to reset the patience counter (default: none).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// // No loss is below 0: the first epoch is the best so far, but the wait has begun with it.
    /// let ambitious = EarlyStopping::new("loss").patience(3).baseline(0.0);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// let history = compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((ambitious,)).verbose(0).run()?;
    /// assert_eq!(history.epochs(), 3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn baseline(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Whether to restore the weights of the best epoch at the end of training (default: `false`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut restoring = EarlyStopping::new("val_loss").restore_best_weights(true);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(1.0), MeanSquaredError::default(), ()); // too large: the loss grows
    /// let history =
    ///     compiled.fit(&x, &y).epochs(10).validation_data(&x, &y).callbacks((&mut restoring,)).verbose(0).run()?;
    /// let best = history["val_loss"].iter().copied().fold(f64::INFINITY, f64::min);
    /// assert_eq!(compiled.evaluate(&x, &y)?.loss, best);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn restore_best_weights(mut self, restore: bool) -> Self {
        self.restore_best_weights = restore;
        self
    }

    /// Number of epochs to wait before monitoring (default: `0`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let late = EarlyStopping::new("loss").start_from_epoch(5);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// assert_eq!(compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((late,)).verbose(0).run()?.epochs(), 7);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn start_from_epoch(mut self, epoch: usize) -> Self {
        self.start_from_epoch = epoch;
        self
    }

    /// Direction of improvement (default: [`Mode::Auto`], from the name of the quantity).
    ///
    /// ```
    /// use keras::{callbacks::Mode, prelude::*};
    /// # sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid") } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [0.0], [0.0]]));
    ///
    /// let stopping = EarlyStopping::new("accuracy").mode(Mode::Max).patience(2);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(SGD::new(0.0), BinaryCrossentropy::default(), (Accuracy::default(),)); // no updates
    /// assert_eq!(compiled.fit(&x, &y).epochs(10).callbacks((stopping,)).verbose(0).run()?.epochs(), 3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// The epoch after which training was stopped, counted from 0.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut stopping = EarlyStopping::new("loss").patience(2);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((&mut stopping,)).verbose(0).run()?;
    /// assert_eq!((stopping.best_epoch(), stopping.stopped_epoch()), (0, Some(2)));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn stopped_epoch(&self) -> Option<usize> {
        self.stopped_epoch
    }

    /// The best epoch, counted from 0.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut stopping = EarlyStopping::new("loss").patience(3);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((&mut stopping,)).verbose(0).run()?;
    /// assert_eq!((stopping.best_epoch(), stopping.stopped_epoch()), (0, Some(3)));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }

    /// The best value of the monitored quantity; `None` before the first.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut stopping = EarlyStopping::new("loss").patience(3);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// let history = compiled.fit(&x, &y).epochs(10).shuffle(false).callbacks((&mut stopping,)).verbose(0).run()?;
    /// assert_eq!(stopping.best(), Some(history["loss"][stopping.best_epoch()]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn best(&self) -> Option<f64> {
        self.best
    }

    /// The number of epochs since the last improvement.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut stopping = EarlyStopping::new("loss").patience(5);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.0), MeanSquaredError::default(), ()); // no updates
    /// compiled.fit(&x, &y).epochs(4).shuffle(false).callbacks((&mut stopping,)).verbose(0).run()?;
    /// assert_eq!((stopping.wait(), stopping.stopped_epoch()), (3, None));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn wait(&self) -> usize {
        self.wait
    }
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        (self.wait, self.best, self.best_epoch, self.best_weights, self.stopped_epoch) = (0, None, 0, None, None);
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        if epoch < self.start_from_epoch {
            return Ok(());
        }
        let Some(current) = self.monitor.value(logs, context)? else { return Ok(()) };
        let direction = self.monitor.direction(context)?;
        if self.restore_best_weights && self.best_weights.is_none() {
            self.best_weights = Some(context.weights().to_vec());
            self.best_epoch = epoch;
        }
        self.wait += 1;
        if improves(direction, current, self.best, self.min_delta) {
            self.best = Some(current);
            self.best_epoch = epoch;
            if self.restore_best_weights {
                self.best_weights = Some(context.weights().to_vec());
            }
            if self.baseline.is_none() || improves(direction, current, self.baseline, self.min_delta) {
                self.wait = 0;
            }
            return Ok(());
        }
        if self.wait >= self.patience && epoch > 0 {
            self.stopped_epoch = Some(epoch);
            context.stop_training();
        }
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        if let Some(best) = self.best_weights.take() {
            context.weights_mut().copy_from_slice(&best);
        }
        Ok(())
    }
}

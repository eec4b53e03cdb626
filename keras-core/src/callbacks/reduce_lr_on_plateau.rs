//! Reduction of the learning rate on a plateau.

use super::{
    Callback, Context, Logs, Mode,
    monitor::{Monitor, improves},
};
use crate::{Error, Result};

/// Reduces the learning rate when a monitored quantity has not improved for `patience` epochs.
///
/// As [Keras' `ReduceLROnPlateau`](https://keras.io/api/callbacks/reduce_lr_on_plateau/): the history shows the learning rate
/// of each epoch; after a reduction, `cooldown` epochs do not count. The optimizer's learning rate must be a number, not a
/// schedule.
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// let reduce = ReduceLROnPlateau::new("loss").factor(0.5).patience(2).min_lr(0.05);
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.5), MeanSquaredError::default(), ()); // too large: the loss grows
/// let history = compiled.fit(&x, &y).epochs(40).callbacks((reduce,)).verbose(0).run()?;
/// assert_eq!(history["learning_rate"][0], 0.5);
/// assert!(history["learning_rate"][39] < 0.5 && history["loss"][39] < history["loss"][0]);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReduceLROnPlateau {
    monitor: Monitor,
    factor: f64,
    patience: usize,
    min_delta: f64,
    cooldown: usize,
    min_lr: f64,
    best: Option<f64>,
    wait: usize,
    cooldown_left: usize,
}

impl ReduceLROnPlateau {
    /// Monitors a quantity, such as `"val_loss"`.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let fit = compiled.fit(&x, &y).epochs(5).callbacks((ReduceLROnPlateau::new("loss"),));
    /// assert_eq!(fit.verbose(0).run()?["learning_rate"], [f64::from(0.1f32); 5]); // the loss falls
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(monitor: &str) -> Self {
        Self {
            monitor: Monitor::new(monitor),
            factor: 0.1,
            patience: 10,
            min_delta: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
            best: None,
            wait: 0,
            cooldown_left: 0,
        }
    }

    /// The factor of a reduction, less than 1 (default: `0.1`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// // An improvement by 1,000 is never reached.
    /// let reduce = ReduceLROnPlateau::new("loss").factor(0.5).patience(1).min_delta(1000.0);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.25), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(4).callbacks((reduce,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.25, 0.25, 0.125, 0.0625]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The number of epochs without improvement after which the learning rate is reduced (default: `10`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let reduce = ReduceLROnPlateau::new("loss").factor(0.5).patience(2).min_delta(1000.0);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.25), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(4).callbacks((reduce,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.25, 0.25, 0.25, 0.125]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Minimum change that counts as an improvement (default: `0.0001`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let reduce = ReduceLROnPlateau::new("loss").patience(1).min_delta(0.0); // any improvement will do
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.125), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(4).shuffle(false).callbacks((reduce,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.125; 4]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// The number of epochs after a reduction that do not count (default: `0`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let reduce = ReduceLROnPlateau::new("loss").factor(0.5).patience(1).min_delta(1000.0).cooldown(2);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.25), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(5).callbacks((reduce,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.25, 0.25, 0.125, 0.125, 0.0625]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn cooldown(mut self, cooldown: usize) -> Self {
        self.cooldown = cooldown;
        self
    }

    /// The least learning rate (default: `0.0`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let reduce = ReduceLROnPlateau::new("loss").patience(1).min_delta(1000.0).min_lr(0.125);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.25), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(4).callbacks((reduce,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.25, 0.25, 0.125, 0.125]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn min_lr(mut self, min_lr: f64) -> Self {
        self.min_lr = min_lr;
        self
    }

    /// Direction of improvement (default: [`Mode::Auto`], from the name of the quantity).
    ///
    /// ```
    /// use keras::{callbacks::Mode, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let contrary = ReduceLROnPlateau::new("loss").mode(Mode::Max).factor(0.5).patience(1);
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.125), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(3).shuffle(false).callbacks((contrary,)).verbose(0).run()?;
    /// assert_eq!(history["learning_rate"], [0.125, 0.125, 0.0625]); // the loss falls
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }
}

impl Callback for ReduceLROnPlateau {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        if self.factor.is_nan() || self.factor >= 1.0 {
            return Err(Error::argument("factor", self.factor, "less than 1"));
        }
        (self.best, self.wait, self.cooldown_left) = (None, 0, 0);
        Ok(())
    }

    fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        logs.set("learning_rate", *context.learning_rate);
        let Some(current) = self.monitor.value(logs, context)? else { return Ok(()) };
        let direction = self.monitor.direction(context)?;
        if self.cooldown_left > 0 {
            self.cooldown_left -= 1;
            self.wait = 0;
        }
        if improves(direction, current, self.best, self.min_delta) {
            (self.best, self.wait) = (Some(current), 0);
        } else if self.cooldown_left == 0 {
            self.wait += 1;
            if self.wait >= self.patience && *context.learning_rate > f64::from(self.min_lr as f32) {
                *context.learning_rate = (*context.learning_rate * self.factor).max(self.min_lr);
                (self.cooldown_left, self.wait) = (self.cooldown, 0);
            }
        }
        Ok(())
    }
}

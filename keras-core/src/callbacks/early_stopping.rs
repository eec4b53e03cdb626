//! Stops when a figure no longer improves.

use super::{
    Callback, Context, Logs, Mode,
    monitor::{Monitor, improves},
};
use crate::Result;

/// Stops training when a figure has not improved for `patience` epochs.
///
/// As Keras' `EarlyStopping`: an improvement is strict and by more than `min_delta`; `patience(0)` stops as `patience(1)`
/// does; with `restore_best_weights` the best epoch's weights are put back when training ends, also if it was never
/// stopped; a baseline only decides whether the wait starts again.
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
    /// Watches a figure, such as `"val_loss"`.
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

    /// The least change that counts (0).
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// The number of epochs without improvement to wait for (0).
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// A figure to be better than, for the wait to start again.
    pub fn baseline(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Puts the best epoch's weights back at the end (false).
    pub fn restore_best_weights(mut self, restore: bool) -> Self {
        self.restore_best_weights = restore;
        self
    }

    /// The first epoch that is looked at (0).
    pub fn start_from_epoch(mut self, epoch: usize) -> Self {
        self.start_from_epoch = epoch;
        self
    }

    /// What is better (by the figure's name).
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// The epoch after which training was stopped, counted from 0.
    pub fn stopped_epoch(&self) -> Option<usize> {
        self.stopped_epoch
    }

    /// The best epoch, counted from 0.
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
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
        let (current, direction) = (self.monitor.value(logs)?, self.monitor.direction(context)?);
        if self.restore_best_weights && self.best_weights.is_none() {
            self.best_weights = Some(context.weights.to_vec());
            self.best_epoch = epoch;
        }
        self.wait += 1;
        let improved = self.best.is_none_or(|best| improves(direction, current, best, self.min_delta));
        if improved {
            self.best = Some(current);
            self.best_epoch = epoch;
            if self.restore_best_weights {
                self.best_weights = Some(context.weights.to_vec());
            }
            if self.baseline.is_none_or(|baseline| improves(direction, current, baseline, self.min_delta)) {
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
            context.weights.copy_from_slice(&best);
        }
        Ok(())
    }
}

//! Saves the weights while training goes on.

use super::{
    Callback, Context, Logs, Mode,
    monitor::{Monitor, improves},
};
use crate::Result;

/// When a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Epoch,
    /// Every so many batches, counted across epochs.
    Batches(usize),
}

/// Saves the weights after each epoch, or only those of the best.
///
/// In the path, `{epoch}` stands for the epoch, counted from 1 (`{epoch:02}` pads it), and the name of a figure in
/// braces for it (`{val_loss:.2}`). A checkpoint is written beside its file and renamed, so that a crash leaves the old
/// one whole.
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    path: String,
    monitor: Monitor,
    save_best_only: bool,
    frequency: Frequency,
    best: Option<f64>,
    batches: usize,
    epoch: usize,
}

impl ModelCheckpoint {
    /// Saves to this path, after each epoch; watches `val_loss` for `save_best_only`.
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            monitor: Monitor::new("val_loss"),
            save_best_only: false,
            frequency: Frequency::Epoch,
            best: None,
            batches: 0,
            epoch: 0,
        }
    }

    /// The figure that says which weights are best (`val_loss`).
    pub fn monitor(mut self, name: &str) -> Self {
        self.monitor.name = name.to_owned();
        self
    }

    /// Saves only when the figure is better than ever before (false).
    pub fn save_best_only(mut self, best_only: bool) -> Self {
        self.save_best_only = best_only;
        self
    }

    /// What is better (by the figure's name).
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Saves every so many batches, counted across epochs, instead of after each epoch.
    pub fn save_freq(mut self, batches: usize) -> Self {
        self.frequency = Frequency::Batches(batches.max(1));
        self
    }

    /// A figure to be better than from the start.
    pub fn initial_value_threshold(mut self, value: f64) -> Self {
        self.best = Some(value);
        self
    }

    fn save(&mut self, logs: &Logs, context: &Context<'_>) -> Result<()> {
        if self.save_best_only {
            let (current, direction) = (self.monitor.value(logs)?, self.monitor.direction(context));
            if !self.best.is_none_or(|best| improves(direction, current, best, 0.0)) {
                return Ok(());
            }
            self.best = Some(current);
        }
        context.save_weights(file_name(&self.path, self.epoch + 1, logs))
    }
}

/// Fills in the braces of a path.
fn file_name(template: &str, epoch: usize, logs: &Logs) -> String {
    let mut name = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        name.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            name.push('{');
            rest = after;
            continue;
        };
        let (key, format) = place.split_once(':').unwrap_or((place, ""));
        let digits = |text: &str| text.trim_end_matches(['d', 'f']).parse::<usize>().ok();
        if key == "epoch" {
            let width = digits(format).unwrap_or(0);
            name.push_str(&format!("{epoch:0width$}"));
        } else {
            let value = logs.get(key).unwrap_or(f64::NAN);
            match format.strip_prefix('.').and_then(digits) {
                Some(precision) => name.push_str(&format!("{value:.precision$}")),
                None => name.push_str(&value.to_string()),
            }
        }
        rest = after;
    }
    name.push_str(rest);
    name
}

impl Callback for ModelCheckpoint {
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Context<'_>) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.batches += 1;
        match self.frequency {
            Frequency::Batches(every) if self.batches.is_multiple_of(every) => self.save(logs, context),
            _ => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.epoch = epoch;
        match self.frequency {
            Frequency::Epoch => self.save(logs, context),
            Frequency::Batches(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_filled_in() {
        let mut logs = Logs::default();
        logs.set("val_loss", 0.12345);
        assert_eq!(file_name("m-{epoch:02d}-{val_loss:.2f}.safetensors", 3, &logs), "m-03-0.12.safetensors");
        assert_eq!(file_name("plain", 3, &logs), "plain");
        assert_eq!(file_name("{epoch}", 12, &logs), "12");
        assert_eq!(file_name("a{b", 1, &logs), "a{b");
    }
}

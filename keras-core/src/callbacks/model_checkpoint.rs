//! Saves the weights during training.

use super::{
    Callback, Context, Logs, Mode,
    monitor::{Monitor, improves},
};
use crate::{Error, Result, saving::SaveError};
use std::{fs, path::PathBuf};

/// When to save a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Epoch,
    /// Every given number of batches, counted across epochs.
    Batches(usize),
}

/// Saves the weights after each epoch, or only if they are the best so far.
///
/// In the path, `{epoch}` is replaced by the epoch, counted from 1 (`{epoch:02}` pads it), and the name of a log in
/// braces by its value (`{val_loss:.2}`); with [`save_freq`](Self::save_freq), `{batch}` is the batch within the epoch.
/// Missing directories are created. Checkpoints are written atomically, to a temporary file that is renamed, so that a
/// crash leaves the old one intact.
///
/// See [Keras' `ModelCheckpoint`](https://keras.io/api/callbacks/model_checkpoint/).
///
/// ```
/// use keras::prelude::*;
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// let folder = std::env::temp_dir().join(format!("checkpoints-{}", std::process::id()));
/// let path = format!("{}/epoch-{{epoch:02}}.safetensors", folder.display());
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// compiled.fit(&x, &y).epochs(2).callbacks((ModelCheckpoint::new(&path),)).verbose(0).run()?;
/// assert!(folder.join("epoch-01.safetensors").exists());
/// let mut last = Line::new();
/// last.load(folder.join("epoch-02.safetensors"))?;
/// assert_eq!(last.weights(), line.weights());
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
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
    /// Saves to this path after each epoch; monitors `val_loss` for `save_best_only`.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("checkpoint-{}.safetensors", std::process::id()));
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// compiled.fit(&x, &y).epochs(2).callbacks((ModelCheckpoint::new(&path.to_string_lossy()),)).verbose(0).run()?;
    /// let mut last = Line::new();
    /// last.load(&path)?;
    /// assert_eq!(last.weights(), line.weights());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
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

    /// Quantity to monitor for `save_best_only` (default: `"val_loss"`).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("monitored-{}.safetensors", std::process::id()));
    /// let name = path.to_string_lossy();
    /// let best = ModelCheckpoint::new(&name).monitor("loss").save_best_only(true); // without validation there is no val_loss
    /// let mut line = Line::with_seed(1);
    /// line.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).callbacks((best,)).verbose(0).run()?;
    /// assert!(path.exists());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn monitor(mut self, name: &str) -> Self {
        self.monitor.name = name.to_owned();
        self
    }

    /// Whether to save only if the monitored quantity is the best so far (default: `false`). NaN and infinity are never
    /// the best.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("best-{}.safetensors", std::process::id()));
    /// let name = path.to_string_lossy();
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(1.0), MeanSquaredError::default(), ()); // too large: the loss grows
    /// let history = compiled
    ///     .fit(&x, &y)
    ///     .epochs(5)
    ///     .validation_data(&x, &y)
    ///     .callbacks((ModelCheckpoint::new(&name).save_best_only(true),))
    ///     .verbose(0)
    ///     .run()?;
    /// let best = history["val_loss"].iter().copied().fold(f64::INFINITY, f64::min);
    /// compiled.model().load(&path)?;
    /// assert_eq!(compiled.evaluate(&x, &y)?.loss, best);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save_best_only(mut self, best_only: bool) -> Self {
        self.save_best_only = best_only;
        self
    }

    /// Direction of improvement (default: [`Mode::Auto`], from the name of the quantity).
    ///
    /// ```
    /// use keras::{callbacks::Mode, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("by-mode-{}.safetensors", std::process::id()));
    /// let name = path.to_string_lossy();
    /// let checkpoint = ModelCheckpoint::new(&name).monitor("loss").mode(Mode::Min).save_best_only(true);
    /// let mut line = Line::with_seed(1);
    /// line.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).callbacks((checkpoint,)).verbose(0).run()?;
    /// assert!(path.exists());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn mode(mut self, mode: Mode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Saves every given number of batches, counted across epochs, instead of after each epoch.
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let folder = std::env::temp_dir().join(format!("every-second-{}", std::process::id()));
    /// let path = format!("{}/{{epoch}}-{{batch}}.safetensors", folder.display());
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let every_second = ModelCheckpoint::new(&path).save_freq(2);
    /// compiled.fit(&x, &y).epochs(2).batch_size(1).callbacks((every_second,)).verbose(0).run()?; // three batches per epoch
    /// assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save_freq(mut self, batches: usize) -> Self {
        self.frequency = Frequency::Batches(batches);
        self
    }

    /// Initial best value of the monitored quantity (default: none).
    ///
    /// ```
    /// use keras::prelude::*;
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// let path = std::env::temp_dir().join(format!("threshold-{}.safetensors", std::process::id()));
    /// let name = path.to_string_lossy();
    /// let checkpoint = ModelCheckpoint::new(&name).monitor("loss").save_best_only(true).initial_value_threshold(0.0);
    /// let mut line = Line::with_seed(1);
    /// line.compile(SGD::new(0.1), MeanSquaredError::default(), ()).fit(&x, &y).callbacks((checkpoint,)).verbose(0).run()?;
    /// assert!(!path.exists()); // no loss is below 0
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn initial_value_threshold(mut self, value: f64) -> Self {
        self.best = Some(value);
        self
    }

    fn save(&mut self, batch: Option<usize>, logs: &Logs, context: &Context<'_>) -> Result<()> {
        if self.save_best_only {
            let Some(current) = self.monitor.value(logs, context)? else { return Ok(()) };
            let direction = self.monitor.direction(context)?;
            if !improves(direction, current, self.best, 0.0) {
                return Ok(());
            }
            self.best = Some(current);
        }
        let path = PathBuf::from(file_name(&self.path, self.epoch + 1, batch.map(|batch| batch + 1), logs)?);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| SaveError::Write { path: path.clone(), source })?;
        }
        context.save_weights(path)
    }
}

/// Fills in the placeholders of a path; epoch and batch are counted from 1.
fn file_name(template: &str, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<String> {
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
        let filled = match (key, batch) {
            ("epoch", _) => whole(epoch, format),
            ("batch", Some(batch)) => whole(batch, format),
            _ => {
                let value = logs.get(key).ok_or_else(|| Error::UnknownMonitor {
                    name: key.to_owned(),
                    known: logs.iter().map(|(name, _)| name.to_owned()).collect(),
                })?;
                decimal(value, format)
            }
        };
        let expected = "a path with placeholders such as `{epoch}`, `{epoch:02}` or `{val_loss:.2}`";
        name.push_str(&filled.ok_or_else(|| Error::argument("path", template, expected))?);
        rest = after;
    }
    name.push_str(rest);
    Ok(name)
}

/// More digits than any name needs; the formatter of the standard library has a limit, too.
const MOST_DIGITS: usize = 64;

/// A number of digits: `2`, `02`, and with the type letter of Python, `02d`.
fn digits(text: &str, letter: char) -> Option<usize> {
    let text = text.strip_suffix(letter).unwrap_or(text);
    text.parse().ok().filter(|&digits| digits <= MOST_DIGITS)
}

/// An integer, padded with zeros for `02` and `02d`; unpadded without a format.
fn whole(value: usize, format: &str) -> Option<String> {
    if format.trim_end_matches('d').is_empty() {
        return Some(value.to_string());
    }
    let width = digits(format.strip_prefix('0')?, 'd')?;
    Some(format!("{value:0width$}"))
}

/// A number with the given number of decimals: `.2`, `.2f`; in full without a format.
fn decimal(value: f64, format: &str) -> Option<String> {
    if format.is_empty() {
        return Some(value.to_string());
    }
    let precision = digits(format.strip_prefix('.')?, 'f')?;
    Some(format!("{value:.precision$}"))
}

impl Callback for ModelCheckpoint {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        match self.frequency {
            Frequency::Batches(0) => Err(Error::argument("save_freq", "0", "at least 1")),
            _ => Ok(()),
        }
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Context<'_>) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_end(&mut self, batch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.batches += 1;
        match self.frequency {
            Frequency::Batches(every) if self.batches.is_multiple_of(every) => self.save(Some(batch), logs, context),
            _ => Ok(()),
        }
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Logs, context: &mut Context<'_>) -> Result<()> {
        self.epoch = epoch;
        match self.frequency {
            Frequency::Epoch => self.save(None, logs, context),
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
        let name = |template: &str| file_name(template, 3, Some(12), &logs);
        assert_eq!(name("m-{epoch:02d}-{val_loss:.2f}.safetensors").unwrap(), "m-03-0.12.safetensors");
        assert_eq!(name("plain").unwrap(), "plain");
        assert_eq!(name("{epoch}-{batch:03}-{val_loss}").unwrap(), "3-012-0.12345");
        assert_eq!(name("{epoch:d}{batch:01d}").unwrap(), "312");
        assert_eq!(name("a{b").unwrap(), "a{b");
    }

    #[test]
    fn paths_that_cannot_be_filled_in_are_errors() {
        let mut logs = Logs::default();
        logs.set("loss", 0.5);
        for template in
            ["{epoch:>3}", "{epoch:2x}", "{loss:2}", "{loss:.2e}", "{epoch:0999999}", "{loss:.65}", "{loss:.-1}"]
        {
            let error = file_name(template, 3, None, &logs).unwrap_err();
            assert!(matches!(&error, Error::Argument { name: "path", found, .. } if found == template), "{error}");
        }
        for template in ["{acc}", "{batch}", "{}"] {
            let error = file_name(template, 3, None, &logs).unwrap_err();
            assert!(matches!(&error, Error::UnknownMonitor { known, .. } if known == &["loss"]), "{error}");
        }
    }
}

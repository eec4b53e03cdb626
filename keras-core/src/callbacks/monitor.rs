//! The monitored quantity of a callback, and its direction.

use super::{Context, Logs};
use crate::{Error, Result, metrics::Direction};

/// The direction in which a monitored quantity improves.
///
/// ```
/// use keras::{callbacks::Mode, prelude::*};
/// # sequential! { struct Line { Input(1), Dense(1) } }
/// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
///
/// // Of a loss, large is called better here, so that the first improvement ends the run.
/// let contrary = EarlyStopping::new("loss").mode(Mode::Max).patience(1);
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// let history = compiled.fit(&x, &y).epochs(100).callbacks((contrary,)).verbose(0).run()?;
/// assert_eq!(history.epochs(), 2);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Inferred from the name: losses are minimized, metrics have a direction of their own.
    #[default]
    Auto,
    /// Lower is better.
    Min,
    /// Higher is better.
    Max,
}

/// A monitored quantity.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    pub(super) name: String,
    pub(super) mode: Mode,
}

impl Monitor {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), mode: Mode::Auto }
    }

    /// The value; `None` if it is a validation result and the epoch has no validation.
    pub(super) fn value(&self, logs: &Logs, context: &Context<'_>) -> Result<Option<f64>> {
        match logs.get(&self.name) {
            None if context.skips_validation && self.name.starts_with("val_") => Ok(None),
            None => Err(Error::UnknownMonitor {
                name: self.name.clone(),
                known: logs.iter().map(|(name, _)| name.to_owned()).collect(),
            }),
            value => Ok(value),
        }
    }

    /// The direction of improvement.
    pub(super) fn direction(&self, context: &Context<'_>) -> Result<Direction> {
        match self.mode {
            Mode::Min => Ok(Direction::Minimize),
            Mode::Max => Ok(Direction::Maximize),
            Mode::Auto if self.name.ends_with("loss") => Ok(Direction::Minimize),
            Mode::Auto => {
                context.direction(&self.name).ok_or_else(|| Error::UnknownDirection { name: self.name.clone() })
            }
        }
    }
}

/// Whether a value is better than the best so far by more than `delta`. The initial best is the worst possible value,
/// infinity if lower is better, so NaN is never the best, not even as the first value.
pub(super) fn improves(direction: Direction, current: f64, best: Option<f64>, delta: f64) -> bool {
    match direction {
        Direction::Minimize => current + delta.abs() < best.unwrap_or(f64::INFINITY),
        Direction::Maximize => current - delta.abs() > best.unwrap_or(f64::NEG_INFINITY),
    }
}

//! The logs passed to callbacks.

use super::alias::find;

/// The logs of a batch or of an epoch, in alphabetical order.
///
/// ```
/// use keras::callbacks::Logs;
///
/// let mut logs = Logs::default();
/// logs.set("loss", 0.5);
/// logs.set("accuracy", 0.75);
/// assert_eq!(logs.iter().collect::<Vec<_>>(), [("accuracy", 0.75), ("loss", 0.5)]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs {
    values: Vec<(String, f64)>,
}

impl Logs {
    /// The value of a log by name.
    ///
    /// ```
    /// use keras::callbacks::Logs;
    ///
    /// let mut logs = Logs::default();
    /// logs.set("loss", 0.5);
    /// assert_eq!((logs.get("loss"), logs.get("accuracy")), (Some(0.5), None));
    /// ```
    ///
    /// Keras' short names stand for the long ones:
    ///
    /// ```
    /// use keras::callbacks::Logs;
    ///
    /// assert_eq!(Logs::default().with("val_accuracy", 0.75).get("val_acc"), Some(0.75));
    /// ```
    pub fn get(&self, name: &str) -> Option<f64> {
        find(name, |name| self.values.iter().find(|(key, _)| key == name)).map(|(_, value)| *value)
    }

    /// Sets a log; values added by a callback are recorded in the history.
    ///
    /// ```
    /// use keras::{callbacks::{Context, Logs}, prelude::*};
    /// # sequential! { struct Line { Input(1), Dense(1) } }
    /// # let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
    ///
    /// /// Records the largest absolute weight.
    /// struct LargestWeight;
    ///
    /// impl Callback for LargestWeight {
    ///     fn on_epoch_end(&mut self, _: usize, logs: &mut Logs, context: &mut Context<'_>) -> keras::Result<()> {
    ///         let largest = context.weights().iter().fold(0.0f32, |largest, weight| largest.max(weight.abs()));
    ///         logs.set("largest_weight", f64::from(largest));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut line = Line::with_seed(1);
    /// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    /// let history = compiled.fit(&x, &y).epochs(3).callbacks((LargestWeight,)).verbose(0).run()?;
    /// assert_eq!(history["largest_weight"].len(), 3);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn set(&mut self, name: &str, value: f64) {
        match self.values.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => {
                let at = self.values.partition_point(|(key, _)| key.as_str() < name);
                self.values.insert(at, (name.to_owned(), value));
            }
        }
    }

    /// The same logs with an additional value.
    ///
    /// ```
    /// use keras::callbacks::Logs;
    ///
    /// let logs = Logs::default().with("loss", 0.5).with("gradient_norm", 2.0f32);
    /// assert_eq!((logs.get("loss"), logs.get("gradient_norm")), (Some(0.5), Some(2.0)));
    /// ```
    pub fn with(mut self, name: &str, value: impl Into<f64>) -> Self {
        self.set(name, value.into());
        self
    }

    /// Iterates over names and values.
    ///
    /// ```
    /// use keras::callbacks::Logs;
    ///
    /// let mut logs = Logs::default();
    /// logs.set("val_loss", 0.7);
    /// logs.set("loss", 0.5);
    /// assert_eq!(logs.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>(), ["loss 0.5", "val_loss 0.7"]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

//! Evaluation results.

use crate::callbacks::{Logs, alias::find};

/// The result of `evaluate`: the loss, and every metric by name.
///
/// With multiple outputs it includes the loss of each output, `class_loss`, as a mean over the samples like the total
/// loss. (Keras uses the mean over batches there, which differs if the last batch is smaller.) A layer with two outputs
/// has two losses, `twice_loss` and `twice_1_loss`. (Keras gives both the same name, and shows only the second.)
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(2), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0, 1.0], [-1.0, -1.0]]), Tensor::from([1.0, 1.0]));
/// let mut net = Net::new();
/// let mut compiled = net.compile(SGD::default(), BinaryCrossentropy::default(), (Accuracy::default(),));
/// let evaluation = compiled.evaluate(&x, &y)?;
/// assert_eq!(evaluation["accuracy"], 0.5);
/// assert_eq!(evaluation["loss"], evaluation.loss);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The loss, including regularization.
    pub loss: f64,
    pub(super) figures: Vec<(String, f64)>,
}

impl Evaluation {
    /// Replaces the values by those that callbacks have modified.
    pub(super) fn take(&mut self, logs: &Logs) {
        for (name, value) in logs.iter() {
            match self.figures.iter_mut().find(|(figure, _)| figure == name) {
                Some((_, figure)) => *figure = value,
                None => self.figures.push((name.to_owned(), value)),
            }
        }
        self.loss = logs.get("loss").unwrap_or(self.loss);
    }

    pub(super) fn logs(&self) -> Logs {
        let mut logs = Logs::default();
        self.iter().for_each(|(name, value)| logs.set(name, value));
        logs
    }

    /// The value of a loss or metric by name, for which Keras' short names stand too: `"acc"` is `"accuracy"`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Same { Input(1), Dense(1, kernel_initializer = "ones") } }
    ///
    /// let mut same = Same::new();
    /// let mut compiled = same.compile(SGD::default(), MeanSquaredError::default(), ());
    /// let evaluation = compiled.evaluate(&Tensor::from([[1.0]]), &Tensor::from([[3.0]]))?;
    /// assert_eq!((evaluation.get("loss"), evaluation.get("accuracy")), (Some(4.0), None));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<f64> {
        self.figure(name).map(|(_, value)| *value)
    }

    fn figure(&self, name: &str) -> Option<&(String, f64)> {
        find(name, |name| self.figures.iter().find(|(figure, _)| figure == name))
    }

    /// Iterates over names and values: the loss first, then the metrics in the order of `compile`, then values added by
    /// callbacks.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(1), Dense(1, activation = "sigmoid") } }
    ///
    /// let mut net = Net::new();
    /// let metrics = (Recall::default(), Accuracy::default());
    /// let mut compiled = net.compile(SGD::default(), BinaryCrossentropy::default(), metrics);
    /// let evaluation = compiled.evaluate(&Tensor::from([[1.0]]), &Tensor::from([[1.0]]))?;
    /// assert_eq!(evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["loss", "recall", "accuracy"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.figures.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

impl std::ops::Index<&str> for Evaluation {
    type Output = f64;

    /// The value of a loss or metric by name, for which Keras' short names stand too: `"acc"` is `"accuracy"`.
    ///
    /// # Panics
    /// If there is no such name. See [`Evaluation::get`] for a variant that does not panic.
    fn index(&self, name: &str) -> &f64 {
        match self.figure(name) {
            Some((_, value)) => value,
            None => {
                let names: Vec<_> = self.iter().map(|(name, _)| name).collect();
                panic!("the evaluation has no `{name}`; available: {}", names.join(", "))
            }
        }
    }
}

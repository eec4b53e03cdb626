//! Training history.

use std::{fmt, fs, io::Write, ops::Index, path::Path};

use crate::{callbacks::alias::find, config::Quoted};

/// The logs of each epoch, by name: `loss`, the metrics, and validation results with the prefix `val_`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Line { Input(1), Dense(1) } }
///
/// let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::new(0.1), MeanSquaredError::default(), ());
/// let history = compiled.fit(&x, &y).epochs(10).validation_data(&x, &y).verbose(0).run()?;
/// assert!(history["loss"][9] < history["loss"][0]);
/// assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "val_loss"]);
/// assert!(history.to_string().starts_with("epoch,loss,val_loss\n0,"));
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    columns: Vec<Column>,
}

/// The values of one name.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    values: Vec<f64>,
    /// The epoch of each value: training may start at a later epoch, and validate only at some.
    epochs: Vec<usize>,
}

impl History {
    /// Appends a value to a series.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default(); // of a custom training loop
    /// history.record("loss", 0.7);
    /// history.record("loss", 0.4);
    /// assert_eq!(history["loss"], [0.7, 0.4]);
    /// ```
    pub fn record(&mut self, name: &str, value: f64) {
        let last = self.columns.iter().find(|column| column.name == name).and_then(|column| column.epochs.last());
        self.record_at(last.map_or(0, |last| last + 1), name, value);
    }

    /// Appends the value of an epoch, counted from 0; epochs must be increasing.
    pub(super) fn record_at(&mut self, epoch: usize, name: &str, value: f64) {
        match self.columns.iter_mut().find(|column| column.name == name) {
            Some(column) => {
                column.values.push(value);
                column.epochs.push(epoch);
            }
            None => {
                // Names are sorted alphabetically, as in Keras.
                let at = self.columns.partition_point(|column| column.name.as_str() < name);
                self.columns.insert(at, Column { name: name.to_owned(), values: vec![value], epochs: vec![epoch] });
            }
        }
    }

    /// The values of a name, one per epoch; with [`validation_freq`](super::Fit::validation_freq), validation results
    /// have fewer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// assert_eq!(history.get("loss"), Some(&[0.7][..]));
    /// assert_eq!(history.get("accuracy"), None);
    /// ```
    ///
    /// Keras' short names stand for the long ones:
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("val_mean_absolute_error", 0.25);
    /// assert_eq!(history.get("val_mae"), Some(&[0.25][..]));
    /// ```
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.values(name).map(Vec::as_slice)
    }

    fn values(&self, name: &str) -> Option<&Vec<f64>> {
        find(name, |name| self.columns.iter().find(|column| column.name == name)).map(|column| &column.values)
    }

    /// The names, in alphabetical order.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("val_loss", 0.8);
    /// history.record("loss", 0.7);
    /// assert_eq!(history.names().collect::<Vec<_>>(), ["loss", "val_loss"]);
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Iterates over the names and their values, in alphabetical order.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// history.record("loss", 0.4);
    /// for (name, figures) in history.iter() {
    ///     println!("{name}: {figures:?}"); // loss: [0.7, 0.4]
    /// }
    /// assert_eq!(history.iter().collect::<Vec<_>>(), [("loss", &[0.7, 0.4][..])]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.columns.iter().map(|column| (column.name.as_str(), &column.values[..]))
    }

    /// The number of epochs.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// history.record("loss", 0.4);
    /// assert_eq!(history.epochs(), 2);
    /// ```
    pub fn epochs(&self) -> usize {
        self.numbers().len()
    }

    /// The epochs with values.
    fn numbers(&self) -> Vec<usize> {
        let mut numbers: Vec<usize> = self.columns.iter().flat_map(|column| column.epochs.iter().copied()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The history as CSV: one line per epoch, counted from 0.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// for (loss, accuracy) in [(0.7, 0.5), (0.4, 0.75)] {
    ///     history.record("loss", loss);
    ///     history.record("accuracy", accuracy);
    /// }
    /// assert_eq!(history.to_csv(), "epoch,accuracy,loss\n0,0.5,0.7\n1,0.75,0.4\n");
    /// ```
    pub fn to_csv(&self) -> String {
        let mut csv = String::from("epoch");
        for name in self.names() {
            csv.push(',');
            csv.push_str(&quoted(name));
        }
        csv.push('\n');
        for epoch in self.numbers() {
            csv.push_str(&epoch.to_string());
            for column in &self.columns {
                csv.push(',');
                if let Ok(at) = column.epochs.binary_search(&epoch)
                    && let Some(value) = column.values.get(at)
                {
                    csv.push_str(&value.to_string());
                }
            }
            csv.push('\n');
        }
        csv
    }

    /// The history as JSON: an object of lists. Values that are not finite are `null`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// history.record("loss", f64::NAN);
    /// assert_eq!(history.to_json(), r#"{"loss":[0.7,null]}"#);
    /// ```
    pub fn to_json(&self) -> String {
        let number = |value: &f64| if value.is_finite() { format!("{value:?}") } else { "null".to_owned() };
        let list = |column: &Column| {
            let numbers: Vec<String> = column.values.iter().map(number).collect();
            format!("{}:[{}]", Quoted(&column.name), numbers.join(","))
        };
        let lists: Vec<String> = self.columns.iter().map(list).collect();
        format!("{{{}}}", lists.join(","))
    }

    /// Writes the CSV to a file.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// let path = std::env::temp_dir().join(format!("history-{}.csv", std::process::id()));
    /// history.save_csv(&path)?;
    /// assert_eq!(std::fs::read_to_string(&path).unwrap(), "epoch,loss\n0,0.7\n");
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save_csv(&self, path: impl AsRef<Path>) -> crate::Result<()> {
        write(path.as_ref(), &self.to_csv())
    }

    /// Writes the JSON to a file.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut history = History::default();
    /// history.record("loss", 0.7);
    /// let path = std::env::temp_dir().join(format!("history-{}.json", std::process::id()));
    /// history.save_json(&path)?;
    /// assert_eq!(std::fs::read_to_string(&path).unwrap(), r#"{"loss":[0.7]}"#);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save_json(&self, path: impl AsRef<Path>) -> crate::Result<()> {
        write(path.as_ref(), &self.to_json())
    }
}

/// A CSV field, quoted if necessary.
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\"")).into()
    } else {
        name.into()
    }
}

fn write(path: &Path, text: &str) -> crate::Result<()> {
    fs::File::create(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| crate::Error::Io { path: path.to_owned(), source })
}

impl Index<&str> for History {
    type Output = Vec<f64>;

    /// The values of a name, as a vector: it can be printed, and used as a slice.
    ///
    /// # Panics
    /// If there is no such name. See [`History::get`] for a variant that does not panic.
    fn index(&self, name: &str) -> &Vec<f64> {
        match self.values(name) {
            Some(values) => values,
            None => {
                let names: Vec<_> = self.names().collect();
                panic!("the history has no `{name}`; available: {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_csv())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_in_alphabetical_order() {
        let mut history = History::default();
        for name in ["val_loss", "loss", "accuracy"] {
            history.record(name, 1.0);
        }
        assert_eq!(history.names().collect::<Vec<_>>(), ["accuracy", "loss", "val_loss"]);
        assert_eq!(history.to_json(), r#"{"accuracy":[1.0],"loss":[1.0],"val_loss":[1.0]}"#);
    }

    #[test]
    fn a_line_is_an_epoch() {
        let mut history = History::default();
        for epoch in 2..5 {
            history.record_at(epoch, "loss", 0.5);
        }
        history.record_at(3, "val_loss", 0.75);
        assert_eq!(history.to_csv(), "epoch,loss,val_loss\n2,0.5,\n3,0.5,0.75\n4,0.5,\n");
        assert_eq!((history.epochs(), &history["val_loss"]), (3, &vec![0.75]));
    }

    #[test]
    fn values_can_be_printed() {
        let mut history = History::default();
        history.record("loss", 0.5);
        history.record("loss", 0.25);
        assert_eq!(format!("{:?}", history["loss"]), "[0.5, 0.25]");
        assert_eq!(history["loss"].iter().sum::<f64>(), 0.75);
    }

    #[test]
    fn what_is_not_finite_is_null_in_json() {
        let mut history = History::default();
        history.record("loss", f64::NAN);
        assert_eq!(history.to_json(), r#"{"loss":[null]}"#);
    }
}

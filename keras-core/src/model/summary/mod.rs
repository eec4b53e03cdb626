//! The table of a model's layers, as Keras prints it.

mod table;

use std::fmt;

use self::table::{Align, Column, Table};
use super::Description;
use crate::{layers::Built, shape::Dims};

/// The table of a model's layers, as Keras prints it: `println!("{}", Digits::summary())`.
///
/// A model whose calls form a chain has three columns; any other has a fourth with the tensors that each layer takes,
/// in Keras' notation: `dense[1][0]` is the output of the second call of `dense`. Models by `model!` list their inputs.
/// The width does not depend on the terminal; [`line_length`](Self::line_length) changes it. As
/// [Keras' `summary`](https://keras.io/api/models/model/#summary-method).
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Tiny { Input(784), Dense(10) } }
///
/// assert_eq!(Tiny::summary().line_length(48).to_string(), r#"Model: "Tiny"
/// ┏━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━━┓
/// ┃ Layer (type)       ┃ Output Shape  ┃ Param # ┃
/// ┡━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━━┩
/// │ dense (Dense)      │ (None, 10)    │   7,850 │
/// └────────────────────┴───────────────┴─────────┘
///  Total params: 7,850 (30.66 KB)
///  Trainable params: 7,850 (30.66 KB)
///  Non-trainable params: 0 (0.00 B)"#);
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    model: &'static Description,
    /// A flag for each layer.
    frozen: Vec<bool>,
    expand_nested: bool,
    show_trainable: bool,
    line_length: Option<usize>,
}

/// The narrowest table that has room for words.
const SHORTEST_LINE: usize = 40;

impl Summary {
    /// The summary of a model as it is declared.
    #[doc(hidden)]
    pub fn new(model: &'static Description) -> Self {
        Self { model, frozen: model.declared_frozen(), expand_nested: false, show_trainable: false, line_length: None }
    }

    /// Which layers are frozen now, in the order in which storage has them; those beyond the end are not.
    #[must_use]
    #[doc(hidden)]
    pub fn frozen(mut self, frozen: &[bool]) -> Self {
        self.frozen = frozen.to_vec();
        self
    }

    /// Whether the layers of inner models are listed below them.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Inner { Input(8), Dense(4, name = "inside") } }
    /// sequential! { struct Outer { Input(8), Inner(), Dense(2) } }
    ///
    /// assert!(!Outer::summary().to_string().contains("inside"));
    /// assert!(Outer::summary().expand_nested(true).to_string().contains("└ inside (Dense)"));
    /// ```
    #[must_use]
    pub fn expand_nested(mut self, on: bool) -> Self {
        self.expand_nested = on;
        self
    }

    /// Whether a column says which layers are trainable.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4), Dense(2, trainable = false) } }
    ///
    /// let summary = Net::summary().show_trainable(true).to_string();
    /// let flags: Vec<&str> = summary.lines().filter(|line| line.contains("(Dense)")).map(|line| line.trim()).collect();
    /// assert!(flags[0].contains(" Y ") && flags[1].contains(" N "));
    /// ```
    #[must_use]
    pub fn show_trainable(mut self, on: bool) -> Self {
        self.show_trainable = on;
        self
    }

    /// The width of the table in characters, at least 40; Keras' own default is 88, with a column of connections 108.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4) } }
    ///
    /// let summary = Net::summary().line_length(60).to_string();
    /// assert_eq!(summary.lines().nth(1).map(|line| line.chars().count()), Some(60));
    /// ```
    #[must_use]
    pub fn line_length(mut self, characters: usize) -> Self {
        self.line_length = Some(characters.max(SHORTEST_LINE));
        self
    }

    /// Keras' width where the terminal is wide enough.
    fn default_length(&self, connections: bool) -> usize {
        (if connections { 108 } else { 88 }) + (if self.show_trainable { 12 } else { 0 })
    }

    /// The columns, each up to the part of the line where Keras ends it.
    fn columns(&self, connections: bool) -> [Column; 5] {
        let ends = if connections { [0.3, 0.56, 0.74] } else { [0.45, 0.8, 1.0] };
        let part = if self.show_trainable { 0.9 } else { 1.0 };
        [
            Column { title: "Layer (type)", align: Align::Left, end: part * ends[0], shown: true },
            Column { title: "Output Shape", align: Align::Left, end: part * ends[1], shown: true },
            Column { title: "Param #", align: Align::Right, end: part * ends[2], shown: true },
            Column { title: "Connected to", align: Align::Left, end: part, shown: connections },
            Column { title: "Trainable", align: Align::Center, end: 1.0, shown: self.show_trainable },
        ]
    }

    /// Adds the rows of a model's layers; those of an inner model are `level` deep, and `flag` layers come before them.
    fn rows(&self, model: &'static Description, level: usize, mut flag: usize, table: &mut Table) {
        if model.functional {
            for input in model.inputs {
                let name = Name { text: input.name, kind: "InputLayer", level };
                table.row(&[name.to_string(), with_batch(input.dims), "0".into(), "-".into(), "-".into()]);
            }
        }
        for (index, layer) in model.layers.iter().enumerate() {
            let trainable = !self.is_frozen(flag);
            let (parameters, inner) = (layer.count_params(), layer.model());
            let kind = match inner {
                Some(inner) if inner.functional => "Functional",
                Some(_) => "Sequential",
                None => layer.kind,
            };
            // Of a shared layer Keras shows the output of the last call.
            let last = model.calls.iter().rfind(|call| call.layer == index).map_or(layer.built, |call| call.built);
            let yes_or_no = match (parameters, trainable) {
                (0, _) => "-",
                (_, true) => "Y",
                (_, false) => "N",
            };
            table.row(&[
                Name { text: layer.name, kind, level }.to_string(),
                output_shape(last),
                thousands(parameters),
                // Keras gives the connections of the outermost model only.
                if level == 0 { connections(model, index) } else { "-".into() },
                yes_or_no.into(),
            ]);
            if let (Some(inner), true) = (inner, self.expand_nested) {
                self.rows(inner, level + 1, flag + 1, table);
            }
            flag += layer.all_layers();
        }
    }

    fn is_frozen(&self, layer: usize) -> bool {
        self.frozen.get(layer).copied().unwrap_or_default()
    }

    /// The floats that training changes.
    fn trainable(&self, model: &Description, mut flag: usize) -> usize {
        let mut floats = 0;
        for layer in model.layers {
            floats += match layer.built.weights.model() {
                Some((inner, _)) => self.trainable(inner, flag + 1),
                None if self.is_frozen(flag) => 0,
                None => layer.built.weights.trainable_size(),
            };
            flag += layer.all_layers();
        }
        floats
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = !is_chain(self.model);
        let mut table =
            Table::new(self.columns(connections), self.line_length.unwrap_or_else(|| self.default_length(connections)));
        self.rows(self.model, 0, 0, &mut table);
        let total = self.model.count_params();
        let trainable = self.trainable(self.model, 0);
        writeln!(f, "Model: \"{}\"", self.model.name)?;
        write!(f, "{table}")?;
        writeln!(f, " Total params: {}", with_memory(total))?;
        writeln!(f, " Trainable params: {}", with_memory(trainable))?;
        write!(f, " Non-trainable params: {}", with_memory(total - trainable))
    }
}

/// A layer's name and type, in an inner model below a bough.
struct Name {
    text: &'static str,
    kind: &'static str,
    level: usize,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level > 0 {
            write!(f, "{}└ ", "   ".repeat(self.level))?;
        }
        write!(f, "{} ({})", self.text, self.kind)
    }
}

/// Whether each call takes the one tensor before it, and no layer is called twice: then the order says it all.
fn is_chain(model: &Description) -> bool {
    let straight = model.calls.iter().enumerate().all(|(at, call)| call.inputs == [at]);
    model.inputs.len() == 1 && straight && model.calls.len() == model.layers.len()
}

/// The tensors that a layer takes, in all its calls: `image[0][0], dense[1][0]`.
fn connections(model: &Description, layer: usize) -> String {
    let tensors = model.calls.iter().filter(|call| call.layer == layer).flat_map(|call| call.inputs);
    let names: Vec<String> = tensors.map(|&tensor| model.connection(tensor).to_string()).collect();
    if names.is_empty() { "-".into() } else { names.join(", ") }
}

/// `(None, 10)`, or `[(None, 10), (None, 1)]` with several outputs.
fn output_shape(built: &Built) -> String {
    let shapes: Vec<_> = built.outputs().iter().map(|output| with_batch(output.dims)).collect();
    match &shapes[..] {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// `(None, 28, 28, 1)`: the first axis is the batch.
fn with_batch(dims: Dims) -> String {
    let lengths = dims.lengths().map(|length| format!(", {length}"));
    format!("(None{})", lengths.collect::<String>())
}

/// `54,090`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `54,090 (211.29 KB)`.
fn with_memory(floats: usize) -> String {
    let mut units = ["B", "KB", "MB", "GB", "TB"].into_iter();
    let (mut size, mut unit) = ((4 * floats) as f64, units.next().unwrap_or_default());
    while size >= 1024.0 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1024.0, next);
    }
    format!("{} ({size:.2} {unit})", thousands(floats))
}

#[cfg(test)]
mod tests;

//! Recordings, their cases, and how numbers are compared.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use keras::shape::Dims;
use safetensors::{Dtype, SafeTensors};

// How far we may be from Keras, for every comparison: an element passes if
//
//     |ours - recorded| ≤ limit · |recorded| + ROUNDING · largest
//
// where `largest` is the largest magnitude in the recorded tensor. The limit is one of these; `tests/recordings/README.md` says
// the same.

/// For what is computed forward: outputs, losses, metrics, schedules, weights after an optimizer's step. A few units in the
/// last place, and the sums of a reduction in another order.
pub const FORWARD: f32 = 1e-5;
/// For gradients: they are products and sums of numbers that differ by that much already.
pub const GRADIENT: f32 = 1e-4;
/// For what a whole training run leads to: every step starts from the differences of the one before.
pub const TRAINED: f32 = 1e-3;

/// What rounding costs an element that is a small difference of large numbers, as those of an optimizer's or a layer's state
/// are: some eight units in the last place of the largest. Its own magnitude says nothing of that.
const ROUNDING: f32 = 1e-6;

#[test]
fn the_recordings_say_how_they_are_compared() {
    let readme = include_str!("../recordings/README.md");
    let words = [
        format!("`limit * |recorded| + {ROUNDING:e} * largest`"),
        format!("\n- {FORWARD:e} for what is computed forward"),
        format!("\n- {GRADIENT:e} for gradients"),
        format!("\n- {TRAINED:e} for what a whole training run"),
    ];
    for words in words {
        assert!(readme.contains(&words), "tests/recordings/README.md does not say: {words}");
    }
}

/// A recorded array; whole numbers are numbers too.
struct Array {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// One file of recordings.
struct Recording {
    calls: BTreeMap<String, String>,
    tensors: BTreeMap<String, Array>,
}

impl Recording {
    fn read(group: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{group}.safetensors"));
        let bytes = fs::read(path).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let mut calls: BTreeMap<String, String> = metadata.metadata().clone().unwrap().into_iter().collect();
        calls.retain(|name, _| name != "keras" && name != "tensorflow");
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(name, tensor)| {
            let values = tensor.data().as_chunks().0.iter().map(|&bytes| match tensor.dtype() {
                Dtype::F32 => f32::from_le_bytes(bytes),
                Dtype::I32 => i32::from_le_bytes(bytes) as f32,
                other => panic!("{name} is of type {other:?}"),
            });
            (name.to_owned(), Array { shape: tensor.shape().to_vec(), values: values.collect() })
        });
        Self { calls, tensors: tensors.collect() }
    }
}

/// Compares every case of a group of recordings. `compare` says whether it knows the case; `not_compared` names those
/// that it is not asked about, and why.
pub fn compare_group(group: &str, not_compared: &[(&str, &str)], compare: impl Fn(&Case<'_>) -> bool) {
    let recording = Recording::read(group);
    let recorded: BTreeSet<&str> = recording.tensors.keys().map(|name| name.split('/').next().unwrap()).collect();
    let described: BTreeSet<&str> = recording.calls.keys().map(String::as_str).collect();
    assert_eq!(recorded, described, "every recorded case has a call");
    let mut failures = Vec::new();
    for (name, _) in not_compared {
        if !recorded.contains(name) {
            failures.push(format!("{name}: listed, but not recorded"));
        }
    }
    for (name, call) in &recording.calls {
        if not_compared.iter().any(|(listed, _)| listed == name) {
            continue;
        }
        let case = Case::new(&recording, name, call);
        if compare(&case) {
            failures.extend(case.finish());
        } else {
            failures.push(format!("{name}: neither compared nor listed"));
        }
    }
    assert!(failures.is_empty(), "{group}: {} differences\n{}", failures.len(), failures.join("\n"));
}

/// One case of a recording.
pub struct Case<'a> {
    pub name: &'a str,
    /// What Keras called.
    pub call: &'a str,
    /// The name of what Keras called: `Dense`.
    pub item: &'a str,
    arguments: Vec<Argument<'a>>,
    asked: RefCell<BTreeSet<String>>,
    read: RefCell<BTreeSet<String>>,
    recording: &'a Recording,
    failures: RefCell<Vec<String>>,
    checks: Cell<usize>,
}

impl<'a> Case<'a> {
    fn new(recording: &'a Recording, name: &'a str, call: &'a str) -> Self {
        let (item, arguments) = parse(call);
        Self {
            name,
            call,
            item,
            arguments,
            asked: RefCell::default(),
            read: RefCell::default(),
            recording,
            failures: RefCell::default(),
            checks: Cell::new(0),
        }
    }

    fn finish(self) -> Vec<String> {
        let mut failures = self.failures.into_inner();
        for key in self.arguments.iter().filter_map(|(key, _)| *key) {
            if !self.asked.borrow().contains(key) {
                failures.push(format!("{}: the argument {key} was not heeded", self.name));
            }
        }
        let prefix = format!("{}/", self.name);
        for tensor in self.recording.tensors.keys().filter_map(|tensor| tensor.strip_prefix(&prefix)) {
            if !self.read.borrow().contains(tensor) {
                failures.push(format!("{}: {tensor} is recorded, but not compared", self.name));
            }
        }
        if self.checks.get() == 0 {
            failures.push(format!("{}: nothing was compared", self.name));
        }
        failures
    }

    /// The source of an argument, by keyword.
    pub fn keyword(&self, name: &'static str) -> Option<&'a str> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.arguments.iter().find(|(key, _)| *key == Some(name)).map(|(_, value)| *value)
    }

    /// Says that all arguments were heeded otherwise.
    pub fn heeded(&self) {
        self.asked.borrow_mut().extend(self.arguments.iter().filter_map(|(key, _)| key.map(str::to_owned)));
    }

    /// The source of an argument, by position.
    pub fn positional(&self, at: usize) -> Option<&'a str> {
        self.arguments.iter().filter(|(key, _)| key.is_none()).nth(at).map(|(_, value)| *value)
    }

    /// A number given by keyword.
    pub fn number(&self, name: &'static str) -> Option<f32> {
        self.keyword(name).map(|source| source.parse().unwrap())
    }

    /// Numbers given by keyword: one, a list, or a tuple.
    pub fn numbers(&self, name: &'static str) -> Option<Vec<f32>> {
        let list = self.keyword(name)?.trim_matches(['[', ']', '(', ')']).split(',').map(str::trim);
        Some(list.filter(|number| !number.is_empty()).map(|number| number.parse().unwrap()).collect())
    }

    /// Whether `True` is given by keyword; `default` if nothing is.
    pub fn flag(&self, name: &'static str, default: bool) -> bool {
        self.keyword(name).map_or(default, |source| source == "True")
    }

    /// The names of the recorded arrays, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let name = self.name;
        let of_case = move |tensor: &'a str| tensor.strip_prefix(name)?.strip_prefix('/');
        self.recording.tensors.keys().filter_map(move |tensor| of_case(tensor))
    }

    /// A recorded array's values, if it is there.
    pub fn get(&self, tensor: &str) -> Option<&'a [f32]> {
        self.read.borrow_mut().insert(tensor.to_owned());
        self.array(tensor).map(|array| &array.values[..])
    }

    /// Whether an array is recorded; it must be read all the same.
    pub fn has(&self, tensor: &str) -> bool {
        self.array(tensor).is_some()
    }

    /// A recorded array's values.
    pub fn values(&self, tensor: &str) -> &'a [f32] {
        self.get(tensor).unwrap_or_else(|| panic!("{} has no {tensor}", self.name))
    }

    /// A recorded array's values as class labels.
    pub fn labels(&self, tensor: &str) -> Vec<u32> {
        self.values(tensor).iter().map(|&label| label as u32).collect()
    }

    /// The number of samples of a recorded array, and the dimensions of one.
    pub fn samples(&self, tensor: &str) -> (usize, Dims) {
        match &self.array(tensor).unwrap_or_else(|| panic!("{} has no {tensor}", self.name)).shape[..] {
            [batch, dims @ ..] => (*batch, Dims::new(dims)),
            [] => panic!("{}/{tensor} is a scalar", self.name),
        }
    }

    /// The dimensions of a recorded array.
    pub fn dims(&self, tensor: &str) -> Dims {
        Dims::new(&self.array(tensor).unwrap_or_else(|| panic!("{} has no {tensor}", self.name)).shape)
    }

    fn array(&self, tensor: &str) -> Option<&'a Array> {
        self.recording.tensors.get(&format!("{}/{tensor}", self.name))
    }

    /// Compares what we computed with a recorded array.
    pub fn check(&self, tensor: &str, ours: &[f32], limit: f32) {
        self.check_against(tensor, ours, self.values(tensor), limit);
    }

    /// Compares what we computed with numbers, as [`FORWARD`] and its like are explained above.
    pub fn check_against(&self, what: &str, ours: &[f32], expected: &[f32], limit: f32) {
        self.checks.set(self.checks.get() + 1);
        if ours.len() != expected.len() {
            return self.fail(format!("{what}: {} values instead of {}", ours.len(), expected.len()));
        }
        let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let excess = |&(_, (&a, &b)): &(usize, (&f32, &f32))| {
            if a == b { 0.0 } else { (a - b).abs() / (limit * b.abs() + ROUNDING * largest) }
        };
        let worst = ours.iter().zip(expected).enumerate().max_by(|a, b| excess(a).total_cmp(&excess(b)));
        // NaN is above every limit.
        if let Some(pair @ (at, (a, b))) = worst
            && excess(&pair).partial_cmp(&1.0).is_none_or(|order| order.is_gt())
        {
            self.fail(format!("{what}[{at}]: {a} instead of {b}, {:.1} times what is allowed", excess(&pair)));
        }
    }

    /// Notes that something differs.
    pub fn fail(&self, difference: String) {
        self.failures.borrow_mut().push(format!("{}: {difference}", self.name));
    }
}

/// An argument of a call: its keyword, if it has one, and its source.
pub type Argument<'a> = (Option<&'a str>, &'a str);

/// The item and the arguments of a call: `keras.layers.Dense(4, use_bias=False)(input)` is `Dense`, `4`, `use_bias`…
pub fn parse(call: &str) -> (&str, Vec<Argument<'_>>) {
    let Some((path, rest)) = call.split_once('(') else { return ("", Vec::new()) };
    let Some(("keras", item)) = path.split_once('.') else { return ("", Vec::new()) };
    let item = item.rsplit('.').next().unwrap_or(item);
    let (mut depth, mut start, mut arguments) = (0, 0, Vec::new());
    for (at, character) in rest.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ',' if depth == 0 => {
                let argument = rest[start..at].trim();
                if !argument.is_empty() {
                    arguments.push(match argument.split_once('=').filter(|(key, _)| !key.contains('(')) {
                        Some((key, value)) => (Some(key), value),
                        None => (None, argument),
                    });
                }
                start = at + 1;
                if character == ')' {
                    break;
                }
            }
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    (item, arguments)
}

//! Loading with options: by the names of the layers, and in part.

use std::{fmt, path::Path};

use super::{LoadError, Mismatch, read, read_from};
use crate::{
    Result,
    model::{Description, Model, Owned, Storage},
};

/// The differences between a model and a file that are permitted.
#[derive(Clone, Copy, Default)]
pub(super) struct Rules {
    by_name: bool,
    skip_mismatch: bool,
}

/// Builder of a load: `Load::new(&mut model).by_name(true).skip_mismatch(true).run(path)`. Weights are always matched by their full
/// names; without options, model and file must have the same ones. As the arguments of
/// [Keras' `load_weights`](https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/).
///
/// ```
/// use keras::{prelude::*, saving::Load};
///
/// sequential! { struct Pretrained { Input(4), Dense(8, name = "hidden"), Dense(10, name = "scores") } }
/// sequential! { struct Net { Input(4), Dense(8, name = "hidden"), Dense(3, name = "scores"), Dense(2, name = "more") } }
///
/// let path = std::env::temp_dir().join(format!("pretrained-{}.safetensors", std::process::id()));
/// let pretrained = Pretrained::with_seed(1);
/// pretrained.save(&path)?;
/// let mut net = Net::with_seed(2);
/// let loaded = Load::new(&mut net).by_name(true).skip_mismatch(true).run(&path)?;
/// assert_eq!(net.hidden().weights(), pretrained.hidden().weights());
/// assert_eq!(loaded.names(), ["hidden/kernel", "hidden/bias"]);
/// println!("{loaded}"); // what was loaded, and why the rest was not
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[must_use = "call `.run(path)` to load"]
pub struct Load<'m, M> {
    model: &'m mut M,
    rules: Rules,
}

impl<'m, M: Model<Storage = Owned>> Load<'m, M> {
    /// Loads weights of this model; of an inner model, `Load::new(&mut *model.encoder_mut())`.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Encoder { Input(4), Dense(3) } }
    /// sequential! { struct Net { Input(4), Encoder(name = "encoder"), Dense(2) } }
    ///
    /// let path = std::env::temp_dir().join(format!("load-inner-{}.safetensors", std::process::id()));
    /// let encoder = Encoder::with_seed(1);
    /// encoder.save(&path)?;
    /// let mut net = Net::with_seed(2);
    /// Load::new(&mut *net.encoder_mut()).run(&path)?;
    /// assert_eq!(net.encoder().weights(), encoder.weights());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn new(model: &'m mut M) -> Self {
        Self { model, rules: Rules::default() }
    }

    /// Whether only the weights that both have are loaded (default: `false`): weights of the model that the file lacks stay as they
    /// are, and tensors of the file that are not weights of the model are ignored. A weight of another shape is an error.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Small { Input(4), Dense(3, name = "first") } }
    /// sequential! { struct Large { Input(4), Dense(3, name = "first"), Dense(2, name = "second") } }
    ///
    /// let path = std::env::temp_dir().join(format!("by-name-{}.safetensors", std::process::id()));
    /// let (small, mut large) = (Small::with_seed(1), Large::with_seed(2));
    /// small.save(&path)?;
    /// let second = large.second().weights();
    /// Load::new(&mut large).by_name(true).run(&path)?;
    /// assert_eq!((large.first().weights(), large.second().weights()), (small.first().weights(), second));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn by_name(mut self, by_name: bool) -> Self {
        self.rules.by_name = by_name;
        self
    }

    /// Whether layers that do not match are skipped (default: `false`): layers with a weight that has another shape or dtype in the
    /// file, or is missing there. They are skipped as a whole. Tensors of the file that are not weights of the model are ignored.
    ///
    /// ```
    /// use keras::{prelude::*, saving::{Load, Mismatch}};
    ///
    /// sequential! { struct Ten { Input(4), Dense(8, name = "hidden"), Dense(10, name = "scores") } }
    /// sequential! { struct Three { Input(4), Dense(8, name = "hidden"), Dense(3, name = "scores") } }
    ///
    /// let path = std::env::temp_dir().join(format!("skip-mismatch-{}.safetensors", std::process::id()));
    /// Ten::with_seed(1).save(&path)?;
    /// let mut three = Three::with_seed(2);
    /// assert!(Load::new(&mut three).by_name(true).run(&path).is_err()); // `scores` has another shape
    /// let loaded = Load::new(&mut three).skip_mismatch(true).run(&path)?;
    /// assert!(matches!(&loaded.mismatches()[0], Mismatch::Shape { name, .. } if name == "scores/kernel"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn skip_mismatch(mut self, skip_mismatch: bool) -> Self {
        self.rules.skip_mismatch = skip_mismatch;
        self
    }

    /// Loads a file, and returns which weights were loaded.
    ///
    /// # Errors
    /// If the file cannot be read, is not a complete `safetensors` file, or differs from the model in a way that the options do not
    /// permit; nothing is changed.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let path = std::env::temp_dir().join(format!("load-run-{}.safetensors", std::process::id()));
    /// let net = Net::with_seed(1);
    /// net.save(&path)?;
    /// let mut again = Net::with_seed(2);
    /// assert!(Load::new(&mut again).run(&path)?.mismatches().is_empty());
    /// assert_eq!(again.weights(), net.weights());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run(self, path: impl AsRef<Path>) -> Result<Loaded> {
        let weights = self.model.storage_mut().weights_mut();
        Ok(read_from(M::DESCRIPTION, weights, path.as_ref(), self.rules)?)
    }

    /// The same, from the bytes of a file.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// ```
    /// use keras::{prelude::*, saving::{self, Load}};
    /// use keras_core::model::Model;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let net = Net::with_seed(1);
    /// let bytes = saving::to_bytes(<Net>::DESCRIPTION, net.weights());
    /// let mut again = Net::with_seed(2);
    /// Load::new(&mut again).run_on_bytes(&bytes)?;
    /// assert_eq!(again.weights(), net.weights());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run_on_bytes(self, mut bytes: &[u8]) -> Result<Loaded> {
        let (weights, length) = (self.model.storage_mut().weights_mut(), bytes.len());
        Ok(read::read(M::DESCRIPTION, weights, &mut bytes, Some(length), self.rules)?)
    }

    /// The same, from another model, of the same type or of another one.
    ///
    /// # Errors
    /// If the models differ in a way that the options do not permit; nothing is changed.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Net { Input(8, 8, 1), Conv2D(4, 3), Flatten(), Dense(3) } }
    /// sequential! { struct Features { Input(8, 8, 1), Conv2D(4, 3) } } // the model up to a layer
    ///
    /// let net = Net::with_seed(1);
    /// let mut features = Features::new();
    /// let loaded = Load::new(&mut features).by_name(true).run_on_model(&net)?;
    /// assert_eq!(loaded.names(), ["conv2d/kernel", "conv2d/bias"]);
    /// assert_eq!(features.conv2d().weights(), net.conv2d().weights());
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn run_on_model<Other: Model<Storage = Owned>>(self, other: &Other) -> Result<Loaded> {
        let weights = self.model.storage_mut().weights_mut();
        let other = (Other::DESCRIPTION, other.storage().weights());
        Ok(copy(M::DESCRIPTION, weights, other, self.rules)?)
    }
}

/// Copies the weights of another model by name.
fn copy(
    model: &'static Description,
    weights: &mut [f32],
    (other, values): (&'static Description, &[f32]),
    rules: Rules,
) -> Result<Loaded, LoadError> {
    let (mut matching, mut pairs) = (Matching::default(), Vec::new());
    for weight in model.named_weights() {
        let (name, expected) = (weight.name.to_string(), weight.dims);
        match other.named_weights().find(|other| other.name == *name) {
            None => matching.differs(weight.layer, Mismatch::Missing { name, expected }),
            Some(found) if !found.dims.equals(expected) => {
                let found = found.dims.lengths().collect();
                matching.differs(weight.layer, Mismatch::Shape { name, expected, found });
            }
            Some(found) => {
                matching.matches(weight.layer, name, pairs.len());
                pairs.push(Some((weight.range(), found.range())));
            }
        }
    }
    let is_unknown = |name: &str| model.named_weights().all(|weight| weight.name != *name);
    let unexpected = other
        .named_weights()
        .map(|weight| (weight.name.to_string(), weight.dims.lengths().collect()))
        .filter(|(name, _)| is_unknown(name))
        .map(|(name, found)| Mismatch::Unexpected { name, found })
        .collect();
    let (loaded, left) = matching.finish(unexpected, rules).map_err(|mismatches| LoadError::Mismatch {
        path: None,
        model: model.name,
        mismatches,
    })?;
    left.into_iter().for_each(|at| pairs[at] = None);
    for (to, from) in pairs.into_iter().flatten() {
        weights[to].copy_from_slice(&values[from]);
    }
    Ok(loaded)
}

/// The comparison of a model with a file: what matches, each with a number, and what differs, with the layer's place.
#[derive(Default)]
pub(super) struct Matching {
    matches: Vec<(usize, String, usize)>,
    differences: Vec<(usize, Mismatch)>,
}

impl Matching {
    pub(super) fn matches(&mut self, layer: usize, name: String, number: usize) {
        self.matches.push((layer, name, number));
    }

    pub(super) fn differs(&mut self, layer: usize, mismatch: Mismatch) {
        self.differences.push((layer, mismatch));
    }

    /// What is loaded by these rules, and the numbers of what matches and is not loaded; or all differences that the rules do not
    /// permit.
    pub(super) fn finish(self, unexpected: Vec<Mismatch>, rules: Rules) -> Result<(Loaded, Vec<usize>), Vec<Mismatch>> {
        let Self { matches, differences } = self;
        let is_permitted = |mismatch: &Mismatch| {
            rules.skip_mismatch
                || (rules.by_name && matches!(mismatch, Mismatch::Missing { .. } | Mismatch::Unexpected { .. }))
        };
        let all = differences.iter().map(|(_, mismatch)| mismatch).chain(&unexpected);
        let refused: Vec<Mismatch> = all.filter(|mismatch| !is_permitted(mismatch)).cloned().collect();
        if !refused.is_empty() {
            return Err(refused);
        }
        let is_skipped = |layer: usize| rules.skip_mismatch && differences.iter().any(|&(other, _)| other == layer);
        let (mut loaded, mut left) = (Loaded::default(), Vec::new());
        let mut skipped = Vec::new();
        for (layer, name, number) in matches {
            if is_skipped(layer) {
                left.push(number);
                skipped.push(Mismatch::Skipped { name });
            } else {
                loaded.names.push(name);
            }
        }
        loaded.mismatches = differences.into_iter().map(|(_, mismatch)| mismatch).collect();
        loaded.mismatches.extend(skipped);
        loaded.mismatches.extend(unexpected);
        Ok((loaded, left))
    }
}

/// What was loaded, and what was not: the result of [`Load`].
///
/// ```
/// use keras::{prelude::*, saving::Load};
///
/// sequential! { struct Ten { Input(4), Dense(8, name = "hidden"), Dense(10, name = "scores") } }
/// sequential! { struct Three { Input(4), Dense(8, name = "hidden"), Dense(3, name = "scores") } }
///
/// let mut three = Three::with_seed(2);
/// let loaded = Load::new(&mut three).skip_mismatch(true).run_on_model(&Ten::with_seed(1))?;
/// let report = "\
/// 2 weights were loaded, 2 differences were skipped:
///   `scores/kernel` is (8, 10) in the file, but the model's is (8, 3)
///   `scores/bias` is (10,) in the file, but the model's is (3,)";
/// assert_eq!(loaded.to_string(), report);
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    names: Vec<String>,
    mismatches: Vec<Mismatch>,
}

impl Loaded {
    /// The full names of the weights that were loaded, in the order of the layers.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let loaded = Load::new(&mut Net::new()).run_on_model(&Net::new())?;
    /// assert_eq!(loaded.names(), ["dense/kernel", "dense/bias"]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All differences between the model and the file, which were skipped.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Load};
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    /// sequential! { struct Without { Input(4), Dense(3, use_bias = false) } }
    ///
    /// let loaded = Load::new(&mut Net::new()).by_name(true).run_on_model(&Without::new())?;
    /// assert_eq!(loaded.mismatches()[0].to_string(), "`dense/bias` (3,) is missing");
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }
}

/// How many weights were loaded, and one line for each difference.
impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        };
        f.write_str(&count(self.names.len(), "weight was loaded", "weights were loaded"))?;
        if !self.mismatches.is_empty() {
            let skipped = count(self.mismatches.len(), "difference was skipped", "differences were skipped");
            write!(f, ", {skipped}:")?;
        }
        self.mismatches.iter().try_for_each(|mismatch| write!(f, "\n  {mismatch}"))
    }
}

//! Errors of saving and loading weights.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use crate::{
    shape::Dims,
    weights_file::{Damage, Dtype},
};

/// Weights could not be saved.
///
/// ```
/// use keras::{Error, prelude::*, saving::SaveError};
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let error = Net::new().save("no/such/folder/net.safetensors").unwrap_err();
/// assert!(matches!(error, Error::Save(SaveError::Write { .. })));
/// assert!(error.to_string().starts_with("the weights cannot be saved as `no/such/folder/net.safetensors`"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file could not be written; an existing file is unchanged.
    #[error("the weights cannot be saved as `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A weight exceeds the largest finite number of the dtype; nothing was written.
    #[error(
        "the weight `{name}` contains {value}, which is out of the range of {dtype}; save the model as bfloat16, or as float32"
    )]
    TooLarge {
        /// The weight's full name.
        name: String,
        /// The value.
        value: f32,
        /// The dtype of the file.
        dtype: Dtype,
    },
}

/// Weights could not be loaded; the weights of the model are unchanged.
///
/// ```
/// use keras::{Error, prelude::*, saving::LoadError};
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let error = Net::new().load("no/such/file.safetensors").unwrap_err();
/// assert!(matches!(error, Error::Load(LoadError::Read { .. })));
/// assert!(error.to_string().starts_with("the weights cannot be read from `no/such/file.safetensors`"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file could not be read.
    #[error("the weights cannot be read from `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is not a valid `safetensors` file, or incomplete.
    #[error("{} is not a complete safetensors file: {source}", FileName(path))]
    Damaged {
        /// The file; `None` if the bytes came from memory.
        path: Option<PathBuf>,
        /// The defect.
        source: Damage,
    },
    /// The file contains the weights of another model.
    #[error("{} does not match the model `{model}`:{}", FileName(path), List(mismatches))]
    Mismatch {
        /// The file; `None` if the bytes came from memory.
        path: Option<PathBuf>,
        /// The model's name.
        model: &'static str,
        /// All differences.
        mismatches: Vec<Mismatch>,
    },
}

impl LoadError {
    /// The same error, with the path of the file.
    pub(super) fn in_file(mut self, file: &Path) -> Self {
        match &mut self {
            Self::Read { path, .. } => *path = file.to_owned(),
            Self::Damaged { path, .. } | Self::Mismatch { path, .. } => *path = Some(file.to_owned()),
        }
        self
    }
}

/// A difference between a model and a weights file.
///
/// ```
/// use keras::{Error, prelude::*, saving::{LoadError, Mismatch}};
///
/// sequential! { struct Net { Input(3), Dense(2) } }
/// sequential! { struct Renamed { Input(3), Dense(2, use_bias = false, name = "scores") } }
///
/// let path = std::env::temp_dir().join(format!("mismatch-{}.safetensors", std::process::id()));
/// Net::new().save(&path)?;
/// let Err(Error::Load(LoadError::Mismatch { mismatches, .. })) = Renamed::new().load(&path) else { panic!() };
/// let words: Vec<String> = mismatches.iter().map(Mismatch::to_string).collect();
/// assert_eq!(words, [
///     "`scores/kernel` (3, 2) is missing",
///     "`dense/bias` (2,) is not a weight of the model",
///     "`dense/kernel` (3, 2) is not a weight of the model",
/// ]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// A weight is missing in the file.
    #[error("`{name}` {expected} is missing")]
    Missing {
        /// The weight's full name.
        name: String,
        /// The shape of the weight.
        expected: Dims,
    },
    /// The file has a tensor that is not a weight of the model.
    #[error("`{name}` {} is not a weight of the model", Tuple(found))]
    Unexpected {
        /// The tensor's name.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// A weight has a different shape.
    #[error("`{name}` is {} in the file, but the model's is {expected}", Tuple(found))]
    Shape {
        /// The weight's full name.
        name: String,
        /// Its shape in the model.
        expected: Dims,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// A weight has an unsupported dtype.
    #[error("`{name}` has dtype {found}, but weights are F64, F32, F16 or BF16")]
    Type {
        /// The weight's full name.
        name: String,
        /// The dtype in the file, as spelled in `safetensors`.
        found: String,
    },
    /// A weight matches, but another weight of its layer does not, so that the layer is skipped as a whole.
    #[error("`{name}` is skipped with its layer, of which another weight does not match")]
    Skipped {
        /// The weight's full name.
        name: String,
    },
}

/// The file as the subject of a sentence.
struct FileName<'a>(&'a Option<PathBuf>);

impl fmt::Display for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) => write!(f, "`{}`", path.display()),
            None => f.write_str("the data"),
        }
    }
}

/// One difference per line.
struct List<'a>(&'a [Mismatch]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|mismatch| write!(f, "\n  {mismatch}"))
    }
}

/// A shape formatted as [`Dims`] are, for any rank: a file may contain any shape.
struct Tuple<'a>(&'a [usize]);

impl fmt::Display for Tuple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (axis, length) in self.0.iter().enumerate() {
            if axis > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{length}")?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

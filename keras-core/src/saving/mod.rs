//! Weights on disk: one `safetensors` file, which can be read by Python, other frameworks and `embed!`. See [Keras'
//! `save_weights` and `load_weights`](https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/).
//!
//! Weights are stored by their full name (`conv2d/kernel`, or `mlp/dense/kernel` in a nested model), row-major, as
//! `f32`, or as 16-bit floats for such a [`Dtype`]. Loading accepts any order of the tensors, these dtypes and 64-bit floats, and
//! validates everything first: a file of another model changes nothing, and the error lists all differences.
//!
//! Models have the methods [`save`](Save::save), [`save_as`](Save::save_as) and [`load`](Save::load); [`Load`] loads a part of a
//! file, or a file of another model by the names of its layers:
//!
//! ```
//! use keras::{prelude::*, saving::LoadError};
//!
//! sequential! { struct Net { Input(3), Dense(2) } }
//!
//! let path = std::env::temp_dir().join(format!("net-{}.safetensors", std::process::id()));
//! let net = Net::with_seed(1);
//! net.save(&path)?;
//! let mut again = Net::new();
//! again.load(&path)?;
//! assert_eq!(again.weights(), net.weights());
//!
//! let whole = std::fs::read(&path).unwrap();
//! std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
//! assert!(matches!(again.load(&path), Err(keras::Error::Load(LoadError::Damaged { .. }))));
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), keras::Error>(())
//! ```

mod error;
mod file;
mod inner;
mod load;
mod read;
mod save;
#[cfg(test)]
mod tests;
mod write;

use std::{fs::File, path::Path};

pub use crate::weights_file::{Damage, Dtype};
pub use error::{LoadError, Mismatch, SaveError};
pub use load::{Load, Loaded};
pub use read::from_bytes;
pub(crate) use read::take;
pub use save::Save;
pub use write::to_bytes;

use crate::model::Description;

/// Saves the weights of a model.
///
/// Saving is atomic: the weights are written to a temporary file, which is flushed to the disk and renamed. After a
/// crash, a full disk or a power failure, an existing file is intact; temporary files left by a killed process are
/// removed by the next save to the same path. A file that is replaced keeps its mode, and its owner if permitted.
/// Symbolic links are kept; pipes and devices are written to directly.
///
/// # Errors
/// If the file cannot be written.
///
/// # Panics
/// If the number of weights differs from that of the model.
///
/// ```
/// use keras::{prelude::*, saving};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let path = std::env::temp_dir().join(format!("zeros-{}.safetensors", std::process::id()));
/// saving::save(<Net>::DESCRIPTION, &[0.0; Net::PARAMETERS], &path)?;
/// let mut net = Net::new();
/// net.load(&path)?;
/// assert_eq!(net.weights(), [0.0; 8]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[track_caller]
pub fn save(model: &'static Description, weights: &[f32], path: impl AsRef<Path>) -> Result<(), SaveError> {
    save_as(model, weights, path, Dtype::Float32)
}

/// Saves the weights of a model in another dtype: [`save`], with values rounded to nearest, ties to even.
///
/// # Errors
/// If the file cannot be written, or a weight exceeds the largest finite number of the dtype.
///
/// # Panics
/// If the number of weights differs from that of the model.
///
/// ```
/// use keras::{prelude::*, saving::{self, Dtype, SaveError}};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let path = std::env::temp_dir().join(format!("sixteen-bits-{}.safetensors", std::process::id()));
/// saving::save_as(<Net>::DESCRIPTION, &[0.1; 8], &path, Dtype::Float16)?;
/// let mut net = Net::new();
/// net.load(&path)?;
/// assert_eq!(net.weights(), [0.099_975_586; 8]);
/// let error = saving::save_as(<Net>::DESCRIPTION, &[1e5; 8], &path, Dtype::Float16).unwrap_err();
/// assert!(matches!(error, SaveError::TooLarge { dtype: Dtype::Float16, .. }));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[track_caller]
pub fn save_as(
    model: &'static Description,
    weights: &[f32],
    path: impl AsRef<Path>,
    dtype: Dtype,
) -> Result<(), SaveError> {
    check_length(model, weights);
    write_to(model, weights, path.as_ref(), dtype)
}

fn write_to(model: &'static Description, weights: &[f32], path: &Path, dtype: Dtype) -> Result<(), SaveError> {
    if let Some((name, value)) = write::too_large(model, weights, dtype) {
        return Err(SaveError::TooLarge { name, value, dtype });
    }
    file::replace(path, &mut |file| write::write(model, weights, dtype, file))
        .map_err(|source| SaveError::Write { path: path.to_owned(), source })
}

/// Loads the weights of a model from a file.
///
/// Names, shapes and dtypes of all weights are validated first; on an error the weights are unchanged. Of a file that
/// does not match, only the header is read.
///
/// # Errors
/// If the file cannot be read, is not a complete `safetensors` file, or belongs to another model.
///
/// # Panics
/// If the number of weights differs from that of the model.
///
/// ```
/// use keras::{prelude::*, saving};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let path = std::env::temp_dir().join(format!("loaded-{}.safetensors", std::process::id()));
/// let net = Net::with_seed(1);
/// net.save(&path)?;
/// let mut weights = [0.0; Net::PARAMETERS];
/// saving::load(<Net>::DESCRIPTION, &mut weights, &path)?;
/// assert_eq!(net.weights(), weights);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
#[track_caller]
pub fn load(model: &'static Description, weights: &mut [f32], path: impl AsRef<Path>) -> Result<(), LoadError> {
    read_from(model, weights, path.as_ref(), load::Rules::default()).map(drop)
}

fn read_from(
    model: &'static Description,
    weights: &mut [f32],
    path: &Path,
    rules: load::Rules,
) -> Result<Loaded, LoadError> {
    let read = |source| LoadError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(read)?;
    // The length of a pipe is unknown until its end.
    let metadata = file.metadata().map_err(read)?;
    let length = metadata.is_file().then(|| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
    read::read(model, weights, &mut file, length, rules).map_err(|error| error.in_file(path))
}

#[track_caller]
fn check_length(model: &Description, weights: &[f32]) {
    assert_eq!(weights.len(), model.count_params(), "these are not the weights of `{}`", model.name);
}

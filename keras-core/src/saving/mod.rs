//! Weights on disk: one `safetensors` file, which Python, other frameworks and `embed!` read too. As
//! [Keras' `save_weights` and `load_weights`](https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/).
//!
//! A weight is stored by its full name (`conv2d/kernel`, in an inner model `mlp/dense/kernel`), row-major, as `f32`.
//! Loading accepts any order of the tensors and compares everything first: a file of another model changes nothing, and
//! the error lists every difference at once.
//!
//! Models have the methods [`save`](crate::training::Train::save) and [`load`](crate::training::Train::load):
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
mod format;

use std::{fs, io::Write, path::Path};

pub use error::{LoadError, Mismatch, SaveError};
pub use format::{from_bytes, to_bytes};

use crate::model::Description;

/// Saves a model's weights.
///
/// The file appears whole or not at all: it is written beside its place, flushed to the disk, and renamed. A crash, a
/// full disk or a lost power supply leaves the file that was there before; what a killed process has left beside it, the
/// next save to the same path removes. A file that is replaced keeps its mode, and its owner where the process may set it.
/// A symbolic link stays one, and a pipe or a device is written to as it is.
///
/// # Errors
/// If the file cannot be written.
///
/// # Panics
/// If the number of weights is not the model's.
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
    check_length(model, weights);
    let path = path.as_ref();
    file::replace(path, |file| {
        file.write_all(&format::header(model))?;
        // The data of the file is the model's buffer, as it lies in memory: so many floats at a time, since a copy of
        // all of them would double the memory that a large model takes.
        let mut bytes = [0; 4 * 4096];
        for block in weights.chunks(4096) {
            for (bytes, value) in bytes.chunks_exact_mut(4).zip(block) {
                bytes.copy_from_slice(&value.to_le_bytes());
            }
            file.write_all(&bytes[..4 * block.len()])?;
        }
        Ok(())
    })
    .map_err(|source| SaveError::Write { path: path.to_owned(), source })
}

/// Loads a model's weights from a file.
///
/// Names, shapes and types of all weights are compared first; on an error the weights are as they were.
///
/// # Panics
/// If the number of weights is not the model's.
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
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    from_bytes(model, weights, &bytes).map_err(|error| error.in_file(path))
}

#[track_caller]
fn check_length(model: &Description, weights: &[f32]) {
    assert_eq!(weights.len(), model.count_params(), "these are not the weights of `{}`", model.name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        initializers::Initializer,
        layers::{Built, Weight},
        model::LayerDescription,
        shape::Dims,
    };

    static NORM: Built = Built::new(Dims::new(&[3]))
        .weight(Weight::new("gamma", Dims::new(&[3]), Initializer::Ones))
        .weight(Weight::non_trainable("mean", Dims::new(&[3]), Initializer::Zeros));
    static DENSE: Built =
        Built::new(Dims::new(&[2])).weight(Weight::new("kernel", Dims::new(&[3, 2]), Initializer::Zeros));
    static MODEL: Description = Description::new(
        "Model",
        false,
        &[],
        &[
            LayerDescription { name: "norm", kind: "BatchNormalization", built: &NORM, trainable: true },
            LayerDescription { name: "dense", kind: "Dense", built: &DENSE, trainable: true },
        ],
        &[],
        &[],
    );

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("keras-saving-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = folder("round-trip");
        let path = folder.join("model.safetensors");
        let weights: Vec<f32> = (0..12).map(|at| at as f32 - 0.5).collect();
        save(&MODEL, &[0.0; 12], &path).unwrap();
        save(&MODEL, &weights, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), to_bytes(&MODEL, &weights));
        let mut loaded = [0.0; 12];
        load(&MODEL, &mut loaded, &path).unwrap();
        assert_eq!(loaded[..], weights);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing but the file is left");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn errors_name_the_file() {
        let folder = folder("errors");
        let mut weights = [0.0; 12];
        let missing = folder.join("none.safetensors");
        let error = load(&MODEL, &mut weights, &missing).unwrap_err();
        assert!(error.to_string().contains("none.safetensors"), "{error}");
        let damaged = folder.join("damaged.safetensors");
        fs::write(&damaged, b"not a file of weights").unwrap();
        let error = load(&MODEL, &mut weights, &damaged).unwrap_err();
        assert!(matches!(&error, LoadError::Damaged { path: Some(path), .. } if *path == damaged), "{error}");
        let error = save(&MODEL, &weights, folder.join("no-folder/model.safetensors")).unwrap_err();
        assert!(error.to_string().contains("no-folder"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}

//! Saving and loading methods of models.

use std::path::Path;

use super::Dtype;
use crate::{
    Result,
    model::{Model, Owned, Storage},
};

/// Saves and loads the weights of a model. It is in the prelude, and implemented for every model.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(4), Dense(3) } }
///
/// /// Previously saved weights, or new ones.
/// fn resumed<M: Save>(mut model: M, path: &std::path::Path) -> keras::Result<M> {
///     if path.exists() {
///         model.load(path)?;
///     }
///     Ok(model)
/// }
///
/// let path = std::env::temp_dir().join(format!("resumed-{}.safetensors", std::process::id()));
/// let net = resumed(Net::with_seed(1), &path)?;
/// net.save(&path)?;
/// assert_eq!(resumed(Net::with_seed(2), &path)?.weights(), net.weights());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), keras::Error>(())
/// ```
pub trait Save: Model<Storage = Owned> {
    /// Saves the weights as safetensors, atomically: to a temporary file that is flushed and renamed.
    ///
    /// # Errors
    /// If the file cannot be written; an existing file is unchanged.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let path = std::env::temp_dir().join(format!("save-{}.safetensors", std::process::id()));
    /// Net::with_seed(1).save(&path)?;
    /// assert!(std::fs::metadata(&path).unwrap().len() > 4 * Net::PARAMETERS as u64);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        super::save(Self::DESCRIPTION, self.storage().weights(), path).map_err(Into::into)
    }

    /// Saves the weights in another dtype: 16-bit floats take half the size, rounded to nearest.
    ///
    /// # Errors
    /// If the file cannot be written, or a weight exceeds the largest finite number of the dtype.
    ///
    /// ```
    /// use keras::{prelude::*, saving::Dtype};
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    ///
    /// let path = std::env::temp_dir().join(format!("save-as-{}.safetensors", std::process::id()));
    /// let net = Net::with_seed(1);
    /// net.save_as(&path, Dtype::BFloat16)?;
    /// let mut again = Net::new();
    /// again.load(&path)?;
    /// assert!(again.weights().iter().zip(net.weights()).all(|(rounded, weight)| (rounded - weight).abs() <= weight.abs() / 256.0));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn save_as(&self, path: impl AsRef<Path>, dtype: Dtype) -> Result<()> {
        super::save_as(Self::DESCRIPTION, self.storage().weights(), path, dtype).map_err(Into::into)
    }

    /// Loads weights saved by `save` or `save_as`. On a mismatch, the error lists all differences and nothing is
    /// changed; [`Load`](super::Load) has the options `by_name` and `skip_mismatch`.
    ///
    /// # Errors
    /// If the file cannot be read, is not a complete `safetensors` file, or belongs to another model.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(4), Dense(3) } }
    /// sequential! { struct Wider { Input(4), Dense(5) } }
    ///
    /// let path = std::env::temp_dir().join(format!("load-{}.safetensors", std::process::id()));
    /// let net = Net::with_seed(1);
    /// net.save(&path)?;
    /// let mut again = Net::new();
    /// again.load(&path)?;
    /// assert_eq!(again.weights(), net.weights());
    /// let error = Wider::new().load(&path).unwrap_err();
    /// assert!(error.to_string().contains("`dense/kernel` is (4, 3) in the file, but the model's is (4, 5)"));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        super::load(Self::DESCRIPTION, self.storage_mut().weights_mut(), path).map_err(Into::into)
    }
}

impl<M: Model<Storage = Owned>> Save for M {}

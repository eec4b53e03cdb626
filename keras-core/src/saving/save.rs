//! The methods of models.

use std::path::Path;

use super::Dtype;
use crate::{
    Result,
    model::{Model, Owned, Storage},
};

/// A model's weights as a file. In the prelude; every model has it.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(4), Dense(3) } }
///
/// /// The weights that were saved before, or new ones.
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
    /// Saves the weights as safetensors: beside the file, flushed, then renamed over it.
    ///
    /// # Errors
    /// If the file cannot be written; one that was there before still is.
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

    /// Saves the weights as numbers of another type: half the bytes, rounded to the nearest.
    ///
    /// # Errors
    /// If the file cannot be written, or a weight is larger than the type's largest number.
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

    /// Loads weights that `save` or `save_as` wrote. All mismatches are listed, and nothing is changed if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, is not a whole `safetensors` file, or is one of another model.
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

//! Saving and loading of an inner model by itself.

use std::path::Path;

use crate::{
    Result,
    model::{Model, View, ViewMut},
};

/// A nested model.
impl<M: Model> View<'_, M> {
    /// Saves the weights of a nested model by itself: a model of its type loads them.
    ///
    /// # Errors
    /// If the file cannot be written.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Encoder { Input(4), Dense(3), BatchNormalization() } }
    /// sequential! { struct Net { Input(4), Dense(4), Encoder(name = "encoder"), Dense(2) } }
    ///
    /// let path = std::env::temp_dir().join(format!("save-nested-{}.safetensors", std::process::id()));
    /// let net = Net::with_seed(1);
    /// net.encoder().save(&path)?;
    /// let mut encoder = Encoder::new();
    /// encoder.load(&path)?;
    /// assert_eq!(encoder.dense().kernel().as_slice(), net.encoder().weight("dense/kernel").map(|(kernel, _)| kernel));
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        super::save(M::DESCRIPTION, &self.blocks().concat(), path).map_err(Into::into)
    }
}

/// A nested model.
impl<M: Model> ViewMut<'_, M> {
    /// Loads the weights of a nested model by itself, as a model of its type saved them. On a mismatch, the error lists all
    /// differences and nothing is changed.
    ///
    /// # Errors
    /// If the file cannot be read, is not a complete `safetensors` file, or belongs to another model.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Encoder { Input(4), Dense(3), BatchNormalization() } }
    /// sequential! { struct Net { Input(4), Dense(4), Encoder(name = "encoder", trainable = false), Dense(2) } }
    ///
    /// let path = std::env::temp_dir().join(format!("load-nested-{}.safetensors", std::process::id()));
    /// let encoder = Encoder::with_seed(1); // pretrained
    /// encoder.save(&path)?;
    /// let mut net = Net::with_seed(2);
    /// net.encoder_mut().load(&path)?;
    /// assert_eq!(net.encoder().trainable(), &encoder.weights()[..Encoder::TRAINABLE_PARAMETERS]);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let [trainable, non_trainable] = self.blocks();
        let mut weights = [&*trainable, &*non_trainable].concat();
        super::load(M::DESCRIPTION, &mut weights, path)?;
        let (first, second) = weights.split_at(trainable.len());
        trainable.copy_from_slice(first);
        non_trainable.copy_from_slice(second);
        Ok(())
    }
}

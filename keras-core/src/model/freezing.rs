//! Which layers training leaves as they are.
//!
//! A model's storage has one flag for each layer, in the order of [`Description::all_layers`]: before the layers of an
//! inner model stands the flag of that model itself. As in Keras, freezing a model sets the flags of all that is in it, and
//! what counts in training is a layer's own flag.

#[cfg(feature = "std")]
use super::Description;

/// Of the flags of one layer: those of the layers within, if it is a model, and whether all that it consists of is frozen.
pub(crate) fn within(flags: &[bool]) -> Option<(&[bool], bool)> {
    let (own, inner) = flags.split_first()?;
    Some((inner, if inner.is_empty() { *own } else { inner.iter().all(|&frozen| frozen) }))
}

#[cfg(feature = "std")]
impl Description {
    /// The flags as the listing declares them, by `trainable = false`.
    pub(crate) fn declared_frozen(&self) -> Vec<bool> {
        let mut flags = vec![false; self.all_layers()];
        for found in self.nested_layers().filter(|found| !found.layer.trainable) {
            flags[found.index..][..found.layer.all_layers()].fill(true);
        }
        flags
    }

    /// The paths of all layers, in the order of their flags.
    pub(crate) fn layer_paths(&self) -> Vec<String> {
        self.nested_layers().map(|found| found.path.to_string()).collect()
    }
}

//! Which layers training leaves as they are.
//!
//! A model's storage has one flag for each layer, in the order of [`Description::all_layers`]: before the layers of an
//! inner model stands the flag of that model itself. As in Keras, freezing a model sets the flags of all that is in it, and
//! what counts in training is a layer's own flag.

#[cfg(feature = "std")]
use core::ops::Range;

#[cfg(feature = "std")]
use super::Description;
#[cfg(feature = "std")]
use crate::layers::Weights;

/// Of the flags of one layer: those of the layers within, if it is a model, and whether all that it consists of is frozen.
pub(crate) fn within(flags: &[bool]) -> Option<(&[bool], bool)> {
    let (own, inner) = flags.split_first()?;
    Some((inner, if inner.is_empty() { *own } else { inner.iter().all(|&frozen| frozen) }))
}

#[cfg(feature = "std")]
impl Description {
    /// The flags as the listing declares them, by `trainable = false`.
    pub(crate) fn declared_frozen(&self) -> Vec<bool> {
        let mut flags = Vec::with_capacity(self.all_layers());
        self.declare(false, &mut flags);
        flags
    }

    fn declare(&self, frozen: bool, flags: &mut Vec<bool>) {
        for layer in self.layers {
            let frozen = frozen || !layer.trainable;
            flags.push(frozen);
            if let Weights::Model(inner) = &layer.built.weights {
                inner.declare(frozen, flags);
            }
        }
    }

    /// The flags of a layer by its path: `conv2d`, and of a layer of an inner model `encoder/conv2d`.
    pub(crate) fn flags_of(&self, path: &str) -> Option<Range<usize>> {
        self.find(path).map(|(start, layer)| start..start + layer.all_layers())
    }

    /// The paths of all layers, in the order of their flags.
    pub(crate) fn layer_paths(&self) -> Vec<String> {
        let mut paths = Vec::with_capacity(self.all_layers());
        for layer in self.layers {
            paths.push(layer.name.to_owned());
            if let Weights::Model(inner) = &layer.built.weights {
                paths.extend(inner.layer_paths().into_iter().map(|path| format!("{}/{path}", layer.name)));
            }
        }
        paths
    }
}

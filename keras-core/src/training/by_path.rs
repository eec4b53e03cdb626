//! Layers of a model by path: `conv2d`, and `encoder/conv2d` in a nested model.

use core::ops::Range;

use crate::{
    Error, Result,
    data::Tensor,
    layers::measure,
    model::{Description, Model, NestedLayer, Owned},
    shape::Shape,
};

/// A layer of the model.
pub(super) fn find(model: &Description, path: &str) -> Result<NestedLayer> {
    let unknown = || Error::UnknownLayer { name: path.to_owned(), known: model.layer_paths() };
    model.find(path).ok_or_else(unknown)
}

/// The flags of a layer and of all layers in it.
pub(super) fn flags(model: &Description, path: &str) -> Result<Range<usize>> {
    let found = find(model, path)?;
    Ok(found.index..found.index + found.layer.all_layers())
}

/// Freezes or unfreezes a layer.
pub(super) fn set_frozen<M: Model<Storage = Owned>>(model: &mut M, layer: &str, frozen: bool) -> Result<()> {
    let flags = flags(M::DESCRIPTION, layer)?;
    model.storage_mut().frozen_mut()[flags].fill(frozen);
    Ok(())
}

/// Computes the statistics of a Normalization layer.
pub(super) fn adapt<M: Model<Storage = Owned>, S: Shape>(model: &mut M, layer: &str, data: &Tensor<S>) -> Result<()> {
    let found = find(M::DESCRIPTION, layer)?.layer;
    if found.built.measures.is_none() {
        let kind = format!("`{layer}` of kind {}", found.kind);
        return Err(Error::argument("layer", kind, "a Normalization without a given mean and variance"));
    }
    for (name, measured) in measure(found.built, data)? {
        let path = format!("{layer}/{name}");
        let mut weights = M::DESCRIPTION.named_weights();
        if let Some(weight) = weights.find(|weight| weight.name.equals(path.as_bytes())) {
            model.storage_mut().weights_mut()[weight.offset..][..measured.len()].copy_from_slice(&measured);
        }
    }
    Ok(())
}

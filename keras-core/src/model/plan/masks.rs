//! Masks as edges of the graph: which calls make, join or read one, and where they lie.

use super::{Arenas, Layout, Place};
use crate::{
    layers::{Built, Masks, Weights},
    model::{CallDescription, Mode},
    shape::Dims,
};

/// The places of a tensor's mask: one float for each of its positions, 1 where it is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaskPlan {
    pub(crate) dims: Dims,
    pub(crate) inference: Place,
    pub(crate) training: Place,
}

impl MaskPlan {
    pub(crate) const NONE: Self = Self { dims: Dims::SCALAR, inference: Place::NONE, training: Place::NONE };

    /// The places of a mask, if the tensor has one.
    pub(super) const fn new(mask: Option<Dims>, inference: Place, training: Place) -> Self {
        match mask {
            Some(dims) => Self { dims, inference, training },
            None => Self::NONE,
        }
    }

    /// Where the mask is.
    pub(crate) const fn place(&self, mode: Mode) -> Place {
        match mode {
            Mode::Inference => self.inference,
            Mode::Training => self.training,
        }
    }

    /// Extends it by the mask that follows directly.
    pub(super) const fn extend(&mut self, next: Self) {
        if self.inference.length == 0 {
            *self = next;
        } else {
            self.inference.length += next.inference.length;
            self.training.length += next.training.length;
        }
    }
}

/// The part of masks in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MaskRole {
    /// None: nothing is done, even if the output has the mask of the input.
    None,
    /// The layer reads the masks of its inputs.
    Reads,
    /// The layer computes the mask of its output, or a model those of its outputs; it is given those of its inputs too.
    Makes,
    /// A position of the output is valid where it is in one of the inputs: joined without the layer.
    Joins,
}

impl MaskRole {
    pub(super) const fn of<const TENSORS: usize>(call: &CallDescription<'_>, masks: &[Place; TENSORS]) -> Self {
        let is_made = has_mask(call.built);
        match call.built.masks {
            _ if matches!(call.built.weights, Weights::Model(_)) && is_made => Self::Makes,
            Masks::Made(_) => Self::Makes,
            Masks::Combined if is_made => Self::Makes,
            Masks::Passed if is_made && !is_one(call, masks) => Self::Joins,
            Masks::Consumed if any(call, masks) => Self::Reads,
            _ => Self::None,
        }
    }

    /// Whether the layer itself is given masks.
    pub(crate) const fn involves_layer(self) -> bool {
        matches!(self, Self::Reads | Self::Makes)
    }

    /// Whether the call writes a mask.
    pub(super) const fn writes(self) -> bool {
        matches!(self, Self::Makes | Self::Joins)
    }
}

/// Whether an output has a mask.
const fn has_mask(built: &Built) -> bool {
    let mut at = 0;
    while at < built.outputs().len() {
        if built.nth_output(at).mask.is_some() {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether all inputs have the same mask, or none.
const fn is_one<const TENSORS: usize>(call: &CallDescription<'_>, masks: &[Place; TENSORS]) -> bool {
    let first = masks[call.inputs[0]];
    let mut at = 1;
    while at < call.inputs.len() {
        let other = masks[call.inputs[at]];
        if other.offset != first.offset || other.length != first.length {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether an input has a mask.
const fn any<const TENSORS: usize>(call: &CallDescription<'_>, masks: &[Place; TENSORS]) -> bool {
    let mut at = 0;
    while at < call.inputs.len() {
        if masks[call.inputs[at]].length > 0 {
            return true;
        }
        at += 1;
    }
    false
}

impl<const TENSORS: usize> Layout<TENSORS> {
    /// Places the masks of a call's outputs.
    pub(super) const fn place_masks(&mut self, arenas: &mut Arenas, call: &CallDescription<'_>) {
        let outputs = call.built.outputs();
        if !MaskRole::of(call, &self.masks).writes() {
            if outputs[0].mask.is_some() {
                self.masks[call.output] = self.masks[call.inputs[0]];
            }
            return;
        }
        let (mut length, mut at) = (0, 0);
        while at < outputs.len() {
            length += length_of(outputs[at].mask);
            at += 1;
        }
        let mut place = arenas.samples.take(length);
        at = 0;
        while at < outputs.len() {
            place.length = length_of(outputs[at].mask);
            if place.length > 0 {
                self.masks[call.output + at] = place;
            }
            place.offset += place.length;
            at += 1;
        }
    }
}

/// The number of positions of a mask.
const fn length_of(mask: Option<Dims>) -> usize {
    match mask {
        Some(dims) => dims.size(),
        None => 0,
    }
}

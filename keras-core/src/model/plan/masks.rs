//! Masks as edges of the graph: which calls make, join or read one, and where they lie.

use super::{Arenas, Layout, Place};
use crate::{
    layers::{Masks, Weights},
    model::CallDescription,
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
}

/// The part of masks in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MaskRole {
    /// None: nothing is done, also where the output has the mask of the input.
    None,
    /// The layer reads the masks of its inputs.
    Reads,
    /// The layer computes the mask of its output; it is given those of its inputs too.
    Makes,
    /// A position of the output is valid where it is in one of the inputs.
    Joins,
}

impl MaskRole {
    pub(super) const fn of<const TENSORS: usize>(call: &CallDescription, masks: &[Place; TENSORS]) -> Self {
        let is_made = call.built.nth_output(0).mask.is_some();
        match call.built.masks {
            _ if matches!(call.built.weights, Weights::Model(_)) && is_made => Self::Makes,
            Masks::Made(_) => Self::Makes,
            Masks::Combined if is_made => Self::Makes,
            Masks::Passed if is_made && !is_one(call, masks) => Self::Joins,
            Masks::Consumed if any(call, masks) => Self::Reads,
            _ => Self::None,
        }
    }
}

/// Whether all inputs have the same mask, or none.
const fn is_one<const TENSORS: usize>(call: &CallDescription, masks: &[Place; TENSORS]) -> bool {
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
const fn any<const TENSORS: usize>(call: &CallDescription, masks: &[Place; TENSORS]) -> bool {
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
    /// Places the mask of a call's first output.
    pub(super) const fn place_mask(&mut self, arenas: &mut Arenas, call: &CallDescription) {
        let Some(dims) = call.built.nth_output(0).mask else { return };
        self.masks[call.output] = match MaskRole::of(call, &self.masks) {
            MaskRole::None | MaskRole::Reads => self.masks[call.inputs[0]],
            MaskRole::Makes | MaskRole::Joins => arenas.samples.take(dims.size()),
        };
    }
}

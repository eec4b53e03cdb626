//! The layers that are folded into one before them at inference: a normalization becomes a factor and a sum for each
//! channel, a rectifier a floor, and both are applied where the layer before them puts its results.

use super::{Place, Plan};
use crate::{
    layers::Follows,
    model::{Description, equal},
    regularizers::Regularizer,
};

/// The calls that are folded into one before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded {
    /// The number of the call whose layer normalizes, if there is one.
    pub(super) normalization: Option<usize>,
    rectified: bool,
    /// The tensor that the last of them makes.
    tail: usize,
    /// Memory for a factor and a sum for each channel.
    pub(super) memory: Place,
}

impl Folded {
    pub(super) const NONE: Self = Self { normalization: None, rectified: false, tail: 0, memory: Place::NONE };
}

/// Finds the calls that are folded into one before them: what they read is read by nobody else. What they make is then
/// rooted in what that one makes.
pub(super) const fn fold<const TENSORS: usize>(model: &Description, roots: &mut [usize; TENSORS]) -> [Folded; TENSORS] {
    let mut folded = [Folded::NONE; TENSORS];
    let readers: [usize; TENSORS] = readers(model);
    // Of each tensor, whether calls can be folded into the one that makes it.
    let mut open = [false; TENSORS];
    let mut at = 0;
    while at < model.calls.len() {
        let (call, made) = (&model.calls[at], model.calls[at].output);
        let measured = !matches!(call.built.activity_regularizer, Regularizer::None);
        let from = call.inputs[0];
        let into = roots[from];
        let kind = model.layers[call.layer].kind;
        if call.built.folds && is_one_of(kind, &["Conv2D", "Dense"]) && !measured {
            open[made] = true;
            folded[made].tail = made;
        } else if !measured && readers[from] == 1 && open[into] && folded[into].tail == from {
            let folded = &mut folded[into];
            let fits = match call.built.follows {
                Follows::Other => false,
                Follows::Normalization { .. } => {
                    folded.normalization.is_none() && !folded.rectified && is_one_of(kind, &["BatchNormalization"])
                }
                Follows::Rectifier => !folded.rectified && is_one_of(kind, &["Activation", "ReLU"]),
            };
            if fits {
                match call.built.follows {
                    Follows::Normalization { .. } => folded.normalization = Some(at),
                    _ => folded.rectified = true,
                }
                folded.tail = made;
                roots[made] = into;
            }
        }
        at += 1;
    }
    folded
}

/// How many read each tensor: calls, and whoever asked for the outputs.
const fn readers<const TENSORS: usize>(model: &Description) -> [usize; TENSORS] {
    let mut readers = [0; TENSORS];
    let mut at = 0;
    while at < model.calls.len() {
        let call = &model.calls[at];
        let mut input = 0;
        while input < call.inputs.len() {
            readers[call.inputs[input]] += 1;
            input += 1;
        }
        at += 1;
    }
    let mut at = 0;
    while at < model.outputs.len() {
        readers[model.outputs[at].tensor] += 1;
        at += 1;
    }
    readers
}

/// Whether a layer is of one of these types. A layer of somebody's own may hand on what a built-in one says of itself, but
/// compute something else.
const fn is_one_of(kind: &str, kinds: &[&str]) -> bool {
    let mut at = 0;
    while at < kinds.len() {
        if equal(kind.as_bytes(), kinds[at].as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

/// The layers that are folded into a call at inference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folding {
    pub(crate) normalization: Follows,
    pub(crate) rectified: bool,
    /// The normalization's trainable weights.
    pub(crate) trainable: Place,
    /// Its others.
    pub(crate) rest: Place,
    /// Memory for a factor and a sum for each channel.
    pub(crate) memory: Place,
}

impl Folding {
    const NONE: Self = Self {
        normalization: Follows::Other,
        rectified: false,
        trainable: Place::NONE,
        rest: Place::NONE,
        memory: Place::NONE,
    };
}

impl<const TENSORS: usize> Plan<TENSORS> {
    /// What is folded into the call that makes a tensor.
    pub(super) const fn folding(&self, model: &Description, tensor: usize) -> Folding {
        let Folded { normalization, rectified, memory, .. } = self.inference.folded[tensor];
        let Some(normalization) = normalization else {
            return Folding { rectified, ..Folding::NONE };
        };
        let call = &model.calls[normalization];
        let start = self.layers[call.layer];
        Folding {
            normalization: call.built.follows,
            rectified,
            trainable: Place { offset: start.trainable, length: call.built.weights.floats(true) },
            rest: Place { offset: start.rest, length: call.built.weights.floats(false) },
            memory,
        }
    }
}

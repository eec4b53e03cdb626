//! Fusion. At inference, a normalization becomes a factor and a sum for each channel, a rectifier a floor, and both are applied
//! where the layer before them stores its results. In training, a rectifier becomes a part of the normalization before it, which
//! saves a pass over memory forward, and one backward.

use super::{Place, Plan};
use crate::{layers::Fusion, model::Graph, regularizers::Regularizer};

/// The calls that are fused into one before them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    /// The number of the call whose layer normalizes, if there is one.
    pub(super) normalization: Option<usize>,
    pub(super) rectified: bool,
    /// The tensor that the last of them makes.
    tail: usize,
    /// Memory for a factor and a sum for each channel.
    pub(super) memory: Place,
}

impl Chain {
    pub(super) const NONE: Self = Self { normalization: None, rectified: false, tail: 0, memory: Place::NONE };
}

/// Finds the calls that can be fused into one before them: nothing else reads what they read. Their output is then rooted in
/// that one's.
pub(super) const fn fuse<const TENSORS: usize>(model: Graph<'_>, roots: &mut [usize; TENSORS]) -> [Chain; TENSORS] {
    let mut chains = [Chain::NONE; TENSORS];
    let readers: [usize; TENSORS] = readers(model);
    // Of each tensor, whether calls can be fused into the one that makes it.
    let mut open = [false; TENSORS];
    let mut at = 0;
    while at < model.calls.len() {
        let (call, made) = (&model.calls[at], model.calls[at].output);
        let measured = !matches!(call.built.activity_regularizer, Regularizer::None);
        // A weight in a layer of `layer!` is made of no tensor.
        let from = if call.inputs.is_empty() { made } else { call.inputs[0] };
        let into = roots[from];
        let chain = &mut chains[into];
        let joins = !measured && from != made && readers[from] == 1 && open[into] && chain.tail == from;
        let joined = match call.built.fusion {
            Fusion::Normalization { .. } if joins && chain.normalization.is_none() && !chain.rectified => {
                chain.normalization = Some(at);
                true
            }
            Fusion::Rectifier if joins && !chain.rectified => {
                chain.rectified = true;
                true
            }
            _ => false,
        };
        if joined {
            chain.tail = made;
            roots[made] = into;
        } else if matches!(call.built.fusion, Fusion::Epilogue) && !measured {
            open[made] = true;
            chains[made].tail = made;
        }
        at += 1;
    }
    chains
}

/// Finds the rectifiers that can be fused into a normalization before them in training, as [`fuse`] does.
pub(super) const fn fuse_in_training<const TENSORS: usize>(
    model: Graph<'_>,
    roots: &mut [usize; TENSORS],
) -> [Chain; TENSORS] {
    let mut chains = [Chain::NONE; TENSORS];
    let readers: [usize; TENSORS] = readers(model);
    // The tensors that normalizations make.
    let mut open = [false; TENSORS];
    let mut at = 0;
    while at < model.calls.len() {
        let (call, made) = (&model.calls[at], model.calls[at].output);
        if matches!(call.built.activity_regularizer, Regularizer::None) {
            match call.built.fusion {
                Fusion::Normalization { .. } => open[made] = true,
                Fusion::Rectifier if open[call.inputs[0]] && readers[call.inputs[0]] == 1 => {
                    let from = call.inputs[0];
                    chains[roots[from]].rectified = true;
                    roots[made] = roots[from];
                }
                _ => {}
            }
        }
        at += 1;
    }
    chains
}

/// The number of readers of each tensor: calls, and the outputs of the model.
const fn readers<const TENSORS: usize>(model: Graph<'_>) -> [usize; TENSORS] {
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

/// The layers that are fused into a call at inference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FusedCalls {
    pub(crate) normalization: Fusion,
    pub(crate) rectified: bool,
    /// The normalization's trainable weights.
    pub(crate) trainable: Place,
    /// Its non-trainable ones.
    pub(crate) non_trainable: Place,
    /// Memory for a factor and a sum for each channel.
    pub(crate) memory: Place,
}

impl FusedCalls {
    const NONE: Self = Self {
        normalization: Fusion::None,
        rectified: false,
        trainable: Place::NONE,
        non_trainable: Place::NONE,
        memory: Place::NONE,
    };
}

impl<const TENSORS: usize> Plan<TENSORS> {
    /// The layers that are fused into the call that makes a tensor.
    pub(super) const fn fused(&self, model: Graph<'_>, tensor: usize) -> FusedCalls {
        let Chain { normalization, rectified, memory, .. } = self.inference.chains[tensor];
        let Some(normalization) = normalization else {
            return FusedCalls { rectified, ..FusedCalls::NONE };
        };
        let call = &model.calls[normalization];
        let start = self.layers[call.layer];
        FusedCalls {
            normalization: call.built.fusion,
            rectified,
            trainable: Place { offset: start.trainable, length: call.built.weights.trainable_size() },
            non_trainable: Place { offset: start.non_trainable, length: call.built.weights.non_trainable_size() },
            memory,
        }
    }
}

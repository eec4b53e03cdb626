//! The plan of one call of a layer, for the passes.

use core::ops::Deref;

use super::{BY_NOBODY, FusedCalls, MaskPlan, MaskRole, Place, Places, Plan, TensorPlan, aligned};
use crate::{
    layers::{Built, MAX_WEIGHTS, Role, Weights},
    model::{Graph, state::StatePlan},
    regularizers::Regularizer,
    shape::Dims,
};

/// Everything that the passes need to know of one call of a layer with `INPUTS` inputs and `OUTPUTS` outputs.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::Plan;
///
/// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
///
/// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
/// use keras_core::model::CallPlan;
///
/// // What `infer`, `forward` and `backward` hand to the first layer: where its inputs, outputs and weights lie.
/// const FIRST: CallPlan<1, 1> = PLAN.call(Net::DESCRIPTION.graph(), 0);
/// # let _ = FIRST;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallPlan<const INPUTS: usize, const OUTPUTS: usize> {
    input_dims: [Dims; INPUTS],
    output_dims: [Dims; OUTPUTS],
    inputs: [InputPlan; INPUTS],
    outputs: [OutputPlan; OUTPUTS],
    common: CommonPlan,
}

/// An input of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputPlan {
    pub(crate) tensor: TensorPlan,
    /// Where its gradient goes if it is to be added to one that is there already; empty if there is none.
    pub(crate) fresh: Place,
    /// Whether it is an input of the model.
    pub(crate) from_outside: bool,
}

/// An output of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputPlan {
    pub(crate) tensor: TensorPlan,
    /// Whether nothing reads it, so that its gradient is zero.
    pub(crate) unread: bool,
    /// Which of the model's outputs it is.
    pub(crate) result: Option<u32>,
}

/// What does not depend on the numbers of inputs and outputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommonPlan {
    pub(crate) index: usize,
    /// The layer among all layers of the model; of an inner model, with those within.
    pub(crate) layers: Place,
    pub(crate) trainable: Place,
    pub(crate) non_trainable: Place,
    pub(crate) saved: Places,
    pub(crate) scratch: Places,
    pub(crate) training_scratch: Places,
    pub(crate) backward_scratch: Places,
    pub(crate) fused: FusedCalls,
    pub(crate) skip_inference: bool,
    pub(crate) skip_training: bool,
    /// Whether a rectifier is fused into the call in training.
    pub(crate) rectified: bool,
    pub(crate) accumulate: bool,
    pub(crate) weights: Split,
    pub(crate) state: StatePlan,
    pub(crate) reads_input: bool,
    pub(crate) reads_output: bool,
    /// The part of masks in the call.
    pub(crate) mask_role: MaskRole,
    /// The place of the mask that the call makes; of a model, that of the masks of its outputs, which lie one after another.
    pub(crate) made_mask: MaskPlan,
    /// Regularizer of the first output.
    pub(crate) activity: Regularizer,
}

/// The plan of a call with any number of inputs and outputs: one function serves all of them.
#[derive(Clone, Copy)]
pub(crate) struct AnyCallPlan<'a> {
    pub(crate) input_dims: &'a [Dims],
    pub(crate) output_dims: &'a [Dims],
    pub(crate) inputs: &'a [InputPlan],
    pub(crate) outputs: &'a [OutputPlan],
    common: &'a CommonPlan,
}

impl Deref for AnyCallPlan<'_> {
    type Target = CommonPlan;

    fn deref(&self) -> &CommonPlan {
        self.common
    }
}

impl<'a> AnyCallPlan<'a> {
    /// What the call is without the rectifier that is fused into it in training.
    pub(crate) fn unrectified(&self) -> CommonPlan {
        CommonPlan { rectified: false, ..*self.common }
    }

    /// The same call with another common part.
    pub(crate) fn with(self, common: &'a CommonPlan) -> Self {
        Self { common, ..self }
    }
}

impl<const INPUTS: usize, const OUTPUTS: usize> CallPlan<INPUTS, OUTPUTS> {
    #[inline]
    pub(crate) const fn any(&self) -> AnyCallPlan<'_> {
        let Self { input_dims, output_dims, inputs, outputs, common } = self;
        AnyCallPlan { input_dims, output_dims, inputs, outputs, common }
    }
}

impl<const TENSORS: usize> Plan<TENSORS> {
    /// The plan of a call of a layer with `INPUTS` inputs and `OUTPUTS` outputs.
    ///
    /// ```
    /// use keras::prelude::*;
    /// use keras_core::model::Plan;
    ///
    /// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
    ///
    /// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
    /// use keras_core::model::CallPlan;
    ///
    /// const SECOND: CallPlan<1, 1> = PLAN.call(Net::DESCRIPTION.graph(), 1);
    /// # let _ = SECOND;
    /// ```
    pub const fn call<const INPUTS: usize, const OUTPUTS: usize>(
        &self,
        model: Graph<'_>,
        index: usize,
    ) -> CallPlan<INPUTS, OUTPUTS> {
        let call = &model.calls[index];
        let first = call.output;
        let mut input_dims = [Dims::SCALAR; INPUTS];
        let mut inputs = [InputPlan { tensor: TensorPlan::NONE, fresh: Place::NONE, from_outside: false }; INPUTS];
        let mut contribution = self.contributions[first].offset;
        let mut at = 0;
        while at < INPUTS {
            let input = call.inputs[at];
            let tensor = self.tensor(model, input);
            input_dims[at] = model.dims(input);
            let mut fresh = Place::NONE;
            let root = self.training.roots[input];
            if !(self.writers[root].0 == first && self.writers[root].1 == at) {
                fresh = Place { offset: contribution, length: tensor.gradient.length };
                contribution += aligned(fresh.length);
            }
            inputs[at] = InputPlan { tensor, fresh, from_outside: input < model.inputs.len() };
            at += 1;
        }
        let mut output_dims = [Dims::SCALAR; OUTPUTS];
        let mut outputs = [OutputPlan { tensor: TensorPlan::NONE, unread: false, result: None }; OUTPUTS];
        let mask_role = MaskRole::of(call, &self.inference.masks);
        let mut made_mask = MaskPlan::NONE;
        let mut at = 0;
        while at < OUTPUTS {
            let tensor = self.tensor(model, first + at);
            output_dims[at] = call.built.nth_output(at).dims;
            let mut result = None;
            let mut output = 0;
            while output < model.outputs.len() {
                if model.outputs[output].tensor == first + at {
                    result = Some(output as u32);
                }
                output += 1;
            }
            outputs[at] = OutputPlan { tensor, unread: self.writers[first + at].0 == BY_NOBODY.0, result };
            if mask_role.writes() {
                made_mask.extend(tensor.mask);
            }
            at += 1;
        }
        let start = self.layers[call.layer];
        let common = CommonPlan {
            index,
            layers: Place { offset: start.layer, length: call.built.weights.all_layers() },
            trainable: Place { offset: start.trainable, length: call.built.weights.trainable_size() },
            non_trainable: Place { offset: start.non_trainable, length: call.built.weights.non_trainable_size() },
            saved: self.training.saved[first],
            scratch: self.inference.scratch[first],
            training_scratch: self.training.scratch[first],
            backward_scratch: self.backward_scratch[first],
            fused: self.fused(model, first),
            skip_inference: self.inference.roots[first] != first,
            skip_training: self.training.roots[first] != first,
            rectified: self.training.chains[first].rectified,
            accumulate: self.called_later[first],
            weights: Split::new(call.built),
            state: StatePlan::new(call.built, start.state),
            reads_input: call.built.backward_reads_input,
            reads_output: call.built.backward_reads_output,
            mask_role,
            made_mask,
            activity: call.built.activity_regularizer,
        };
        CallPlan { input_dims, output_dims, inputs, outputs, common }
    }
}

/// How the two blocks of a layer's weights fall apart into weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) lengths: [usize; MAX_WEIGHTS],
    /// A bit for each weight.
    pub(crate) trainable: u8,
    pub(crate) count: usize,
}

impl Split {
    /// The block that a weight lies in.
    pub(crate) const fn role(&self, weight: usize) -> Role {
        if self.trainable >> weight & 1 == 1 { Role::Trainable } else { Role::NonTrainable }
    }

    const fn new(built: &Built) -> Self {
        let mut split = Self { lengths: [0; MAX_WEIGHTS], trainable: 0, count: 0 };
        match &built.weights {
            Weights::Own(list, count) if !built.has_layers() => {
                split.count = *count;
                let mut at = 0;
                while at < *count {
                    split.lengths[at] = list[at].dims.size();
                    if list[at].trainable {
                        split.trainable |= 1 << at;
                    }
                    at += 1;
                }
            }
            // What runs layers takes both blocks as they are.
            weights => {
                (split.lengths[0], split.lengths[1]) = (weights.trainable_size(), weights.non_trainable_size());
                (split.trainable, split.count) = (1, 2);
            }
        }
        split
    }
}

//! A model's description, plan and passes as values.
//!
//! Code that is generic over models is compiled again for each model of each program, and users wait for it. So training and
//! prediction take these values instead, and are compiled once, with this crate.

use super::{Description, Inference, Memory, Mode, Model, Place, Training};
use crate::layers::TensorSpec;

/// What inference needs of a model.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) description: &'static Description,
    pub(crate) memory: Memory,
    /// The outputs, as layers that take the model as a layer see them.
    pub(crate) outputs: &'static [TensorSpec],
    pub(crate) output_places: fn(Mode) -> &'static [Place],
    pub(crate) output_masks: fn(Mode) -> &'static [Place],
    pub(crate) infer: fn(&mut Inference<'_>),
}

impl Program {
    pub(crate) fn of<M: Model>() -> Self {
        Self {
            description: M::DESCRIPTION,
            memory: M::MEMORY,
            outputs: M::OUTPUTS,
            output_places: M::outputs,
            output_masks: M::output_masks,
            infer: M::infer::<f32>,
        }
    }

    /// Whether an output has a mask.
    pub(crate) fn has_masks(&self) -> bool {
        self.outputs.iter().any(|output| output.mask.is_some())
    }
}

/// What training needs of a model. A program that does not train has no use for the passes of training, which are not compiled
/// then.
#[derive(Clone, Copy)]
pub(crate) struct TrainingProgram {
    pub(crate) inference: Program,
    pub(crate) inputs: fn() -> &'static [Place],
    pub(crate) input_gradients: fn() -> &'static [Place],
    pub(crate) output_gradients: fn() -> &'static [Place],
    pub(crate) forward: fn(&mut Training<'_>),
    pub(crate) backward: fn(&mut Training<'_>),
}

impl TrainingProgram {
    pub(crate) fn of<M: Model>() -> Self {
        Self {
            inference: Program::of::<M>(),
            inputs: M::inputs,
            input_gradients: M::input_gradients,
            output_gradients: M::output_gradients,
            forward: M::forward,
            backward: M::backward,
        }
    }
}

impl core::ops::Deref for TrainingProgram {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.inference
    }
}

//! The tensors between the layers of a model, for a model that ends at a layer, or starts after one.

use super::Description;
use crate::shape::{Dtype, Message};

/// The tensor that a layer makes: of its first call the first output. Without such a layer, that of another one, so that nothing else
/// fails than [`check_layer_output`].
#[doc(hidden)]
pub const fn tensor_after(model: &Description, layer: &str) -> usize {
    match find(model, layer) {
        Some(tensor) => tensor,
        None => model.inputs.len(),
    }
}

const fn find(model: &Description, layer: &str) -> Option<usize> {
    let mut at = 0;
    while at < model.calls.len() {
        let call = &model.calls[at];
        if super::equal(model.layers[call.layer].name.as_bytes(), layer.as_bytes()) {
            return Some(call.output);
        }
        at += 1;
    }
    None
}

/// Checks that a model has a layer of this name, whose output is of floats.
///
/// # Panics
/// With words if it has not: a compile error.
#[doc(hidden)]
#[track_caller]
pub const fn check_layer_output(model: &Description, layer: &str) {
    let mut message = Message::new();
    match find(model, layer) {
        Some(tensor) if model.graph().spec(tensor).dtype.is(Dtype::Float32) => return,
        Some(_) => {
            message.text("the output of the layer `");
            message.text(layer);
            message.text("` is not of floats");
        }
        None => {
            message.text("the model `");
            message.text(model.name);
            message.text("` has no layer `");
            message.text(layer);
            message.text("`; its layers are ");
            let mut at = 0;
            while at < model.layers.len() {
                message.text(if at == 0 { "`" } else { ", `" });
                message.text(model.layers[at].name);
                message.text("`");
                at += 1;
            }
        }
    }
    panic!("{}", message.as_str())
}

/// Checks that what comes after a tensor needs nothing else of what comes before.
///
/// # Panics
/// With words if it does: a compile error.
#[doc(hidden)]
#[track_caller]
pub const fn check_cut(model: &Description, tensor: usize) {
    let (cut, _) = model.graph().maker(tensor);
    if model.graph().spec(tensor).mask.is_some() {
        fails(model, cut, "what masks its steps");
    }
    let mut at = cut + 1;
    while at < model.calls.len() {
        let (call, mut input) = (&model.calls[at], 0);
        while input < call.inputs.len() {
            let read = call.inputs[input];
            if read < tensor
                || (read > tensor && read < model.calls[cut].output + model.calls[cut].built.outputs().len())
            {
                fails(model, cut, model.layers[call.layer].name);
            }
            input += 1;
        }
        at += 1;
    }
    let mut at = 0;
    while at < model.outputs.len() {
        if model.outputs[at].tensor < tensor {
            fails(model, cut, model.outputs[at].name);
        }
        at += 1;
    }
}

#[track_caller]
const fn fails(model: &Description, cut: usize, other: &str) {
    let mut message = Message::new();
    message.text("the model `");
    message.text(model.name);
    message.text("` cannot start after the layer `");
    message.text(model.layers[model.calls[cut].layer].name);
    message.text("`: `");
    message.text(other);
    message.text("` needs other tensors from before it");
    panic!("{}", message.as_str())
}

#[cfg(feature = "std")]
impl Description {
    /// Whether the output of a call is rectified in place in training, so that it exists in passing only, and its gradient does not.
    pub(crate) fn is_rectified_in_place(&self, call: usize) -> bool {
        use crate::layers::Fusion;
        let normalizes = matches!(self.calls[call].built.fusion, Fusion::Normalization { .. });
        let made = self.calls[call].output;
        let mut readers = self.calls.iter().filter(|reader| reader.inputs.contains(&made));
        let rectifies = |reader: &super::CallDescription| matches!(reader.built.fusion, Fusion::Rectifier);
        normalizes
            && readers.next().is_some_and(rectifies)
            && readers.next().is_none()
            && self.outputs.iter().all(|output| output.tensor != made)
    }
}

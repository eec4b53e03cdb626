//! Layers that run layers: a model as a layer of another, and what `layer!` declares.

use super::{BuildResult, Graph, Inference, Memory, NonTrainableBlock, Plan, Training, plan::Place};
use crate::{
    kernels::elementwise,
    layers::{
        Backward, Buffers, Built, Forward, InvalidId, MAX_WEIGHTS_WITHIN, NonTrainable, TensorSpec, Weight, Weights,
    },
    shape::ShapeError,
};

/// A layer that runs a graph of layers in memory of its own.
#[doc(hidden)]
pub trait Composite: Copy + Send + Sync {
    /// Where the inputs and the outputs of the graph lie.
    fn ports(&self) -> Ports<'_>;
    /// The forward pass at inference.
    fn infer(&self, pass: &mut Inference<'_>);
    /// The forward pass of a training step.
    fn forward(&self, pass: &mut Training<'_>);
    /// The backward pass of a training step.
    fn backward(&self, pass: &mut Training<'_>);
}

/// Where the inputs and the outputs of a graph lie in its memory. Of two lists, the first is for inference and the second for training.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    pub inputs: &'a [Place],
    pub outputs: [&'a [Place]; 2],
    pub output_masks: [&'a [Place]; 2],
    pub input_gradients: &'a [Place],
    pub output_gradients: &'a [Place],
    /// Whether it is a model, whose layers are counted after itself.
    pub is_model: bool,
}

/// The flags of the layers within a layer, which are frozen as it is.
const FLAGS: &[bool] = &[false; 64];

impl<'a> Ports<'a> {
    const NONE: Self = Self {
        inputs: &[],
        outputs: [&[]; 2],
        output_masks: [&[]; 2],
        input_gradients: &[],
        output_gradients: &[],
        is_model: false,
    };

    fn frozen<'f>(&self, given: &'f [bool]) -> &'f [bool] {
        if self.is_model { given } else { FLAGS }
    }

    /// An id that is none, of a layer within: a model itself is counted before its layers.
    fn within(&self, found: Option<InvalidId>) -> Option<InvalidId> {
        found.map(|id| InvalidId { layer: if self.is_model { id.layer + 1 } else { 0 }, ..id })
    }
}

/// What the `build` of a layer that `layer!` declares makes: its layers, one for each call, the plans of the calls, and the places of
/// inputs and outputs.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Parts<Layers, Calls, const INPUTS: usize, const OUTPUTS: usize> {
    pub layers: Layers,
    pub calls: Calls,
    inputs: [Place; INPUTS],
    outputs: [[Place; OUTPUTS]; 2],
    input_gradients: [Place; INPUTS],
    output_gradients: [Place; OUTPUTS],
}

impl<Layers: Copy, Calls: Copy, const INPUTS: usize, const OUTPUTS: usize> Parts<Layers, Calls, INPUTS, OUTPUTS> {
    /// The parts of a graph.
    pub const fn new<const TENSORS: usize>(
        plan: &Plan<TENSORS>,
        graph: Graph<'_>,
        layers: Layers,
        calls: Calls,
    ) -> Self {
        let mut parts = Self {
            layers,
            calls,
            inputs: [Place::NONE; INPUTS],
            outputs: [[Place::NONE; OUTPUTS]; 2],
            input_gradients: [Place::NONE; INPUTS],
            output_gradients: [Place::NONE; OUTPUTS],
        };
        let mut at = 0;
        while at < INPUTS {
            let tensor = plan.tensor(graph, at);
            (parts.inputs[at], parts.input_gradients[at]) = (tensor.training, tensor.gradient);
            at += 1;
        }
        let mut at = 0;
        while at < OUTPUTS {
            let tensor = plan.tensor(graph, graph.outputs[at].tensor);
            (parts.outputs[0][at], parts.outputs[1][at]) = (tensor.inference, tensor.training);
            parts.output_gradients[at] = tensor.gradient;
            at += 1;
        }
        parts
    }

    /// Where the inputs and the outputs lie; nowhere before the layer is built.
    pub fn ports(parts: Option<&Self>) -> Ports<'_> {
        let Some(parts) = parts else { return Ports::NONE };
        Ports {
            inputs: &parts.inputs,
            outputs: [&parts.outputs[0], &parts.outputs[1]],
            input_gradients: &parts.input_gradients,
            output_gradients: &parts.output_gradients,
            ..Ports::NONE
        }
    }
}

/// The declaration of a layer that runs a graph of layers of these names. A layer without a name is an operation with a weight, which
/// is the layer's own.
///
/// # Errors
/// If the layers have too many weights or states, or one learns from data before training.
#[doc(hidden)]
pub const fn composed(graph: Graph<'_>, outputs: &[TensorSpec], memory: Memory, names: &[&'static str]) -> BuildResult {
    let mut built = graph.built(Built::with_own_outputs(outputs), memory);
    built.runs_layers = true;
    let (mut layer, mut at) = (0, 0);
    while at < graph.calls.len() {
        let call = &graph.calls[at];
        at += 1;
        if call.layer != layer {
            continue;
        }
        layer += 1;
        built = match built.with_layer(names[call.layer], call.built) {
            Ok(built) => built,
            Err(error) => return Err(error),
        };
    }
    built.ok()
}

impl Built {
    /// Adds the weights and the state of a layer within.
    const fn with_layer(mut self, name: &'static str, layer: &Self) -> BuildResult {
        if layer.measures.is_some() {
            return Err(ShapeError::new(
                "a layer in it learns mean and variance by `adapt`, which does not reach it there; give it a mean and a \
                 variance",
            )
            .within(name));
        }
        match &layer.weights {
            Weights::Own(list, count) => {
                let mut at = 0;
                while at < *count {
                    if let Err(error) = self.push_weight(name, list[at]) {
                        return Err(error);
                    }
                    at += 1;
                }
            }
            Weights::Model(_) | Weights::Wrapped(..) => {
                let Some((model, scope)) = layer.weights.model() else { return Ok(self) };
                if layer.weights.all_layers() > FLAGS.len() || !layer.state_space().is_none() {
                    let template = "a model in a layer may have at most {0} layers, and no state";
                    return Err(ShapeError::new(template).number(FLAGS.len()).within(name));
                }
                let mut weights = model.named_weights();
                while let Some(weight) = weights.advance() {
                    let mut declaration = *weight.declaration;
                    declaration.scope = weight.name.scope();
                    let mut at = scope.len();
                    while at > 0 {
                        at -= 1;
                        declaration.scope = declaration.scope.within(scope[at]);
                    }
                    if let Err(error) = self.push_weight(name, declaration) {
                        return Err(error);
                    }
                }
            }
        }
        let (states, mut at) = (layer.states(), 0);
        while at < states.len() {
            if self.states().len() == crate::layers::MAX_STATES {
                return Err(ShapeError::new("the layers in it have too many state variables").within(name));
            }
            self = self.state(states[at]);
            at += 1;
        }
        Ok(self)
    }

    const fn push_weight(&mut self, name: &'static str, mut weight: Weight) -> Result<(), ShapeError> {
        let Weights::Own(list, count) = &mut self.weights else { return Ok(()) };
        if *count == MAX_WEIGHTS_WITHIN {
            let template =
                "it has more than {0} weights with those of the layers within; declare a model by `model!` instead";
            return Err(ShapeError::new(template).number(MAX_WEIGHTS_WITHIN));
        }
        if !name.is_empty() {
            weight.scope = weight.scope.within(name);
        }
        list[*count] = weight;
        *count += 1;
        Ok(())
    }
}

/// The forward pass of a layer that runs layers.
#[doc(hidden)]
pub fn forward<C: Composite>(layer: &C, pass: Forward<'_>) {
    let ports = layer.ports();
    let trainable = pass.weights.first().copied().unwrap_or_default();
    let mut outputs = pass.outputs;
    let [per_sample, fixed] = pass.states.padded();
    let state = Buffers { per_sample, fixed };
    if pass.recorded {
        let mut training = Training {
            batch: pass.batch,
            trainable,
            non_trainable: match pass.non_trainable {
                NonTrainable::ReadOnly(blocks) => {
                    NonTrainableBlock::ReadOnly(blocks.first().copied().unwrap_or_default())
                }
                NonTrainable::Updated([block, ..]) => NonTrainableBlock::Updated(block),
                NonTrainable::Updated([]) => NonTrainableBlock::Updated(&mut []),
            },
            state,
            samples: pass.saved.per_sample,
            fixed: pass.saved.fixed,
            frozen: ports.frozen(pass.frozen),
            training: pass.training,
            seed: pass.random.derive(),
            gradients: None,
            accumulate: false,
            input_gradients: false,
            from_logits: 0,
            whole_batch: pass.whole_batch,
            added_loss: 0.0,
            invalid_id: None,
            observer: None,
        };
        for (at, place) in ports.inputs.iter().enumerate() {
            if let Some(words) = words_mut(training.samples, *place, pass.batch) {
                pass.inputs.get(at).copy_to(words);
            }
        }
        layer.forward(&mut training);
        if let Some(sum) = pass.added_loss {
            *sum += training.added_loss;
        }
        pass.invalid_id.set(ports.within(training.invalid_id));
        copy_masks(training.samples, ports.output_masks[1], pass.batch, pass.output_mask);
        for (place, output) in ports.outputs[1].iter().zip(outputs.iter_mut()) {
            copy_out(training.samples, *place, pass.batch, output);
        }
    } else {
        let mut inference = Inference {
            batch: pass.batch,
            trainable,
            panels: pass.panels,
            non_trainable: match pass.non_trainable {
                NonTrainable::ReadOnly(blocks) => blocks.first().copied().unwrap_or_default(),
                NonTrainable::Updated([block, ..]) => block,
                NonTrainable::Updated([]) => &[],
            },
            state,
            inputs: pass.inputs.as_slice(),
            samples: pass.scratch.per_sample,
            fixed: pass.scratch.fixed,
            widened: &mut [],
            seed: pass.random.derive(),
            first_sample: pass.first_sample,
            added_loss: pass.added_loss.as_ref().map(|_| 0.0),
            invalid_id: None,
        };
        layer.infer(&mut inference);
        if let (Some(sum), Some(added)) = (pass.added_loss, inference.added_loss) {
            *sum += added;
        }
        pass.invalid_id.set(ports.within(inference.invalid_id));
        copy_masks(inference.samples, ports.output_masks[0], pass.batch, pass.output_mask);
        for (place, output) in ports.outputs[0].iter().zip(outputs.iter_mut()) {
            copy_out(inference.samples, *place, pass.batch, output);
        }
    }
}

/// The backward pass of a layer that runs layers.
#[doc(hidden)]
pub fn backward<C: Composite>(layer: &C, pass: Backward<'_>) {
    let ports = layer.ports();
    let non_trainable = pass.non_trainable.first().copied().unwrap_or_default();
    let mut weight_gradients = pass.weight_gradients;
    // The backward pass reads its non-trainable weights only; the variant says in which mode the forward pass ran.
    let mut training = Training {
        batch: pass.batch,
        trainable: pass.weights.first().copied().unwrap_or_default(),
        non_trainable: if pass.updated {
            NonTrainableBlock::AfterUpdate(non_trainable)
        } else {
            NonTrainableBlock::ReadOnly(non_trainable)
        },
        state: Buffers::none(),
        samples: pass.saved.per_sample,
        fixed: pass.saved.fixed,
        frozen: ports.frozen(pass.frozen),
        training: pass.training,
        seed: pass.random.derive(),
        gradients: weight_gradients.as_mut().map(|gradients| gradients.first_mut().map_or(&mut [][..], |all| all)),
        accumulate: pass.accumulate,
        input_gradients: pass.input_gradients.iter().any(Option::is_some),
        from_logits: pass.from_logits,
        whole_batch: pass.whole_batch,
        added_loss: 0.0,
        invalid_id: None,
        observer: None,
    };
    for (place, gradient) in ports.output_gradients.iter().zip(pass.output_gradients.iter()) {
        copy_in(training.samples, *place, pass.batch, gradient);
    }
    layer.backward(&mut training);
    let mut input_gradients = pass.input_gradients;
    for (place, gradient) in ports.input_gradients.iter().zip(input_gradients.iter_mut()) {
        if let Some(gradient) = gradient {
            copy_out(training.samples, *place, pass.batch, gradient);
        }
    }
}

/// The words of a batch at a place.
fn words_mut(samples: &mut [f32], place: Place, batch: usize) -> Option<&mut [f32]> {
    let place = place.of_batch(batch);
    samples.get_mut(place.offset..)?.get_mut(..place.length)
}

/// Copies a batch of values into its place.
fn copy_in(samples: &mut [f32], place: Place, batch: usize, values: &[f32]) {
    if let Some(words) = words_mut(samples, place, batch) {
        elementwise::copy(values, words);
    }
}

/// Copies a batch of values out of its place.
fn copy_out(samples: &[f32], place: Place, batch: usize, values: &mut [f32]) {
    let place = place.of_batch(batch);
    if let Some(source) = samples.get(place.offset..).and_then(|tail| tail.get(..place.length)) {
        elementwise::copy(source, values);
    }
}

/// Copies a batch of the masks of the outputs, one after another.
fn copy_masks(samples: &[f32], places: &[Place], batch: usize, masks: Option<&mut [f32]>) {
    let mut rest = masks.unwrap_or_default();
    for place in places {
        let Some((mask, after)) = rest.split_at_mut_checked(place.length * batch) else { return };
        copy_out(samples, *place, batch, mask);
        rest = after;
    }
}

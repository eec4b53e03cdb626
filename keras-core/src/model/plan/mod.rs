//! Where everything lies: the plan of a model's memory, computed when the program is compiled.
//!
//! A pass works in two arenas: one whose offsets are floats a sample (multiplied by the batch at run time), one of
//! floats whatever the batch. In each, places whose lifetimes do not meet share memory. The planner walks the steps of
//! a pass in order, takes the first hole that fits and gives back what no later step reads, so that its work grows
//! almost linearly with the number of tensors: it runs in const evaluation.

mod arena;
mod call;
mod fusion;
mod masks;

use arena::{Arenas, aligned};
pub use arena::{Place, Places};
pub use call::CallPlan;
pub(super) use call::{AnyCallPlan, InputPlan, Split};
pub(super) use fusion::FusedCalls;
use fusion::{Chain, fuse, fuse_in_training};
pub(super) use masks::{MaskPlan, MaskRole};

use super::{CallDescription, Graph, Memory, Mode, check::check_elements};
use crate::{
    layers::{FinalActivation, Reuse, Space, TensorSpec},
    shape::Dtype,
};

/// What ends at each step, as lists linked through arrays.
struct Endings<const TENSORS: usize> {
    first: [usize; TENSORS],
    next: [usize; TENSORS],
}

impl<const TENSORS: usize> Endings<TENSORS> {
    const END: usize = usize::MAX;

    const fn new() -> Self {
        Self { first: [Self::END; TENSORS], next: [Self::END; TENSORS] }
    }

    const fn add(&mut self, step: usize, tensor: usize) {
        self.next[tensor] = self.first[step];
        self.first[step] = tensor;
    }
}

/// Where a layer starts.
#[derive(Clone, Copy, Debug)]
struct Start {
    trainable: usize,
    non_trainable: usize,
    state: Space,
    layer: usize,
}

impl Start {
    const FIRST: Self = Self { trainable: 0, non_trainable: 0, state: Space::NONE, layer: 0 };
}

/// The plan of a model of `TENSORS` tensors: its places, and what each call needs to know.
///
/// What belongs to a call stands at the first tensor that it makes.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Model, Plan};
///
/// sequential! { struct Net { Input(2), Dense(3), Dense(1) } }
///
/// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph()); // an input, and the outputs of two calls
/// assert_eq!(PLAN.memory(), Net::<Embedded>::MEMORY);
/// let (hidden, output) = (PLAN.tensor(Net::DESCRIPTION.graph(), 1).inference, PLAN.tensor(Net::DESCRIPTION.graph(), 2).inference);
/// assert!(hidden.offset + hidden.length <= output.offset || output.offset + output.length <= hidden.offset);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Plan<const TENSORS: usize> {
    inference: Layout<TENSORS>,
    training: Layout<TENSORS>,
    /// The gradient of each tensor.
    gradients: [Place; TENSORS],
    /// Fresh gradients that a call's backward pass makes, to be added to those that are there already.
    contributions: [Place; TENSORS],
    backward_scratch: [Places; TENSORS],
    /// By whom each gradient is written first: the call's tensor and the number of its input.
    writers: [(usize, usize); TENSORS],
    /// The number of the model's inputs, the first tensors.
    inputs: usize,
    /// Where each layer starts: its trainable weights, the rest, and among all layers.
    layers: [Start; TENSORS],
    /// Whether a call's layer is called again later (so that its gradients come second, and are added).
    called_later: [bool; TENSORS],
}

/// A pass's places, by tensor; a call's own by the first tensor that it makes.
#[derive(Clone, Copy, Debug)]
struct Layout<const TENSORS: usize> {
    values: [Place; TENSORS],
    /// The tensor whose memory each one uses: itself, or the input that it reuses.
    roots: [usize; TENSORS],
    saved: [Places; TENSORS],
    scratch: [Places; TENSORS],
    chains: [Chain; TENSORS],
    /// The mask of each tensor. They are small, and each keeps its memory for the whole pass.
    masks: [Place; TENSORS],
    space: Space,
}

impl<const TENSORS: usize> Layout<TENSORS> {
    const fn new(model: Graph<'_>, mode: Mode) -> Self {
        let mut layout = Self {
            values: [Place::NONE; TENSORS],
            roots: [0; TENSORS],
            saved: [Places::NONE; TENSORS],
            scratch: [Places::NONE; TENSORS],
            chains: [Chain::NONE; TENSORS],
            masks: [Place::NONE; TENSORS],
            space: Space::NONE,
        };
        let mut tensor = 0;
        while tensor < TENSORS {
            layout.roots[tensor] = tensor;
            tensor += 1;
        }
        layout.chains = match mode {
            Mode::Inference => fuse(model, &mut layout.roots),
            Mode::Training => fuse_in_training(model, &mut layout.roots),
        };
        let mut at = 0;
        while at < model.calls.len() {
            let call = &model.calls[at];
            let reuses = match call.built.reuse {
                Reuse::Never => false,
                Reuse::Inference => matches!(mode, Mode::Inference),
                Reuse::Always => true,
            };
            // An output has memory of its own, lest two outputs share a gradient; and the masks of several inputs are joined by
            // the call.
            if reuses && call.inputs.len() == 1 && !is_output(model, call.output) {
                layout.roots[call.output] = layout.roots[call.inputs[0]];
            }
            at += 1;
        }
        layout
    }

    const fn take_outputs(&mut self, arenas: &mut Arenas, call: &CallDescription<'_>) {
        let mut at = 0;
        while at < call.built.outputs().len() {
            self.values[call.output + at] = arenas.samples.take(call.built.nth_output(at).words());
            at += 1;
        }
    }
}

const fn is_output(model: Graph<'_>, tensor: usize) -> bool {
    let mut at = 0;
    while at < model.outputs.len() {
        if model.outputs[at].tensor == tensor {
            return true;
        }
        at += 1;
    }
    false
}

/// No call writes the gradient: the loss does, or nobody.
const BY_LOSS: (usize, usize) = (usize::MAX - 1, 0);
const BY_NOBODY: (usize, usize) = (usize::MAX, 0);

impl<const TENSORS: usize> Plan<TENSORS> {
    /// Plans a model.
    ///
    /// # Panics
    /// If `TENSORS` is not the model's number of tensors, or with words for passes that work in more memory than any machine
    /// has: a compile error.
    ///
    /// ```
    /// use keras::prelude::*;
    /// use keras_core::model::{Model, Plan};
    ///
    /// sequential! { struct Net { Input(2), Dense(3), Dense(1) } }
    ///
    /// assert_eq!(Plan::<3>::new(Net::DESCRIPTION.graph()).memory(), Net::<Embedded>::MEMORY);
    /// ```
    #[track_caller]
    pub const fn new(model: Graph<'_>) -> Self {
        assert!(TENSORS == model.tensors());
        let mut plan = Self {
            inference: Self::plan_inference(model),
            training: Layout::new(model, Mode::Training),
            gradients: [Place::NONE; TENSORS],
            contributions: [Place::NONE; TENSORS],
            backward_scratch: [Places::NONE; TENSORS],
            writers: [BY_NOBODY; TENSORS],
            inputs: model.inputs.len(),
            layers: [Start::FIRST; TENSORS],
            called_later: [false; TENSORS],
        };
        plan.plan_training(model);
        plan.place_layers(model);
        let spaces = [plan.inference.space, plan.training.space];
        let mut at = 0;
        while at < spaces.len() {
            let floats = spaces[at].per_sample.saturating_add(spaces[at].fixed);
            check_elements("floats of memory for its passes", floats);
            at += 1;
        }
        plan
    }

    const fn plan_inference(model: Graph<'_>) -> Layout<TENSORS> {
        let mut layout = Layout::new(model, Mode::Inference);
        // The last step at which each root is read: a call's step is the number of the first tensor that it makes.
        let mut last = layout.roots;
        let mut at = 0;
        while at < model.calls.len() {
            let call = &model.calls[at];
            let mut input = 0;
            while input < call.inputs.len() {
                last[layout.roots[call.inputs[input]]] = call.output;
                input += 1;
            }
            // What nobody reads ends where it is made.
            let mut output = 1;
            while output < call.built.outputs().len() {
                last[call.output + output] = call.output;
                output += 1;
            }
            at += 1;
        }
        let mut at = 0;
        while at < model.outputs.len() {
            last[layout.roots[model.outputs[at].tensor]] = usize::MAX;
            at += 1;
        }
        let mut endings = Endings::<TENSORS>::new();
        let mut tensor = 0;
        while tensor < TENSORS {
            if layout.roots[tensor] == tensor && last[tensor] != usize::MAX {
                endings.add(last[tensor], tensor);
            }
            tensor += 1;
        }
        // The inputs are read where the caller has them.
        let mut arenas = Arenas::new();
        let mut at = 0;
        while at < model.calls.len() {
            let (call, step) = (&model.calls[at], model.calls[at].output);
            layout.place_masks(&mut arenas, call);
            if layout.roots[step] == step {
                layout.take_outputs(&mut arenas, call);
                layout.scratch[step] = arenas.take(call.built.scratch);
                if layout.chains[step].normalization.is_some() {
                    layout.chains[step].memory = arenas.fixed.take(2 * call.built.output().last());
                    arenas.fixed.give(layout.chains[step].memory);
                }
                arenas.give(layout.scratch[step]);
            } else {
                layout.values[step] = layout.values[layout.roots[step]];
            }
            let mut ended = endings.first[step];
            while ended != usize::MAX {
                arenas.samples.give(layout.values[ended]);
                ended = endings.next[ended];
            }
            at += 1;
        }
        layout.space = arenas.space();
        layout
    }

    /// The steps of training: that of a call forward is the number `t` of the first tensor that it makes, that of the loss
    /// `TENSORS`, that of the call backward `2·TENSORS - t`.
    const fn plan_training(&mut self, model: Graph<'_>) {
        let roots = self.training.roots;
        let mut last = roots;
        // Backwards, as the backward pass runs, so that the first writer of a gradient is found first.
        let mut at = 0;
        while at < model.outputs.len() {
            let root = roots[model.outputs[at].tensor];
            last[root] = TENSORS;
            self.writers[root] = BY_LOSS;
            at += 1;
        }
        let mut at = model.calls.len();
        while at > 0 {
            at -= 1;
            let (call, step) = (&model.calls[at], model.calls[at].output);
            if roots[step] != step {
                continue;
            }
            let backward = 2 * TENSORS - step;
            let mut output = 0;
            while output < call.built.outputs().len() {
                let tensor = step + output;
                if call.built.backward_reads_output && last[tensor] < backward {
                    last[tensor] = backward;
                } else if last[tensor] == tensor {
                    // What nobody reads ends where it is made.
                    last[tensor] = step;
                }
                output += 1;
            }
            let mut input = 0;
            while input < call.inputs.len() {
                let root = roots[call.inputs[input]];
                let read = if call.built.backward_reads_input { backward } else { step };
                if last[root] < read {
                    last[root] = read;
                }
                if self.writers[root].0 == BY_NOBODY.0 {
                    self.writers[root] = (step, input);
                }
                input += 1;
            }
        }
        let mut forward_endings = Endings::<TENSORS>::new();
        let mut backward_endings = Endings::<TENSORS>::new();
        let mut after_loss = Endings::<1>::END;
        let mut tensor = 0;
        while tensor < TENSORS {
            if roots[tensor] == tensor {
                if last[tensor] < TENSORS {
                    forward_endings.add(last[tensor], tensor);
                } else if last[tensor] > TENSORS {
                    backward_endings.add(2 * TENSORS - last[tensor], tensor);
                } else {
                    // Chained through an array that a tensor ending at the loss uses nowhere else.
                    forward_endings.next[tensor] = after_loss;
                    after_loss = tensor;
                }
            }
            tensor += 1;
        }

        let mut arenas = Arenas::new();
        let layout = &mut self.training;
        let mut input = 0;
        while input < model.inputs.len() {
            layout.values[input] = arenas.samples.take(model.spec(input).words());
            input += 1;
        }
        let mut at = 0;
        while at < model.calls.len() {
            let (call, step) = (&model.calls[at], model.calls[at].output);
            at += 1;
            layout.place_masks(&mut arenas, call);
            if roots[step] != step {
                layout.values[step] = layout.values[roots[step]];
                continue;
            }
            layout.take_outputs(&mut arenas, call);
            layout.saved[step] = arenas.take(call.built.saved);
            // The passes of layers within a layer work in what it keeps.
            layout.scratch[step] = arenas.take(if call.built.has_layers() { Space::NONE } else { call.built.scratch });
            arenas.give(layout.scratch[step]);
            let mut ended = forward_endings.first[step];
            while ended != usize::MAX {
                arenas.samples.give(layout.values[ended]);
                ended = forward_endings.next[ended];
            }
        }
        // The loss reads the outputs and writes their gradients.
        let mut at = 0;
        while at < model.outputs.len() {
            let root = roots[model.outputs[at].tensor];
            if self.gradients[root].length == 0 {
                self.gradients[root] = arenas.samples.take(model.spec(root).gradient_words());
            }
            at += 1;
        }
        let mut ended = after_loss;
        while ended != usize::MAX {
            arenas.samples.give(layout.values[ended]);
            ended = forward_endings.next[ended];
        }
        let mut at = model.calls.len();
        while at > 0 {
            at -= 1;
            let (call, step) = (&model.calls[at], model.calls[at].output);
            if roots[step] != step {
                continue;
            }
            let mut fresh = 0;
            let mut input = 0;
            while input < call.inputs.len() {
                let root = roots[call.inputs[input]];
                let size = model.spec(root).gradient_words();
                if self.writers[root].0 == step && self.writers[root].1 == input {
                    self.gradients[root] = arenas.samples.take(size);
                } else {
                    fresh = aligned(size).saturating_add(fresh);
                }
                input += 1;
            }
            // The gradient of an output that nothing reads is there while the layer goes backward: zeros.
            let mut output = 0;
            while output < call.built.outputs().len() {
                if self.writers[step + output].0 == BY_NOBODY.0 {
                    let size = call.built.nth_output(output).gradient_words();
                    self.gradients[step + output] = arenas.samples.take(size);
                }
                output += 1;
            }
            self.contributions[step] = arenas.samples.take(fresh);
            self.backward_scratch[step] = arenas.take(call.built.backward_scratch);
            arenas.give(self.backward_scratch[step]);
            arenas.samples.give(self.contributions[step]);
            arenas.give(layout.saved[step]);
            let mut output = 0;
            while output < call.built.outputs().len() {
                arenas.samples.give(self.gradients[step + output]);
                output += 1;
            }
            let mut ended = backward_endings.first[step];
            while ended != usize::MAX {
                arenas.samples.give(layout.values[ended]);
                ended = backward_endings.next[ended];
            }
        }
        let mut tensor = 0;
        while tensor < TENSORS {
            self.gradients[tensor] = self.gradients[roots[tensor]];
            tensor += 1;
        }
        layout.space = arenas.space();
    }

    const fn place_layers(&mut self, model: Graph<'_>) {
        // Layers are numbered in the order of their first calls: there are at most as many as tensors.
        let mut start = Start::FIRST;
        let (mut layer, mut at) = (0, 0);
        while at < model.calls.len() {
            if model.calls[at].layer == layer {
                let built = model.calls[at].built;
                self.layers[layer] = start;
                start.trainable += built.weights.trainable_size();
                start.non_trainable += built.weights.non_trainable_size();
                start.state = start.state.plus(built.state_space());
                start.layer += model.flags_of(built);
                layer += 1;
            }
            at += 1;
        }
        let mut seen = [false; TENSORS];
        let mut at = model.calls.len();
        while at > 0 {
            at -= 1;
            let call = &model.calls[at];
            self.called_later[call.output] = seen[call.layer];
            seen[call.layer] = true;
        }
    }

    /// The memory that the passes work in.
    ///
    /// ```
    /// use keras::prelude::*;
    /// use keras_core::model::Plan;
    ///
    /// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
    ///
    /// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
    /// assert_eq!(PLAN.memory().inference.per_sample, Net::WORKSPACE);
    /// ```
    pub const fn memory(&self) -> Memory {
        Memory { inference: self.inference.space, training: self.training.space }
    }

    /// Where a tensor lies: at inference, in training, and its gradient.
    ///
    /// ```
    /// use keras::prelude::*;
    /// use keras_core::model::Plan;
    ///
    /// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
    ///
    /// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
    /// let hidden = PLAN.tensor(Net::DESCRIPTION.graph(), 1);
    /// assert_eq!((hidden.inference.length, hidden.gradient.length), (3, 3));
    /// ```
    pub const fn tensor(&self, model: Graph<'_>, tensor: usize) -> TensorPlan {
        let spec = model.spec(tensor);
        let root = self.inference.roots[tensor];
        TensorPlan {
            outside: if root < self.inputs { Some(root) } else { None },
            inference: self.inference.values[tensor],
            training: self.training.values[tensor],
            gradient: self.gradients[tensor],
            mask: MaskPlan::new(spec.mask, self.inference.masks[tensor], self.training.masks[tensor]),
            dtype: spec.dtype,
            size: spec.dims.size(),
        }
    }

    /// An output of the model: its dimensions, and where its logits lie in training, if a loss may start from there (the
    /// layer keeps what went into a final softmax or sigmoid, and nobody but the loss reads the output).
    ///
    /// ```
    /// use keras::prelude::*;
    /// use keras_core::model::Plan;
    ///
    /// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
    ///
    /// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
    /// use keras::layers::FinalActivation;
    ///
    /// assert_eq!(PLAN.output(Net::DESCRIPTION.graph(), 2).final_activation, FinalActivation::Sigmoid);
    /// ```
    pub const fn output(&self, model: Graph<'_>, tensor: usize) -> TensorSpec {
        let without_logits = TensorSpec { final_activation: FinalActivation::Other, logits: 0, ..model.spec(tensor) };
        if tensor < model.inputs.len() || !matches!(self.writers[tensor], BY_LOSS) {
            return without_logits;
        }
        let mut call = 0;
        while call < model.calls.len() {
            let mut at = 0;
            while at < model.calls[call].inputs.len() {
                if self.training.roots[model.calls[call].inputs[at]] == tensor {
                    return without_logits;
                }
                at += 1;
            }
            call += 1;
        }
        let (call, at) = model.maker(tensor);
        let output = model.calls[call].built.nth_output(at);
        let saved = self.training.saved[model.calls[call].output].per_sample;
        TensorSpec { logits: saved.offset + output.logits, ..output }
    }
}

/// Where a tensor lies.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::Plan;
///
/// sequential! { struct Net { Input(2), Dense(3), Dense(1, activation = "sigmoid") } }
///
/// const PLAN: Plan<3> = Plan::new(Net::DESCRIPTION.graph());
/// let (input, hidden) = (PLAN.tensor(Net::DESCRIPTION.graph(), 0), PLAN.tensor(Net::DESCRIPTION.graph(), 1));
/// assert_eq!((input.outside, input.training.length), (Some(0), 2)); // floats a sample
/// assert_eq!((hidden.outside, hidden.inference.length), (None, 3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TensorPlan {
    /// Which of the model's inputs it is at inference, if it is one: that is read where it is.
    pub outside: Option<usize>,
    /// At inference.
    pub inference: Place,
    /// In training.
    pub training: Place,
    /// Its gradient.
    pub gradient: Place,
    /// Its mask.
    pub(crate) mask: MaskPlan,
    /// The type of its elements.
    pub(crate) dtype: Dtype,
    /// The number of elements of one sample.
    pub(crate) size: usize,
}

impl TensorPlan {
    const NONE: Self = Self {
        outside: None,
        inference: Place::NONE,
        training: Place::NONE,
        gradient: Place::NONE,
        mask: MaskPlan::NONE,
        dtype: Dtype::Float32,
        size: 0,
    };

    /// The place of the mask of a model's output.
    #[doc(hidden)]
    pub const fn mask(&self, mode: Mode) -> Place {
        self.mask.place(mode)
    }

    /// Where the tensor is.
    pub(crate) const fn place(&self, mode: Mode) -> Place {
        match mode {
            Mode::Inference => self.inference,
            Mode::Training => self.training,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{arena::ALIGNMENT, *};
    use crate::{
        layers::Built,
        model::{ANY_LAYER, CallDescription, Description, InputDescription, LayerDescription, OutputDescription},
        shape::Dims,
    };

    const TENSORS: usize = 12;

    fn leak<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    /// Memory that remembers who wrote each float last.
    struct Shadow(Vec<u32>);

    impl Shadow {
        fn write(&mut self, place: Place, tag: u32) {
            assert_eq!(place.offset % ALIGNMENT, 0);
            self.0[place.offset..place.offset + place.length].fill(tag);
        }

        fn check(&self, place: Place, tag: u32) {
            assert!(self.0[place.offset..place.offset + place.length].iter().all(|&found| found == tag), "overwritten");
        }
    }

    proptest! {
        /// Runs the passes over shadow memory: whatever a step reads must be what was written there for it.
        #[test]
        fn nothing_is_overwritten_while_it_is_needed(
            calls in prop::collection::vec((0usize..64, 0usize..64, 1usize..40, 0usize..30, 0usize..20, 0u8..16), TENSORS - 1),
            more_outputs in prop::collection::btree_set(1usize..TENSORS, 0..3),
            dropped in 0usize..TENSORS,
        ) {
            let mut dims = vec![Dims::new(&[17])];
            let (mut descriptions, mut layers) = (Vec::new(), Vec::new());
            for (at, &(first, second, size, kept, scratch, flags)) in calls.iter().enumerate() {
                let output = dims.len();
                if output == TENSORS { break; }
                let inputs = [first % output, second % output];
                let reuses = flags & 1 == 1;
                let mut built = Built::new(if reuses { dims[inputs[0]] } else { Dims::new(&[size]) });
                if reuses {
                    built = built.reuse(Reuse::Always);
                } else {
                    built = built.saved(kept, 0).scratch(scratch, 0).backward_scratch(scratch / 2, 0);
                }
                if flags & 2 != 0 { built = built.backward_reads_input(); }
                if flags & 4 != 0 { built = built.backward_reads_output(); }
                dims.push(built.output());
                if flags & 8 != 0 && !reuses && dims.len() < TENSORS {
                    let more = TensorSpec::new(Dims::new(&[size + 3]));
                    built = built.and_output(more);
                    dims.push(more.dims);
                }
                let built: &'static Built = leak(built);
                layers.push(LayerDescription::new("layer", "Layer", built, ANY_LAYER));
                let inputs: &'static [usize] = if reuses { leak([inputs[0]]) } else { leak(inputs) };
                descriptions.push(CallDescription { layer: at, built, inputs, output });
            }
            // What nobody reads is an output, as the macros demand; but one output of a call with two may be dropped.
            let read = |tensor: usize| descriptions.iter().any(|call| call.inputs.contains(&tensor));
            let may_drop = |tensor: usize| {
                descriptions.iter().any(|call| call.built.outputs().len() == 2 && (call.output..call.output + 2).contains(&tensor))
            };
            let outputs: Vec<_> = (1..TENSORS)
                .filter(|&t| !(read(t) || t == dropped && may_drop(t)) || t != dropped && more_outputs.contains(&t))
                .map(|tensor| OutputDescription { name: "output", tensor }).collect();
            prop_assume!(!outputs.is_empty());
            let model = Description::new(
                "Random", true, leak([InputDescription { name: "x", dims: dims[0], dtype: Dtype::Float32 }]),
                leak(layers), leak(descriptions), leak(outputs),
            );
            let plan = Plan::<TENSORS>::new(model.graph());
            let tag = |tensor: usize, kind: u32| tensor as u32 * 8 + kind + 1;
            let made = |call: &CallDescription| call.output..call.output + call.built.outputs().len();

            for training in [false, true] {
                let layout = if training { &plan.training } else { &plan.inference };
                let roots = layout.roots;
                let mut shadow = Shadow(vec![0; layout.space.per_sample]);
                if training { shadow.write(layout.values[0], tag(0, 0)); }
                for call in model.calls {
                    let first = call.output;
                    if roots[first] != first { continue; }
                    shadow.write(layout.saved[first].per_sample, tag(first, 1));
                    shadow.write(layout.scratch[first].per_sample, tag(first, 2));
                    made(call).for_each(|tensor| shadow.write(layout.values[tensor], tag(tensor, 0)));
                    for &input in call.inputs {
                        assert_eq!(plan.tensor(model.graph(), input).outside, (plan.inference.roots[input] == 0).then_some(0));
                        shadow.check(layout.values[input], tag(roots[input], 0));
                    }
                    shadow.check(layout.saved[first].per_sample, tag(first, 1));
                    shadow.check(layout.scratch[first].per_sample, tag(first, 2));
                    made(call).for_each(|tensor| shadow.check(layout.values[tensor], tag(tensor, 0)));
                }
                for output in model.outputs {
                    shadow.check(layout.values[output.tensor], tag(roots[output.tensor], 0));
                }
                if !training { continue; }
                for output in model.outputs {
                    shadow.write(plan.gradients[output.tensor], tag(roots[output.tensor], 3));
                }
                for output in model.outputs {
                    shadow.check(layout.values[output.tensor], tag(roots[output.tensor], 0));
                }
                for (index, call) in model.calls.iter().enumerate().rev() {
                    let first = call.output;
                    if roots[first] != first { continue; }
                    let fresh = |call: AnyCallPlan<'_>| call.inputs.iter().map(|input| input.fresh).collect::<Vec<_>>();
                    let fresh: Vec<Place> = match (call.inputs.len(), call.built.outputs().len()) {
                        (1, 1) => fresh(plan.call::<1, 1>(model.graph(), index).any()),
                        (1, _) => fresh(plan.call::<1, 2>(model.graph(), index).any()),
                        (_, 1) => fresh(plan.call::<2, 1>(model.graph(), index).any()),
                        (_, _) => fresh(plan.call::<2, 2>(model.graph(), index).any()),
                    };
                    for (at, (fresh, &input)) in fresh.iter().zip(call.inputs).enumerate() {
                        if fresh.length > 0 {
                            shadow.check(plan.gradients[input], tag(roots[input], 3));
                            shadow.write(*fresh, tag(first, 5 + at as u32));
                        } else {
                            shadow.write(plan.gradients[input], tag(roots[input], 3));
                        }
                    }
                    shadow.write(plan.backward_scratch[first].per_sample, tag(first, 4));
                    for tensor in made(call) {
                        if plan.writers[tensor].0 == BY_NOBODY.0 {
                            assert_eq!(tensor, dropped, "only what nothing reads has a gradient of zeros");
                            shadow.write(plan.gradients[tensor], tag(tensor, 3));
                        }
                        shadow.check(plan.gradients[tensor], tag(tensor, 3));
                    }
                    shadow.check(layout.saved[first].per_sample, tag(first, 1));
                    for (at, (fresh, &input)) in fresh.iter().zip(call.inputs).enumerate() {
                        shadow.check(plan.gradients[input], tag(roots[input], 3));
                        if fresh.length > 0 { shadow.check(*fresh, tag(first, 5 + at as u32)); }
                    }
                    if call.built.backward_reads_output {
                        made(call).for_each(|tensor| shadow.check(layout.values[tensor], tag(tensor, 0)));
                    }
                    if call.built.backward_reads_input {
                        for &input in call.inputs { shadow.check(layout.values[input], tag(roots[input], 0)); }
                    }
                }
            }
        }
    }
}

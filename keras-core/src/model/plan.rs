//! Where everything lies: the plan of a model's memory, computed when the program is compiled.
//!
//! A pass works in two arenas: one whose offsets are floats a sample (multiplied by the batch at run time), one of
//! floats whatever the batch. In each, places whose lifetimes do not meet share memory. The planner walks the steps of
//! a pass in order, takes the first hole that fits and gives back what no later step reads, so that its work grows
//! almost linearly with the number of tensors: it runs in const evaluation.

use super::{Description, Memory};
use crate::{
    layers::{FinalActivation, Reuse, Space},
    shape::Dims,
};

/// A range of an arena, in floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first float.
    pub offset: usize,
    /// The number of floats; 0 for a place that is not needed.
    pub length: usize,
}

impl Place {
    /// Nowhere.
    pub const NONE: Self = Self { offset: 0, length: 0 };

    /// The range for a batch.
    pub(crate) const fn of_batch(self, batch: usize) -> Self {
        Self { offset: self.offset * batch, length: self.length * batch }
    }
}

/// Places in both arenas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Floats for each sample.
    pub per_sample: Place,
    /// Floats for the batch.
    pub fixed: Place,
}

impl Places {
    const NONE: Self = Self { per_sample: Place::NONE, fixed: Place::NONE };
}

/// Every place starts on a cache line: 16 floats.
const ALIGNMENT: usize = 16;

const fn aligned(length: usize) -> usize {
    length.div_ceil(ALIGNMENT) * ALIGNMENT
}

/// Free memory as a sorted list of holes, and an end that grows.
struct Arena {
    holes: [Place; Self::HOLES],
    count: usize,
    end: usize,
}

impl Arena {
    /// More holes than this at one time are forgotten: memory is lost, never shared.
    const HOLES: usize = 96;

    const fn new() -> Self {
        Self { holes: [Place::NONE; Self::HOLES], count: 0, end: 0 }
    }

    const fn take(&mut self, length: usize) -> Place {
        if length == 0 {
            return Place::NONE;
        }
        let needed = aligned(length);
        let mut at = 0;
        while at < self.count {
            let hole = self.holes[at];
            if hole.length >= needed {
                if hole.length == needed {
                    self.remove(at);
                } else {
                    self.holes[at] = Place { offset: hole.offset + needed, length: hole.length - needed };
                }
                return Place { offset: hole.offset, length };
            }
            at += 1;
        }
        // A hole at the very end can grow.
        if self.count > 0 && self.holes[self.count - 1].offset + self.holes[self.count - 1].length == self.end {
            let offset = self.holes[self.count - 1].offset;
            self.count -= 1;
            self.end = offset + needed;
            return Place { offset, length };
        }
        let offset = self.end;
        self.end += needed;
        Place { offset, length }
    }

    const fn give(&mut self, place: Place) {
        if place.length == 0 {
            return;
        }
        let (start, end) = (place.offset, place.offset + aligned(place.length));
        let mut at = 0;
        while at < self.count && self.holes[at].offset < start {
            at += 1;
        }
        let joins_before = at > 0 && self.holes[at - 1].offset + self.holes[at - 1].length == start;
        let joins_after = at < self.count && self.holes[at].offset == end;
        if joins_before && joins_after {
            self.holes[at - 1].length += end - start + self.holes[at].length;
            self.remove(at);
        } else if joins_before {
            self.holes[at - 1].length += end - start;
        } else if joins_after {
            self.holes[at].offset = start;
            self.holes[at].length += end - start;
        } else if self.count < Self::HOLES {
            let mut from = self.count;
            while from > at {
                self.holes[from] = self.holes[from - 1];
                from -= 1;
            }
            self.holes[at] = Place { offset: start, length: end - start };
            self.count += 1;
        }
    }

    const fn remove(&mut self, at: usize) {
        let mut from = at + 1;
        while from < self.count {
            self.holes[from - 1] = self.holes[from];
            from += 1;
        }
        self.count -= 1;
    }
}

/// Both arenas.
struct Arenas {
    samples: Arena,
    fixed: Arena,
}

impl Arenas {
    const fn new() -> Self {
        Self { samples: Arena::new(), fixed: Arena::new() }
    }

    const fn take(&mut self, space: Space) -> Places {
        Places { per_sample: self.samples.take(space.per_sample), fixed: self.fixed.take(space.fixed) }
    }

    const fn give(&mut self, places: Places) {
        self.samples.give(places.per_sample);
        self.fixed.give(places.fixed);
    }

    const fn space(&self) -> Space {
        Space { per_sample: self.samples.end, fixed: self.fixed.end }
    }
}

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

/// The plan of a model of `TENSORS` tensors: its places, and what each call needs to know.
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
    /// Where each call's weights start: trainable and rest.
    weights: [(usize, usize); TENSORS],
    /// Whether a call's layer is called again later (so that its gradients come second, and are added).
    called_later: [bool; TENSORS],
}

/// A pass's places, by tensor; a call's own by the tensor that it makes.
#[derive(Clone, Copy, Debug)]
struct Layout<const TENSORS: usize> {
    values: [Place; TENSORS],
    /// The tensor whose memory each one uses: itself, or the input that it reuses.
    roots: [usize; TENSORS],
    kept: [Places; TENSORS],
    scratch: [Places; TENSORS],
    space: Space,
}

impl<const TENSORS: usize> Layout<TENSORS> {
    const fn new(model: &Description, training: bool) -> Self {
        let mut layout = Self {
            values: [Place::NONE; TENSORS],
            roots: [0; TENSORS],
            kept: [Places::NONE; TENSORS],
            scratch: [Places::NONE; TENSORS],
            space: Space::NONE,
        };
        let mut tensor = 0;
        while tensor < TENSORS {
            layout.roots[tensor] = if tensor >= model.inputs.len() {
                let call = &model.calls[tensor - model.inputs.len()];
                let reuses = match call.built.reuse {
                    Reuse::Never => false,
                    Reuse::Inference => !training,
                    Reuse::Always => true,
                };
                // An output has memory of its own, lest two outputs share a gradient.
                if reuses && !is_output(model, tensor) { layout.roots[call.inputs[0]] } else { tensor }
            } else {
                tensor
            };
            tensor += 1;
        }
        layout
    }
}

const fn is_output(model: &Description, tensor: usize) -> bool {
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
    /// If `TENSORS` is not the model's number of tensors.
    pub const fn new(model: &Description) -> Self {
        assert!(TENSORS == model.tensors());
        let mut plan = Self {
            inference: Self::plan_inference(model),
            training: Layout::new(model, true),
            gradients: [Place::NONE; TENSORS],
            contributions: [Place::NONE; TENSORS],
            backward_scratch: [Places::NONE; TENSORS],
            writers: [BY_NOBODY; TENSORS],
            weights: [(0, 0); TENSORS],
            called_later: [false; TENSORS],
        };
        plan.plan_training(model);
        plan.place_weights(model);
        plan
    }

    const fn plan_inference(model: &Description) -> Layout<TENSORS> {
        let inputs = model.inputs.len();
        let mut layout = Layout::new(model, false);
        // The last step at which each root is read: a call's step is the number of the tensor that it makes.
        let mut last = layout.roots;
        let mut tensor = inputs;
        while tensor < TENSORS {
            let call = &model.calls[tensor - inputs];
            let mut at = 0;
            while at < call.inputs.len() {
                last[layout.roots[call.inputs[at]]] = tensor;
                at += 1;
            }
            tensor += 1;
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
        let mut arenas = Arenas::new();
        let mut tensor = 0;
        while tensor < TENSORS {
            if layout.roots[tensor] == tensor {
                layout.values[tensor] = arenas.samples.take(model.dims(tensor).size());
            } else {
                layout.values[tensor] = layout.values[layout.roots[tensor]];
            }
            if tensor >= inputs {
                if layout.roots[tensor] == tensor {
                    layout.scratch[tensor] = arenas.take(model.calls[tensor - inputs].built.scratch);
                    arenas.give(layout.scratch[tensor]);
                }
                let mut ended = endings.first[tensor];
                while ended != usize::MAX {
                    arenas.samples.give(layout.values[ended]);
                    ended = endings.next[ended];
                }
            }
            tensor += 1;
        }
        layout.space = arenas.space();
        layout
    }

    /// The steps of training: call `t` forward is step `t`, the loss is step `TENSORS`, call `t` backward `2·TENSORS - t`.
    const fn plan_training(&mut self, model: &Description) {
        let inputs = model.inputs.len();
        let roots = self.training.roots;
        let mut last = roots;
        let mut tensor = TENSORS;
        // Backwards, as the backward pass runs, so that the first writer of a gradient is found first.
        let mut at = 0;
        while at < model.outputs.len() {
            let root = roots[model.outputs[at].tensor];
            last[root] = TENSORS;
            self.writers[root] = BY_LOSS;
            at += 1;
        }
        while tensor > inputs {
            tensor -= 1;
            let call = &model.calls[tensor - inputs];
            if roots[tensor] != tensor {
                continue;
            }
            let backward = 2 * TENSORS - tensor;
            if call.built.backward_reads_output && last[tensor] < backward {
                last[tensor] = backward;
            }
            let mut at = 0;
            while at < call.inputs.len() {
                let root = roots[call.inputs[at]];
                let read = if call.built.backward_reads_input { backward } else { tensor };
                if last[root] < read {
                    last[root] = read;
                }
                if self.writers[root].0 == BY_NOBODY.0 {
                    self.writers[root] = (tensor, at);
                }
                at += 1;
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
        let mut tensor = 0;
        while tensor < TENSORS {
            if roots[tensor] == tensor {
                layout.values[tensor] = arenas.samples.take(model.dims(tensor).size());
            } else {
                layout.values[tensor] = layout.values[roots[tensor]];
            }
            if tensor >= inputs && roots[tensor] == tensor {
                let built = model.calls[tensor - inputs].built;
                layout.kept[tensor] = arenas.take(built.kept);
                layout.scratch[tensor] = arenas.take(match built.weights {
                    // An inner model's passes work in what it keeps.
                    crate::layers::Weights::Model(_) => Space::NONE,
                    crate::layers::Weights::Own(..) => built.scratch,
                });
                arenas.give(layout.scratch[tensor]);
                let mut ended = forward_endings.first[tensor];
                while ended != usize::MAX {
                    arenas.samples.give(layout.values[ended]);
                    ended = forward_endings.next[ended];
                }
            }
            tensor += 1;
        }
        // The loss reads the outputs and writes their gradients.
        let mut at = 0;
        while at < model.outputs.len() {
            let root = roots[model.outputs[at].tensor];
            if self.gradients[root].length == 0 {
                self.gradients[root] = arenas.samples.take(model.dims(root).size());
            }
            at += 1;
        }
        let mut ended = after_loss;
        while ended != usize::MAX {
            arenas.samples.give(layout.values[ended]);
            ended = forward_endings.next[ended];
        }
        let mut tensor = TENSORS;
        while tensor > inputs {
            tensor -= 1;
            if roots[tensor] != tensor {
                continue;
            }
            let call = &model.calls[tensor - inputs];
            let mut fresh = 0;
            let mut at = 0;
            while at < call.inputs.len() {
                let root = roots[call.inputs[at]];
                let size = model.dims(root).size();
                if self.writers[root].0 == tensor && self.writers[root].1 == at {
                    self.gradients[root] = arenas.samples.take(size);
                } else {
                    fresh += aligned(size);
                }
                at += 1;
            }
            self.contributions[tensor] = arenas.samples.take(fresh);
            self.backward_scratch[tensor] = arenas.take(call.built.backward_scratch);
            arenas.give(self.backward_scratch[tensor]);
            arenas.samples.give(self.contributions[tensor]);
            arenas.give(layout.kept[tensor]);
            arenas.samples.give(self.gradients[tensor]);
            let mut ended = backward_endings.first[tensor];
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

    const fn place_weights(&mut self, model: &Description) {
        let inputs = model.inputs.len();
        // Layers are numbered in the order of their first calls or mentions, at most one for each call.
        let mut starts = [(0, 0); TENSORS];
        let (mut trainable, mut rest, mut layer) = (0, 0, 0);
        while layer < model.layers.len() {
            starts[layer] = (trainable, rest);
            trainable += model.layers[layer].built.weights.floats(true);
            rest += model.layers[layer].built.weights.floats(false);
            layer += 1;
        }
        let mut seen = [false; TENSORS];
        let mut tensor = TENSORS;
        while tensor > inputs {
            tensor -= 1;
            let layer = model.calls[tensor - inputs].layer;
            self.weights[tensor] = starts[layer];
            self.called_later[tensor] = seen[layer];
            seen[layer] = true;
        }
    }

    /// The memory that the passes work in.
    pub const fn memory(&self) -> Memory {
        Memory { inference: self.inference.space, training: self.training.space }
    }

    /// Where a tensor lies: at inference, in training, and its gradient.
    pub const fn tensor(&self, tensor: usize) -> TensorPlan {
        TensorPlan {
            inference: self.inference.values[tensor],
            training: self.training.values[tensor],
            gradient: self.gradients[tensor],
        }
    }

    /// Where the logits of an output lie in training: what went into a final softmax or sigmoid, if a loss may start from
    /// there (nobody but the loss reads the output).
    pub const fn logits(&self, model: &Description, tensor: usize) -> Place {
        if tensor < model.inputs.len() {
            return Place::NONE;
        }
        let built = model.calls[tensor - model.inputs.len()].built;
        if matches!(built.final_activation, FinalActivation::Other) || !matches!(self.writers[tensor], BY_LOSS) {
            return Place::NONE;
        }
        let mut call = 0;
        while call < model.calls.len() {
            let mut at = 0;
            while at < model.calls[call].inputs.len() {
                if self.training.roots[model.calls[call].inputs[at]] == tensor {
                    return Place::NONE;
                }
                at += 1;
            }
            call += 1;
        }
        Place { offset: self.training.kept[tensor].per_sample.offset, length: built.output.size() }
    }

    /// What the passes need to know of the call that makes a tensor.
    pub const fn call<const N: usize>(&self, model: &Description, tensor: usize) -> CallPlan<N> {
        let call = &model.calls[tensor - model.inputs.len()];
        let mut inputs = [TensorPlan::NONE; N];
        let mut input_dims = [Dims::SCALAR; N];
        let mut fresh = [Place::NONE; N];
        let mut from_outside = [false; N];
        let mut contribution = self.contributions[tensor].offset;
        let mut at = 0;
        while at < N {
            let input = call.inputs[at];
            inputs[at] = self.tensor(input);
            input_dims[at] = model.dims(input);
            from_outside[at] = input < model.inputs.len();
            let root = self.training.roots[input];
            if !(self.writers[root].0 == tensor && self.writers[root].1 == at) {
                let length = inputs[at].gradient.length;
                fresh[at] = Place { offset: contribution, length };
                contribution += aligned(length);
            }
            at += 1;
        }
        // A call whose result nobody needs has no gradient; the macro refuses such calls.
        CallPlan {
            index: tensor - model.inputs.len(),
            layer: call.layer,
            frozen: !model.layers[call.layer].trainable,
            trainable: Place { offset: self.weights[tensor].0, length: call.built.weights.floats(true) },
            rest: Place { offset: self.weights[tensor].1, length: call.built.weights.floats(false) },
            input_dims,
            output_dims: call.built.output,
            inputs,
            output: self.tensor(tensor),
            kept: self.training.kept[tensor],
            scratch: self.inference.scratch[tensor],
            training_scratch: self.training.scratch[tensor],
            backward_scratch: self.backward_scratch[tensor],
            fresh,
            from_outside,
            skip_inference: self.inference.roots[tensor] != tensor,
            skip_training: self.training.roots[tensor] != tensor,
            accumulate: self.called_later[tensor],
            weights: match &call.built.weights {
                crate::layers::Weights::Own(list, count) => {
                    let mut split = Split { lengths: [0; crate::layers::MAX_WEIGHTS], trainable: 0, count: *count };
                    let mut at = 0;
                    while at < *count {
                        split.lengths[at] = list[at].dims.size();
                        if list[at].trainable {
                            split.trainable |= 1 << at;
                        }
                        at += 1;
                    }
                    split
                }
                crate::layers::Weights::Model(model) => {
                    let mut split = Split { lengths: [0; crate::layers::MAX_WEIGHTS], trainable: 1, count: 2 };
                    split.lengths[0] = model.trainable;
                    split.lengths[1] = model.rest;
                    split
                }
            },
            reads_input: call.built.backward_reads_input,
            reads_output: call.built.backward_reads_output,
        }
    }
}

/// Where a tensor lies.
#[derive(Clone, Copy, Debug)]
pub struct TensorPlan {
    /// At inference.
    pub inference: Place,
    /// In training.
    pub training: Place,
    /// Its gradient.
    pub gradient: Place,
}

impl TensorPlan {
    const NONE: Self = Self { inference: Place::NONE, training: Place::NONE, gradient: Place::NONE };
}

/// How the two blocks of a layer's weights fall apart into weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) lengths: [usize; crate::layers::MAX_WEIGHTS],
    /// A bit for each weight.
    pub(crate) trainable: u8,
    pub(crate) count: usize,
}

/// Everything that the passes need to know of one call of a layer with `N` inputs.
#[derive(Clone, Copy, Debug)]
pub struct CallPlan<const N: usize> {
    pub(crate) index: usize,
    pub(crate) layer: usize,
    /// Whether the layer is declared `trainable = false`.
    pub(crate) frozen: bool,
    pub(crate) trainable: Place,
    pub(crate) rest: Place,
    pub(crate) input_dims: [Dims; N],
    pub(crate) output_dims: Dims,
    pub(crate) inputs: [TensorPlan; N],
    pub(crate) output: TensorPlan,
    pub(crate) kept: Places,
    pub(crate) scratch: Places,
    pub(crate) training_scratch: Places,
    pub(crate) backward_scratch: Places,
    pub(crate) fresh: [Place; N],
    pub(crate) from_outside: [bool; N],
    pub(crate) skip_inference: bool,
    pub(crate) skip_training: bool,
    pub(crate) accumulate: bool,
    pub(crate) weights: Split,
    pub(crate) reads_input: bool,
    pub(crate) reads_output: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        layers::Built,
        model::{CallDescription, InputDescription, LayerDescription, OutputDescription},
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
            calls in prop::collection::vec((0usize..64, 0usize..64, 1usize..40, 0usize..30, 0usize..20, 0u8..8), TENSORS - 1),
            more_outputs in prop::collection::btree_set(1usize..TENSORS, 0..3),
        ) {
            let mut dims = vec![Dims::new(&[17])];
            let (mut descriptions, mut layers) = (Vec::new(), Vec::new());
            for (at, &(first, second, size, kept, scratch, flags)) in calls.iter().enumerate() {
                let inputs = [first % (at + 1), second % (at + 1)];
                let reuses = flags & 1 == 1;
                let output = if reuses { dims[inputs[0]] } else { Dims::new(&[size]) };
                let mut built = Built::new(output).scratch(scratch, 0).backward_scratch(scratch / 2, 0);
                if reuses {
                    built = built.reuse(Reuse::Always).scratch(0, 0).backward_scratch(0, 0);
                } else {
                    built = built.kept(kept, 0);
                }
                if flags & 2 != 0 { built = built.backward_reads_input(); }
                if flags & 4 != 0 { built = built.backward_reads_output(); }
                dims.push(output);
                let built: &'static Built = leak(built);
                layers.push(LayerDescription { name: "layer", kind: "Layer", built, trainable: true });
                let inputs: &'static [usize] = if reuses { leak([inputs[0]]) } else { leak(inputs) };
                descriptions.push(CallDescription { layer: at, built, inputs });
            }
            // What nobody reads is an output, as the macros demand.
            let read = |tensor: usize| descriptions.iter().any(|call| call.inputs.contains(&tensor));
            let outputs: Vec<_> = (1..TENSORS).filter(|&t| !read(t) || more_outputs.contains(&t))
                .map(|tensor| OutputDescription { name: "output", tensor }).collect();
            let model = Description::new(
                "Random", true, leak([InputDescription { name: "x", dims: dims[0] }]),
                leak(layers), leak(descriptions), leak(outputs),
            );
            let plan = Plan::<TENSORS>::new(&model);
            let tag = |tensor: usize, kind: u32| tensor as u32 * 8 + kind + 1;

            for training in [false, true] {
                let layout = if training { &plan.training } else { &plan.inference };
                let mut shadow = Shadow(vec![0; layout.space.per_sample]);
                shadow.write(layout.values[0], tag(0, 0));
                for tensor in 1..TENSORS {
                    if layout.roots[tensor] != tensor { continue; }
                    let call = &model.calls[tensor - 1];
                    shadow.write(layout.kept[tensor].per_sample, tag(tensor, 1));
                    shadow.write(layout.scratch[tensor].per_sample, tag(tensor, 2));
                    shadow.write(layout.values[tensor], tag(tensor, 0));
                    for &input in call.inputs {
                        shadow.check(layout.values[input], tag(layout.roots[input], 0));
                    }
                    shadow.check(layout.kept[tensor].per_sample, tag(tensor, 1));
                    shadow.check(layout.scratch[tensor].per_sample, tag(tensor, 2));
                }
                for output in model.outputs {
                    shadow.check(layout.values[output.tensor], tag(layout.roots[output.tensor], 0));
                }
                if !training { continue; }
                let roots = layout.roots;
                for output in model.outputs {
                    shadow.write(plan.gradients[output.tensor], tag(roots[output.tensor], 3));
                }
                for output in model.outputs {
                    shadow.check(layout.values[output.tensor], tag(roots[output.tensor], 0));
                }
                for tensor in (1..TENSORS).rev() {
                    if roots[tensor] != tensor { continue; }
                    let call = &model.calls[tensor - 1];
                    let places: Vec<(Place, Place, usize)> = if call.inputs.len() == 2 {
                        let call_plan = plan.call::<2>(&model, tensor);
                        (0..2).map(|at| (call_plan.fresh[at], call_plan.inputs[at].gradient, roots[call.inputs[at]])).collect()
                    } else {
                        let call_plan = plan.call::<1>(&model, tensor);
                        vec![(call_plan.fresh[0], call_plan.inputs[0].gradient, roots[call.inputs[0]])]
                    };
                    for (at, (fresh, gradient, root)) in places.iter().enumerate() {
                        if fresh.length > 0 {
                            shadow.check(*gradient, tag(*root, 3));
                            shadow.write(*fresh, tag(tensor, 5 + at as u32));
                        } else {
                            shadow.write(*gradient, tag(*root, 3));
                        }
                    }
                    shadow.write(plan.backward_scratch[tensor].per_sample, tag(tensor, 4));
                    shadow.check(plan.gradients[tensor], tag(tensor, 3));
                    shadow.check(layout.kept[tensor].per_sample, tag(tensor, 1));
                    for (at, (fresh, gradient, root)) in places.iter().enumerate() {
                        shadow.check(*gradient, tag(*root, 3));
                        if fresh.length > 0 { shadow.check(*fresh, tag(tensor, 5 + at as u32)); }
                    }
                    if call.built.backward_reads_output { shadow.check(layout.values[tensor], tag(tensor, 0)); }
                    if call.built.backward_reads_input {
                        for &input in call.inputs { shadow.check(layout.values[input], tag(roots[input], 0)); }
                    }
                }
            }
        }
    }
}

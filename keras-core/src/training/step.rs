//! One step: forward, losses, backward.

use core::{marker::PhantomData, ops::Range};

use super::{
    LossList, StepResult, masks,
    memory::{Arenas, Workspace},
    penalties::Penalties,
    rows::{Gathered, Rows},
    signature::{LossBatch, LossValues, MAX_OUTPUTS},
    slices::{self, Slices},
};
use crate::{
    Error,
    data::Source,
    kernels::{elementwise, parallel},
    layers::{Elements, FinalActivation, InvalidId, TensorSpec},
    losses::{Extent, Logits, Prediction, TargetView},
    model::{Description, Inference, MAX_INPUTS, Model, NonTrainableBlock, Owned, Place, Storage, Training},
};

/// The memory of training steps, and what they need to know of the model.
pub(crate) struct Stepper {
    /// The memory of the passes: for each thread that works on slices.
    workspaces: Vec<Workspace>,
    slices: Vec<Slice>,
    /// The outputs of the batch.
    outputs: Vec<Vec<f32>>,
    /// The masks of the batch's outputs at inference; empty where there is none.
    masks: Vec<Vec<f32>>,
    /// Sample weights with masks merged into them.
    merged: Vec<Vec<f32>>,
    /// The non-trainable weights before a step that may find an id that is none, which changes nothing.
    before: Vec<f32>,
    penalties: Penalties,
    loss_weights: Vec<f32>,
    gathered: Gathered,
}

/// What the gradients of a step are taken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Weights,
    Inputs,
}

/// What the losses look at, for whoever wants to see it too: targets, predictions, and weights of samples.
pub(crate) struct Observed<'a, 'b> {
    pub(crate) targets: &'a [TargetView<'b>],
    pub(crate) predictions: &'a [Prediction<'b>],
    pub(crate) sample_weights: &'a [Option<&'b [f32]>],
    /// The masks of the outputs; empty where there is none.
    pub(crate) masks: &'b [Vec<f32>],
}

/// What a slice of the batch leaves behind.
#[derive(Default)]
struct Slice {
    /// The gradients of the weights; those of the first slice become the sum of all.
    gradients: Vec<f32>,
    /// The outputs, and their gradients.
    outputs: Vec<(Vec<f32>, Vec<f32>)>,
    /// The masks of the outputs, empty where there is none, and sample weights with them merged in.
    masks: Vec<Vec<f32>>,
    merged: Vec<Vec<f32>>,
    /// The gradients of the inputs, if they are wanted.
    inputs: Vec<Vec<f32>>,
    losses: LossValues,
    /// What the outputs of layers cost, as a sum over the samples.
    activity: f32,
}

impl Stepper {
    pub(crate) fn new(model: &'static Description) -> Self {
        let mut stepper = Self {
            workspaces: Vec::new(),
            slices: Vec::new(),
            outputs: vec![Vec::new(); model.outputs.len()],
            masks: vec![Vec::new(); model.outputs.len()],
            merged: vec![Vec::new(); model.outputs.len()],
            before: Vec::new(),
            penalties: Penalties::new(model),
            loss_weights: Vec::new(),
            gathered: Gathered::new(model.outputs.len()),
        };
        stepper.reserve(1, model);
        stepper
    }

    pub(crate) fn set_loss_weights(&mut self, weights: Vec<f32>) {
        self.loss_weights = weights;
    }

    fn check_loss_weights<M: Model>(&self) -> Result<(), Error> {
        if self.loss_weights.is_empty() || self.loss_weights.len() == M::DESCRIPTION.outputs.len() {
            return Ok(());
        }
        Err(Error::argument("loss_weights", format!("{:?}", self.loss_weights), "one number for each output"))
    }

    /// The gradients of the weights, of the last step.
    pub(crate) fn gradients(&self) -> &[f32] {
        self.slices.first().map_or(&[], |slice| &slice.gradients)
    }

    /// The outputs of the last batch.
    pub(crate) fn outputs(&self) -> Vec<Vec<f32>> {
        self.outputs.clone()
    }

    /// The gradients of the inputs, of the last step if it took any.
    pub(crate) fn input_gradients(&self) -> Vec<Vec<f32>> {
        let inputs = self.slices.first().map_or(0, |slice| slice.inputs.len());
        (0..inputs).map(|at| self.slices.iter().flat_map(|slice| &slice.inputs[at]).copied().collect()).collect()
    }

    /// Makes room for so many slices; nothing is allocated if there is room already.
    fn reserve(&mut self, slices: usize, model: &'static Description) {
        let threads = parallel::threads().min(slices);
        while self.workspaces.len() < threads {
            self.workspaces.push(Workspace::default());
        }
        while self.slices.len() < slices {
            self.slices.push(Slice {
                gradients: vec![0.0; model.trainable],
                outputs: vec![Default::default(); model.outputs.len()],
                masks: vec![Vec::new(); model.outputs.len()],
                merged: vec![Vec::new(); model.outputs.len()],
                inputs: vec![Vec::new(); model.inputs.len()],
                losses: LossValues::default(),
                activity: 0.0,
            });
        }
    }

    /// Forward, losses and backward of a training step; the gradients are then in [`gradients`](Self::gradients).
    ///
    /// A batch whose samples do not depend on each other goes through slice by slice, forward and backward.
    pub(crate) fn train<M: Model<Storage = Owned>, L: LossList<M::Outputs>>(
        &mut self,
        model: &mut M,
        losses: &L,
        data: &Rows<'_>,
        by: By,
        observe: impl FnOnce(Observed<'_, '_>) -> Result<(), Error>,
    ) -> Result<StepResult, Error> {
        let batch = data.rows.len();
        self.check_loss_weights::<M>()?;
        let step = model.storage_mut().next_step();
        let trainable = M::DESCRIPTION.trainable;
        // What a valid position of a mask counts depends on the whole batch.
        let slices = if M::DESCRIPTION.whole_batch() || L::WHOLE_BATCH || has_masks::<M>() {
            Slices::whole(batch)
        } else {
            Slices::training(batch, M::MEMORY.training.per_sample, trainable)
        };
        self.reserve(slices.count(), M::DESCRIPTION);
        self.slices.iter_mut().flat_map(|slice| &mut slice.inputs).for_each(Vec::clear);
        self.gathered.copy(data);
        let seed = model.storage().seed() ^ (step + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (weights, frozen) = model.storage_mut().parts_mut();
        let (trainable, non_trainable) = weights.split_at_mut(trainable);
        let trainable = &*trainable;
        let (targets, sample_weights) = (self.gathered.targets(data), self.gathered.weights());
        let targets = &targets[..data.targets.len()];
        let pass: Pass<M, L> = Pass {
            losses,
            loss_weights: &self.loss_weights,
            data,
            targets,
            sample_weights,
            whole: sample_weights.map(|weights| Extent::new(batch, weights)),
            by,
            trainable,
            frozen,
            seed,
            model: PhantomData,
        };
        let done = &mut self.slices[..slices.count()];
        if slices.count() == 1 {
            let takes_ids = M::DESCRIPTION.takes_ids();
            if takes_ids {
                self.before.clear();
                self.before.extend_from_slice(non_trainable);
            }
            let arenas = &mut self.workspaces[0].arenas;
            let ran = pass.run(arenas, 0..batch, NonTrainableBlock::Updated(&mut *non_trainable), &mut done[0]);
            if takes_ids && ran.is_err() {
                non_trainable.copy_from_slice(&self.before);
            }
            ran?;
        } else {
            let non_trainable = &*non_trainable;
            let threads = parallel::threads().min(self.workspaces.len());
            slices::each(&mut self.workspaces[..threads], 0, done, &|workspace, at, slice| {
                pass.run(&mut workspace.arenas, slices.range(at), NonTrainableBlock::ReadOnly(non_trainable), slice)
            })?;
        }
        let mut result = StepResult { outputs: M::DESCRIPTION.outputs.len(), ..StepResult::default() };
        for slice in &*done {
            result.loss += slice.losses.total + slice.activity / batch as f32;
            for (sum, loss) in result.losses.iter_mut().zip(&slice.losses.each) {
                *sum += loss;
            }
        }
        if by == By::Weights {
            add_up(done);
        }
        for (at, whole) in self.outputs.iter_mut().enumerate() {
            whole.clear();
            done.iter().for_each(|slice| whole.extend_from_slice(&slice.outputs[at].0));
        }
        observe(Observed {
            targets,
            predictions: &predictions::<M>(&self.outputs, batch)[..targets.len()],
            sample_weights: &sample_weights,
            masks: &done[0].masks,
        })?;
        result.loss += self.penalties.value(trainable, frozen);
        if by == By::Weights {
            self.penalties.add_gradients(trainable, frozen, &mut done[0].gradients);
        }
        Ok(result)
    }

    /// Forward and losses at inference.
    pub(crate) fn test<M: Model<Storage = Owned>, L: LossList<M::Outputs>>(
        &mut self,
        model: &M,
        losses: &L,
        data: &Rows<'_>,
        observe: impl FnOnce(Observed<'_, '_>) -> Result<(), Error>,
    ) -> Result<StepResult, Error> {
        let batch = data.rows.len();
        self.check_loss_weights::<M>()?;
        self.gathered.copy(data);
        let outputs = self.outputs.len();
        if has_masks::<M>() {
            self.outputs.append(&mut self.masks);
        }
        self.outputs.iter_mut().for_each(Vec::clear);
        let inferred = infer_rows(model, &mut self.workspaces, data.inputs, data.rows, &mut self.outputs);
        self.masks.extend(self.outputs.drain(outputs..));
        let activity = inferred?;
        let (targets, mut sample_weights) = (self.gathered.targets(data), self.gathered.weights());
        let targets = &targets[..data.targets.len()];
        let predictions = predictions::<M>(&self.outputs, batch);
        let predictions = &predictions[..targets.len()];
        observe(Observed { targets, predictions, sample_weights: &sample_weights, masks: &self.masks })?;
        for ((at, mask), merged) in self.masks.iter().enumerate().zip(&mut self.merged) {
            if !mask.is_empty() {
                masks::merge(mask, sample_weights[at], batch, losses.reduction(at).into(), merged);
                sample_weights[at] = Some(merged);
            }
        }
        let loss_weights = &self.loss_weights;
        let values = losses
            .evaluate(&LossBatch { targets, predictions, sample_weights: &sample_weights, loss_weights }, &mut [])
            .map_err(|error| error.of_rows(data.rows))?;
        let (trainable, frozen) = (model.storage().weights(), model.storage().frozen());
        let penalty = self.penalties.value(trainable, frozen) + activity / batch as f32;
        Ok(StepResult { loss: values.total + penalty, losses: values.each, outputs: M::DESCRIPTION.outputs.len() })
    }
}

/// What the slices of a training step have in common.
struct Pass<'a, M, L> {
    losses: &'a L,
    loss_weights: &'a [f32],
    data: &'a Rows<'a>,
    /// Of the batch.
    targets: &'a [TargetView<'a>],
    sample_weights: [Option<&'a [f32]>; MAX_OUTPUTS],
    /// The batch as each output's loss sees it.
    whole: [Extent; MAX_OUTPUTS],
    by: By,
    trainable: &'a [f32],
    frozen: &'a [bool],
    seed: u64,
    model: PhantomData<fn() -> M>,
}

impl<M: Model<Storage = Owned>, L: LossList<M::Outputs>> Pass<'_, M, L> {
    /// Takes a slice forward, through the losses, and backward.
    fn run(
        &self,
        workspace: &mut Arenas,
        samples: Range<usize>,
        non_trainable: NonTrainableBlock<'_>,
        slice: &mut Slice,
    ) -> Result<(), Error> {
        let (batch, space) = (samples.len(), M::MEMORY.training);
        workspace.reserve(space, batch);
        for (place, source) in M::inputs().iter().zip(self.data.inputs) {
            let rows = &self.data.rows[samples.clone()];
            super::memory::gather_words(source, rows, workspace.at_mut(*place, batch));
        }
        let mut non_trainable = non_trainable;
        let mut pass = Training {
            batch,
            trainable: self.trainable,
            non_trainable: match &mut non_trainable {
                NonTrainableBlock::Updated(weights) => NonTrainableBlock::Updated(weights),
                NonTrainableBlock::ReadOnly(weights) | NonTrainableBlock::AfterUpdate(weights) => {
                    NonTrainableBlock::ReadOnly(weights)
                }
            },
            samples: &mut workspace.samples[..space.per_sample * batch],
            fixed: &mut workspace.fixed[..space.fixed],
            frozen: self.frozen,
            // A slice's random numbers are its own; those of a batch in one piece are the batch's.
            seed: self.seed ^ (samples.start as u64).wrapping_mul(0xD1B5_4A32_D192_ED03),
            gradients: None,
            accumulate: false,
            input_gradients: false,
            from_logits: 0,
            whole_batch: self.whole[0].samples,
            added_loss: 0.0,
            invalid_id: None,
        };
        M::forward(&mut pass);
        if let Some(id) = pass.invalid_id {
            return Err(id_error(M::DESCRIPTION, id, &self.data.rows[samples]));
        }
        let seed = pass.seed;
        slice.activity = pass.added_loss;
        self.evaluate(workspace, samples, slice)?;
        let mut pass = Training {
            batch,
            trainable: self.trainable,
            non_trainable,
            samples: &mut workspace.samples[..space.per_sample * batch],
            fixed: &mut workspace.fixed[..space.fixed],
            frozen: self.frozen,
            seed,
            gradients: (self.by == By::Weights).then_some(&mut slice.gradients[..]),
            accumulate: false,
            input_gradients: self.by == By::Inputs,
            from_logits: slice.losses.from_logits,
            whole_batch: self.whole[0].samples,
            added_loss: 0.0,
            invalid_id: None,
        };
        M::backward(&mut pass);
        if self.by == By::Inputs {
            for (gradient, place) in slice.inputs.iter_mut().zip(M::input_gradients()) {
                gradient.extend_from_slice(workspace.at(*place, batch));
            }
        }
        Ok(())
    }

    /// The losses of a slice, as terms of those of the batch, and the gradients of its outputs.
    fn evaluate(&self, workspace: &mut Arenas, samples: Range<usize>, slice: &mut Slice) -> Result<(), Error> {
        let (batch, count) = (samples.len(), M::DESCRIPTION.outputs.len());
        let mut targets = [TargetView::Values(&[]); MAX_OUTPUTS];
        for (part, whole) in targets.iter_mut().zip(self.targets) {
            let size = whole.len() / self.whole[0].samples.max(1);
            *part = whole.slice(samples.start * size, batch * size);
        }
        let mut sample_weights = self.sample_weights.map(|weights| {
            weights.map(|weights| {
                let each = weights.len() / self.whole[0].samples.max(1);
                &weights[samples.start * each..samples.end * each]
            })
        });
        let mut predictions = [Prediction::EMPTY; MAX_OUTPUTS];
        for (at, prediction) in predictions.iter_mut().enumerate().take(count) {
            *prediction = prediction_in::<M>(workspace, at, batch);
        }
        let mut gradients: [&mut [f32]; MAX_OUTPUTS] = Default::default();
        for (at, (output, gradient)) in slice.outputs.iter_mut().enumerate() {
            output.clear();
            output.extend_from_slice(predictions[at].values);
            // A loss writes every element of its gradient.
            gradient.resize(output.len(), 0.0);
            gradients[at] = gradient;
        }
        for (at, (mask, merged)) in slice.masks.iter_mut().zip(&mut slice.merged).enumerate() {
            mask.clear();
            mask.extend_from_slice(workspace.at(M::output_masks(true)[at], batch));
            if !mask.is_empty() {
                masks::merge(mask, sample_weights[at], batch, self.losses.reduction(at).into(), merged);
                sample_weights[at] = Some(merged);
            }
        }
        let part = LossBatch {
            targets: &targets[..count],
            predictions: &predictions[..count],
            sample_weights: &sample_weights,
            loss_weights: self.loss_weights,
        };
        slice.losses = self
            .losses
            .evaluate(&part, &mut gradients[..count])
            .map_err(|error| error.of_rows(&self.data.rows[samples]))?;
        if batch != self.whole[0].samples {
            slice.losses.total = 0.0;
            for (at, gradient) in gradients[..count].iter_mut().enumerate() {
                let part = Extent::new(batch, sample_weights[at]);
                let share = self.losses.reduction(at).share(part, self.whole[at]);
                gradient.iter_mut().for_each(|g| *g *= share);
                slice.losses.each[at] *= share;
                slice.losses.total += self.loss_weights.get(at).copied().unwrap_or(1.0) * slice.losses.each[at];
            }
        }
        for (place, (_, gradient)) in M::output_gradients().iter().zip(&slice.outputs) {
            workspace.at_mut(*place, batch).copy_from_slice(gradient);
        }
        Ok(())
    }
}

/// Adds the gradients of all slices to those of the first, in their order.
fn add_up(slices: &mut [Slice]) {
    if let [first, others @ ..] = slices
        && !others.is_empty()
    {
        add_to(&mut first.gradients, 0, others);
    }
}

/// Adds the gradients of slices from `start` on, so many at a time that the sums stay in the first-level cache.
fn add_to(sums: &mut [f32], start: usize, slices: &[Slice]) {
    if sums.len() > 1 << 13 {
        let (left, right) = sums.split_at_mut(sums.len() / 2);
        let middle = start + left.len();
        parallel::join(|| add_to(left, start, slices), || add_to(right, middle, slices));
        return;
    }
    for slice in slices {
        elementwise::add_assign(sums, &slice.gradients[start..][..sums.len()]);
    }
}

/// What a layer made of a slice, with its logits if it keeps them.
fn prediction_in<M: Model>(workspace: &Arenas, at: usize, batch: usize) -> Prediction<'_> {
    let TensorSpec { dims, final_activation, logits, .. } = M::OUTPUTS[at];
    let kind = match final_activation {
        FinalActivation::Other => None,
        FinalActivation::Softmax => Some(Logits::Softmax),
        FinalActivation::Sigmoid => Some(Logits::Sigmoid),
    };
    let place = Place { offset: logits, length: dims.size() };
    let logits = kind.map(|kind| (kind, workspace.at(place, batch)));
    Prediction { values: workspace.at(M::outputs(true)[at], batch), dims, count: batch, logits }
}

/// The outputs of a batch as predictions.
fn predictions<M: Model>(outputs: &[Vec<f32>], batch: usize) -> [Prediction<'_>; MAX_OUTPUTS] {
    let mut predictions = [Prediction::EMPTY; MAX_OUTPUTS];
    for (prediction, (values, output)) in predictions.iter_mut().zip(outputs.iter().zip(M::OUTPUTS)) {
        *prediction = Prediction { values, dims: output.dims, count: batch, logits: None };
    }
    predictions
}

/// The inference pass over rows of the data, slice by slice: each output is appended to its list. Gives what the outputs of
/// layers cost by their activity regularizers, as a sum over the samples.
pub(crate) fn infer_rows<M: Model>(
    model: &M,
    workspaces: &mut Vec<Workspace>,
    inputs: &[Source<'_>],
    rows: &[usize],
    outputs: &mut [Vec<f32>],
) -> Result<f32, Error> {
    let macs = M::DESCRIPTION.macs() * rows.len() as u64;
    parallel::enter(macs, || infer_in_slices(model, workspaces, inputs, rows, outputs))
}

fn infer_in_slices<M: Model>(
    model: &M,
    workspaces: &mut Vec<Workspace>,
    inputs: &[Source<'_>],
    rows: &[usize],
    outputs: &mut [Vec<f32>],
) -> Result<f32, Error> {
    let space = M::MEMORY.inference;
    let read: usize = inputs.iter().map(|source| source.dims.size()).sum();
    let slices = Slices::inference(rows.len(), space.per_sample + read);
    let threads = parallel::threads().min(slices.count());
    if workspaces.len() < threads {
        workspaces.resize_with(threads, Workspace::default);
    }
    let workspaces = &mut workspaces[..threads];
    for workspace in &mut *workspaces {
        workspace.outputs.resize(outputs.len(), Vec::new());
        workspace.outputs.iter_mut().for_each(Vec::clear);
        workspace.activities.clear();
    }
    let (trainable, non_trainable) = model.storage().weights().split_at(M::DESCRIPTION.trainable);
    slices::each(workspaces, 0, &mut vec![(); slices.count()], &|workspace, at, ()| {
        let rows = &rows[slices.range(at)];
        let (batch, arenas) = (rows.len(), &mut workspace.arenas);
        arenas.reserve(space, batch);
        // Rows that follow each other are read where they are.
        let first = rows.first().copied().unwrap_or_default();
        let in_line = rows.iter().enumerate().all(|(at, &row)| row == first + at);
        let gathered = &mut workspace.inputs;
        gathered.clear();
        if !in_line {
            for (source, input) in inputs.iter().zip(M::DESCRIPTION.inputs) {
                let start = gathered.len();
                gathered.resize(start + batch * input.dtype.words(input.dims.size()), 0.0);
                super::memory::gather_words(source, rows, &mut gathered[start..]);
            }
        }
        let (mut read, mut gathered) = ([Elements::default(); MAX_INPUTS], &gathered[..]);
        for (read, (source, input)) in read.iter_mut().zip(inputs.iter().zip(M::DESCRIPTION.inputs)) {
            let size = source.dims.size();
            *read = if in_line {
                source.values.range(first * size..(first + batch) * size)
            } else {
                let (words, rest) = gathered.split_at(batch * input.dtype.words(size));
                gathered = rest;
                Elements::in_words(input.dtype, words, batch * size)
            };
        }
        let mut pass = Inference {
            batch,
            trainable,
            non_trainable,
            inputs: &read,
            samples: &mut arenas.samples[..space.per_sample * batch],
            fixed: &mut arenas.fixed[..space.fixed],
            added_loss: Some(0.0),
            invalid_id: None,
        };
        M::infer(&mut pass);
        if let Some(id) = pass.invalid_id {
            return Err(id_error(M::DESCRIPTION, id, rows));
        }
        workspace.activities.push(pass.added_loss.unwrap_or_default());
        let places = M::outputs(false).iter().chain(M::output_masks(false));
        for (output, place) in workspace.outputs.iter_mut().zip(places) {
            output.extend_from_slice(arenas.at(*place, batch));
        }
        Ok::<(), Error>(())
    })?;
    // A thread has neighbouring slices, and the threads' are in order.
    for (at, output) in outputs.iter_mut().enumerate() {
        workspaces.iter().for_each(|workspace| output.extend_from_slice(&workspace.outputs[at]));
    }
    Ok(workspaces.iter().flat_map(|workspace| &workspace.activities).sum())
}

/// Whether an output has a mask.
fn has_masks<M: Model>() -> bool {
    M::OUTPUTS.iter().any(|output| output.mask.is_some())
}

/// The error of an id that is none, in a batch of these rows.
fn id_error(model: &Description, id: InvalidId, rows: &[usize]) -> Error {
    let InvalidId { layer, sample, value, count } = id;
    Error::Id { layer: model.path_of(layer), sample: rows.get(sample).copied().unwrap_or(sample), value, count }
}

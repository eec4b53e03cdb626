//! One step: forward pass, losses or other gradients of the outputs, backward pass.

mod gather;
mod inference;
mod losses;
pub(super) mod masks;
mod pass;
mod penalties;
mod rows;
mod slices;
mod workspace;

pub(crate) use inference::infer_rows;
pub(crate) use pass::WithRespectTo;
pub(crate) use rows::Rows;

use losses::StepLosses;
use pass::{Slice, StepPasses};
use penalties::Penalties;
use rows::Gathered;
use slices::Slices;
use workspace::Workspace;

use arrayvec::ArrayVec;

use super::{LossBatch, LossValues, StepResult, loss_list::Losses, run_data::equal_counts};
use crate::{
    Error, Result,
    kernels::{elementwise, parallel},
    layers::{Buffers, TensorSpec},
    losses::{Extent, Prediction, TargetView},
    model::{Description, MAX_OUTPUTS, NonTrainableBlock, Observer, Owned, Program, State, TrainingProgram},
};

/// The memory of training steps, with the required properties of the model.
pub(crate) struct Stepper {
    /// The memory of the passes, for each thread.
    workspaces: Vec<Workspace>,
    slices: Vec<Slice>,
    /// The outputs of the batch.
    outputs: Vec<Vec<f32>>,
    /// The masks of the batch's outputs at inference; empty if there are none.
    masks: Vec<Vec<f32>>,
    /// Sample weights multiplied by masks.
    merged: Vec<Vec<f32>>,
    /// The non-trainable weights and the state before a step, to restore them after an error; a test step copies the state alone.
    before: Before,
    penalties: Penalties,
    loss_weights: Vec<f32>,
    gathered: Gathered,
    /// The number of the last step.
    step: u64,
}

/// A batch as the metrics see it: targets, predictions, sample weights and mask of each output.
#[derive(Clone, Copy)]
pub(crate) struct Observed<'a, 'b> {
    pub(crate) targets: &'a [TargetView<'b>],
    pub(crate) predictions: &'a [Prediction<'b>],
    pub(crate) sample_weights: &'a [Option<&'b [f32]>],
    /// Empty if there is no mask.
    pub(crate) masks: &'b [Vec<f32>],
}

/// A copy of the values that a pass updates, from before it.
#[derive(Default)]
struct Before {
    non_trainable: Vec<f32>,
    state: Vec<f32>,
}

impl Before {
    fn copy(&mut self, non_trainable: &[f32], state: &State) {
        self.non_trainable.clear();
        self.non_trainable.extend_from_slice(non_trainable);
        self.state.clear();
        self.state.extend_from_slice(state.values());
    }
}

impl Stepper {
    pub(crate) fn new(model: &'static Description) -> Self {
        let mut stepper = Self {
            workspaces: Vec::new(),
            slices: Vec::new(),
            outputs: vec![Vec::new(); model.outputs.len()],
            masks: vec![Vec::new(); model.outputs.len()],
            merged: vec![Vec::new(); model.outputs.len()],
            before: Before::default(),
            penalties: Penalties::new(model),
            loss_weights: Vec::new(),
            gathered: Gathered::new(model.outputs.len()),
            step: 0,
        };
        stepper.reserve(1, model);
        stepper
    }

    pub(crate) fn set_loss_weights(&mut self, weights: Vec<f32>) {
        self.loss_weights = weights;
    }

    fn check_loss_weights(&self, model: &Description) -> Result<()> {
        if self.loss_weights.is_empty() || self.loss_weights.len() == model.outputs.len() {
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

    /// The gradients of the inputs of the last step, if they were computed.
    pub(crate) fn input_gradients(&self) -> Vec<Vec<f32>> {
        let inputs = self.slices.first().map_or(0, |slice| slice.input_gradients.len());
        let of_input = |at| self.slices.iter().flat_map(move |slice: &Slice| &slice.input_gradients[at]);
        (0..inputs).map(|at| of_input(at).copied().collect()).collect()
    }

    /// Allocates memory for slices, unless there is enough already.
    fn reserve(&mut self, slices: usize, model: &'static Description) {
        let threads = parallel::threads().min(slices);
        while self.workspaces.len() < threads {
            self.workspaces.push(Workspace::default());
        }
        while self.slices.len() < slices {
            self.slices.push(Slice::new(model));
        }
    }

    /// Begins a training step: increments the step counter of the model, from which random numbers are derived.
    fn begin(&mut self, model: &'static Description, storage: &mut Owned, slices: Slices) {
        self.step = storage.next_step();
        self.reserve(slices.count(), model);
        self.slices.iter_mut().flat_map(|slice| &mut slice.input_gradients).for_each(Vec::clear);
    }

    /// The result of a pass. An error leaves the model unchanged.
    fn restored<T>(&self, storage: &mut Owned, ran: Result<T>) -> Result<T> {
        if ran.is_err() {
            let (weights, _, state) = storage.parts_mut();
            let first = weights.len() - self.before.non_trainable.len();
            weights[first..].copy_from_slice(&self.before.non_trainable);
            state.restore(&self.before.state);
        }
        ran
    }

    /// Forward pass, losses and backward pass of a training step; see [`gradients`](Self::gradients) for the result.
    ///
    /// If the samples of the batch are independent, it is processed in slices.
    pub(crate) fn train(
        &mut self,
        program: &TrainingProgram,
        storage: &mut Owned,
        losses: &dyn Losses,
        data: &Rows<'_>,
        with_respect_to: WithRespectTo,
        observe: &mut dyn FnMut(Observed<'_, '_>) -> Result<()>,
    ) -> Result<StepResult> {
        let (weights, _, state) = storage.parts_mut();
        self.before.copy(&weights[program.description.trainable..], state);
        let ran = self.try_train(program, storage, losses, data, with_respect_to, observe);
        self.restored(storage, ran)
    }

    fn try_train(
        &mut self,
        program: &TrainingProgram,
        storage: &mut Owned,
        losses: &dyn Losses,
        data: &Rows<'_>,
        with_respect_to: WithRespectTo,
        observe: &mut dyn FnMut(Observed<'_, '_>) -> Result<()>,
    ) -> Result<StepResult> {
        let batch = data.rows.len();
        self.check_loss_weights(program.description)?;
        // The weight of a valid position of a mask depends on the whole batch.
        let slices = if program.description.whole_batch() || losses.whole_batch() || program.has_masks() {
            Slices::whole(batch)
        } else {
            Slices::training(batch, program.memory.training.per_sample, program.description.trainable)
        };
        self.begin(program.description, storage, slices);
        self.gathered.copy(data);
        let (targets, sample_weights) = (self.gathered.targets(data), self.gathered.weights());
        let targets = &targets[..];
        let losses = StepLosses {
            program,
            losses,
            loss_weights: &self.loss_weights,
            rows: data.rows,
            targets,
            sample_weights: &sample_weights,
            whole: sample_weights.iter().map(|weights| Extent::new(batch, *weights)).collect(),
        };
        let (passes, non_trainable, state) = StepPasses::new(program, storage, data, with_respect_to, self.step);
        let done = &mut self.slices[..slices.count()];
        if let [slice] = done {
            let arenas = &mut self.workspaces[0].arenas;
            let updated = NonTrainableBlock::Updated(&mut *non_trainable);
            let state_of_batch = state.of_batch(program.description, batch)?;
            passes.forward(arenas, 0..batch, updated, state_of_batch, slice)?;
            losses.evaluate(arenas, 0..batch, slice)?;
            passes.backward(arenas, 0..batch, NonTrainableBlock::Updated(non_trainable), slice);
        } else {
            let non_trainable = &*non_trainable;
            let threads = parallel::threads().min(self.workspaces.len());
            slices::each(&mut self.workspaces[..threads], 0, done, &|Workspace { arenas, .. }, at, slice| {
                let samples = slices.range(at);
                let read_only = NonTrainableBlock::ReadOnly(non_trainable);
                passes.forward(arenas, samples.clone(), read_only, Buffers::none(), slice)?;
                losses.evaluate(arenas, samples.clone(), slice)?;
                passes.backward(arenas, samples, NonTrainableBlock::ReadOnly(non_trainable), slice);
                Ok::<(), Error>(())
            })?;
        }
        let mut result = StepResult { outputs: program.description.outputs.len(), ..StepResult::default() };
        let sum = |of: &dyn Fn(&Slice) -> f32| done.iter().map(|slice| f64::from(of(slice))).sum::<f64>() as f32;
        result.loss = sum(&|slice| slice.losses.total + slice.added_loss / batch as f32);
        for (at, loss) in result.losses.iter_mut().enumerate().take(result.outputs) {
            *loss = sum(&|slice| slice.losses.each[at]);
        }
        for (at, whole) in self.outputs.iter_mut().enumerate() {
            whole.clear();
            done.iter().for_each(|slice| whole.extend_from_slice(&slice.outputs[at].values));
        }
        let predictions = predictions(program.outputs, &self.outputs, batch);
        observe(Observed {
            targets,
            predictions: &predictions[..targets.len()],
            sample_weights: &sample_weights,
            masks: &done[0].masks,
        })?;
        result.loss += self.penalties.value(passes.trainable, passes.frozen);
        if with_respect_to.weights() {
            add_up(done);
            self.penalties.add_gradients(passes.trainable, passes.frozen, &mut done[0].gradients);
        }
        Ok(result)
    }

    /// The first half of a training step without losses: the forward pass, in one piece. Returns the outputs;
    /// [`backward`](Self::backward) continues with their gradients.
    pub(crate) fn forward(
        &mut self,
        program: &TrainingProgram,
        storage: &mut Owned,
        data: &Rows<'_>,
    ) -> Result<Vec<Vec<f32>>> {
        let (weights, _, state) = storage.parts_mut();
        self.before.copy(&weights[program.description.trainable..], state);
        let ran = self.try_forward(program, storage, data);
        self.restored(storage, ran)
    }

    fn try_forward(
        &mut self,
        program: &TrainingProgram,
        storage: &mut Owned,
        data: &Rows<'_>,
    ) -> Result<Vec<Vec<f32>>> {
        let batch = data.rows.len();
        self.begin(program.description, storage, Slices::whole(batch));
        let (passes, non_trainable, state) = StepPasses::new(program, storage, data, WithRespectTo::Weights, self.step);
        let (arenas, slice) = (&mut self.workspaces[0].arenas, &mut self.slices[0]);
        let state = state.of_batch(program.description, batch)?;
        passes.forward(arenas, 0..batch, NonTrainableBlock::Updated(non_trainable), state, slice)?;
        Ok(slice.outputs.iter().map(|output| output.values.clone()).collect())
    }

    /// The second half: the backward pass, from the gradients of the outputs, each with its number of samples. See
    /// [`gradients`](Self::gradients) for the result.
    pub(crate) fn backward(
        &mut self,
        program: &TrainingProgram,
        storage: &mut Owned,
        data: &Rows<'_>,
        gradients: &[(usize, &[f32])],
        with_respect_to: WithRespectTo,
    ) -> Result<()> {
        let batch = data.rows.len();
        equal_counts(batch, gradients.iter().map(|(count, _)| ("gradients", *count)))?;
        let (passes, non_trainable, _) = StepPasses::new(program, storage, data, with_respect_to, self.step);
        let (arenas, slice) = (&mut self.workspaces[0].arenas, &mut self.slices[0]);
        slice.losses = LossValues::default();
        for (output, (_, gradient)) in slice.outputs.iter_mut().zip(gradients) {
            output.gradient.clear();
            output.gradient.extend_from_slice(gradient);
        }
        passes.backward(arenas, 0..batch, NonTrainableBlock::Updated(non_trainable), slice);
        self.penalties.add_gradients(passes.trainable, passes.frozen, &mut slice.gradients);
        Ok(())
    }

    /// The forward pass at inference and the backward pass, in one piece, from the gradients of the outputs, each with its number of
    /// samples. Returns the outputs; see [`gradients`](Self::gradients) and [`input_gradients`](Self::input_gradients) for the rest.
    pub(crate) fn differentiate_inference(
        &mut self,
        program: &TrainingProgram,
        storage: &Owned,
        data: &Rows<'_>,
        gradients: &[(usize, &[f32])],
        mut observer: Option<&mut dyn Observer>,
    ) -> Result<Vec<Vec<f32>>> {
        let batch = data.rows.len();
        equal_counts(batch, gradients.iter().map(|(count, _)| ("gradients", *count)))?;
        let outputs = self.observe_inference(program, storage, data, &mut observer)?;
        let (passes, non_trainable) = StepPasses::at_inference(program, storage, data, WithRespectTo::All);
        let (arenas, slice) = (&mut self.workspaces[0].arenas, &mut self.slices[0]);
        slice.losses = LossValues::default();
        for (output, (_, gradient)) in slice.outputs.iter_mut().zip(gradients) {
            output.gradient.clear();
            output.gradient.extend_from_slice(gradient);
        }
        passes.backward_observed(arenas, 0..batch, NonTrainableBlock::ReadOnly(non_trainable), slice, observer);
        Ok(outputs)
    }

    /// The forward pass at inference, in one piece, in the memory of training, where all tensors between the layers exist.
    pub(crate) fn observe_inference(
        &mut self,
        program: &TrainingProgram,
        storage: &Owned,
        data: &Rows<'_>,
        observer: &mut Option<&mut dyn Observer>,
    ) -> Result<Vec<Vec<f32>>> {
        let (passes, non_trainable) = StepPasses::at_inference(program, storage, data, WithRespectTo::All);
        let (arenas, slice) = (&mut self.workspaces[0].arenas, &mut self.slices[0]);
        let (read_only, samples) = (NonTrainableBlock::ReadOnly(non_trainable), 0..data.rows.len());
        let observer = observer.as_mut().map(|observer| &mut **observer as &mut dyn Observer);
        passes.forward_observed(arenas, samples, read_only, Buffers::none(), slice, observer)?;
        Ok(slice.outputs.iter().map(|output| output.values.clone()).collect())
    }

    /// Forward pass and losses at inference; updates the state.
    pub(crate) fn test(
        &mut self,
        program: &Program,
        storage: &mut Owned,
        losses: &dyn Losses,
        data: &Rows<'_>,
        observe: &mut dyn FnMut(Observed<'_, '_>) -> Result<()>,
    ) -> Result<StepResult> {
        let (_, _, state) = storage.weights_and_state();
        self.before.copy(&[], state);
        let ran = self.try_test(program, storage, losses, data, observe);
        self.restored(storage, ran)
    }

    fn try_test(
        &mut self,
        program: &Program,
        storage: &mut Owned,
        losses: &dyn Losses,
        data: &Rows<'_>,
        observe: &mut dyn FnMut(Observed<'_, '_>) -> Result<()>,
    ) -> Result<StepResult> {
        let batch = data.rows.len();
        self.check_loss_weights(program.description)?;
        self.gathered.copy(data);
        let outputs = self.outputs.len();
        if program.has_masks() {
            self.outputs.append(&mut self.masks);
        }
        self.outputs.iter_mut().for_each(Vec::clear);
        let seed = storage.seed();
        let (weights, frozen, state) = storage.weights_and_state();
        let (workspaces, outputs_of_batch) = (&mut self.workspaces, &mut self.outputs);
        let inferred =
            infer_rows(program, (weights, &[], seed), state, workspaces, data.inputs, data.rows, outputs_of_batch);
        self.masks.extend(self.outputs.drain(outputs..));
        let added_loss = inferred?;
        let (targets, mut sample_weights) = (self.gathered.targets(data), self.gathered.weights());
        let targets = &targets[..];
        let predictions = predictions(program.outputs, &self.outputs, batch);
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
        let penalty = self.penalties.value(weights, frozen) + added_loss / batch as f32;
        Ok(StepResult { loss: values.total + penalty, losses: values.each, outputs: program.description.outputs.len() })
    }
}

/// The outputs of a batch as predictions.
fn predictions<'a>(
    specs: &[TensorSpec],
    outputs: &'a [Vec<f32>],
    batch: usize,
) -> ArrayVec<Prediction<'a>, MAX_OUTPUTS> {
    let prediction = |(values, output): (&'a Vec<f32>, &TensorSpec)| Prediction {
        values,
        dims: output.dims,
        count: batch,
        logits: None,
    };
    outputs.iter().zip(specs).map(prediction).collect()
}

/// Adds the gradients of all slices to those of the first, in order.
fn add_up(slices: &mut [Slice]) {
    if let [first, others @ ..] = slices
        && !others.is_empty()
    {
        add_to(&mut first.gradients, 0, others);
    }
}

/// Adds the gradients of slices from `start` on, in chunks that stay in the first-level cache.
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

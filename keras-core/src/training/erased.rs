//! Compiled models without their types: what runs over batches takes these, and is compiled once, with this crate, and not again
//! for the model, optimizer and losses of each program.

use core::any::{Any, type_name};

use super::{
    Compiled, LossList, StepResult,
    compiled_metrics::CompiledMetrics,
    loss_list::Losses,
    means::Means,
    own_steps::OwnStep,
    step::{Rows, Stepper, WithRespectTo},
    variables::Trained,
};
use crate::{
    Result,
    callbacks::Logs,
    kernels::parallel,
    metrics::Direction,
    model::{Description, Model, Owned, TrainingProgram},
    optimizers::AnyOptimizer,
};

/// A model without its type.
pub(crate) trait AnyModel {
    fn description(&self) -> &'static Description;
    fn type_name(&self) -> &'static str;
    fn storage(&self) -> &Owned;
    fn storage_mut(&mut self) -> &mut Owned;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<M: Model<Storage = Owned>> AnyModel for M {
    fn description(&self) -> &'static Description {
        M::DESCRIPTION
    }

    fn type_name(&self) -> &'static str {
        type_name::<M>()
    }

    fn storage(&self) -> &Owned {
        Model::storage(self)
    }

    fn storage_mut(&mut self) -> &mut Owned {
        Model::storage_mut(self)
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// A compiled model without its types.
pub(super) struct AnyCompiled<'c> {
    pub(super) program: TrainingProgram,
    pub(super) model: &'c mut dyn AnyModel,
    pub(super) optimizer: &'c mut dyn AnyOptimizer,
    pub(super) losses: &'c dyn Losses,
    pub(super) metrics: &'c mut CompiledMetrics,
    pub(super) stepper: &'c mut Stepper,
    pub(super) trained: &'c mut Trained,
}

impl AnyCompiled<'_> {
    /// One training step; updates the metrics.
    pub(super) fn train(&mut self, data: &Rows<'_>) -> Result<StepResult> {
        let Self { program, model, optimizer, losses, metrics, stepper, trained } = self;
        let storage = model.storage_mut();
        trained.follow_freezing(program.description, storage.frozen());
        parallel::enter(parallel::TRAINING, program.description.training_macs(data.rows.len()), || {
            let mut observe = |observed: super::step::Observed<'_, '_>| metrics.update(observed);
            let result = stepper.train(program, storage, *losses, data, WithRespectTo::Weights, &mut observe)?;
            trained.step(*optimizer, program.description, storage, stepper.gradients())?;
            Ok(result)
        })
    }

    /// The losses of a batch and their gradients, in training mode, without an update.
    pub(super) fn differentiate(&mut self, data: &Rows<'_>, with_respect_to: WithRespectTo) -> Result<StepResult> {
        let Self { program, model, losses, stepper, .. } = self;
        let storage = model.storage_mut();
        parallel::enter(parallel::TRAINING, program.description.training_macs(data.rows.len()), || {
            stepper.train(program, storage, *losses, data, with_respect_to, &mut |_| Ok(()))
        })
    }

    /// The losses of a batch at inference; updates the metrics.
    pub(super) fn test(&mut self, data: &Rows<'_>) -> Result<StepResult> {
        let Self { program, model, losses, metrics, stepper, .. } = self;
        let storage = model.storage_mut();
        parallel::enter(parallel::INFERENCE, program.description.macs() * data.rows.len() as u64, || {
            stepper.test(program, storage, *losses, data, &mut |observed| metrics.update(observed))
        })
    }

    /// The losses of a batch at inference.
    pub(super) fn evaluate(&mut self, data: &Rows<'_>) -> Result<StepResult> {
        let Self { program, model, losses, stepper, .. } = self;
        let storage = model.storage_mut();
        parallel::enter(parallel::INFERENCE, program.description.macs() * data.rows.len() as u64, || {
            stepper.test(program, storage, *losses, data, &mut |_| Ok(()))
        })
    }

    /// The loss, the loss of each output if there is more than one, and the metrics.
    pub(super) fn figures(&self, means: &Means) -> Vec<(String, f64)> {
        let outputs = self.program.description.outputs;
        if let Some(own) = means.own() {
            let mut figures: Vec<(String, f64)> = own.map(|(name, value)| (name.to_owned(), value)).collect();
            // Custom steps need not update the metrics.
            if self.metrics.is_updated() {
                let metrics = self.metrics.names(outputs).into_iter().zip(self.metrics.results());
                let more: Vec<_> = metrics.filter(|(name, _)| figures.iter().all(|(own, _)| own != name)).collect();
                figures.extend(more);
            }
            return figures;
        }
        let mut figures = vec![("loss".to_owned(), means.loss())];
        if outputs.len() > 1 {
            for (at, output) in outputs.iter().enumerate() {
                figures.push((format!("{}_loss", output.name), means.output(at)));
            }
        }
        figures.extend(self.metrics.names(outputs).into_iter().zip(self.metrics.results()));
        figures
    }

    /// The [figures](Self::figures) as logs.
    pub(super) fn logs(&self, means: &Means) -> Logs {
        let mut logs = Logs::default();
        for (name, value) in self.figures(means) {
            logs.set(&name, value);
        }
        logs
    }

    /// The direction of each metric.
    pub(super) fn directions(&self) -> Vec<(String, Direction)> {
        self.metrics.names(self.program.description.outputs).into_iter().zip(self.metrics.directions()).collect()
    }
}

/// A compiled model with the custom steps of a run, without its types.
pub(super) trait Steps {
    /// The compiled model.
    fn compiled(&mut self) -> AnyCompiled<'_>;

    /// Performs the custom training step, if there is one, and returns its logs.
    fn own_train_step(&mut self, data: &Rows<'_>) -> Option<Result<Logs>>;

    /// Performs the custom test step, if there is one, and returns its logs.
    fn own_test_step(&mut self, data: &Rows<'_>) -> Option<Result<Logs>>;

    /// See [`Compiled::finalize`].
    fn finalize(&mut self) -> Result<()>;
}

/// A compiled model with the custom steps of a run.
pub(super) struct TypedSteps<'r, 'a, 'm, M: Model, O, L> {
    pub(super) compiled: &'r mut Compiled<'m, M, O, L>,
    pub(super) train_step: Option<OwnStep<'a, 'm, M, O, L>>,
    pub(super) test_step: Option<OwnStep<'a, 'm, M, O, L>>,
}

impl<M, O, L> Steps for TypedSteps<'_, '_, '_, M, O, L>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
{
    fn compiled(&mut self) -> AnyCompiled<'_> {
        self.compiled.any()
    }

    fn own_train_step(&mut self, data: &Rows<'_>) -> Option<Result<Logs>> {
        self.train_step.as_mut().map(|step| step(self.compiled, data))
    }

    fn own_test_step(&mut self, data: &Rows<'_>) -> Option<Result<Logs>> {
        self.test_step.as_mut().map(|step| step(self.compiled, data))
    }

    fn finalize(&mut self) -> Result<()> {
        self.compiled.finalize()
    }
}

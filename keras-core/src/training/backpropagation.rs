//! Forward and backward passes of one batch, in training mode, without an optimizer.

use super::{
    LossList, Predictions,
    loss_list::TypedLosses,
    run_data::RunData,
    step::{Stepper, WithRespectTo},
};
use crate::{
    Result,
    data::{Inputs, SampleWeight, Shapes, Targets},
    kernels::parallel,
    model::{Model, Owned, TrainingProgram},
};

/// From a loss: returns its value, and the step that holds the gradients.
pub(super) fn from_loss<M, L, X, Y>(
    model: &mut M,
    x: &X,
    y: &Y,
    loss: &L,
    with_respect_to: WithRespectTo,
) -> Result<(f32, Stepper)>
where
    M: Model<Storage = Owned>,
    L: LossList<M::Outputs>,
    X: Inputs<M::Inputs>,
    Y: Targets<L::Targets, M::Outputs>,
{
    const { L::FITS_THE_OUTPUTS };
    let data = RunData::new(x, y)?;
    let (rows, sample_weight) = (data.all(), SampleWeight::default());
    let batch = data.rows(&rows, &sample_weight);
    let mut stepper = Stepper::new(M::DESCRIPTION);
    let (program, losses) = (TrainingProgram::of::<M>(), TypedLosses::<&L, L, M::Outputs>::new(loss));
    let result = parallel::enter(parallel::TRAINING, M::DESCRIPTION.training_macs(rows.len()), || {
        stepper.train(&program, model.storage_mut(), &losses, &batch, with_respect_to, &mut |_| Ok(()))
    })?;
    Ok((result.loss, stepper))
}

/// From a closure that computes the gradients of the outputs: returns the outputs, and the step that holds the
/// gradients of the weights.
pub(super) fn from_outputs<M, X, F>(
    model: &mut M,
    x: &X,
    gradient: F,
    with_respect_to: WithRespectTo,
) -> Result<(Predictions<M>, Stepper)>
where
    M: Model<Storage = Owned, Outputs: Shapes>,
    X: Inputs<M::Inputs>,
    F: FnOnce(&Predictions<M>) -> Result<Predictions<M>>,
{
    let data = RunData::without_targets(x)?;
    let (rows, sample_weight) = (data.all(), SampleWeight::default());
    let batch = data.rows(&rows, &sample_weight);
    let (program, mut stepper) = (TrainingProgram::of::<M>(), Stepper::new(M::DESCRIPTION));
    let macs = M::DESCRIPTION.training_macs(rows.len());
    let outputs = M::Outputs::tensors(parallel::enter(parallel::TRAINING, macs, || {
        stepper.forward(&program, model.storage_mut(), &batch)
    })?)?;
    let gradients = gradient(&outputs)?;
    let gradients = M::Outputs::values(&gradients);
    parallel::enter(parallel::TRAINING, macs, || {
        stepper.backward(&program, model.storage_mut(), &batch, &gradients, with_respect_to)
    })?;
    Ok((outputs, stepper))
}

/// From the gradients of the outputs, at inference: returns the outputs, and the step that holds the gradients of the weights and
/// the inputs.
pub(super) fn at_inference<M, X>(model: &M, x: &X, gradients: &Predictions<M>) -> Result<(Predictions<M>, Stepper)>
where
    M: Model<Storage = Owned, Outputs: Shapes>,
    X: Inputs<M::Inputs>,
{
    let data = RunData::without_targets(x)?;
    let (rows, sample_weight) = (data.all(), SampleWeight::default());
    let batch = data.rows(&rows, &sample_weight);
    let (program, mut stepper) = (TrainingProgram::of::<M>(), Stepper::new(M::DESCRIPTION));
    let gradients = M::Outputs::values(gradients);
    let outputs = parallel::enter(parallel::TRAINING, M::DESCRIPTION.training_macs(rows.len()), || {
        stepper.differentiate_inference(&program, model.storage(), &batch, &gradients, None)
    })?;
    Ok((M::Outputs::tensors(outputs)?, stepper))
}

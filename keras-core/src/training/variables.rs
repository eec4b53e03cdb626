//! The weights of a model as the variables of an optimizer, and the updates of a model by an optimizer.

use super::{Gradients, constraints::Constraints};
use crate::{
    model::{Description, Owned},
    optimizers::{AnyOptimizer, OptimizerError, Variable},
};

/// The trainable weights as variables: name, range, and whether to update it. `frozen` has a flag for each layer.
fn variables(model: &Description, frozen: &[bool]) -> Vec<Variable<'static>> {
    let weights = model.named_weights().filter(|weight| weight.declaration.trainable);
    let variable = weights.map(|weight| Variable {
        trainable: !frozen[weight.layer],
        dims: weight.dims,
        ..Variable::new(weight.name.to_string(), weight.range())
    });
    variable.collect()
}

/// Updates a model's weights, by an optimizer and the constraints.
pub(super) struct Trained {
    variables: Vec<Variable<'static>>,
    constraints: Constraints,
    frozen: Vec<bool>,
}

impl Trained {
    /// The weights of the layers that are not frozen, by a flag for each layer.
    pub(super) fn new(model: &Description, frozen: Vec<bool>) -> Self {
        Self { variables: variables(model, &frozen), constraints: Constraints::new(model), frozen }
    }

    /// Updates the frozen layers, if they have changed.
    pub(super) fn follow_freezing(&mut self, model: &Description, frozen: &[bool]) {
        if self.frozen != frozen {
            self.frozen = frozen.to_vec();
            self.variables = variables(model, frozen);
        }
    }

    /// One step of an optimizer, followed by the constraints.
    pub(super) fn step(
        &self,
        optimizer: &mut dyn AnyOptimizer,
        model: &Description,
        storage: &mut Owned,
        gradients: &[f32],
    ) -> Result<(), OptimizerError> {
        let weights = &mut storage.weights_mut()[..model.trainable];
        optimizer.step_variables(weights, gradients, &self.variables)?;
        self.constraints.apply(&self.frozen, weights);
        Ok(())
    }
}

/// One step of an optimizer with given gradients, see [`Optimizer::apply`].
pub(crate) fn apply(
    optimizer: &mut dyn AnyOptimizer,
    model: &Description,
    storage: &mut Owned,
    gradients: &Gradients,
) -> Result<(), OptimizerError> {
    let mut frozen = storage.frozen().to_vec();
    if let Some(chosen) = gradients.chosen() {
        frozen.iter_mut().zip(chosen).for_each(|(frozen, chosen)| *frozen |= !chosen);
    }
    Trained::new(model, frozen).step(optimizer, model, storage, gradients.values())
}

/// Ends the training, see [`Optimizer::finalize`].
pub(crate) fn finalize(
    optimizer: &dyn AnyOptimizer,
    model: &Description,
    storage: &mut Owned,
) -> Result<(), OptimizerError> {
    let Some(average) = optimizer.average() else { return Ok(()) };
    let weights = model.trainable;
    if average.len() != weights {
        let (optimizer, found) = (optimizer.name(), average.len());
        return Err(OptimizerError::Average { optimizer, weights, found });
    }
    let variables = variables(model, storage.frozen());
    let trainable = variables.iter().filter(|variable| variable.trainable);
    let weights = storage.weights_mut();
    for Variable { range, .. } in trainable {
        weights[range.clone()].copy_from_slice(&average[range.clone()]);
    }
    Ok(())
}

//! The weights of a model as an optimizer sees them, and what an optimizer does with a model.

use super::{Gradients, constraints};
use crate::{
    layers::Weights,
    model::{Description, Model, Owned},
    optimizers::{Optimizer, OptimizerError, Variable},
};

/// The trainable weights: each by its name, its place, and whether it is to change. `frozen` has a flag for each layer.
pub(crate) fn variables(model: &'static Description, frozen: &[bool]) -> Vec<Variable<'static>> {
    let mut variables = Vec::new();
    collect_variables(model, "", &mut frozen.iter(), &mut 0, &mut variables);
    variables
}

fn collect_variables(
    model: &Description,
    prefix: &str,
    frozen: &mut std::slice::Iter<'_, bool>,
    offset: &mut usize,
    into: &mut Vec<Variable<'static>>,
) {
    for layer in model.layers {
        let trainable = frozen.next() == Some(&false);
        let name = format!("{prefix}{}/", layer.name);
        if let Weights::Model(inner) = &layer.built.weights {
            collect_variables(inner, &name, frozen, offset, into);
        }
        for weight in layer.built.weights.list().iter().filter(|weight| weight.trainable) {
            let end = *offset + weight.dims.size();
            let name = format!("{name}{}", weight.name);
            into.push(Variable { trainable, dims: weight.dims, ..Variable::new(name, *offset..end) });
            *offset = end;
        }
    }
}

/// One step of an optimizer: what [`Optimizer::apply`] does.
pub(crate) fn apply<M: Model<Storage = Owned>, O: Optimizer>(
    optimizer: &mut O,
    model: &mut M,
    gradients: &Gradients,
) -> Result<(), OptimizerError> {
    let frozen = match gradients.chosen() {
        Some(chosen) => {
            model.storage().frozen().iter().zip(chosen).map(|(frozen, chosen)| *frozen || !chosen).collect()
        }
        None => model.storage().frozen().to_vec(),
    };
    step(optimizer, model, gradients.values(), &variables(M::DESCRIPTION, &frozen), &frozen)
}

/// The same, for gradients that lie elsewhere, and variables and frozen layers that are known already.
pub(crate) fn step<M: Model<Storage = Owned>, O: Optimizer>(
    optimizer: &mut O,
    model: &mut M,
    gradients: &[f32],
    variables: &[Variable<'_>],
    frozen: &[bool],
) -> Result<(), OptimizerError> {
    let (weights, _) = model.storage_mut().parts_mut();
    let weights = &mut weights[..M::DESCRIPTION.trainable];
    optimizer.step_variables(weights, gradients, variables)?;
    constraints::apply(M::DESCRIPTION, frozen, weights);
    Ok(())
}

/// The end of a training: what [`Optimizer::finalize`] does.
pub(crate) fn finalize<M: Model<Storage = Owned>, O: Optimizer>(
    optimizer: &O,
    model: &mut M,
) -> Result<(), OptimizerError> {
    let Some(average) = optimizer.average() else { return Ok(()) };
    let weights = M::DESCRIPTION.trainable;
    if average.len() != weights {
        let (optimizer, found) = (optimizer.name(), average.len());
        return Err(OptimizerError::Average { optimizer, weights, found });
    }
    let variables = variables(M::DESCRIPTION, model.storage().frozen());
    let trainable = variables.iter().filter(|variable| variable.trainable);
    let weights = model.storage_mut().weights_mut();
    for Variable { range, .. } in trainable {
        weights[range.clone()].copy_from_slice(&average[range.clone()]);
    }
    Ok(())
}

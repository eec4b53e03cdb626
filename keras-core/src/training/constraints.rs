//! What weights are turned into after each step.

use crate::{layers::Weights, model::Description};

/// Turns the weights of a model into what their constraints say, but for those of frozen layers.
pub(crate) fn apply(model: &Description, frozen: &[bool], trainable: &mut [f32]) {
    each(model, &mut frozen.iter(), trainable);
}

fn each(model: &Description, frozen: &mut std::slice::Iter<'_, bool>, mut trainable: &mut [f32]) {
    for layer in model.layers {
        let changes = frozen.next() == Some(&false);
        if let Weights::Model(inner) = &layer.built.weights {
            let (weights, rest) = trainable.split_at_mut(inner.trainable);
            each(inner, frozen, weights);
            trainable = rest;
        }
        for weight in layer.built.weights.list().iter().filter(|weight| weight.trainable) {
            let (values, rest) = trainable.split_at_mut(weight.dims.size());
            if changes {
                weight.constraint.apply(weight.dims, values);
            }
            trainable = rest;
        }
    }
}

//! Weight constraints, applied after each step.

use core::ops::Range;

use crate::{constraints::Constraint, model::Description, shape::Dims};

/// The constrained weights of a model.
pub(crate) struct Constraints(Vec<Constrained>);

struct Constrained {
    /// Its index among all layers.
    layer: usize,
    range: Range<usize>,
    dims: Dims,
    constraint: Constraint,
}

impl Constraints {
    pub(crate) fn new(model: &Description) -> Self {
        let weights = model.named_weights().filter(|weight| weight.declaration.trainable);
        let constrained = weights.filter(|weight| weight.declaration.constraint != Constraint::NONE);
        let constrained = constrained.map(|weight| Constrained {
            layer: weight.layer,
            range: weight.range(),
            dims: weight.dims,
            constraint: weight.declaration.constraint,
        });
        Self(constrained.collect())
    }

    /// Applies the constraints to all weights except those of frozen layers.
    pub(crate) fn apply(&self, frozen: &[bool], trainable: &mut [f32]) {
        for Constrained { range, dims, constraint, .. } in self.0.iter().filter(|it| !frozen[it.layer]) {
            constraint.apply(*dims, &mut trainable[range.clone()]);
        }
    }
}

//! What weights cost: the regularizers' terms of the loss.

use core::ops::Range;

use crate::{layers::Weights, model::Description, regularizers::Regularizer, shape::Dims};

/// The regularized weights of a model.
pub(crate) struct Penalties(Vec<Penalty>);

struct Penalty {
    /// Among all layers.
    layer: usize,
    range: Range<usize>,
    dims: Dims,
    regularizer: Regularizer,
}

impl Penalties {
    pub(crate) fn new(model: &Description) -> Self {
        let mut penalties = Vec::new();
        collect(model, &mut 0, &mut 0, &mut penalties);
        Self(penalties)
    }

    /// Those of the layers that are not frozen.
    fn active(&self, frozen: &[bool]) -> impl Iterator<Item = &Penalty> {
        self.0.iter().filter(|penalty| !frozen[penalty.layer])
    }

    /// What the weights cost.
    pub(crate) fn value(&self, trainable: &[f32], frozen: &[bool]) -> f32 {
        self.active(frozen).map(|it| it.regularizer.value(it.dims, &trainable[it.range.clone()])).sum()
    }

    /// Adds the gradient of that.
    pub(crate) fn add_gradients(&self, trainable: &[f32], frozen: &[bool], gradients: &mut [f32]) {
        for Penalty { range, dims, regularizer, .. } in self.active(frozen) {
            regularizer.add_gradient(*dims, &trainable[range.clone()], &mut gradients[range.clone()]);
        }
    }
}

/// `layer` and `offset`: the number of layers and the floats of trainable weights before the model's.
fn collect(model: &Description, layer: &mut usize, offset: &mut usize, into: &mut Vec<Penalty>) {
    for each in model.layers {
        let own = *layer;
        *layer += 1;
        if let Weights::Model(inner) = &each.built.weights {
            collect(inner, layer, offset, into);
        }
        for weight in each.built.weights.list().iter().filter(|weight| weight.trainable) {
            let range = *offset..*offset + weight.dims.size();
            *offset = range.end;
            if weight.regularizer != Regularizer::None {
                into.push(Penalty { layer: own, range, dims: weight.dims, regularizer: weight.regularizer });
            }
        }
    }
}

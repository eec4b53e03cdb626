//! Weight regularization: penalties added to the loss.

use core::ops::Range;

use crate::{model::Description, regularizers::Regularizer, shape::Dims};

/// The regularized weights of a model.
pub(crate) struct Penalties(Vec<Penalty>);

struct Penalty {
    /// Its index among all layers.
    layer: usize,
    range: Range<usize>,
    dims: Dims,
    regularizer: Regularizer,
}

impl Penalties {
    pub(crate) fn new(model: &Description) -> Self {
        let weights = model.named_weights().filter(|weight| weight.declaration.trainable);
        let regularized = weights.filter(|weight| weight.declaration.regularizer != Regularizer::None);
        let penalties = regularized.map(|weight| Penalty {
            layer: weight.layer,
            range: weight.range(),
            dims: weight.dims,
            regularizer: weight.declaration.regularizer,
        });
        Self(penalties.collect())
    }

    /// The weights of the layers that are not frozen.
    fn active(&self, frozen: &[bool]) -> impl Iterator<Item = &Penalty> {
        self.0.iter().filter(|penalty| !frozen[penalty.layer])
    }

    /// The sum of the penalties.
    pub(crate) fn value(&self, trainable: &[f32], frozen: &[bool]) -> f32 {
        self.active(frozen).map(|it| it.regularizer.value(it.dims, &trainable[it.range.clone()])).sum()
    }

    /// Adds the gradients of the penalties.
    pub(crate) fn add_gradients(&self, trainable: &[f32], frozen: &[bool], gradients: &mut [f32]) {
        for Penalty { range, dims, regularizer, .. } in self.active(frozen) {
            regularizer.add_gradient(*dims, &trainable[range.clone()], &mut gradients[range.clone()]);
        }
    }
}

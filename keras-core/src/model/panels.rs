//! Copies of large kernels of matrix products for inference.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use super::Description;
use crate::kernels::panels;

/// Samples predicted with the same weights before the copy is made, which takes about as long as a prediction of ten.
const SAMPLES: usize = 64;

/// A copy of a model's kernels in panels, once it has made enough predictions with the same weights.
///
/// A clone is made anew.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Model, Storage};
///
/// sequential! { struct Net { Input(2), Dense(1) } }
///
/// assert!(Net::new().storage().panels().is_some()); // a place for them, on the heap
/// ```
#[derive(Default)]
pub struct Panels {
    samples: AtomicUsize,
    values: OnceLock<Vec<f32>>,
}

impl Panels {
    /// For the prediction of this number of samples: the kernels at their offsets among the trainable weights, or nothing yet.
    pub(crate) fn of(&self, model: &Description, weights: &[f32], samples: usize) -> &[f32] {
        if let Some(values) = self.values.get() {
            return values;
        }
        let before = self.samples.fetch_add(samples, Ordering::Relaxed);
        if before.saturating_add(samples) < SAMPLES {
            return &[];
        }
        self.values.get_or_init(|| {
            let mut kernels =
                model.named_weights().filter(|weight| weight.declaration.in_panels).filter_map(|weight| {
                    let (inputs, units) = (weight.dims.size() / weight.dims.last().max(1), weight.dims.last());
                    panels::pays(inputs, units).then_some((weight.range(), inputs, units))
                });
            let Some(first) = kernels.next() else { return Vec::new() };
            // What is not written takes no memory.
            let mut values = vec![0.0; model.trainable];
            for (range, inputs, units) in core::iter::once(first).chain(kernels) {
                panels::interleave(inputs, units, &weights[range.clone()], &mut values[range]);
            }
            values
        })
    }

    /// Forgets the copy: the weights are about to change.
    pub(super) fn reset(&mut self) {
        *self.samples.get_mut() = 0;
        self.values.take();
    }
}

impl Clone for Panels {
    fn clone(&self) -> Self {
        Self::default()
    }
}

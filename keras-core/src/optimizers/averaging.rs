//! Exponential moving averages of the weights.

use rayon::prelude::*;

use super::{Common, Variable};
use crate::kernels::simd::{Isa, SafeKernel, Vector};

/// The number of weights that one task averages: as many as one updates.
const GRAIN: usize = 1 << 16;

/// Takes the weights into their averages; the first weights are the averages.
pub(super) fn update(common: &Common, weights: &[f32], average: &mut [f32]) {
    let momentum = if common.iterations() == 0 { 0.0 } else { common.ema_momentum };
    let isa = Isa::current();
    average
        .par_chunks_mut(GRAIN)
        .zip(weights.par_chunks(GRAIN))
        .for_each(|(average, weights)| isa.run(Average { average, weights, momentum }));
}

/// Puts the averages in the place of the trainable weights.
pub(super) fn overwrite(weights: &mut [f32], average: &[f32], variables: &[Variable<'_>]) {
    for Variable { range, .. } in variables.iter().filter(|variable| variable.trainable) {
        weights[range.clone()].copy_from_slice(&average[range.clone()]);
    }
}

/// `average ← momentum·average + (1 - momentum)·weight`.
struct Average<'a> {
    average: &'a mut [f32],
    weights: &'a [f32],
    momentum: f32,
}

impl SafeKernel for Average<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        let rest = 1.0 - self.momentum;
        for (average, weight) in self.average.iter_mut().zip(self.weights) {
            *average = self.momentum * *average + rest * weight;
        }
    }
}

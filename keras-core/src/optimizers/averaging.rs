//! Exponential moving averages of the weights.

use super::{Common, Variable};
use crate::kernels::{
    parallel,
    simd::{Isa, SafeKernel, Vector},
};

/// The number of weights that one task averages: as many as one updates.
const GRAIN: usize = 1 << 16;

/// Takes the weights into their averages; the first weights are the averages.
pub(super) fn update(common: &Common, weights: &[f32], average: &mut [f32]) {
    let momentum = if common.iterations() == 0 { 0.0 } else { common.ema_momentum };
    average_in_halves(average, weights, momentum);
}

fn average_in_halves(average: &mut [f32], weights: &[f32], momentum: f32) {
    if average.len() <= GRAIN || parallel::threads() == 1 {
        return Isa::current().run(Average { average, weights, momentum });
    }
    let middle = average.len() / 2;
    let ((left, right), (first, second)) = (average.split_at_mut(middle), weights.split_at(middle));
    parallel::join(|| average_in_halves(left, first, momentum), || average_in_halves(right, second, momentum));
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

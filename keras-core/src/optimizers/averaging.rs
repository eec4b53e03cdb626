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
    blend(momentum, weights, average);
}

/// Averages weights, in halves if they are many.
fn blend(momentum: f32, weights: &[f32], average: &mut [f32]) {
    if average.len() <= GRAIN || parallel::threads() == 1 {
        return Isa::current().run(Average { average, weights, momentum });
    }
    // whole cache lines on both sides
    let middle = (average.len() / 2).next_multiple_of(16);
    let (of_left, of_right) = average.split_at_mut(middle);
    let (left, right) = weights.split_at(middle);
    parallel::join(|| blend(momentum, left, of_left), || blend(momentum, right, of_right));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_the_weights() {
        let count = 3 * GRAIN + 5;
        let weights: Vec<f32> = (0..count).map(|at| at as f32).collect();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut average = vec![8.0; count];
            pool.install(|| blend(0.75, &weights, &mut average));
            assert!(average.iter().zip(&weights).all(|(average, w)| *average == 0.75 * 8.0 + 0.25 * w));
        }
    }
}

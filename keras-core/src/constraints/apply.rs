//! Application of constraints.

use super::{Constraint, Rule};
use crate::{kernels::sums::Columns, shape::Dims};

/// The constant added to a norm before dividing by it: Keras' epsilon.
const EPSILON: f32 = 1e-7;

impl Constraint {
    /// Applies the constraint to a weight of this shape.
    ///
    /// Training does so after each step; custom training loops that change weights without
    /// [`Optimizer::apply`](crate::optimizers::Optimizer::apply) must call it.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// let mut kernel = [-3.0, 1.0, 4.0, -1.0];
    /// Constraint::NON_NEG.apply(Dims::new(&[2, 2]), &mut kernel);
    /// assert_eq!(kernel, [0.0, 1.0, 4.0, 0.0]);
    /// ```
    pub fn apply(&self, dims: Dims, weight: &mut [f32]) {
        match self.rule {
            Rule::None => {}
            Rule::NonNeg => weight.iter_mut().filter(|w| **w < 0.0).for_each(|w| *w = 0.0),
            Rule::MaxNorm { max_value } => self.scale(dims, weight, &|norm| norm.min(max_value) / (EPSILON + norm)),
            Rule::MinMaxNorm { min_value, max_value, rate } => self.scale(dims, weight, &|norm| {
                let desired = rate * norm.max(min_value).min(max_value) + (1.0 - rate) * norm;
                desired / (EPSILON + norm)
            }),
            Rule::Own(projection) => projection.project(dims, weight),
            Rule::UnitNorm => self.scale(dims, weight, &|norm| 1.0 / (EPSILON + norm)),
        }
    }

    /// Multiplies the elements that share a norm by a factor, which is a function of the norm.
    fn scale(&self, dims: Dims, weight: &mut [f32], factor: &dyn Fn(f32) -> f32) {
        let Some(along) = self.axis.chosen_of_weight(dims) else { return };
        // Adjacent elements with norms of their own, as many as there are after the last axis.
        let run = along.run();
        let (steps, starts) = (along.steps(1), along.others().steps(run));
        for start in starts.offsets() {
            // Some norms are computed at a time, so that memory is accessed contiguously.
            for first in (0..run).step_by(Columns::MOST) {
                let length = Columns::MOST.min(run - first);
                let mut squares = Columns::zero();
                for step in steps.offsets() {
                    let elements = weight.get(start + step + first..).unwrap_or_default();
                    squares.add(elements.iter().take(length).map(|w| w * w));
                }
                let mut factors = [0.0; Columns::MOST];
                for (to, square) in factors.iter_mut().zip(squares.totals()) {
                    *to = factor((square as f32).sqrt());
                }
                for step in steps.offsets() {
                    let elements = weight.get_mut(start + step + first..).unwrap_or_default();
                    for (w, factor) in elements.iter_mut().zip(&factors).take(length) {
                        *w *= factor;
                    }
                }
            }
        }
    }
}

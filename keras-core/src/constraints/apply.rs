//! Constraints at work.

use super::{Constraint, Rule};
use crate::shape::Dims;

/// What is added to a norm that is divided by: Keras' epsilon.
const EPSILON: f32 = 1e-7;

impl Constraint {
    /// Turns a weight of these dimensions into what it must be.
    ///
    /// Training does it after each step; a loop of one's own that changes weights without
    /// [`Optimizer::apply`](crate::optimizers::Optimizer::apply) does it by this.
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
            Rule::Norm { min_value, max_value, rate } => self.scale(dims, weight, |norm| {
                let desired = rate * norm.max(min_value).min(max_value) + (1.0 - rate) * norm;
                desired / (EPSILON + norm)
            }),
            Rule::UnitNorm => self.scale(dims, weight, |norm| 1.0 / (EPSILON + norm)),
        }
    }

    /// Multiplies the elements that have a norm together by a factor, which depends on it.
    fn scale(&self, dims: Dims, weight: &mut [f32], factor: impl Fn(f32) -> f32) {
        let Some(along) = self.axis.chosen_of_weight(dims) else { return };
        let each = along.others();
        let mut squares: Vec<f32> = weight.iter().map(|w| w * w).collect();
        let mut factors = vec![0.0; each.elements()];
        each.spread().scatter_add(&squares, &mut factors);
        factors.iter_mut().for_each(|square| *square = factor(square.sqrt()));
        each.spread().gather(&factors, &mut squares);
        weight.iter_mut().zip(&squares).for_each(|(w, factor)| *w *= factor);
    }
}

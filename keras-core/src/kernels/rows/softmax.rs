//! The softmax of rows, for functions of it.

use super::{Elements, Place, Rows, load};
use crate::kernels::{
    math::{exp_outlined, ln_1p_outlined},
    simd::Vector,
    sums::Sum,
};

/// The softmax of rows of logits. The largest probability is the only one that can round to 1: what is left for all others is summed
/// apart.
#[derive(Clone, Copy)]
pub(crate) struct Softmax<'a, V, const ALONG: bool> {
    logits: &'a [f32],
    /// The probabilities, if they are at hand.
    probabilities: &'a [f32],
    /// The place of the largest logit, and that logit.
    pub largest: Place<V>,
    max: V,
    /// The sum of all other probabilities, exact where the largest one rounds to 1.
    pub rest: V,
    /// `Σ exp(zᵢ - max)`, and its logarithm.
    sum: V,
    log_sum: V,
}

impl<V: Vector, const ALONG: bool> Softmax<'_, V, ALONG> {
    #[inline(always)]
    fn exponential(&self, at: Elements) -> V {
        // No subnormal numbers. The order of the operands lets a NaN through.
        exp_outlined(V::splat(-87.0).max(load::<V, ALONG>(self.logits, at) - self.max))
    }

    /// `pᵢ`.
    #[inline(always)]
    pub(crate) fn probability(&self, at: Elements) -> V {
        if self.probabilities.is_empty() {
            self.exponential(at) / self.sum
        } else {
            load::<V, ALONG>(self.probabilities, at)
        }
    }

    /// `1 - pᵢ`.
    #[inline(always)]
    pub(crate) fn complement(&self, row: &Rows<'_, V, ALONG>, at: Elements) -> V {
        V::select(row.is(self.largest, at), self.rest, V::splat(1.0) - self.probability(at))
    }

    /// `1 - pᵢ` at a place.
    #[inline(always)]
    pub(crate) fn complement_at(&self, row: &Rows<'_, V, ALONG>, place: Place<V>) -> V {
        let probability = if self.probabilities.is_empty() {
            exp_outlined(V::splat(-87.0).max(row.pick(self.logits, place) - self.max)) / self.sum
        } else {
            row.pick(self.probabilities, place)
        };
        V::select(row.is_same(self.largest, place), self.rest, V::splat(1.0) - probability)
    }

    /// `-ln pᵢ`.
    #[inline(always)]
    pub(crate) fn negative_log(&self, at: Elements) -> V {
        (self.max - load::<V, ALONG>(self.logits, at)) + self.log_sum
    }

    /// `-ln pᵢ` at a place.
    #[inline(always)]
    pub(crate) fn negative_log_at(&self, row: &Rows<'_, V, ALONG>, place: Place<V>) -> V {
        (self.max - row.pick(self.logits, place)) + self.log_sum
    }
}

impl<'a, V: Vector, const ALONG: bool> Rows<'a, V, ALONG> {
    /// The softmax of the logits, or of the values if they are said to be logits. None if there are only probabilities.
    #[inline(always)]
    pub(crate) fn softmax(&self, from_logits: bool) -> Option<Softmax<'a, V, ALONG>> {
        let (logits, probabilities) = match (self.logits.is_empty(), from_logits) {
            (false, _) => (self.logits, self.values),
            (true, true) => (self.values, &[][..]),
            (true, false) => return None,
        };
        let (max, largest) = self.largest_of(|at| load::<V, ALONG>(logits, at), |at| logits.get(at).copied());
        let mut softmax = Softmax { logits, probabilities, largest, max, rest: max, sum: max, log_sum: max };
        let mut others = Sum::zero();
        for at in self.elements() {
            let term =
                if probabilities.is_empty() { softmax.exponential(at) } else { load::<V, ALONG>(probabilities, at) };
            self.add(&mut others, at, V::select(self.is(largest, at), V::zero(), term));
        }
        let mut others = self.total(others);
        if !probabilities.is_empty() {
            others = others / self.pick(probabilities, largest);
        }
        softmax.sum = V::splat(1.0) + others;
        (softmax.rest, softmax.log_sum) = (others / softmax.sum, ln_1p_outlined(others));
        Some(softmax)
    }
}

//! Convolutions of many narrow groups, above all depthwise ones: vectors run along the channels of several groups.
//!
//! Each lane computes a channel of the target from its own group of the source: the products are of vector and vector, not of
//! number and vector. Where each group is a channel, the source lies in memory as lanes need it; otherwise lines of it are
//! [spread](spread::Spread) first.

mod gradient;
mod product;
mod spread;
mod tile;

use super::{direct::PatchAxis, phases::Phase};
use crate::kernels::{
    geometry::{Axis, Geometry},
    simd::MAX_LANES,
};
pub(super) use gradient::KernelGradient;
pub(super) use product::{Pass, Side, Weights};

/// Channels of a group of the source, at most.
const SOURCES: usize = 16;
/// Floats of packed weights: with AVX-512, 640 vectors, 40 KB of stack.
const WEIGHTS: usize = if cfg!(feature = "std") { 640 * MAX_LANES } else { 1024 };
/// Floats of spread lines, at most: 128 KB of stack.
const SPREAD: usize = if cfg!(feature = "std") { 1 << 15 } else { 1024 };
/// Floats of spread lines where several pixels fit into them: two thirds of a first-level cache of 48 KB.
const NEAR: usize = if cfg!(feature = "std") { 1 << 13 } else { 1024 };

/// Vectors of channels that a tile goes over before the next one: what several lines of them take stays in a first-level cache.
const VECTORS: usize = 8;

/// Channels of a group that fill enough of a vector for a product of each group, where it is read in place.
const WIDE: usize = 8;

/// Whether lanes can compute groups of `target` channels from groups of `source` channels, and are faster than a product for each
/// group.
pub(super) const fn pays(g: &Geometry, target: usize, source: usize) -> bool {
    let wide = if source < super::direct::CHANNELS { MAX_LANES } else { WIDE };
    if g.groups == 1 || target >= wide || source > SOURCES {
        return false;
    }
    // With channels for whole vectors of any length, depthwise passes spread nothing.
    if target == 1 && source == 1 && g.groups.is_multiple_of(MAX_LANES) {
        return true;
    }
    // Four pixels.
    let reach = g.x.dilation.saturating_mul(g.x.window).saturating_add(g.x.stride.saturating_mul(3));
    let vector = source.saturating_mul(MAX_LANES);
    g.taps().saturating_mul(vector) <= WEIGHTS && reach.saturating_mul(g.y.window).saturating_mul(vector) <= SPREAD
}

/// One axis of a pass: which elements of the source meet those of the target, and by which taps of the kernel.
#[derive(Clone, Copy)]
pub(super) struct PassAxis {
    /// By the number of the target's element.
    patch: PatchAxis,
    /// The number of elements that are written, the first, and the distance from one to the next.
    count: usize,
    first: usize,
    step: usize,
    /// Length of the axis of which they are elements.
    len: usize,
    /// The kernel's tap that comes first, and from one to the next; backwards, it wraps around.
    tap: usize,
    tap_step: usize,
}

impl PassAxis {
    /// Of the forward pass.
    pub(super) fn forward(axis: &Axis) -> Self {
        let patch = PatchAxis::new(axis);
        Self { patch, count: axis.output, first: 0, step: 1, len: axis.output, tap: 0, tap_step: 1 }
    }

    /// Of the gradient of the input's elements of a phase.
    pub(super) fn phase(axis: &Axis, phase: &Phase) -> Self {
        Self {
            patch: PatchAxis {
                taps: phase.count,
                stride: 1,
                dilation: phase.dilation,
                pad: phase.pad,
                input: axis.output,
            },
            count: phase.pixels,
            first: phase.first,
            step: phase.stride,
            len: axis.input,
            tap: phase.last,
            tap_step: phase.step.wrapping_neg(),
        }
    }

    /// The kernel's tap that is this one of the pass.
    #[inline(always)]
    fn tap(&self, index: usize) -> usize {
        self.tap.wrapping_add(index.wrapping_mul(self.tap_step))
    }

    /// Number of this element on the axis.
    #[inline(always)]
    fn element(&self, index: usize) -> usize {
        self.first + index * self.step
    }
}

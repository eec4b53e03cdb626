//! Pools of windows of 2 × 2 side by side.

use super::{Average, Image, Max, Operation, Window};
use crate::kernels::copies::zero_run;
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::geometry::{Axis, Geometry};
use crate::kernels::simd::{Kernel, Vector};

/// Windows of 2 × 2 side by side, inside the image, as most pooling layers have them.
pub(super) fn are_quarters(g: &Geometry) -> bool {
    let halves = |axis: &Axis| (axis.window, axis.stride, axis.before) == (2, 2, 0) && 2 * axis.output <= axis.input;
    g.is_planar() && halves(&g.y) && halves(&g.x)
}

/// An image whose windows are [quarters](are_quarters): every input pixel belongs to one window at most, so that
/// gradients are written once.
pub(super) struct Quarters<'a>(pub Image<'a>);

impl Kernel for Quarters<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.0.operation {
                Operation::Max => self.forward::<V, Max>(),
                Operation::Average => self.forward::<V, Average>(),
                Operation::MaxBackward => self.backward::<V, Max>(),
                Operation::AverageBackward => self.backward::<V, Average>(),
            }
        }
    }
}

impl Quarters<'_> {
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn forward<V: Vector, W: Window>(&self) {
        let Image { g, image, lines, inputs: [input, ..], to, .. } = self.0;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in lines.0..lines.1 {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut from = input.get().wrapping_add((image * g.y.input + 2 * y) * down + channel);
                let mut to = to.get().wrapping_add((image * g.y.output + y) * g.x.output * across + channel);
                for _ in 0..g.x.output {
                    // SAFETY: the window lies in the image and `count` lanes exist; the lengths were checked at entry.
                    unsafe {
                        let [a, b, c, d] = corners::<V>(from, across, down, count);
                        let joined = W::join(W::join(a, b), W::join(c, d));
                        let joined = if W::IS_MEAN { joined * V::splat(0.25) } else { joined };
                        store_some(joined, to, count);
                    }
                    (from, to) = (from.wrapping_add(2 * across), to.wrapping_add(across));
                }
                channel += V::LANES;
            }
        }
    }

    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn backward<V: Vector, W: Window>(&self) {
        let Image { g, image, inputs: [input, output, gradient], to, .. } = self.0;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in 0..g.y.output {
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut first = (image * g.y.input + 2 * y) * down + channel;
                let mut out = (image * g.y.output + y) * g.x.output * across + channel;
                for _ in 0..g.x.output {
                    // SAFETY: as in `forward`; the gradient of a mean does not depend on the values.
                    unsafe {
                        let (mut values, mut joined) = ([V::zero(); 4], V::zero());
                        if !W::IS_MEAN {
                            values = corners::<V>(input.get().wrapping_add(first), across, down, count);
                            joined = load_some::<V>(output.get().add(out), count);
                        }
                        let [a, b, c, d] = W::share(values, joined, load_some::<V>(gradient.get().add(out), count));
                        let to = to.get().add(first);
                        store_some(a, to, count);
                        store_some(b, to.add(across), count);
                        store_some(c, to.add(down), count);
                        store_some(d, to.add(down + across), count);
                    }
                    (first, out) = (first + 2 * across, out + across);
                }
                channel += V::LANES;
            }
        }
        // The last row and column of an image of odd size belong to no window.
        for y in 0..g.y.input {
            let covered = if y < 2 * g.y.output { 2 * g.x.output } else { 0 };
            let start = to.get().wrapping_add(((image * g.y.input + y) * g.x.input + covered) * across);
            // SAFETY: the rest of a line of the image.
            unsafe { zero_run(start, (g.x.input - covered) * across) };
        }
    }
}

/// The values of a window, from its first one on.
///
/// # Safety
/// `count` lanes are readable at each.
#[inline(always)]
unsafe fn corners<V: Vector>(from: *const f32, across: usize, down: usize, count: usize) -> [V; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            load_some(from, count),
            load_some(from.add(across), count),
            load_some(from.add(down), count),
            load_some(from.add(down + across), count),
        ]
    }
}

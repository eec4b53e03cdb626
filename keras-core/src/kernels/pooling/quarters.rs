//! Pools of windows of 2 × 2 side by side.

use super::{Average, Image, Max, Operation, Window};
use crate::kernels::copies::zero_run;
use crate::kernels::elementwise::{load_some, store_some};
use crate::kernels::geometry::{Axis, Geometry};
use crate::kernels::simd::{Kernel, MAX_LANES, Vector};

/// Windows of 2 × 2 side by side, inside the image, as most pooling layers have them.
pub(super) fn are_quarters(g: &Geometry) -> bool {
    let halves = |axis: &Axis| (axis.window, axis.stride, axis.before) == (2, 2, 0) && 2 * axis.output <= axis.input;
    g.is_planar() && halves(&g.y) && halves(&g.x)
}

/// An image whose windows are [quarters](are_quarters): every input pixel belongs to one window at most, so that
/// gradients are written once.
pub(super) struct Quarters<'a> {
    pub image: Image<'a>,
    pub together: &'a Together,
}

/// How windows of few channels lie side by side in a vector of a line of the image.
pub(super) struct Together {
    /// The windows of a vector: 0 or 1, where the channels fill half of it.
    windows: usize,
    /// The left pixels of the windows, and their right pixels.
    sides: [[u32; MAX_LANES]; 2],
    /// The window of each pixel of the line.
    windows_of: [u32; MAX_LANES],
    /// The side of each pixel of the line: 0, or 1 for the right one.
    side_of: [f32; MAX_LANES],
}

impl Together {
    pub(super) fn new(lanes: usize, channels: usize) -> Self {
        let windows = (lanes / 2).checked_div(channels).unwrap_or_default();
        let (mut sides, mut windows_of, mut side_of) = ([[0; MAX_LANES]; 2], [0; MAX_LANES], [0.0; MAX_LANES]);
        let mut of_line = windows_of.iter_mut().zip(&mut side_of).enumerate();
        for window in 0..windows {
            for (side, lanes) in sides.iter_mut().enumerate() {
                let lanes = lanes.iter_mut().enumerate().skip(window * channels).take(channels);
                for ((of_window, lane), (of_pixel, (window, its_side))) in lanes.zip(&mut of_line) {
                    (*lane, *window, *its_side) = (of_pixel as u32, of_window as u32, side as f32);
                }
            }
        }
        Self { windows, sides, windows_of, side_of }
    }

    /// The left and the right pixels of the windows of a line.
    #[inline(always)]
    fn split<V: Vector>(&self, line: V) -> [V; 2] {
        let [left, right] = &self.sides;
        [line.permute(left), line.permute(right)]
    }

    /// The line of left and right pixels.
    #[inline(always)]
    fn merge<V: Vector>(&self, left: V, right: V) -> V {
        // SAFETY: the array has every lane.
        let side = unsafe { V::load(self.side_of.as_ptr()) };
        V::select(side.eq(V::zero()), left.permute(&self.windows_of), right.permute(&self.windows_of))
    }
}

impl Kernel for Quarters<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.image.operation {
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
        let Image { g, image, lines, inputs: [input, ..], to, .. } = self.image;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in lines.0..lines.1 {
            if self.together.windows > 1 {
                // SAFETY: the caller's promise.
                unsafe { self.forward_together::<V, W>(y) };
                continue;
            }
            let mut channel = 0;
            while channel < g.channels {
                let count = V::LANES.min(g.channels - channel);
                let mut from = input.get().wrapping_add((image * g.y.input + 2 * y) * down + channel);
                let mut to = to.get().wrapping_add((image * g.y.output + y) * g.x.output * across + channel);
                for _ in 0..g.x.output {
                    // SAFETY: the window lies in the image and `count` lanes exist; the lengths were checked at entry.
                    unsafe {
                        let [a, b, c, d] = corners::<V>(from, across, down, count);
                        let joined = W::join(W::join(a, c), W::join(b, d));
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
        let Image { g, image, inputs: [input, output, gradient], to, .. } = self.image;
        let (across, down) = (g.channels, g.x.input * g.channels);
        for y in 0..g.y.output {
            if self.together.windows > 1 {
                // SAFETY: the caller's promise.
                unsafe { self.backward_together::<V, W>(y) };
                continue;
            }
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

    /// A line of the output, some windows at a time.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn forward_together<V: Vector, W: Window>(&self, y: usize) {
        let Image { g, image, inputs: [input, ..], to, .. } = self.image;
        let (across, down) = (g.channels, g.x.input * g.channels);
        let from = input.get().wrapping_add((image * g.y.input + 2 * y) * down);
        let to = to.get().wrapping_add((image * g.y.output + y) * g.x.output * across);
        let mut first = 0;
        while first < g.x.output {
            let count = self.together.windows.min(g.x.output - first) * across;
            let from = from.wrapping_add(2 * first * across);
            // SAFETY: the windows lie in the image; the lengths were checked at entry.
            unsafe {
                let pair = W::join(load_some::<V>(from, 2 * count), load_some(from.add(down), 2 * count));
                let [left, right] = self.together.split(pair);
                let joined = W::join(left, right);
                let joined = if W::IS_MEAN { joined * V::splat(0.25) } else { joined };
                store_some(joined, to.add(first * across), count);
            }
            first += self.together.windows;
        }
    }

    /// The gradients of a line of the output, some windows at a time.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn backward_together<V: Vector, W: Window>(&self, y: usize) {
        let Image { g, image, inputs: [input, output, gradient], to, .. } = self.image;
        let (across, down) = (g.channels, g.x.input * g.channels);
        let start = (image * g.y.input + 2 * y) * down;
        let of_line = (image * g.y.output + y) * g.x.output * across;
        let mut first = 0;
        while first < g.x.output {
            let count = self.together.windows.min(g.x.output - first) * across;
            let (at, out) = (start + 2 * first * across, of_line + first * across);
            // SAFETY: as in `forward_together`; the gradient of a mean does not depend on the values.
            unsafe {
                let (mut values, mut joined) = ([V::zero(); 4], V::zero());
                if !W::IS_MEAN {
                    let from = input.get().add(at);
                    let [a, b] = self.together.split(load_some::<V>(from, 2 * count));
                    let [c, d] = self.together.split(load_some::<V>(from.add(down), 2 * count));
                    (values, joined) = ([a, b, c, d], load_some(output.get().add(out), count));
                }
                let [a, b, c, d] = W::share(values, joined, load_some::<V>(gradient.get().add(out), count));
                let to = to.get().add(at);
                store_some(self.together.merge(a, b), to, 2 * count);
                store_some(self.together.merge(c, d), to.add(down), 2 * count);
            }
            first += self.together.windows;
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

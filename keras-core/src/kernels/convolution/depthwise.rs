//! Depthwise convolution: every channel has its own filter, so that vectors run along the channels.

use crate::kernels::{
    elementwise::{load_some, store_some},
    geometry::Geometry,
    length,
    parallel::{self, Work},
    pointers::{ReadPointer, WritePointer},
    simd::{Isa, Kernel, Vector},
};

/// Lines of output pixels, each the sum over taps of input · kernel.
pub(super) fn forward(g: &Geometry, batch: usize, input: &[f32], kernel: &[f32], bias: &[f32], output: &mut [f32]) {
    let from = [ReadPointer::new(input), ReadPointer::new(kernel), ReadPointer::or_null(bias)];
    run(Operation::Forward, g, batch * g.z.output * g.y.output, g.x.output, from, WritePointer::new(output));
}

/// Lines of input pixels, each the sum over taps of output gradient · kernel.
pub(super) fn backward_input(g: &Geometry, batch: usize, gradient: &[f32], kernel: &[f32], to: &mut [f32]) {
    let from = [ReadPointer::new(gradient), ReadPointer::new(kernel), ReadPointer::NULL];
    run(Operation::Input, g, batch * g.z.input * g.y.input, g.x.input, from, WritePointer::new(to));
}

/// Taps, each the sum over output pixels of input · output gradient.
pub(super) fn backward_kernel(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    to: &mut [f32],
    accumulate: bool,
) {
    if !accumulate {
        to.fill(0.0);
    }
    let from = [ReadPointer::new(input), ReadPointer::new(gradient), ReadPointer::NULL];
    run(Operation::Kernel(batch), g, g.taps(), 1, from, WritePointer::new(to));
}

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Forward,
    Input,
    /// With the batch.
    Kernel(usize),
}

fn run(operation: Operation, g: &Geometry, lines: usize, width: usize, from: [ReadPointer; 3], to: WritePointer) {
    let isa = Isa::current();
    let per_pixel = match operation {
        Operation::Kernel(batch) => length([batch, g.windows()]),
        _ => g.taps(),
    };
    let work = Work::Multiplications { all: length([lines, per_pixel, width, g.channels]), parts: 4 };
    parallel::share(lines, 1, work, &|first, last| {
        // SAFETY: the lengths were checked at entry; threads own disjoint lines.
        unsafe { isa.run_pointers(Depthwise { operation, g, first, last, from, to }) };
    });
}

/// Lines of what an operation writes.
struct Depthwise<'a> {
    operation: Operation,
    g: &'a Geometry,
    first: usize,
    last: usize,
    from: [ReadPointer; 3],
    to: WritePointer,
}

impl Kernel for Depthwise<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let channels = self.g.channels;
        let mut channel = 0;
        while channel < channels {
            let count = V::LANES.min(channels - channel);
            for line in self.first..self.last {
                // SAFETY: the caller's promise.
                unsafe {
                    match self.operation {
                        Operation::Forward => self.forward::<V>(line, channel, count),
                        Operation::Input => self.input::<V>(line, channel, count),
                        Operation::Kernel(batch) => self.kernel::<V>(line, batch, channel, count),
                    }
                }
            }
            channel += count;
        }
    }
}

impl Depthwise<'_> {
    /// The sum of products of the two sides, from these offsets on: of three loops around each other, from the innermost, how
    /// often, and how far the offsets move.
    ///
    /// # Safety
    /// `count` channels exist at all of them.
    #[inline(always)]
    unsafe fn sum<V: Vector>(
        &self,
        mut planes: (usize, usize),
        [columns, lines, depths]: [(usize, usize, usize); 3],
        count: usize,
    ) -> V {
        let [a, b, _] = self.from.map(ReadPointer::get);
        let mut sum = V::zero();
        for _ in 0..depths.0 {
            let mut line = planes;
            for _ in 0..lines.0 {
                let (mut left, mut right) = line;
                for _ in 0..columns.0 {
                    // SAFETY: the caller's promise.
                    sum =
                        unsafe { load_some::<V>(a.add(left), count).mul_add(load_some::<V>(b.add(right), count), sum) };
                    (left, right) = (left + columns.1, right + columns.2);
                }
                line = (line.0 + lines.1, line.1 + lines.2);
            }
            planes = (planes.0 + depths.1, planes.1 + depths.2);
        }
        sum
    }

    /// # Safety
    /// The line and the channels are among those of the pass, whose pointers are valid.
    #[inline(always)]
    unsafe fn forward<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let Geometry { z, y, x, channels, .. } = self.g;
        let (image, out_z, out_y) = place(line, z.output, y.output);
        let (taps_z, taps_y) = (z.taps(out_z), y.taps(out_y));
        let is_met = !taps_z.is_empty() && !taps_y.is_empty();
        let (in_z, in_y) = (z.place(out_z, taps_z.start), y.place(out_y, taps_y.start));
        // Of the first taps.
        let from = if is_met { ((image * z.input + in_z) * y.input + in_y) * x.input } else { 0 };
        let tap = (taps_z.start * y.window + taps_y.start) * x.window;
        let lines = (taps_y.len(), y.dilation * x.input * channels, x.window * channels);
        let planes = (taps_z.len(), z.dilation * y.input * x.input * channels, y.window * x.window * channels);
        let [.., bias] = self.from.map(ReadPointer::get);
        for out_x in 0..x.output {
            let taps = x.taps(out_x);
            let mut sum = V::zero();
            // SAFETY: these taps meet elements of the input; the lengths were checked by the caller.
            unsafe {
                if is_met && !taps.is_empty() {
                    let offsets = (from + x.place(out_x, taps.start), tap + taps.start);
                    let offsets = (offsets.0 * channels + channel, offsets.1 * channels + channel);
                    sum = self.sum(offsets, [(taps.len(), x.dilation * channels, *channels), lines, planes], count);
                }
                if !bias.is_null() {
                    sum = sum + V::load_partial(bias.add(channel), count);
                }
                sum.store_partial(self.to.get().add((line * x.output + out_x) * channels + channel), count);
            }
        }
    }

    /// # Safety
    /// As [`forward`](Self::forward).
    #[inline(always)]
    unsafe fn input<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let Geometry { z, y, x, channels, .. } = self.g;
        let (image, in_z, in_y) = place(line, z.input, y.input);
        let [a, b, _] = self.from.map(ReadPointer::get);
        let to = self.to.get().wrapping_add(line * x.input * channels + channel);
        for in_x in 0..x.input {
            // SAFETY: the caller's promise: the line exists.
            unsafe { V::zero().store_partial(to.add(in_x * channels), count) };
        }
        for tap_z in 0..z.window {
            let Some(out_z) = z.window(in_z, tap_z) else { continue };
            for tap_y in 0..y.window {
                let Some(out_y) = y.window(in_y, tap_y) else { continue };
                let out = ((image * z.output + out_z) * y.output + out_y) * x.output;
                let tap = (tap_z * y.window + tap_y) * x.window;
                for in_x in 0..x.input {
                    // SAFETY: the windows lie in the output, the taps in the kernel; the lengths were checked by the caller.
                    unsafe {
                        let to = to.add(in_x * channels);
                        let mut sum = load_some::<V>(to, count);
                        for tap_x in 0..x.window {
                            let Some(out_x) = x.window(in_x, tap_x) else { continue };
                            let from = ((out + out_x) * channels + channel, (tap + tap_x) * channels + channel);
                            let (value, weight) = (a.add(from.0), b.add(from.1));
                            sum = load_some::<V>(value, count).mul_add(load_some::<V>(weight, count), sum);
                        }
                        store_some(sum, to, count);
                    }
                }
            }
        }
    }

    /// # Safety
    /// As [`forward`](Self::forward).
    #[inline(always)]
    unsafe fn kernel<V: Vector>(&self, tap: usize, batch: usize, channel: usize, count: usize) {
        let Geometry { z, y, x, channels, .. } = self.g;
        let (tap_z, tap_y, tap_x) = place(tap, y.window, x.window);
        let (planes, lines, columns) = (z.windows(tap_z), y.windows(tap_y), x.windows(tap_x));
        let mut total = V::zero();
        if !planes.is_empty() && !lines.is_empty() && !columns.is_empty() {
            // Of the first windows.
            let (in_z, in_y, in_x) =
                (z.place(planes.start, tap_z), y.place(lines.start, tap_y), x.place(columns.start, tap_x));
            let loops = [
                (columns.len(), x.stride * channels, *channels),
                (lines.len(), y.stride * x.input * channels, x.output * channels),
                (planes.len(), z.stride * y.input * x.input * channels, y.output * x.output * channels),
            ];
            for image in 0..batch {
                let from = ((image * z.input + in_z) * y.input + in_y) * x.input + in_x;
                let out = ((image * z.output + planes.start) * y.output + lines.start) * x.output + columns.start;
                // A sum per image keeps the rounding error small.
                // SAFETY: these windows meet elements of the input; the lengths were checked by the caller.
                total =
                    total + unsafe { self.sum(((from * channels) + channel, out * channels + channel), loops, count) };
            }
        }
        // SAFETY: the tap is the kernel's.
        unsafe {
            let to = self.to.get().add(tap * channels + channel);
            (V::load_partial(to, count) + total).store_partial(to, count);
        }
    }
}

/// Splits an index over grids of lines into its grid, its line and its position in the line.
#[inline(always)]
fn place(at: usize, lines: usize, len: usize) -> (usize, usize, usize) {
    let (line, at) = (at / len.max(1), at % len.max(1));
    (line / lines.max(1), line % lines.max(1), at)
}

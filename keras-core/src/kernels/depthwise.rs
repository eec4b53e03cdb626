//! Depthwise convolution: every channel has its own filter, so that vectors run along the channels.

use super::elementwise::load_some;
use super::geometry::Conv2DGeometry;
use super::length;
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, Vector};

/// Lines of output pixels, each the sum over taps of input · kernel.
pub(super) fn forward(
    g: &Conv2DGeometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    let from = [ReadPointer::new(input), ReadPointer::new(kernel), ReadPointer::or_null(bias)];
    run(Pass::Forward, g, batch * g.output_height, g.output_width, from, WritePointer::new(output));
}

/// Lines of input pixels, each the sum over taps of output gradient · kernel.
pub(super) fn backward_input(g: &Conv2DGeometry, batch: usize, gradient: &[f32], kernel: &[f32], to: &mut [f32]) {
    let from = [ReadPointer::new(gradient), ReadPointer::new(kernel), ReadPointer::NULL];
    run(Pass::Input, g, batch * g.height, g.width, from, WritePointer::new(to));
}

/// Taps, each the sum over output pixels of input · output gradient.
pub(super) fn backward_kernel(
    g: &Conv2DGeometry,
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
    run(Pass::Kernel(batch), g, g.kernel_height * g.kernel_width, 1, from, WritePointer::new(to));
}

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Forward,
    Input,
    /// With the batch.
    Kernel(usize),
}

fn run(pass: Pass, g: &Conv2DGeometry, lines: usize, width: usize, from: [ReadPointer; 3], to: WritePointer) {
    let isa = Isa::current();
    let per_pixel = match pass {
        Pass::Kernel(batch) => length([batch, g.output_height, g.output_width]),
        _ => g.taps(),
    };
    let work = Work::Multiplications { all: length([lines, per_pixel, width, g.channels]), parts: 4 };
    parallel::share(lines, 1, work, &|first, last| {
        // SAFETY: the lengths were checked at entry; threads own disjoint lines.
        unsafe { isa.run_pointers(Depthwise { pass, g, first, last, from, to }) };
    });
}

/// Lines of what a pass writes.
struct Depthwise<'a> {
    pass: Pass,
    g: &'a Conv2DGeometry,
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
                    match self.pass {
                        Pass::Forward => self.forward::<V>(line, channel, count),
                        Pass::Input => self.input::<V>(line, channel, count),
                        Pass::Kernel(batch) => self.kernel::<V>(line, batch, channel, count),
                    }
                }
            }
            channel += count;
        }
    }
}

impl Depthwise<'_> {
    /// # Safety
    /// The line and the channels are among those of the pass, whose pointers are valid.
    #[inline(always)]
    unsafe fn forward<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let (g, [input, kernel, bias]) = (self.g, self.from.map(ReadPointer::get));
        let (image, out_y) = (line / g.output_height.max(1), line % g.output_height.max(1));
        for out_x in 0..g.output_width {
            let mut sum = V::zero();
            for tap_y in 0..g.kernel_height {
                let y = (out_y * g.stride_y + tap_y * g.dilation_y).wrapping_sub(g.pad_top);
                if y >= g.height {
                    continue;
                }
                for tap_x in 0..g.kernel_width {
                    let x = (out_x * g.stride_x + tap_x * g.dilation_x).wrapping_sub(g.pad_left);
                    if x >= g.width {
                        continue;
                    }
                    let at = ((image * g.height + y) * g.width + x) * g.channels + channel;
                    let tap = (tap_y * g.kernel_width + tap_x) * g.channels + channel;
                    // SAFETY: the coordinates were checked, the lengths by the caller.
                    unsafe {
                        let (value, weight) =
                            (load_some::<V>(input.add(at), count), load_some::<V>(kernel.add(tap), count));
                        sum = value.mul_add(weight, sum);
                    }
                }
            }
            // SAFETY: as above.
            unsafe {
                if !bias.is_null() {
                    sum = sum + V::load_partial(bias.add(channel), count);
                }
                sum.store_partial(self.to.get().add((line * g.output_width + out_x) * g.channels + channel), count);
            }
        }
    }

    /// # Safety
    /// As [`forward`](Self::forward).
    #[inline(always)]
    unsafe fn input<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let (g, [gradient, kernel, _]) = (self.g, self.from.map(ReadPointer::get));
        let (image, y) = (line / g.height.max(1), line % g.height.max(1));
        let reach = |at: usize, pad: usize, offset: usize, stride: usize, len: usize| {
            let from = (at + pad).checked_sub(offset)?;
            (from.is_multiple_of(stride) && from / stride < len).then_some(from / stride)
        };
        for x in 0..g.width {
            let mut sum = V::zero();
            for tap_y in 0..g.kernel_height {
                let Some(out_y) = reach(y, g.pad_top, tap_y * g.dilation_y, g.stride_y, g.output_height) else {
                    continue;
                };
                for tap_x in 0..g.kernel_width {
                    let Some(out_x) = reach(x, g.pad_left, tap_x * g.dilation_x, g.stride_x, g.output_width) else {
                        continue;
                    };
                    let at = ((image * g.output_height + out_y) * g.output_width + out_x) * g.channels + channel;
                    let tap = (tap_y * g.kernel_width + tap_x) * g.channels + channel;
                    // SAFETY: `reach` gives coordinates inside the output; the lengths were checked by the caller.
                    unsafe {
                        let (value, weight) =
                            (load_some::<V>(gradient.add(at), count), load_some::<V>(kernel.add(tap), count));
                        sum = value.mul_add(weight, sum);
                    }
                }
            }
            // SAFETY: as above.
            unsafe { sum.store_partial(self.to.get().add((line * g.width + x) * g.channels + channel), count) };
        }
    }

    /// # Safety
    /// As [`forward`](Self::forward).
    #[inline(always)]
    unsafe fn kernel<V: Vector>(&self, tap: usize, batch: usize, channel: usize, count: usize) {
        let (g, [input, gradient, _]) = (self.g, self.from.map(ReadPointer::get));
        let (tap_y, tap_x) = (tap / g.kernel_width, tap % g.kernel_width);
        let mut total = V::zero();
        for image in 0..batch {
            // A sum per image keeps the rounding error small.
            let mut sum = V::zero();
            for out_y in 0..g.output_height {
                let y = (out_y * g.stride_y + tap_y * g.dilation_y).wrapping_sub(g.pad_top);
                if y >= g.height {
                    continue;
                }
                for out_x in 0..g.output_width {
                    let x = (out_x * g.stride_x + tap_x * g.dilation_x).wrapping_sub(g.pad_left);
                    if x >= g.width {
                        continue;
                    }
                    let at = ((image * g.height + y) * g.width + x) * g.channels + channel;
                    let out = ((image * g.output_height + out_y) * g.output_width + out_x) * g.channels + channel;
                    // SAFETY: the coordinates were checked, the lengths by the caller.
                    unsafe {
                        let (value, slope) =
                            (load_some::<V>(input.add(at), count), load_some::<V>(gradient.add(out), count));
                        sum = value.mul_add(slope, sum);
                    }
                }
            }
            total = total + sum;
        }
        // SAFETY: the tap is the kernel's.
        unsafe {
            let to = self.to.get().add(tap * g.channels + channel);
            (V::load_partial(to, count) + total).store_partial(to, count);
        }
    }
}

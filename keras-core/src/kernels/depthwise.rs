//! Depthwise convolution: every channel has its own filter, so that vectors run along the channels.

use super::conv2d::Conv2DGeometry;
use super::elementwise::load_some;
use super::matmul::MULTIPLICATIONS;
use super::parallel::{self, Shared};
use super::simd::{Isa, Kernel, Vector};

/// How many of a pass's `lines` (each of `multiplications`) one thread takes.
fn grain(lines: usize, multiplications: usize) -> usize {
    if lines * multiplications < MULTIPLICATIONS {
        lines.max(1)
    } else {
        lines.div_ceil(4 * parallel::threads()).max(1)
    }
}

/// Lines of output pixels, each the sum over taps of input · kernel.
pub(super) fn forward(
    g: &Conv2DGeometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    bias: &[f32],
    output: &mut [f32],
) {
    let bias = if bias.is_empty() { core::ptr::null_mut() } else { bias.as_ptr().cast_mut() };
    let (from, weights, to) = (read(input), read(kernel), Shared(output.as_mut_ptr()));
    run(Pass::Forward, g, batch * g.output_height, g.output_width, [from, weights, Shared(bias)], to);
}

/// Lines of input pixels, each the sum over taps of output gradient · kernel.
pub(super) fn backward_input(g: &Conv2DGeometry, batch: usize, gradient: &[f32], kernel: &[f32], to: &mut [f32]) {
    let (from, weights, to) = (read(gradient), read(kernel), Shared(to.as_mut_ptr()));
    run(Pass::Input, g, batch * g.height, g.width, [from, weights, Shared(core::ptr::null_mut())], to);
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
    let to = Shared(to.as_mut_ptr());
    let taps = g.kernel_height * g.kernel_width;
    run(Pass::Kernel(batch), g, taps, 1, [read(input), read(gradient), Shared(core::ptr::null_mut())], to);
}

fn read(values: &[f32]) -> Shared<f32> {
    Shared(values.as_ptr().cast_mut())
}

#[derive(Clone, Copy, PartialEq)]
enum Pass {
    Forward,
    Input,
    /// With the batch.
    Kernel(usize),
}

fn run(pass: Pass, g: &Conv2DGeometry, lines: usize, width: usize, from: [Shared<f32>; 3], to: Shared<f32>) {
    let isa = Isa::current();
    let per_pixel = match pass {
        Pass::Kernel(batch) => batch * g.output_height * g.output_width,
        _ => g.kernel_height * g.kernel_width,
    };
    parallel::ranges(0, lines, grain(lines, per_pixel * width * g.channels), &|first, last| {
        isa.run(Lines { pass, g, first, last, from, to });
    });
}

struct Lines<'a> {
    pass: Pass,
    g: &'a Conv2DGeometry,
    first: usize,
    last: usize,
    from: [Shared<f32>; 3],
    to: Shared<f32>,
}

impl Kernel for Lines<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        let channels = self.g.channels;
        let mut channel = 0;
        while channel < channels {
            let count = V::LANES.min(channels - channel);
            for line in self.first..self.last {
                match self.pass {
                    Pass::Forward => self.forward::<V>(line, channel, count),
                    Pass::Input => self.input::<V>(line, channel, count),
                    Pass::Kernel(batch) => self.kernel::<V>(line, batch, channel, count),
                }
            }
            channel += count;
        }
    }
}

impl Lines<'_> {
    #[inline(always)]
    fn forward<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let (g, [input, kernel, bias]) = (self.g, self.from.map(Shared::get));
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

    #[inline(always)]
    fn input<V: Vector>(&self, line: usize, channel: usize, count: usize) {
        let (g, [gradient, kernel, _]) = (self.g, self.from.map(Shared::get));
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

    #[inline(always)]
    fn kernel<V: Vector>(&self, tap: usize, batch: usize, channel: usize, count: usize) {
        let (g, [input, gradient, _]) = (self.g, self.from.map(Shared::get));
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

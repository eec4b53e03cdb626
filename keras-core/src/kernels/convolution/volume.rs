//! Convolutions along three axes, as sums of those of planes: one for each tap along the first axis.

use super::{pieces::MOST_PIXELS, planar};
use crate::activations::Activation;
use crate::kernels::{
    Epilogue, activation, elementwise,
    geometry::Geometry,
    length,
    parallel::{self, Work},
    pointers::WritePointer,
    tile::{Finish, Start},
};

/// Calls `work(image, plane, its floats)` for every plane of a batch, in parallel.
fn each_plane(
    (batch, planes): (usize, usize),
    values: &mut [f32],
    multiplications: usize,
    work: &(impl Fn(usize, usize, &mut [f32]) + Sync),
) {
    let count = batch * planes;
    let len = values.len() / count.max(1);
    let start = WritePointer::new(values);
    let all = length([count, multiplications]);
    parallel::share(count, 1, Work::Multiplications { all, parts: 2 }, &|first, last| {
        for at in first..last {
            // SAFETY: the planes are disjoint, and threads own different ones.
            let plane = unsafe { core::slice::from_raw_parts_mut(start.offset(at * len).get(), len) };
            work(at / planes.max(1), at % planes.max(1), plane);
        }
    });
}

/// Some planes of a batch, side by side.
fn planes(values: &[f32], len: usize, first: usize, count: usize) -> &[f32] {
    values.get(first * len..(first + count) * len).unwrap_or_default()
}

pub(super) fn forward(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    epilogue: Epilogue<'_>,
    output: &mut [f32],
) {
    let (flat, finish) = (g.plane(), Finish::new(epilogue));
    let multiplications = length([flat.windows(), g.kernel_len()]);
    each_plane((batch, g.z.output), output, multiplications, &|image, out, output| {
        let taps = g.z.taps(out);
        if taps.is_empty() {
            return planar::no_products(g.filters, (finish, Activation::Linear), output);
        }
        let mut start = Start::Zero;
        for tap in taps.clone() {
            let input = planes(input, flat.input_len(), image * g.z.input + g.z.place(out, tap), 1);
            let kernel = planes(kernel, flat.kernel_len(), tap, 1);
            let finish = if tap + 1 == taps.end { finish } else { Finish::NONE };
            planar::product(&flat, 1, input, kernel, (start, finish, Activation::Linear), output);
            start = Start::Output;
        }
    });
    // A rectifier was applied as the last sums were stored.
    if epilogue.activation != Activation::Relu {
        activation::forward_in_place(epilogue.activation, g.filters, output);
    }
}

pub(super) fn backward_input(g: &Geometry, batch: usize, gradient: &[f32], kernel: &[f32], to: &mut [f32]) {
    let flat = g.plane();
    let multiplications = length([flat.windows(), g.kernel_len()]);
    each_plane((batch, g.z.input), to, multiplications, &|image, element, to| {
        let mut start = Start::Zero;
        for tap in 0..g.z.window {
            let Some(out) = g.z.window(element, tap) else { continue };
            let gradient = planes(gradient, flat.output_len(), image * g.z.output + out, 1);
            let kernel = planes(kernel, flat.kernel_len(), tap, 1);
            planar::input_product(&flat, 1, gradient, kernel, start, to);
            start = Start::Output;
        }
        if start == Start::Zero {
            to.fill(0.0);
        }
    });
}

/// Floats of scratch that [`backward_kernel`] needs: a sum of pieces, and one of a piece.
pub(super) const fn backward_kernel_scratch(plane: &Geometry) -> usize {
    length([2, plane.kernel_len()])
}

pub(super) fn backward_kernel(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    to: &mut [f32],
    accumulate: bool,
    scratch: &mut [f32],
) {
    let flat = g.plane();
    if !accumulate {
        to.fill(0.0);
    }
    let Some((sum, scratch)) = scratch.split_at_mut_checked(flat.kernel_len()) else { return };
    let most = (MOST_PIXELS / flat.windows().max(1)).max(1);
    for (tap, to) in to.chunks_exact_mut(flat.kernel_len().max(1)).enumerate() {
        let windows = g.z.windows(tap);
        // Without strides, the planes that follow meet those that follow.
        let together = if g.z.stride == 1 { windows.len().min(most) } else { 1 };
        // A short sum is what it is added to.
        let is_long = batch * windows.len() > most;
        let mut summed = 0;
        for image in 0..batch {
            for first in windows.clone().step_by(together.max(1)) {
                let count = together.min(windows.end - first);
                let (of_input, of_output) = (image * g.z.input + g.z.place(first, tap), image * g.z.output + first);
                let input = planes(input, flat.input_len(), of_input, count);
                let gradient = planes(gradient, flat.output_len(), of_output, count);
                if !is_long {
                    planar::add_kernel_gradient(&flat, count, input, gradient, to, scratch);
                    continue;
                }
                if summed == 0 {
                    sum.fill(0.0);
                }
                planar::add_kernel_gradient(&flat, count, input, gradient, sum, scratch);
                summed += count;
                if summed >= most {
                    elementwise::add_assign(to, sum);
                    summed = 0;
                }
            }
        }
        if summed > 0 {
            elementwise::add_assign(to, sum);
        }
    }
}

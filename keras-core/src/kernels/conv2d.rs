//! Two-dimensional convolution (cross-correlation, as in Keras) and its gradients.
//!
//! Each is a matrix product whose left side is gathered from the image block by block while it is packed, so that no
//! buffer of patches exists:
//!
//! - forward: patches (pixels, taps·channels) · kernel (taps·channels, filters);
//! - gradient of the kernel: (output gradientᵀ · patches)ᵀ;
//! - gradient of the input: for each phase of the stride, the output gradients that reach a pixel · kernelᵀ.

use super::copies::transpose;
use super::gemm::{Gemm, GemmBlock, Left, Matrix, Output, Right, Rows};
pub use super::geometry::Conv2DGeometry;
use super::matmul::product;
use super::parallel::{self, Work};
use super::patches::{GridPosition, OneChannelPatches, Patches, TransposedPatches};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::Isa;
use super::tile::{Finish, LINE, MAX_ROWS, Start};
use super::{
    Epilogue, activation, depthwise, direct, elementwise, ensure, length, normalization, one_channel, winograd,
};
use crate::activations::Activation;

/// The patches of a group of the input.
fn patches(g: &Conv2DGeometry, input: &[f32], group: usize) -> Patches {
    let channels = g.channels / g.groups;
    Patches {
        image: at(input, group * channels),
        image_len: g.input_len(),
        height: g.height,
        width: g.width,
        pixel: g.channels,
        channels,
        kernel_width: g.kernel_width,
        stride: (g.stride_y, g.stride_x),
        dilation: (g.dilation_y, g.dilation_x),
        pad: (g.pad_top as isize, g.pad_left as isize),
        output_height: g.output_height,
        output_width: g.output_width,
    }
}

/// The address of an element that is read.
fn at(values: &[f32], offset: usize) -> ReadPointer {
    ReadPointer::new(values).offset(offset)
}

/// Slices of the batch whose kernel gradients are summed apart: up to 16, as long as they stay within 2 MB. A larger
/// kernel has enough rows to share out.
const fn batch_slices(geometry: &Conv2DGeometry) -> usize {
    match (1usize << 19).checked_div(geometry.kernel_len()) {
        None | Some(0) => 1,
        Some(slices) if slices > 16 => 16,
        Some(slices) => slices,
    }
}

/// Pixels of a slice, at least: fewer do not pay for adding it up.
const SLICE_PIXELS: usize = 2048;

/// Floats of scratch that [`backward_kernel`] needs.
pub const fn backward_kernel_scratch(geometry: &Conv2DGeometry) -> usize {
    if geometry.depthwise() { 0 } else { batch_slices(geometry) * geometry.kernel_len() }
}

/// output = activation(conv(input, kernel)·scale + bias).
///
/// # Shapes
/// input: (batch, height, width, channels); kernel: (kernel_height, kernel_width, channels / groups, filters); scale,
/// bias: (filters) or empty; output: (batch, output_height, output_width, filters).
#[allow(clippy::too_many_arguments)]
pub fn forward(
    geometry: &Conv2DGeometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    epilogue: Epilogue<'_>,
    output: &mut [f32],
) {
    let (g, activation, finish) = (geometry, epilogue.activation, Finish::new(epilogue));
    ensure!(g.fits(batch, input.len(), kernel.len(), output.len()) && epilogue.fits(g.filters));
    if output.is_empty() {
        return;
    }
    if input.is_empty() || kernel.is_empty() {
        // Sums of nothing.
        let (left, right) = (Matrix::<false>::new(&[], 0), Matrix::<false>::new(&[], 0));
        let rows = output.len().checked_div(g.filters).unwrap_or_default();
        let output = Rows { start: WritePointer::new(output), stride: g.filters };
        let gemm = Gemm { left, right, output, rows, depth: 0, start: Start::Zero, finish };
        // SAFETY: a product of no depth reads nothing; the output has so many rows, one behind the other.
        return unsafe { product(&gemm, g.filters, activation) };
    }
    if g.depthwise() {
        let Epilogue { scale, bias, .. } = epilogue;
        depthwise::forward(g, batch, input, kernel, if scale.is_empty() { bias } else { &[] }, output);
        if !scale.is_empty() {
            normalization::scale_and_shift(scale, bias, output);
        }
        return activation::forward_in_place(activation, g.filters, output);
    }
    if one_channel::pays(g) {
        let (input, kernel, isa) = (at(input, 0), at(kernel, 0), Isa::current());
        let to = WritePointer::new(output);
        by_lines(batch * g.output_height, length([g.output_width, g.kernel_len()]), &|first, last| {
            let pass = one_channel::Forward { geometry: g, input, kernel, finish, output: to, lines: (first, last) };
            // SAFETY: the lengths were checked; threads own disjoint lines.
            unsafe { isa.run_pointers(pass) };
        });
        if activation != Activation::Relu {
            activation::forward_in_place(activation, g.filters, output);
        }
        return;
    }
    if winograd::pays(g) {
        let kernel = winograd::KernelView {
            start: at(kernel, 0),
            taps: ((3 * g.channels * g.filters) as isize, (g.channels * g.filters) as isize),
            channel: g.filters,
            filter: 1,
        };
        // SAFETY: the lengths were checked.
        unsafe { tiles(g, batch, at(input, 0), kernel, finish, WritePointer::new(output)) };
        if activation != Activation::Relu {
            activation::forward_in_place(activation, g.filters, output);
        }
        return;
    }
    let (m, n, depth) = (batch * g.output_height * g.output_width, g.filters / g.groups, depth(g));
    let fused = if g.groups == 1 { activation } else { Activation::Linear };
    for group in 0..g.groups {
        // SAFETY: the lengths were checked; a group's columns start at `group · n` of `filters`.
        unsafe {
            let right = Matrix::<false> { start: at(kernel, group * n), stride: g.filters };
            let output = Rows { start: WritePointer::new(output).offset(group * n), stride: g.filters };
            let (start, finish, patches) = (Start::Zero, finish.from(group * n), patches(g, input, group));
            let gemm = Gemm { left: patches, right, output, rows: m, depth, start, finish };
            if direct::reads(&patches, depth) {
                lines(&gemm, batch * g.output_height, n);
                if fused != Activation::Relu {
                    activation::forward_in_place(fused, n, core::slice::from_raw_parts_mut(output.start.get(), m * n));
                }
            } else if g.one_channel() {
                let gemm = Gemm { left: OneChannelPatches(patches), right, output, rows: m, depth, start, finish };
                product(&gemm, n, fused);
            } else {
                product(&gemm, n, fused);
            }
        }
    }
    // Of several groups, the filters lie side by side; a rectifier was applied to each as it was put.
    if g.groups != 1 && activation != Activation::Relu {
        activation::forward_in_place(activation, g.filters, output);
    }
}

/// A convolution by [Winograd's tiles](winograd), shared out by tiles.
///
/// # Safety
/// The images, the kernel, the epilogue's columns and the output are of the geometry's sizes; the output is ours alone.
unsafe fn tiles(
    g: &Conv2DGeometry,
    batch: usize,
    image: ReadPointer,
    kernel: winograd::KernelView,
    finish: Finish,
    output: WritePointer,
) {
    let isa = Isa::current();
    let tiles = batch * g.output_height.div_ceil(2) * g.output_width.div_ceil(2);
    let all = length([batch, g.output_height, g.output_width, g.kernel_len()]);
    parallel::share(tiles, 1, Work::Multiplications { all, parts: 1 }, &|first, last| {
        let pass = winograd::Winograd {
            image,
            height: g.height,
            width: g.width,
            channels: g.channels,
            pad: (g.pad_top, g.pad_left),
            kernel,
            finish,
            output,
            output_height: g.output_height,
            output_width: g.output_width,
            filters: g.filters,
            tiles: (first, last),
        };
        // SAFETY: the caller's promise; threads own disjoint tiles.
        unsafe { isa.run_pointers(pass) };
    });
}

/// Computes a product of patches that are [read in place](direct::reads), in parallel by lines of the output.
///
/// # Safety
/// The product of `columns` columns fits its images and its right side; the output is ours alone.
unsafe fn lines<R: Right, O: Output>(gemm: &Gemm<Patches, R, O>, lines: usize, columns: usize) {
    let isa = Isa::current();
    by_lines(lines, length([gemm.left.output_width, columns, gemm.depth]), &|first, last| {
        // SAFETY: the caller's promise; threads own disjoint lines.
        unsafe { isa.run_pointers(direct::PatchProduct { gemm, columns, lines: (first, last) }) };
    });
}

/// Shares out lines of the output, of so many multiplications each.
fn by_lines(lines: usize, multiplications: usize, work: &(impl Fn(usize, usize) + Sync)) {
    parallel::share(lines, 1, Work::Multiplications { all: length([lines, multiplications]), parts: 2 }, work);
}

const fn depth(g: &Conv2DGeometry) -> usize {
    g.taps() * (g.channels / g.groups)
}

/// input_gradient = the gradient of [`forward`]'s input.
pub fn backward_input(
    geometry: &Conv2DGeometry,
    batch: usize,
    output_gradient: &[f32],
    kernel: &[f32],
    input_gradient: &mut [f32],
) {
    let g = geometry;
    ensure!(g.fits(batch, input_gradient.len(), kernel.len(), output_gradient.len()));
    if output_gradient.is_empty() || kernel.is_empty() {
        return input_gradient.fill(0.0);
    }
    if input_gradient.is_empty() {
        return;
    }
    if g.depthwise() {
        return depthwise::backward_input(g, batch, output_gradient, kernel, input_gradient);
    }
    if let Some(reversed) = reversed(g)
        && winograd::pays(&reversed)
    {
        let (line, tap) = (3 * g.channels * g.filters, g.channels * g.filters);
        let kernel = winograd::KernelView {
            start: at(kernel, 2 * line + 2 * tap),
            taps: (-(line as isize), -(tap as isize)),
            channel: 1,
            filter: g.filters,
        };
        let (image, to) = (at(output_gradient, 0), WritePointer::new(input_gradient));
        // SAFETY: the lengths were checked; the kernel is walked from its last tap to its first.
        return unsafe { tiles(&reversed, batch, image, kernel, Finish::NONE, to) };
    }
    let isa = Isa::current();
    let (filters, channels) = (g.filters / g.groups, g.channels / g.groups);
    for group in 0..g.groups {
        for phase_y in 0..g.stride_y.min(g.height) {
            for phase_x in 0..g.stride_x.min(g.width) {
                let y = Phase::new(g.kernel_height, g.dilation_y, g.stride_y, phase_y, g.pad_top, g.height);
                let x = Phase::new(g.kernel_width, g.dilation_x, g.stride_x, phase_x, g.pad_left, g.width);
                let left = Patches {
                    image: at(output_gradient, group * filters),
                    image_len: g.output_len(),
                    height: g.output_height,
                    width: g.output_width,
                    pixel: g.filters,
                    channels: filters,
                    kernel_width: x.count,
                    stride: (1, 1),
                    dilation: (y.dilation, x.dilation),
                    pad: (y.pad, x.pad),
                    output_height: y.pixels,
                    output_width: x.pixels,
                };
                let kernel = at(kernel, group * filters);
                let right =
                    Reversed { kernel, kernel_width: g.kernel_width, channels, filters: (filters, g.filters), y, x };
                let input = WritePointer::new(input_gradient).offset(group * channels);
                let output = Pixels { input, height: g.height, width: g.width, channels: g.channels, y, x };
                let depth = y.count * x.count * filters;
                let (m, n) = (batch * y.pixels * x.pixels, channels);
                let (start, finish) = (Start::Zero, Finish::NONE);
                let gemm = Gemm { left, right, output, rows: m, depth, start, finish };
                if direct::reads(&left, depth) {
                    // SAFETY: the lengths were checked.
                    unsafe { lines(&gemm, batch * y.pixels, n) };
                    continue;
                }
                let work = Work::Multiplications { all: length([m, n, depth.max(1)]), parts: 2 };
                parallel::share(m, 1, work, &|first, last| {
                    // SAFETY: the lengths were checked; threads own disjoint pixels.
                    unsafe { isa.run_pointers(GemmBlock(&gemm, (first, last), (0, n))) };
                });
            }
        }
    }
}

/// The gradient of the input as a convolution of the output's gradient with the kernel reversed, where nothing is cropped.
fn reversed(g: &Conv2DGeometry) -> Option<Conv2DGeometry> {
    Some(Conv2DGeometry {
        height: g.output_height,
        width: g.output_width,
        channels: g.filters,
        filters: g.channels,
        pad_top: g.kernel_height.checked_sub(1)?.checked_sub(g.pad_top)?,
        pad_left: g.kernel_width.checked_sub(1)?.checked_sub(g.pad_left)?,
        output_height: g.height,
        output_width: g.width,
        ..*g
    })
}

/// kernel_gradient = the gradient of [`forward`]'s kernel, or += it.
pub fn backward_kernel(
    geometry: &Conv2DGeometry,
    batch: usize,
    input: &[f32],
    output_gradient: &[f32],
    kernel_gradient: &mut [f32],
    accumulate: bool,
    scratch: &mut [f32],
) {
    let g = geometry;
    ensure!(g.fits(batch, input.len(), kernel_gradient.len(), output_gradient.len()));
    ensure!(scratch.len() >= backward_kernel_scratch(g));
    if input.is_empty() || output_gradient.is_empty() {
        if !accumulate {
            kernel_gradient.fill(0.0);
        }
        return;
    }
    if g.depthwise() {
        return depthwise::backward_kernel(g, batch, input, output_gradient, kernel_gradient, accumulate);
    }
    let len = kernel_gradient.len();
    if len == 0 {
        return;
    }
    let in_place = one_channel::pays(g) || g.groups == 1 && direct::reads_for_kernel(&patches(g, input, 0));
    let pixels = batch * g.output_height * g.output_width;
    let slices = batch_slices(g).min(pixels.div_ceil(SLICE_PIXELS)).max(1);
    let images = batch.div_ceil(slices).max(1);
    let used = batch.div_ceil(images);
    if in_place && used <= 1 {
        if !accumulate {
            kernel_gradient.fill(0.0);
        }
        return kernel_in_place(g, batch, input, output_gradient, kernel_gradient);
    }
    let to = WritePointer::new(scratch);
    let all = length([output_gradient.len(), depth(g)]);
    // With one slice, its product is shared out instead.
    let within = if used == 1 { Work::Multiplications { all, parts: 1 } } else { Work::ALONE };
    parallel::share(used, 1, Work::Multiplications { all, parts: used }, &|first, last| {
        for slice in first..last {
            let (from, end) = (slice * images, (slice * images + images).min(batch));
            let (Some(input), Some(gradient)) = (
                input.get(from * g.input_len()..end * g.input_len()),
                output_gradient.get(from * g.output_len()..end * g.output_len()),
            ) else {
                return;
            };
            let to = to.offset(slice * len);
            if in_place {
                // SAFETY: the slices of the scratch are disjoint, and `used` of them fit.
                let to = unsafe { core::slice::from_raw_parts_mut(to.get(), len) };
                to.fill(0.0);
                kernel_in_place(g, end - from, input, gradient, to);
            } else {
                // SAFETY: as above.
                unsafe { kernel_slice(g, end - from, input, gradient, to, within) };
            }
        }
    });
    let Some((sum, rest)) = scratch.get_mut(..len * used).and_then(|used| used.split_at_mut_checked(len)) else {
        if !accumulate {
            kernel_gradient.fill(0.0);
        }
        return;
    };
    for slice in rest.chunks_exact(len) {
        elementwise::add_assign(sum, slice);
    }
    let put = |to: &mut f32, from: &f32| *to = if accumulate { *to + *from } else { *from };
    if g.one_channel() || in_place {
        kernel_gradient.iter_mut().zip(&*sum).for_each(|(to, from)| put(to, from));
        return;
    }
    for (filter, from) in sum.chunks_exact(depth(g)).enumerate() {
        kernel_gradient.iter_mut().skip(filter).step_by(g.filters).zip(from).for_each(|(to, from)| put(to, from));
    }
}

/// The kernel gradient of some images: (output gradientᵀ · patches)ᵀ, left as (groups, filters, taps·channels), so that
/// what is gathered is used by every filter. With one channel, patchesᵀ · output gradient, which gathers whole lines.
///
/// # Safety
/// `input` and `gradient` hold `batch` images, and `to` has room for the kernel, ours alone.
unsafe fn kernel_slice(
    g: &Conv2DGeometry,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    to: WritePointer,
    work: Work,
) {
    let (taps, filters) = (depth(g), g.filters / g.groups);
    let depth = batch * g.output_height * g.output_width;
    let (start, finish) = (Start::Zero, Finish::NONE);
    for group in 0..g.groups {
        let (patches, gradient) = (patches(g, input, group), at(gradient, group * filters));
        if g.one_channel() {
            let output = Rows { start: to.offset(group * filters), stride: g.filters };
            let (left, right) = (TransposedPatches(patches), Matrix::<false> { start: gradient, stride: g.filters });
            // SAFETY: the caller's promise.
            unsafe { columns(&Gemm { left, right, output, rows: taps, depth, start, finish }, filters, work) };
        } else {
            let output = Rows { start: to.offset(group * filters * taps), stride: taps };
            let left = Matrix::<true> { start: gradient, stride: g.filters };
            let gemm = Gemm { left, right: patches, output, rows: filters, depth, start, finish };
            // SAFETY: the caller's promise.
            unsafe { columns(&gemm, taps, work) };
        }
    }
}

/// Adds the kernel gradient of some images, whose patches are [read in place](direct::reads_for_kernel). Threads share
/// the filters, unless [one channel](one_channel) has too few for that.
fn kernel_in_place(g: &Conv2DGeometry, images: usize, input: &[f32], gradient: &[f32], to: &mut [f32]) {
    let isa = Isa::current();
    if one_channel::pays(g) {
        let (input, gradient, to) = (at(input, 0), at(gradient, 0), WritePointer::new(to));
        // SAFETY: the caller's slices are as long as the geometry says.
        return unsafe { isa.run_pointers(one_channel::KernelGradient { geometry: g, images, input, gradient, to }) };
    }
    let (patches, gradient, to) = (patches(g, input, 0), at(gradient, 0), WritePointer::new(to));
    let work = Work::Multiplications { all: length([images, g.output_len(), depth(g)]), parts: 1 };
    parallel::share(g.filters, 32, work, &|first, last| {
        let pass = direct::KernelGradient { geometry: g, patches, images, gradient, to, filters: (first, last) };
        // SAFETY: as above; threads own disjoint filters.
        unsafe { isa.run_pointers(pass) };
    });
}

/// Computes a product, sharing its columns out if asked to.
///
/// # Safety
/// The product of `n` columns fits its matrices; C is ours alone.
unsafe fn columns<L: Left, R: Right>(gemm: &Gemm<L, R, Rows>, n: usize, work: Work) {
    let isa = Isa::current();
    let least = if gemm.rows == 1 { LINE } else { 64 };
    parallel::share(n, least, work, &|first, last| {
        // SAFETY: the caller's promise; threads own disjoint columns.
        unsafe { isa.run_pointers(GemmBlock(gemm, (0, gemm.rows), (first, last))) };
    });
}

/// bias_gradient = Σ over pixels of the output gradient, or += it.
pub fn backward_bias(output_gradient: &[f32], bias_gradient: &mut [f32], accumulate: bool) {
    elementwise::column_sums(output_gradient, bias_gradient, accumulate);
}

/// Along one axis, the taps that reach the input pixels `phase, phase + stride, …`: those whose distance to the pixel
/// is a multiple of the stride. They are in arithmetic progression.
///
/// Pixel number a of the phase receives, from tap j counted from the last, the output at `a - pad + j·dilation`: the
/// phase is a convolution of its own, with stride 1 and the kernel reversed.
#[derive(Clone, Copy)]
struct Phase {
    last: usize,
    step: usize,
    count: usize,
    /// Pixels of this phase.
    pixels: usize,
    phase: usize,
    stride: usize,
    dilation: usize,
    pad: isize,
}

impl Phase {
    fn new(kernel: usize, dilation: usize, stride: usize, phase: usize, pad: usize, len: usize) -> Self {
        let meets = |tap: &usize| (phase + pad).abs_diff(tap * dilation).is_multiple_of(stride);
        let mut taps = (0..kernel).rev().filter(meets);
        let last = taps.next().unwrap_or(0);
        let step = taps.next().map_or(1, |before| last - before);
        Phase {
            last,
            step,
            count: (0..kernel).filter(meets).count(),
            pixels: len.saturating_sub(phase).div_ceil(stride),
            phase,
            stride,
            dilation: step * dilation / stride,
            // Both have the same remainder.
            pad: (last * dilation / stride) as isize - ((phase + pad) / stride) as isize,
        }
    }
    #[inline(always)]
    fn tap(&self, index: usize) -> usize {
        self.last - index * self.step
    }
}

/// The kernel of a phase, reversed and transposed: element ((tap, filter), channel).
#[derive(Clone, Copy)]
struct Reversed {
    /// At the group's first filter.
    kernel: ReadPointer,
    kernel_width: usize,
    channels: usize,
    /// Filters of the group, and floats from channel to channel.
    filters: (usize, usize),
    y: Phase,
    x: Phase,
}

impl Right for Reversed {
    #[inline(always)]
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        let (filters, stride) = self.filters;
        let mut d = 0;
        while d < depth {
            let (tap, filter) = ((p + d) / filters, (p + d) % filters);
            let run = (filters - filter).min(depth - d);
            let tap = self.y.tap(tap / self.x.count) * self.kernel_width + self.x.tap(tap % self.x.count);
            let from = (tap * self.channels + column) * stride + filter;
            // SAFETY: the caller's promise; the tap is one of the kernel's.
            unsafe { transpose(self.kernel.get().add(from), stride, columns, run, into.add(d * width), width) };
            d += run;
        }
    }
    #[inline(always)]
    fn direct(&self, _: usize, _: usize) -> Option<(*const f32, usize)> {
        None
    }
}

/// The input pixels of a phase.
#[derive(Clone, Copy)]
struct Pixels {
    /// At the group's first channel.
    input: WritePointer,
    height: usize,
    width: usize,
    channels: usize,
    y: Phase,
    x: Phase,
}

impl Output for Pixels {
    #[inline(always)]
    unsafe fn rows(&self, row: usize, count: usize) -> [*mut f32; MAX_ROWS] {
        let mut position = GridPosition::new(row, self.y.pixels, self.x.pixels);
        let mut rows = [core::ptr::null_mut(); MAX_ROWS];
        for to in rows.iter_mut().take(count) {
            let (y, x) = (self.y.phase + position.y * self.y.stride, self.x.phase + position.x * self.x.stride);
            let pixel = (position.image * self.height + y) * self.width + x;
            *to = self.input.get().wrapping_add(pixel * self.channels);
            position.step(self.y.pixels, self.x.pixels);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::matmul::tests::noise;
    use crate::kernels::simd::tests::each_isa;
    use proptest::prelude::*;

    /// Calls `visit(input index, kernel index, output index)` for every product of a convolution.
    fn products(g: &Conv2DGeometry, batch: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let (cg, fg) = (g.channels / g.groups, g.filters / g.groups);
        for b in 0..batch {
            for oy in 0..g.output_height {
                for ox in 0..g.output_width {
                    for ky in 0..g.kernel_height {
                        for kx in 0..g.kernel_width {
                            let y = (oy * g.stride_y + ky * g.dilation_y).wrapping_sub(g.pad_top);
                            let x = (ox * g.stride_x + kx * g.dilation_x).wrapping_sub(g.pad_left);
                            if y >= g.height || x >= g.width {
                                continue;
                            }
                            for f in 0..g.filters {
                                for c in 0..cg {
                                    visit(
                                        ((b * g.height + y) * g.width + x) * g.channels + f / fg * cg + c,
                                        ((ky * g.kernel_width + kx) * cg + c) * g.filters + f,
                                        ((b * g.output_height + oy) * g.output_width + ox) * g.filters + f,
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Asserts that sums of so many products are as expected, but for rounding.
    fn close(got: &[f32], want: &[f64], terms: usize, what: &str, g: &Conv2DGeometry) {
        let tolerance = 1e-6 * (40.0 + 2.0 * (terms as f64).sqrt());
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            assert!((*got as f64 - want).abs() < tolerance * (1.0 + want.abs()), "{what} {g:?} [{i}] {got} {want}");
        }
    }

    fn check(g: &Conv2DGeometry, batch: usize) {
        let input = noise(batch * g.input_len(), 1);
        let (kernel, bias, scale) = (noise(g.kernel_len(), 2), noise(g.filters, 3), noise(g.filters, 5));
        let gradient = noise(batch * g.output_len(), 4);
        let mut output = vec![0.0; batch * g.output_len()];
        let (mut dx, mut dk) = (vec![0.0; input.len()], vec![0.0; kernel.len()]);
        products(g, batch, |x, k, y| {
            output[y] += input[x] as f64 * kernel[k] as f64;
            dx[x] += gradient[y] as f64 * kernel[k] as f64;
            dk[k] += gradient[y] as f64 * input[x] as f64;
        });
        let scaled =
            |(i, sum): (usize, &f64)| (sum * scale[i % g.filters] as f64 + bias[i % g.filters] as f64).max(0.0);
        let scaled: Vec<f64> = output.iter().enumerate().map(scaled).collect();
        output.iter_mut().enumerate().for_each(|(i, sum)| *sum = (*sum + bias[i % g.filters] as f64).max(0.0));
        each_isa(|| {
            let mut got = vec![f32::NAN; output.len()];
            forward(g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Relu), &mut got);
            close(&got, &output, depth(g), "forward", g);
            let epilogue = Epilogue { scale: &scale, ..Epilogue::new(&bias, Activation::Relu) };
            forward(g, batch, &input, &kernel, epilogue, &mut got);
            close(&got, &scaled, depth(g), "scaled", g);
            let mut got = vec![f32::NAN; dx.len()];
            backward_input(g, batch, &gradient, &kernel, &mut got);
            close(&got, &dx, g.taps() * g.filters, "backward_input", g);
            let mut scratch = vec![f32::NAN; backward_kernel_scratch(g)];
            let mut got = vec![f32::NAN; dk.len()];
            backward_kernel(g, batch, &input, &gradient, &mut got, false, &mut scratch);
            close(&got, &dk, batch * g.output_height * g.output_width, "backward_kernel", g);
            got.fill(0.0);
            backward_kernel(g, batch, &input, &gradient, &mut got, true, &mut scratch);
            close(&got, &dk, batch * g.output_height * g.output_width, "backward_kernel", g);
        });
    }

    /// A convolution of 3×3 taps whose output is as large as its input.
    fn of_nine_taps((height, width): (usize, usize), channels: usize, filters: usize) -> Conv2DGeometry {
        Conv2DGeometry {
            height,
            width,
            channels,
            kernel_height: 3,
            kernel_width: 3,
            filters,
            stride_y: 1,
            stride_x: 1,
            dilation_y: 1,
            dilation_x: 1,
            groups: 1,
            pad_top: 1,
            pad_left: 1,
            output_height: height,
            output_width: width,
        }
    }

    fn output_len(len: usize, kernel: usize, stride: usize, dilation: usize, same: bool) -> (usize, usize) {
        let reach = (kernel - 1) * dilation + 1;
        if same {
            let out = len.div_ceil(stride);
            (out, ((out.max(1) - 1) * stride + reach).saturating_sub(len) / 2)
        } else {
            (if len < reach { 0 } else { (len - reach) / stride + 1 }, 0)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(160))]
        #[test]
        fn equals_the_definition(
            batch in 0usize..4, size in (1usize..12, 1usize..18), kernel in (1usize..5, 1usize..5),
            stride in (1usize..4, 1usize..4), dilation in (1usize..3, 1usize..3), same: bool,
            (groups, channels, filters) in prop_oneof![
                3 => (Just(1usize), 1usize..6, 1usize..40),
                1 => (1usize..4, 1usize..3, 1usize..4),
                1 => (1usize..35, Just(1usize), Just(1usize)),
            ],
        ) {
            let (output_height, pad_top) = output_len(size.0, kernel.0, stride.0, dilation.0, same);
            let (output_width, pad_left) = output_len(size.1, kernel.1, stride.1, dilation.1, same);
            check(&Conv2DGeometry {
                height: size.0, width: size.1, channels: channels * groups,
                kernel_height: kernel.0, kernel_width: kernel.1, filters: filters * groups,
                stride_y: stride.0, stride_x: stride.1, dilation_y: dilation.0, dilation_x: dilation.1,
                groups, pad_top, pad_left, output_height, output_width,
            }, batch);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn tiles_equal_the_definition(
            batch in 1usize..3, size in (7usize..13, 7usize..13), pad in (0usize..3, 0usize..3),
            channels in prop_oneof![Just(16usize), Just(32), 16usize..70, Just(128), Just(130)],
            filters in prop_oneof![Just(16usize), Just(64), 16usize..70],
        ) {
            let g = Conv2DGeometry {
                pad_top: pad.0, pad_left: pad.1, output_height: size.0 + 2 * pad.0 - 2, output_width: size.1 + 2 * pad.1 - 2,
                ..of_nine_taps(size, channels, filters)
            };
            check(&g, batch);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn one_channel_equals_the_definition(
            batch in 1usize..4, size in prop_oneof![(1usize..14, 8usize..40), (1usize..3, 500usize..600)], kernel in (1usize..6, 1usize..6),
            stride_y in 1usize..3, dilation in (1usize..3, 1usize..3), filters in 1usize..9, same: bool,
        ) {
            let (output_height, pad_top) = output_len(size.0, kernel.0, stride_y, dilation.0, same);
            let (output_width, pad_left) = output_len(size.1, kernel.1, 1, dilation.1, same);
            check(&Conv2DGeometry {
                height: size.0, width: size.1, channels: 1, kernel_height: kernel.0, kernel_width: kernel.1, filters,
                stride_y, stride_x: 1, dilation_y: dilation.0, dilation_x: dilation.1, groups: 1, pad_top, pad_left,
                output_height, output_width,
            }, batch);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// A product of one row reads its right side beyond the group's filters: what lies there shows nowhere. Buffers end with
        /// their last float, as far as a sanitizer sees.
        #[test]
        fn a_group_keeps_to_its_filters(
            size in (1usize..4, 1usize..5), groups in 1usize..5, channels in 1usize..4, filters in 1usize..70, pixels in 1usize..3,
        ) {
            let (channels, filters) = (channels * groups, filters * groups);
            // A patch is the whole image; or a tap is, and a kernel of one channel has a gradient of one row.
            let of_one_tap = Conv2DGeometry {
                kernel_height: 1, kernel_width: 1, pad_top: 0, pad_left: 0, groups, ..of_nine_taps(size, channels, filters)
            };
            let of_one_pixel = Conv2DGeometry {
                kernel_height: size.0, kernel_width: size.1, output_height: 1, output_width: 1, ..of_one_tap
            };
            for g in [of_one_tap, of_one_pixel] {
                check(&g, pixels);
                let (input, kernel) = (noise(g.input_len(), 1), noise(g.kernel_len(), 2));
                let gradient = noise(g.output_len(), 3);
                let run = |kernel: &[f32], gradient: &[f32]| {
                    let (mut output, mut to_kernel) = (vec![0.0; g.output_len()], vec![0.0; g.kernel_len()]);
                    forward(&g, 1, &input, kernel, Epilogue::NONE, &mut output);
                    backward_kernel(
                        &g, 1, &input, gradient, &mut to_kernel, false, &mut vec![0.0; backward_kernel_scratch(&g)],
                    );
                    [output, to_kernel].concat()
                };
                each_isa(|| {
                    let expected = run(&kernel, &gradient);
                    for group in 0..groups {
                        let ours = |at: usize| at % filters / (filters / groups) == group;
                        let spoil = |values: &[f32]| -> Vec<f32> {
                            values.iter().enumerate().map(|(at, value)| if ours(at) { *value } else { f32::NAN }).collect()
                        };
                        let found = run(&spoil(&kernel), &spoil(&gradient));
                        for (at, (found, expected)) in found.iter().zip(&expected).enumerate().filter(|(at, _)| ours(*at)) {
                            assert_eq!(found, expected, "{g:?} [{at}]");
                        }
                    }
                });
            }
        }
    }

    /// Threads have little stack, and a fork within a fork has what its parents have on theirs.
    #[test]
    fn many_threads_need_little_stack() {
        let g = of_nine_taps((13, 13), 32, 64);
        let work = Work::Multiplications { all: 4 * g.output_len() * depth(&g), parts: 1 };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        assert!(winograd::pays(&g) && pool.install(|| work.threads()) == 2);
        let (input, kernel, gradient) =
            (noise(4 * g.input_len(), 1), noise(g.kernel_len(), 2), noise(4 * g.output_len(), 3));
        let run = || {
            let (mut output, mut to_input) = (vec![0.0; gradient.len()], vec![0.0; input.len()]);
            forward(&g, 4, &input, &kernel, Epilogue::NONE, &mut output);
            backward_input(&g, 4, &gradient, &kernel, &mut to_input);
            (output, to_input)
        };
        let expected = run();
        for threads in [1, 8, 32] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(1 << 20).build().unwrap();
            assert!(pool.install(run) == expected);
        }
    }

    #[test]
    fn tiles_are_taken_where_they_are_shorter() {
        let of = |height, channels, filters| of_nine_taps((height, height), channels, filters);
        for (geometry, expected) in [
            (of(32, 16, 16), true),
            (of(8, 64, 64), true),
            (of(28, 1, 32), false),
            (of(28, 32, 3), false),
            (of(4, 64, 64), false),
            (Conv2DGeometry { stride_x: 2, ..of(32, 16, 16) }, false),
        ] {
            assert_eq!(winograd::pays(&geometry), expected && cfg!(feature = "std"), "{geometry:?}");
        }
    }

    #[test]
    fn large_convolutions_take_the_parallel_path() {
        check(&of_nine_taps((13, 13), 24, 40), 9);
    }
}

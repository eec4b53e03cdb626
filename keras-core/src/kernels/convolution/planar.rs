//! Convolutions along one axis or two.

use super::{
    direct, lanes,
    lanes::{Pass, PassAxis, Side, Weights},
    one_channel, overlaps,
    patches::{OneChannelPatches, Patches, TransposedPatches},
    phases::{Phase, PhaseKernel, PhasePixels},
    pieces::{LinesOfTaps, Pieces},
    winograd::{self, ACROSS as BLOCK},
};
use crate::activations::Activation;
use crate::kernels::{
    Epilogue, activation, elementwise, ensure,
    gemm::{Gemm, GemmBlock, Left, Matrix, Output, Right, Rows},
    geometry::{Axis, Geometry},
    length,
    matmul::{self, Product},
    parallel::{self, Work},
    pointers::{ReadPointer, WritePointer},
    simd::Isa,
    tile::{Finish, LINE, Start},
};

/// The address of an element that is read.
fn at(values: &[f32], offset: usize) -> ReadPointer {
    ReadPointer::new(values).offset(offset)
}

/// Slices of the batch whose kernel gradients are summed at a time: up to 16, as long as they stay within 2 MB. A larger
/// kernel has enough rows to share out.
pub(super) const fn batch_slices(geometry: &Geometry) -> usize {
    match (1usize << 19).checked_div(geometry.kernel_len()) {
        None | Some(0) => 1,
        Some(slices) if slices > 16 => 16,
        Some(slices) => slices,
    }
}

pub(super) const fn backward_kernel_scratch(geometry: &Geometry) -> usize {
    length([batch_slices(geometry), geometry.kernel_len()])
}

/// output = activation(conv(input, kernel)·scale + bias). There is input, kernel and output.
pub(super) fn forward(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    epilogue: Epilogue<'_>,
    output: &mut [f32],
) {
    let (activation, finish) = (epilogue.activation, Finish::new(epilogue));
    // A rectifier is applied as sums are stored.
    let rest = if activation == Activation::Relu { Activation::Linear } else { activation };
    if one_channel::pays(g) {
        let (input, kernel, isa) = (at(input, 0), at(kernel, 0), Isa::current());
        let to = WritePointer::new(output);
        by_lines(batch * g.y.output, length([g.x.output, g.kernel_len()]), &|first, last| {
            let pass = one_channel::Forward { geometry: g, input, kernel, finish, output: to, lines: (first, last) };
            // SAFETY: the lengths were checked; threads own disjoint lines.
            unsafe { isa.run_pointers(pass) };
        });
        return activation::forward_in_place(rest, g.filters, output);
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
        return activation::forward_in_place(rest, g.filters, output);
    }
    // Of several groups, the filters lie side by side: rows are whole after the last.
    let fused = if g.groups == 1 { activation } else { Activation::Linear };
    product(g, batch, input, kernel, (Start::Zero, finish, fused), output);
    if g.groups != 1 {
        activation::forward_in_place(rest, g.filters, output);
    }
}

/// output = the products of patches and kernel, added to what they start from, and what sums go through at the end. Of a single
/// group, the activation too.
pub(super) fn product(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    kernel: &[f32],
    (start, finish, activation): (Start, Finish, Activation),
    output: &mut [f32],
) {
    let (m, depth, (channels, n)) = (batch * g.y.output * g.x.output, g.depth(), g.of_a_group());
    if lanes::pays(g, n, channels) {
        let (y, x) = (PassAxis::forward(&g.y), PassAxis::forward(&g.x));
        let source = Side { channels: g.channels, of_a_group: channels };
        let target = Side { channels: g.filters, of_a_group: n };
        let weights = Weights { start: at(kernel, 0), width: g.x.window, transposed: false };
        let (from, to, finish) = (at(input, 0), WritePointer::new(output), finish);
        let pass = Pass { y, x, from, source, to, target, weights, start, finish, lines: (0, batch * g.y.output) };
        // SAFETY: the lengths were checked.
        return unsafe { by_lanes(&pass, length([g.x.output, g.kernel_len()])) };
    }
    if g.is_pointwise() {
        let left = Matrix::new(input, g.channels);
        let right = Matrix::new(kernel, g.filters);
        let output = Rows { start: WritePointer::new(output), stride: g.filters };
        // SAFETY: the lengths were checked.
        return unsafe { matmul::product(&Gemm { left, right, output, rows: m, depth, start, finish }, n, activation) };
    }
    for group in 0..g.groups {
        let patches = Patches::new(g, at(input, 0), group);
        let right = Matrix { start: at(kernel, group * n), stride: g.filters, transposed: false };
        let to = Rows { start: WritePointer::new(output).offset(group * n), stride: g.filters };
        let finish = finish.from(group * n);
        let gemm = Gemm { left: patches, right, output: to, rows: m, depth, start, finish };
        // SAFETY: the lengths were checked; a group's columns start at `group · n` of `filters`.
        unsafe {
            if direct::reads(&patches, depth) {
                lines(&gemm, batch * g.y.output, n);
                if activation != Activation::Relu {
                    activation::forward_in_place(activation, n, output);
                }
            } else if g.has_one_channel() {
                let left = OneChannelPatches(patches);
                matmul::product(&Gemm { left, right, output: to, rows: m, depth, start, finish }, n, activation);
            } else {
                matmul::product(&gemm, n, activation);
            }
        }
    }
}

/// output = what sums of nothing go through.
pub(super) fn no_products(filters: usize, (finish, activation): (Finish, Activation), output: &mut [f32]) {
    let (left, right) = (Matrix::new(&[], 0), Matrix::new(&[], 0));
    let rows = output.len().checked_div(filters).unwrap_or_default();
    let output = Rows { start: WritePointer::new(output), stride: filters };
    let gemm = Gemm { left, right, output, rows, depth: 0, start: Start::Zero, finish };
    // SAFETY: a product of no depth reads nothing; the output has this number of rows, contiguous.
    unsafe { matmul::product(&gemm, filters, activation) };
}

/// A convolution by [Winograd's tiles](winograd), shared out by tiles; by filters if there are more of these, so that fewer
/// transforms are repeated.
///
/// # Safety
/// The images, the kernel, the epilogue's columns and the output are of the geometry's sizes; the output is ours alone.
unsafe fn tiles(
    g: &Geometry,
    batch: usize,
    images: ReadPointer,
    kernel: winograd::KernelView,
    finish: Finish,
    output: WritePointer,
) {
    let isa = Isa::current();
    let tiles = batch * g.y.output.div_ceil(2) * g.x.output.div_ceil(2);
    let all = length([batch, g.y.output, g.x.output, g.kernel_len()]);
    let work = Work::Multiplications { all, parts: 1 };
    let all =
        winograd::Forward { geometry: g, images, kernel, finish, output, tiles: (0, tiles), filters: (0, g.filters) };
    if g.filters > tiles && g.filters >= 32 * work.threads() {
        parallel::share(g.filters, 16, work, &|first, last| {
            // SAFETY: the caller's promise; threads own disjoint filters.
            unsafe { winograd::Forward { filters: (first, last), ..all }.run(isa) };
        });
        return;
    }
    parallel::share(tiles, 1, work, &|first, last| {
        // SAFETY: the caller's promise; threads own disjoint tiles.
        unsafe { winograd::Forward { tiles: (first, last), ..all }.run(isa) };
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

/// Computes a pass by [lanes], in parallel by the lines of what it writes.
///
/// # Safety
/// As [`Pass`] says.
unsafe fn by_lanes(pass: &Pass, multiplications: usize) {
    let isa = Isa::current();
    by_lines(pass.lines.1, multiplications, &|first, last| {
        // SAFETY: the caller's promise; threads own disjoint lines.
        unsafe { isa.run_pointers(Pass { lines: (first, last), ..*pass }) };
    });
}

/// Parallelizes over lines of the output, each of this number of multiplications.
fn by_lines(lines: usize, multiplications: usize, work: &(impl Fn(usize, usize) + Sync)) {
    parallel::share(lines, 1, Work::Multiplications { all: length([lines, multiplications]), parts: 2 }, work);
}

/// to = the gradient of [`forward`]'s input.
pub(super) fn backward_input(g: &Geometry, batch: usize, gradient: &[f32], kernel: &[f32], to: &mut [f32]) {
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
        // SAFETY: the lengths were checked; the kernel is walked from its last tap to its first.
        return unsafe { tiles(&reversed, batch, at(gradient, 0), kernel, Finish::NONE, WritePointer::new(to)) };
    }
    input_product(g, batch, gradient, kernel, Start::Zero, to);
}

/// The gradient of the input as a convolution of the output's gradient with the kernel reversed, where nothing is cropped.
fn reversed(g: &Geometry) -> Option<Geometry> {
    let reversed = |axis: Axis| {
        let before = axis.window.checked_sub(1)?.checked_sub(axis.before)?;
        Some(Axis { input: axis.output, before, output: axis.input, ..axis })
    };
    Some(Geometry { y: reversed(g.y)?, x: reversed(g.x)?, channels: g.filters, filters: g.channels, ..*g })
}

/// to = the products of the output's gradient and the kernel, added to what they start from.
pub(super) fn input_product(
    g: &Geometry,
    batch: usize,
    gradient: &[f32],
    kernel: &[f32],
    start: Start,
    to: &mut [f32],
) {
    let isa = Isa::current();
    let (channels, filters) = g.of_a_group();
    if g.is_pointwise() {
        let (m, accumulate) = (batch * g.y.input * g.x.input, start == Start::Output);
        let product = Product { m, n: channels, k: filters, transpose_b: true, accumulate, ..Product::default() };
        return matmul::matmul(product, gradient, kernel, to);
    }
    if overlaps::pays(g) {
        let (gradient, kernel, to) = (at(gradient, 0), at(kernel, 0), WritePointer::new(to));
        let of_line = length([g.windows(), g.kernel_len()]) / g.y.input.max(1);
        return by_lines(batch * g.y.input, of_line, &|first, last| {
            let pass = overlaps::InputGradient { geometry: g, gradient, kernel, start, to, lines: (first, last) };
            // SAFETY: the lengths were checked; threads own disjoint lines.
            unsafe { isa.run_pointers(pass) };
        });
    }
    let groups = if lanes::pays(g, channels, filters) { 1 } else { g.groups };
    for group in 0..groups {
        for first_y in 0..g.y.stride.min(g.y.input) {
            for first_x in 0..g.x.stride.min(g.x.input) {
                let (y, x) = (Phase::new(&g.y, first_y), Phase::new(&g.x, first_x));
                if lanes::pays(g, channels, filters) {
                    let pass = Pass {
                        y: PassAxis::phase(&g.y, &y),
                        x: PassAxis::phase(&g.x, &x),
                        from: at(gradient, 0),
                        source: Side { channels: g.filters, of_a_group: filters },
                        to: WritePointer::new(to),
                        target: Side { channels: g.channels, of_a_group: channels },
                        weights: Weights { start: at(kernel, 0), width: g.x.window, transposed: true },
                        start,
                        finish: Finish::NONE,
                        lines: (0, batch * y.pixels),
                    };
                    // SAFETY: the lengths were checked.
                    unsafe { by_lanes(&pass, length([x.pixels, y.count * x.count, filters, g.channels])) };
                    continue;
                }
                if y.count * x.count == 0 {
                    // Out of reach of every tap.
                    if start == Start::Zero && group == 0 {
                        clear(g, batch, (&y, &x), to);
                    }
                    continue;
                }
                let left = Patches {
                    image: at(gradient, group * filters),
                    image_len: g.output_len(),
                    height: g.y.output,
                    width: g.x.output,
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
                    PhaseKernel { kernel, kernel_width: g.x.window, channels, filters: (filters, g.filters), y, x };
                let input = WritePointer::new(to).offset(group * channels);
                let output = PhasePixels { input, height: g.y.input, width: g.x.input, channels: g.channels, y, x };
                let depth = y.count * x.count * filters;
                let (m, n) = (batch * y.pixels * x.pixels, channels);
                let gemm = Gemm { left, right, output, rows: m, depth, start, finish: Finish::NONE };
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

/// Clears the pixels of a phase.
fn clear(g: &Geometry, batch: usize, (y, x): (&Phase, &Phase), to: &mut [f32]) {
    let (line, to) = (g.x.input * g.channels, WritePointer::new(to));
    let work = Work::Floats { each: length([x.pixels, g.channels]) };
    parallel::share(batch * y.pixels, 1, work, &|first, last| {
        for at in first..last {
            let (image, row) = (at / y.pixels.max(1), y.first + at % y.pixels.max(1) * y.stride);
            let start = to.offset((image * g.y.input + row) * line + x.first * g.channels);
            for pixel in 0..x.pixels {
                let pixel = start.offset(pixel * x.stride * g.channels).get();
                // SAFETY: the phase's pixels lie in the images, and threads own disjoint lines.
                unsafe { core::slice::from_raw_parts_mut(pixel, g.channels) }.fill(0.0);
            }
        }
    });
}

/// Whether the gradient of a kernel is summed in its own place.
fn is_in_place(g: &Geometry, input: &[f32]) -> bool {
    let (channels, filters) = g.of_a_group();
    one_channel::pays(g)
        || lanes::pays(g, filters, channels)
        || winograd::pays(g)
        || g.is_pointwise()
        || direct::reads_for_kernel(&Patches::new(g, at(input, 0), 0))
}

/// kernel_gradient = the gradient of [`forward`]'s kernel, or += it.
pub(super) fn backward_kernel(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    kernel_gradient: &mut [f32],
    accumulate: bool,
    scratch: &mut [f32],
) {
    if let Some(lines) = LinesOfTaps::of(g) {
        return lines_of_taps(&lines, batch, input, gradient, kernel_gradient, accumulate, scratch);
    }
    let (len, in_place) = (kernel_gradient.len(), is_in_place(g, input));
    // A line of taps has the scratch of all of them.
    let slices = batch_slices(g).min(scratch.len() / len.max(1)).max(1);
    let pieces = Pieces::new(g, batch);
    let count = pieces.count();
    if in_place && count <= 1 {
        if !accumulate {
            kernel_gradient.fill(0.0);
        }
        return kernel_in_place(g, batch, input, gradient, kernel_gradient);
    }
    let all = length([gradient.len(), g.depth()]) / count.div_ceil(slices).max(1);
    for first_piece in (0..count).step_by(slices) {
        let used = slices.min(count - first_piece);
        // With one slice, its product is shared out instead.
        let within = if used == 1 { Work::Multiplications { all, parts: 1 } } else { Work::ALONE };
        let to = WritePointer::new(scratch);
        parallel::share(used, 1, Work::Multiplications { all, parts: used }, &|first, last| {
            for slice in first..last {
                let piece = pieces.get(first_piece + slice, input, gradient);
                ensure!(piece.is_some());
                let Some(piece) = piece else { return };
                let to = to.offset(slice * len);
                if in_place {
                    // SAFETY: the slices of the scratch are disjoint, and `used` of them fit.
                    let to = unsafe { core::slice::from_raw_parts_mut(to.get(), len) };
                    to.fill(0.0);
                    kernel_in_place(&piece.geometry, piece.images, piece.input, piece.gradient, to);
                } else {
                    // SAFETY: as above.
                    unsafe { kernel_slice(&piece.geometry, piece.images, piece.input, piece.gradient, to, within) };
                }
            }
        });
        let Some((sum, rest)) = scratch.get_mut(..len * used).and_then(|used| used.split_at_mut_checked(len)) else {
            return;
        };
        for slice in rest.chunks_exact(len) {
            elementwise::add_assign(sum, slice);
        }
        put(g, in_place, sum, kernel_gradient, accumulate || first_piece > 0);
    }
}

/// [`backward_kernel`] by lines of taps, image by image.
fn lines_of_taps(
    lines: &LinesOfTaps<'_>,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    kernel_gradient: &mut [f32],
    accumulate: bool,
    scratch: &mut [f32],
) {
    let g = &lines.line;
    for (tap, to) in kernel_gradient.chunks_exact_mut(g.kernel_len().max(1)).enumerate() {
        if !accumulate {
            to.fill(0.0);
        }
        for (image, gradient) in gradient.chunks_exact(g.output_len().max(1)).enumerate().take(batch) {
            // Out of the image, a line of taps meets nothing.
            let Some(input) = lines.input(tap, image, input) else { continue };
            backward_kernel(g, 1, input, gradient, to, true, scratch);
        }
    }
}

/// kernel_gradient += the gradient of the kernel over a few images, summed in one piece.
pub(super) fn add_kernel_gradient(
    g: &Geometry,
    batch: usize,
    input: &[f32],
    gradient: &[f32],
    kernel_gradient: &mut [f32],
    scratch: &mut [f32],
) {
    if is_in_place(g, input) {
        return kernel_in_place(g, batch, input, gradient, kernel_gradient);
    }
    let Some(sum) = scratch.get_mut(..kernel_gradient.len()) else { return };
    let work = Work::Multiplications { all: length([gradient.len(), g.depth()]), parts: 1 };
    // SAFETY: the slices hold the images, and the sum is as long as the kernel.
    unsafe { kernel_slice(g, batch, input, gradient, WritePointer::new(sum), work) };
    put(g, false, sum, kernel_gradient, true);
}

/// Puts what [`kernel_slice`] left, or what was summed as it lies in the kernel, where the gradient of the kernel is.
fn put(g: &Geometry, in_place: bool, sum: &[f32], kernel_gradient: &mut [f32], accumulate: bool) {
    let put = |to: &mut f32, from: &f32| *to = if accumulate { *to + *from } else { *from };
    if g.has_one_channel() || in_place {
        kernel_gradient.iter_mut().zip(sum).for_each(|(to, from)| put(to, from));
        return;
    }
    for (filter, from) in sum.chunks_exact(g.depth().max(1)).enumerate() {
        let column = kernel_gradient.iter_mut().skip(filter).step_by(g.filters.max(1));
        column.zip(from).for_each(|(to, from)| put(to, from));
    }
}

/// The kernel gradient of some images: (output gradientᵀ · patches)ᵀ, left as (groups, filters, taps·channels), so that
/// what is gathered is used by every filter. With one channel, patchesᵀ · output gradient, which gathers whole lines.
///
/// # Safety
/// `input` and `gradient` hold `batch` images, and `to` has room for the kernel, ours alone.
unsafe fn kernel_slice(g: &Geometry, batch: usize, input: &[f32], gradient: &[f32], to: WritePointer, work: Work) {
    let (taps, (_, filters)) = (g.depth(), g.of_a_group());
    let depth = batch * g.y.output * g.x.output;
    let (start, finish) = (Start::Zero, Finish::NONE);
    for group in 0..g.groups {
        let (patches, gradient) = (Patches::new(g, at(input, 0), group), at(gradient, group * filters));
        if g.has_one_channel() {
            let output = Rows { start: to.offset(group * filters), stride: g.filters };
            let left = TransposedPatches(patches);
            let right = Matrix { start: gradient, stride: g.filters, transposed: false };
            // SAFETY: the caller's promise.
            unsafe { columns(&Gemm { left, right, output, rows: taps, depth, start, finish }, filters, work) };
        } else {
            let output = Rows { start: to.offset(group * filters * taps), stride: taps };
            let left = Matrix { start: gradient, stride: g.filters, transposed: true };
            let gemm = Gemm { left, right: patches, output, rows: filters, depth, start, finish };
            // SAFETY: the caller's promise.
            unsafe { columns(&gemm, taps, work) };
        }
    }
}

/// Adds the kernel gradient of some images, whose patches are [read in place](direct::reads_for_kernel). Threads share
/// the filters, unless [one channel](one_channel) has too few for that.
fn kernel_in_place(g: &Geometry, images: usize, input: &[f32], gradient: &[f32], to: &mut [f32]) {
    let isa = Isa::current();
    if one_channel::pays(g) {
        let (input, gradient, to) = (at(input, 0), at(gradient, 0), WritePointer::new(to));
        // SAFETY: the caller's slices are as long as the geometry says.
        return unsafe { isa.run_pointers(one_channel::KernelGradient { geometry: g, images, input, gradient, to }) };
    }
    let (channels, filters) = g.of_a_group();
    if g.is_pointwise() {
        let k = images * g.y.output * g.x.output;
        let product = Product { m: channels, n: filters, k, transpose_a: true, accumulate: true, ..Product::default() };
        return matmul::matmul(product, input, gradient, to);
    }
    let (input, gradient, to) = (at(input, 0), at(gradient, 0), WritePointer::new(to));
    let work = Work::Multiplications { all: length([images, g.output_len(), g.depth()]), parts: 1 };
    if lanes::pays(g, filters, channels) {
        return parallel::share(g.filters, 32, work, &|first, last| {
            let pass = lanes::KernelGradient { geometry: g, images, input, gradient, to, filters: (first, last) };
            // SAFETY: as above; threads own disjoint filters.
            unsafe { isa.run_pointers(pass) };
        });
    }
    if winograd::pays(g) {
        let (rows, columns) = (g.channels.div_ceil(BLOCK), g.filters.div_ceil(BLOCK));
        return parallel::share(rows * columns, 1, work, &|first, last| {
            for block in first..last {
                let part = |at: usize, total: usize| (at * BLOCK, BLOCK.min(total - at * BLOCK));
                let (channels, filters) = (part(block % rows, g.channels), part(block / rows, g.filters));
                let pass = winograd::KernelGradient { geometry: g, images, input, gradient, to, channels, filters };
                // SAFETY: as above; threads own disjoint blocks of the kernel.
                unsafe { pass.run(isa) };
            }
        });
    }
    // Several groups are not cut.
    parallel::share(g.filters, if g.groups == 1 { 32 } else { filters }, work, &|first, last| {
        for group in first / filters..last.div_ceil(filters) {
            let (patches, first_filter) = (Patches::new(g, input, group), group * filters);
            let (gradient, to) = (gradient.offset(first_filter), to.offset(first_filter));
            let filters = (first.max(first_filter) - first_filter, last.min(first_filter + filters) - first_filter);
            let pass = direct::KernelGradient { geometry: g, patches, images, gradient, to, filters };
            // SAFETY: as above; threads own disjoint filters.
            unsafe { isa.run_pointers(pass) };
        }
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

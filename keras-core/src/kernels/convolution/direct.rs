//! Convolutions that read images in place, where whole lines of a patch lie side by side in memory, or a tap has several
//! channels.
//!
//! The pixels of an image fall into rectangles whose patches have the same taps inside the image: one in the middle, and
//! one for each way in which a patch overhangs a border. Within a rectangle the rows of a tile are pixels at one distance,
//! and its depths are the lines of a patch; so nothing is gathered and no zero is multiplied.

use core::mem::MaybeUninit;

use super::patches::Patches;
use crate::kernels::{
    copies::{copy_run, zero_run},
    gemm::{Block, Gemm, Output, Right},
    geometry::{Axis, Geometry},
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, Vector},
    tile::{Finish, MAX_ROWS, Start, Target, VECTORS, Walk, even, tile},
};

/// Floats of packed B: 640 depths of two vectors of AVX-512, 80 KB of stack.
const PACKED: usize = if cfg!(feature = "std") { 32 * 640 } else { 0 };

/// Pixels in a row along an axis with the same taps inside the image.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub start: usize,
    pub end: usize,
    /// The first tap inside, and the one after the last.
    pub taps: (usize, usize),
}

/// One axis of a convolution.
#[derive(Clone, Copy)]
pub(super) struct PatchAxis {
    pub taps: usize,
    pub stride: usize,
    pub dilation: usize,
    pub pad: isize,
    pub input: usize,
}

impl PatchAxis {
    pub(super) fn new(axis: &Axis) -> Self {
        let Axis { input, window: taps, stride, dilation, before, .. } = *axis;
        Self { taps, stride, dilation, pad: before as isize, input }
    }

    /// The taps of an output pixel that lie inside the image.
    #[inline(always)]
    fn inside(&self, pixel: usize) -> (usize, usize) {
        let first = (pixel * self.stride) as isize - self.pad;
        let dilation = (self.dilation as isize).max(1);
        let low = if first < 0 { (-first + dilation - 1) / dilation } else { 0 };
        let left = self.input as isize - first;
        let high = if left <= 0 { 0 } else { (left + dilation - 1) / dilation };
        let high = (high.max(0) as usize).min(self.taps);
        ((low as usize).min(high), high)
    }

    /// The segment from `start` on, up to `end`.
    #[inline(always)]
    pub(super) fn segment(&self, start: usize, end: usize) -> Segment {
        let taps = self.inside(start);
        let mut after = start + 1;
        if self.taps > 0 && taps == (0, self.taps) {
            // All are inside as long as the last one is.
            let last = self.input as isize - 1 + self.pad - ((self.taps - 1) * self.dilation) as isize;
            after = (last.max(0) as usize / self.stride.max(1) + 1).clamp(after, end);
        }
        while after < end && self.inside(after) == taps {
            after += 1;
        }
        Segment { start, end: after, taps }
    }

    /// Where a tap of an output pixel reads; it is inside.
    #[inline(always)]
    pub(super) fn input(&self, pixel: usize, tap: usize) -> usize {
        ((pixel * self.stride + tap * self.dilation) as isize - self.pad).max(0) as usize
    }
}

/// Patches · B, for some lines of the output.
pub(super) struct PatchProduct<'a, R, O> {
    pub gemm: &'a Gemm<Patches, R, O>,
    pub columns: usize,
    /// Lines of the output, counted over all images.
    pub lines: (usize, usize),
}

/// Whether [`PatchProduct`] can read patches of this number of elements.
pub(super) fn reads(patches: &Patches, depth: usize) -> bool {
    in_lines(patches) && depth * 32 <= PACKED
}

/// Whether [`KernelGradient`] can read these patches.
pub(super) fn reads_for_kernel(patches: &Patches) -> bool {
    in_lines(patches) && patches.channels > 1 && patches.output_width * 32 <= PACKED
}

/// Whether the taps of a line of a patch lie side by side, or else the channels of a tap are worth a walk each.
fn in_lines(patches: &Patches) -> bool {
    (is_contiguous(patches) || patches.channels >= CHANNELS) && patches.output_width >= 4
}

/// Channels of a tap that are worth a walk.
pub(super) const CHANNELS: usize = 4;

/// Whether the taps of a line of a patch lie side by side.
#[inline(always)]
fn is_contiguous(patches: &Patches) -> bool {
    patches.channels == patches.pixel && patches.dilation.1 == 1
}

impl<R: Right, O: Output> Kernel for PatchProduct<'_, R, O> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (g, patches) = (self.gemm, &self.gemm.left);
        let mut block = Block::<PACKED>(MaybeUninit::uninit());
        let panel = block.0.as_mut_ptr().cast::<f32>();
        let across = patches.kernel_width * patches.channels;
        let (y_axis, x_axis) = axes(patches, g.depth / across.max(1));
        let width = VECTORS * V::LANES;
        for column in (0..self.columns).step_by(width) {
            let columns = width.min(self.columns - column);
            let vectors = columns.div_ceil(V::LANES) * V::LANES;
            // SAFETY: the panel holds `depth · width` floats, which `reads` has made sure of.
            let (b, b_stride) = unsafe {
                match g.right.direct(0, column) {
                    // In rows further apart it would crowd a part of the first-level cache. With fewer columns than a row has,
                    // those of a group, vectors of the last row would end behind B.
                    Some(place) if place.1 == vectors && columns == vectors => place,
                    _ => {
                        g.right.pack(0, g.depth, column, columns, vectors, panel);
                        (panel.cast_const(), vectors)
                    }
                }
            };
            let columns = PackedColumns { column, columns, b, b_stride };
            let mut line = self.lines.0;
            while line < self.lines.1 {
                let (image, first) = (line / patches.output_height.max(1), line % patches.output_height.max(1));
                let last = (first + self.lines.1 - line).min(patches.output_height);
                let mut y = first;
                while y < last {
                    let rows = y_axis.segment(y, last);
                    let mut x = 0;
                    while x < patches.output_width {
                        let segment = x_axis.segment(x, patches.output_width);
                        // SAFETY: the caller's promise.
                        unsafe { self.rectangle::<V>(image, (y_axis, rows), (x_axis, segment), columns) };
                        x = segment.end;
                    }
                    y = rows.end;
                }
                line += last - first;
            }
        }
    }
}

/// A block of columns of B.
#[derive(Clone, Copy)]
struct PackedColumns {
    column: usize,
    columns: usize,
    b: *const f32,
    b_stride: usize,
}

impl<R: Right, O: Output> PatchProduct<'_, R, O> {
    /// # Safety
    /// As [`Kernel::run`], for pixels of an image and columns of B that are packed or lie in place.
    #[inline(always)]
    unsafe fn rectangle<V: Vector>(
        &self,
        image: usize,
        (y_axis, rows): (PatchAxis, Segment),
        (x_axis, segment): (PatchAxis, Segment),
        at: PackedColumns,
    ) {
        let (g, patches) = (self.gemm, &self.gemm.left);
        let line = patches.width * patches.pixel;
        let across = patches.kernel_width * patches.channels;
        let (down, along) = (rows.end - rows.start, segment.end - segment.start);
        // The rows of a tile go the way that has more of them.
        let sideways = along >= down;
        let (outer, inner) = if sideways { (down, along) } else { (along, down) };
        let tall = even(inner, V::TILE_ROWS);
        let skipped = rows.taps.0 * across + segment.taps.0 * patches.channels;
        let (taps, channels) = (segment.taps.1 - segment.taps.0, patches.channels);
        let lines = (rows.taps.1 - rows.taps.0, patches.dilation.0 * line, across * at.b_stride);
        let loops = if is_contiguous(patches) {
            [(taps * channels, 1, at.b_stride), lines, (1, 0, 0)]
        } else {
            [(channels, 1, at.b_stride), (taps, patches.dilation.1 * patches.pixel, channels * at.b_stride), lines]
        };
        for other in 0..outer {
            let mut start = 0;
            while start < inner {
                let count = tall.min(inner - start);
                let (y, x) = if sideways { (other, start) } else { (start, other) };
                let (y, x) = (rows.start + y, segment.start + x);
                let row = (image * patches.output_height + y) * patches.output_width + x;
                let from = y_axis.input(y, rows.taps.0) * line + x_axis.input(x, segment.taps.0) * patches.pixel;
                // SAFETY: the caller's promise: the rectangle's pixels and the taps inside lie in the image, and B has `depth`
                // rows.
                unsafe {
                    let places = if sideways {
                        g.output.rows(row, count)
                    } else {
                        let mut places = [core::ptr::null_mut(); MAX_ROWS];
                        for (r, place) in places.iter_mut().enumerate().take(count) {
                            let [first, ..] = g.output.rows(row + r * patches.output_width, 1);
                            *place = first;
                        }
                        places
                    };
                    let walk = Walk {
                        // Wrapping, because a pixel with no tap inside may point past the image.
                        a: patches.image.get().wrapping_add(image * patches.image_len + from),
                        b: at.b.wrapping_add(skipped * at.b_stride),
                        a_row: if sideways { patches.stride.1 * patches.pixel } else { patches.stride.0 * line },
                        loops,
                    };
                    let target = Target {
                        rows: &places,
                        count,
                        offset: at.column,
                        columns: at.columns,
                        start: g.start,
                        finish: g.finish.from(at.column),
                    };
                    tile::<V>(&walk, &target);
                }
                start += count;
            }
        }
    }
}

fn axes(patches: &Patches, kernel_height: usize) -> (PatchAxis, PatchAxis) {
    let y = PatchAxis {
        taps: kernel_height,
        stride: patches.stride.0,
        dilation: patches.dilation.0,
        pad: patches.pad.0,
        input: patches.height,
    };
    let x = PatchAxis {
        taps: patches.kernel_width,
        stride: patches.stride.1,
        dilation: patches.dilation.1,
        pad: patches.pad.1,
        input: patches.width,
    };
    (y, x)
}

/// The kernel's gradient over some images, added to what is there: patchesᵀ · output gradient, of a group.
pub(super) struct KernelGradient<'a> {
    pub geometry: &'a Geometry,
    pub patches: Patches,
    pub images: usize,
    /// (images, output pixels, filters), at the group's first filter.
    pub gradient: ReadPointer,
    /// (taps, channels of the group, filters), there too.
    pub to: WritePointer,
    /// Filters of the group to do.
    pub filters: (usize, usize),
}

/// Floats of input and gradient that a tile walks over: what the second-level cache holds besides.
const WALKED: usize = 1 << 17;

impl Kernel for KernelGradient<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (g, patches) = (self.geometry, &self.patches);
        let (y_axis, x_axis) = axes(patches, g.y.window);
        let mut block = Block::<PACKED>(MaybeUninit::uninit());
        let panel = block.0.as_mut_ptr().cast::<f32>();
        let width = VECTORS * V::LANES;
        let pixels = g.y.output * g.x.output;
        let together = (WALKED / (g.input_len() + g.output_len()).max(1)).clamp(1, self.images.max(1));
        for column in (self.filters.0..self.filters.1).step_by(width) {
            let columns = width.min(self.filters.1 - column);
            let vectors = columns.div_ceil(V::LANES) * V::LANES;
            let in_place = vectors == columns;
            // What is packed is a group of images, or some lines of one.
            let fits = PACKED / vectors.max(1);
            let together = if in_place { together } else { together.min(fits / pixels.max(1)).max(1) };
            let lines = if in_place || pixels <= fits { g.y.output } else { (fits / g.x.output.max(1)).max(1) };
            for image in (0..self.images).step_by(together) {
                let planes = together.min(self.images - image);
                for top in (0..g.y.output).step_by(lines.max(1)) {
                    let bottom = (top + lines).min(g.y.output);
                    let start = (image * g.y.output + top) * g.x.output;
                    let gradient = self.gradient.get().wrapping_add(start * g.filters + column);
                    let (b, b_pixel) = if in_place {
                        (gradient, g.filters)
                    } else {
                        // Several images are whole ones: their pixels follow each other.
                        let count = (planes - 1) * pixels + (bottom - top) * g.x.output;
                        for pixel in 0..count {
                            // SAFETY: `count` rows of the gradient, and of the panel.
                            unsafe {
                                let to = panel.add(pixel * vectors);
                                copy_run(gradient.add(pixel * g.filters), to, columns);
                                zero_run(to.add(columns), vectors - columns);
                            }
                        }
                        (panel.cast_const(), vectors)
                    };
                    let part = GradientBlock { image, planes, top, bottom, column, columns, b, b_pixel };
                    for tap in 0..g.y.window {
                        // SAFETY: the caller's promise.
                        unsafe { self.line_of_taps::<V>(tap, (y_axis, x_axis), &part) };
                    }
                }
            }
        }
    }
}

/// Lines of the output of some images, and a block of filters.
struct GradientBlock {
    image: usize,
    planes: usize,
    top: usize,
    bottom: usize,
    column: usize,
    columns: usize,
    b: *const f32,
    b_pixel: usize,
}

impl KernelGradient<'_> {
    /// The gradient of one line of the kernel's taps.
    ///
    /// # Safety
    /// As [`Kernel::run`], for lines of the output and filters whose gradient is packed or lies in place.
    #[inline(always)]
    unsafe fn line_of_taps<V: Vector>(
        &self,
        tap: usize,
        (y_axis, x_axis): (PatchAxis, PatchAxis),
        part: &GradientBlock,
    ) {
        let (g, patches) = (self.geometry, &self.patches);
        let reaches = |y: &usize| {
            let (low, high) = y_axis.inside(*y);
            low <= tap && tap < high
        };
        let Some(first) = (part.top..part.bottom).find(reaches) else { return };
        let last = (first..part.bottom).take_while(reaches).count() + first;
        let line = g.x.input * g.channels;
        let mut x = 0;
        while x < g.x.output {
            let segment = x_axis.segment(x, g.x.output);
            x = segment.end;
            let (taps, channels) = (segment.taps.1 - segment.taps.0, patches.channels);
            // Rows that lie side by side: those of a line of taps, or of a tap.
            let (runs, rows) = if is_contiguous(patches) { (1, taps * channels) } else { (taps, channels) };
            if runs * rows == 0 {
                continue;
            }
            let tall = even(rows, V::TILE_ROWS);
            let from = y_axis.input(first, tap) * line + x_axis.input(segment.start, segment.taps.0) * patches.pixel;
            let pixel = (first - part.top) * g.x.output + segment.start;
            let (mut run, mut row) = (0, 0);
            while run < runs {
                let count = tall.min(rows - row);
                let from = from + run * g.x.dilation * patches.pixel;
                let to = (tap * g.x.window + segment.taps.0 + run) * channels + row;
                let to = self.to.get().wrapping_add(to * g.filters);
                let places = core::array::from_fn(|r| to.wrapping_add(r * g.filters));
                let walk = Walk {
                    a: patches.image.get().wrapping_add(part.image * patches.image_len + from + row),
                    b: part.b.wrapping_add(pixel * part.b_pixel),
                    a_row: 1,
                    loops: [
                        (segment.end - segment.start, g.x.stride * g.channels, part.b_pixel),
                        (last - first, g.y.stride * line, g.x.output * part.b_pixel),
                        (part.planes, patches.image_len, g.y.output * g.x.output * part.b_pixel),
                    ],
                };
                let target = Target {
                    rows: &places,
                    count,
                    offset: part.column,
                    columns: part.columns,
                    start: Start::Output,
                    finish: Finish::NONE,
                };
                // SAFETY: the caller's promise: the taps inside, the pixels and the filters exist.
                unsafe { tile::<V>(&walk, &target) };
                row += count;
                if row == rows {
                    (run, row) = (run + 1, 0);
                }
            }
        }
    }
}

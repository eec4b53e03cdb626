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
    gemm::{Block, Compiled, Gemm, Output, Right},
    geometry::{Axis, Geometry},
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, Vector},
    tile::{Finish, Start, Target, VECTORS, Walk, even, tile},
};

/// Depths of a part of the patches: those of packed B, which is 80 KB of stack with two vectors of AVX-512.
const DEPTHS: usize = if cfg!(feature = "std") { 640 } else { 0 };
/// Floats of packed B.
const PACKED: usize = 32 * DEPTHS;
/// Pixels of the output, at least, that pass by one part of the patches after the other: they stay in the second-level cache,
/// and are enough to pack B for.
const PIXELS: usize = 512;
/// Floats of the image that pass by all filters: they stay in the second-level cache.
const NEAR: usize = 1 << 17;

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
    pub(super) fn inside(&self, pixel: usize) -> (usize, usize) {
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

/// Whether [`PatchProduct`] can read patches of this number of elements, and takes less than gathering them: along short lines
/// tiles have few rows, which is worse the more depths there are.
pub(super) fn reads(patches: &Patches, depth: usize) -> bool {
    in_lines(patches) && DEPTHS > 0 && patches.output_width >= if depth > DEPTHS { 8 } else { 4 }
}

/// Whether [`KernelGradient`] can read these patches.
pub(super) fn reads_for_kernel(patches: &Patches) -> bool {
    in_lines(patches) && patches.channels > 1 && DEPTHS > 0
}

/// Whether the taps of a line of a patch lie side by side, or else the channels of a tap are worth a walk each.
fn in_lines(patches: &Patches) -> bool {
    is_contiguous(patches) || patches.channels >= CHANNELS
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
        let Self { gemm, columns, lines } = self;
        let right = Compiled::<V, R>::new(&gemm.right);
        let Gemm { left, rows, depth, start, finish, .. } = *gemm;
        let gemm =
            Gemm { left, right: &right as &dyn Right, output: &gemm.output as &dyn Output, rows, depth, start, finish };
        // SAFETY: the caller's promise.
        unsafe { V::outlined(AnyPatchProduct { gemm: &gemm, columns, lines }) }
    }
}

/// A [`PatchProduct`] of whatever right side, as a function of its own.
struct AnyPatchProduct<'a> {
    gemm: &'a Gemm<Patches, &'a dyn Right, &'a dyn Output>,
    columns: usize,
    lines: (usize, usize),
}

impl Kernel for AnyPatchProduct<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (g, patches) = (self.gemm, &self.gemm.left);
        let mut block = Block::<PACKED>(MaybeUninit::uninit());
        let panel = block.0.as_mut_ptr().cast::<f32>();
        let (y_axis, x_axis) = axes(patches, g.depth / (patches.kernel_width * patches.channels).max(1));
        let parts = Parts::new(patches, y_axis.taps);
        let width = VECTORS * V::LANES;
        let pixels = match parts.count() {
            // B is packed once for all lines.
            1 if self.columns <= width => usize::MAX,
            1 => (NEAR / patches.floats(y_axis.taps).max(1)).max(PIXELS),
            _ => PIXELS,
        };
        let together = even(self.lines.1 - self.lines.0, pixels.div_ceil(patches.output_width.max(1)));
        let place = g.right.place();
        for top in (self.lines.0..self.lines.1).step_by(together.max(1)) {
            let bottom = self.lines.1.min(top + together);
            for column in (0..self.columns).step_by(width) {
                let columns = width.min(self.columns - column);
                let vectors = columns.div_ceil(V::LANES) * V::LANES;
                for at in 0..parts.count() {
                    let part = parts.get(at);
                    let (depth, count) = part.depths(patches);
                    // SAFETY: the panel holds `count · width` floats, since a part has as few depths.
                    let (b, b_stride) = unsafe {
                        match place {
                            // In rows further apart it would crowd a part of the first-level cache. With fewer columns than a
                            // row has, those of a group, vectors of the last row would end behind B.
                            Some(place) if place.columns == vectors && columns == vectors => {
                                place.element(depth, column)
                            }
                            _ => {
                                g.right.pack(depth, count, column, columns, vectors, panel);
                                (panel.cast_const(), vectors)
                            }
                        }
                    };
                    let last = at + 1 == parts.count();
                    let columns = PackedColumns { column, columns, b, b_stride, part, first: at == 0, last };
                    // SAFETY: the caller's promise.
                    unsafe { self.lines::<V>((top, bottom), (y_axis, x_axis), columns) };
                }
            }
        }
    }
}

/// Contiguous depths of a patch: some lines of its taps, or some taps of a line, or some channels of a tap.
#[derive(Clone, Copy)]
struct Part {
    y: (usize, usize),
    x: (usize, usize),
    channels: (usize, usize),
}

impl Part {
    /// The first depth, and how many.
    #[inline(always)]
    fn depths(&self, patches: &Patches) -> (usize, usize) {
        let first = (self.y.0 * patches.kernel_width + self.x.0) * patches.channels + self.channels.0;
        let count = |(first, last): (usize, usize)| last - first;
        (first, count(self.y) * count(self.x) * count(self.channels))
    }
}

/// Patches in parts of at most [`DEPTHS`]: the last lengths are whole before the first are cut.
#[derive(Clone, Copy)]
struct Parts {
    /// Lines, taps of a line, and channels: of a patch, and of a part.
    whole: [usize; 3],
    cut: [usize; 3],
}

impl Parts {
    #[inline(always)]
    fn new(patches: &Patches, lines: usize) -> Self {
        let whole = [lines, patches.kernel_width, patches.channels];
        let across = patches.kernel_width * patches.channels;
        let cut = if across <= DEPTHS {
            [even(lines, DEPTHS / across.max(1)), whole[1], whole[2]]
        } else if patches.channels <= DEPTHS {
            [1, even(whole[1], DEPTHS / patches.channels.max(1)), whole[2]]
        } else {
            [1, 1, even(whole[2], DEPTHS)]
        };
        Self { whole, cut: cut.map(|length| length.max(1)) }
    }

    #[inline(always)]
    fn counts(&self) -> [usize; 3] {
        let [y, x, channels] = self.whole;
        let [of_y, of_x, of_channels] = self.cut;
        [y.div_ceil(of_y), x.div_ceil(of_x), channels.div_ceil(of_channels)].map(|count| count.max(1))
    }

    #[inline(always)]
    fn count(&self) -> usize {
        let [y, x, channels] = self.counts();
        y * x * channels
    }

    #[inline(always)]
    fn get(&self, at: usize) -> Part {
        let [_, across, deep] = self.counts();
        let [y, x, channels] = self.whole;
        let [of_y, of_x, of_channels] = self.cut;
        let range = |at: usize, cut: usize, whole: usize| ((at * cut).min(whole), (at * cut + cut).min(whole));
        Part {
            y: range(at / (across * deep), of_y, y),
            x: range(at / deep % across, of_x, x),
            channels: range(at % deep, of_channels, channels),
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
    /// The depths of B that these are.
    part: Part,
    /// Whether they are the first ones, and the last.
    first: bool,
    last: bool,
}

impl AnyPatchProduct<'_> {
    /// # Safety
    /// As [`Kernel::run`], for lines of the output and columns of B that are packed or lie in place.
    #[inline(always)]
    unsafe fn lines<V: Vector>(
        &self,
        (top, bottom): (usize, usize),
        (y_axis, x_axis): (PatchAxis, PatchAxis),
        columns: PackedColumns,
    ) {
        let patches = &self.gemm.left;
        let mut line = top;
        while line < bottom {
            let (image, first) = (line / patches.output_height.max(1), line % patches.output_height.max(1));
            let last = (first + bottom - line).min(patches.output_height);
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
        // The taps of this part that lie inside.
        let cut = |(first, last): (usize, usize), part: (usize, usize)| {
            let first = first.max(part.0);
            (first, last.min(part.1).max(first))
        };
        let (y_taps, x_taps) = (cut(rows.taps, at.part.y), cut(segment.taps, at.part.x));
        let (first_channel, last_channel) = at.part.channels;
        let (taps, channels) = (x_taps.1 - x_taps.0, last_channel - first_channel);
        // B begins with the first depth of the part.
        let skipped = (y_taps.0 - at.part.y.0) * across + (x_taps.0 - at.part.x.0) * patches.channels;
        let lines = (y_taps.1 - y_taps.0, patches.dilation.0 * line, across * at.b_stride);
        let loops = if is_contiguous(patches) && channels == patches.channels {
            [(taps * channels, 1, at.b_stride), lines, (1, 0, 0)]
        } else {
            let b_tap = patches.channels * at.b_stride;
            [(channels, 1, at.b_stride), (taps, patches.dilation.1 * patches.pixel, b_tap), lines]
        };
        let start = if at.first { g.start } else { Start::Output };
        let finish = if at.last { g.finish.from(at.column) } else { Finish::NONE };
        for other in 0..outer {
            let mut done = 0;
            while done < inner {
                let count = tall.min(inner - done);
                let (y, x) = if sideways { (other, done) } else { (done, other) };
                let (y, x) = (rows.start + y, segment.start + x);
                let row = (image * patches.output_height + y) * patches.output_width + x;
                let from = y_axis.input(y, y_taps.0) * line + x_axis.input(x, x_taps.0) * patches.pixel + first_channel;
                // SAFETY: the caller's promise: the rectangle's pixels and the taps inside lie in the image, and B has `depth`
                // rows.
                unsafe {
                    let places = g.output.rows(row, count, if sideways { 1 } else { patches.output_width });
                    let walk = Walk {
                        // Wrapping, because a pixel with no tap inside may point past the image.
                        a: patches.image.get().wrapping_add(image * patches.image_len + from),
                        b: at.b.wrapping_add(skipped * at.b_stride),
                        a_row: if sideways { patches.stride.1 * patches.pixel } else { patches.stride.0 * line },
                        loops,
                    };
                    let target = Target { rows: &places, count, offset: at.column, columns: at.columns, start, finish };
                    tile::<V>(&walk, &target);
                }
                done += count;
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

/// Pixels of a part of a long line.
const LINE: usize = 192;
/// Pixels of a piece, at most, which are summed in registers: a longer sum would lose digits.
const PIECE: usize = 512;
/// Floats of the image that a piece reads: they stay in the second-level cache while all filters meet them.
const WALKED: usize = 1 << 16;
/// Pixels of a piece of many channels, at least: fewer do not pay for loading and storing the sums.
const FEWEST: usize = 128;
/// Floats of the kernel's gradient that stay there too, while pieces are added to them: 1 MB.
const KEPT: usize = 1 << 18;

impl Kernel for KernelGradient<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (g, patches) = (self.geometry, &self.patches);
        let axes = axes(patches, g.y.window);
        let mut block = Block::<PACKED>(MaybeUninit::uninit());
        let panel = block.0.as_mut_ptr().cast::<f32>();
        let width = VECTORS * V::LANES;
        let most = (WALKED / patches.floats(g.y.window).max(1)).clamp(FEWEST, PIECE);
        // A long line in parts, whose numbers stay in the first-level cache while all taps and channels meet them.
        let along = if g.x.output > 2 * LINE { even(g.x.output, LINE) } else { g.x.output };
        // Only whole lines, and whole images, follow each other.
        let (fits_line, fits_image) = (along == g.x.output, g.x.output * g.y.output <= most);
        let lines = if fits_line { even(g.y.output, (most / along.max(1)).max(1)) } else { 1 };
        let together = if fits_line && fits_image { most / (along * lines).max(1) } else { 1 };
        let together = together.clamp(1, self.images.max(1));
        let group = (KEPT / g.depth().max(1) / width * width).max(width);
        for first in (self.filters.0..self.filters.1).step_by(group) {
            let last = self.filters.1.min(first + group);
            for image in (0..self.images).step_by(together) {
                let planes = together.min(self.images - image);
                let parts = (0..g.y.output).step_by(lines);
                for (top, left) in
                    parts.flat_map(|top| (0..g.x.output).step_by(along.max(1)).map(move |left| (top, left)))
                {
                    let (bottom, right) = ((top + lines).min(g.y.output), (left + along).min(g.x.output));
                    // Several images are whole ones, and several lines too: their pixels follow each other.
                    let pixels = ((planes - 1) * g.y.output + bottom - top - 1) * g.x.output + right - left;
                    let start = (image * g.y.output + top) * g.x.output + left;
                    for column in (first..last).step_by(width) {
                        let columns = width.min(last - column);
                        let gradient = self.gradient.get().wrapping_add(start * g.filters + column);
                        // SAFETY: these pixels and filters exist; as many rows of the panel do, since a piece has no more.
                        let (b, b_pixel) =
                            unsafe { of_whole_vectors::<V>((gradient, g.filters), pixels, columns, panel) };
                        let (rows, pixels) = ((top, bottom), (left, right));
                        let part = GradientBlock { image, planes, rows, pixels, column, columns, b, b_pixel };
                        for tap in 0..g.y.window {
                            // SAFETY: the caller's promise.
                            unsafe { self.line_of_taps::<V>(tap, axes, &part) };
                        }
                    }
                }
            }
        }
    }
}

/// Rows of some columns, each of whole vectors: in place, or copied to a panel.
///
/// # Safety
/// There are `count` rows of `columns`, at a distance of `stride`, and as much room in the panel.
#[inline(always)]
unsafe fn of_whole_vectors<V: Vector>(
    (rows, stride): (*const f32, usize),
    count: usize,
    columns: usize,
    panel: *mut f32,
) -> (*const f32, usize) {
    let vectors = columns.next_multiple_of(V::LANES);
    if vectors == columns {
        return (rows, stride);
    }
    for row in 0..count {
        // SAFETY: the caller's promise.
        unsafe {
            let to = panel.add(row * vectors);
            copy_run(rows.add(row * stride), to, columns);
            zero_run(to.add(columns), vectors - columns);
        }
    }
    (panel.cast_const(), vectors)
}

/// Lines of the output of some images, or a part of a line, and a block of filters.
struct GradientBlock {
    image: usize,
    planes: usize,
    /// The lines, and their pixels.
    rows: (usize, usize),
    pixels: (usize, usize),
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
        let (top, bottom) = part.rows;
        let Some(first) = (top..bottom).find(reaches) else { return };
        let last = (first..bottom).take_while(reaches).count() + first;
        let line = g.x.input * g.channels;
        let (mut x, right) = part.pixels;
        while x < right {
            let segment = x_axis.segment(x, right);
            x = segment.end;
            let (taps, channels) = (segment.taps.1 - segment.taps.0, patches.channels);
            // Rows that lie side by side: those of a line of taps, or of a tap.
            let (runs, rows) = if is_contiguous(patches) { (1, taps * channels) } else { (taps, channels) };
            if runs * rows == 0 {
                continue;
            }
            let tall = even(rows, V::TILE_ROWS);
            let from = y_axis.input(first, tap) * line + x_axis.input(segment.start, segment.taps.0) * patches.pixel;
            let pixel = (first - top) * g.x.output + segment.start - part.pixels.0;
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

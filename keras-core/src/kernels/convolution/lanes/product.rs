//! The forward pass and the gradient of the input: for each pixel of the target, the sum over taps of source · weights.

use core::mem::MaybeUninit;

use super::{
    NEAR, PassAxis, PatchAxis, SPREAD, VECTORS, WEIGHTS,
    spread::{Lines, Spread},
    tile::{Outside, PIXELS, SLIDING, tile},
};
use crate::kernels::{
    convolution::direct::Segment,
    elementwise::load_some,
    gemm::Block,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, Vector},
    tile::{Finish, MAX_ROWS, Start, Target, Walk, even},
};

/// Channels of images, and of a group of them.
#[derive(Clone, Copy)]
pub(in super::super) struct Side {
    pub channels: usize,
    pub of_a_group: usize,
}

/// The kernel of a pass.
#[derive(Clone, Copy)]
pub(in super::super) struct Weights {
    /// (taps, channels of a group, filters)
    pub start: ReadPointer,
    /// Taps of a line.
    pub width: usize,
    /// Whether the target has the layer's input channels: the gradient of the input.
    pub transposed: bool,
}

/// Some lines of what a pass writes.
pub(in super::super) struct Pass {
    pub y: PassAxis,
    pub x: PassAxis,
    /// (images, axes that are read, channels)
    pub from: ReadPointer,
    pub source: Side,
    /// (images, axes that are written, channels)
    pub to: WritePointer,
    pub target: Side,
    pub weights: Weights,
    pub start: Start,
    pub finish: Finish,
    /// Counted over all images.
    pub lines: (usize, usize),
}

/// Floats of the source that a group of lines covers before the next channels, about as many as a second-level cache holds.
const WALKED: usize = 1 << 16;

impl Kernel for Pass {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let channels = self.target.channels;
        // As they lie in memory, as long as they fill vectors.
        let plain = self.source.of_a_group == 1 && self.target.of_a_group == 1;
        let whole = if plain { channels / V::LANES * V::LANES } else { 0 };
        // SAFETY: the caller's promise.
        unsafe {
            let together = (WALKED / self.line().max(1)).max(4);
            let wide = VECTORS * V::LANES;
            self.each_image(together, |image, lines| {
                for channel in (0..whole).step_by(wide.max(1)) {
                    self.in_place::<V>(image, lines, (channel, wide.min(whole - channel)));
                }
            });
            let mut weights = Block::<WEIGHTS>(MaybeUninit::uninit());
            let mut spread = Block::<SPREAD>(MaybeUninit::uninit());
            let (weights, spread) = (weights.0.as_mut_ptr().cast::<f32>(), spread.0.as_mut_ptr().cast::<f32>());
            for channel in (whole..channels).step_by(V::LANES) {
                self.spread::<V>((channel, V::LANES.min(channels - channel)), weights, spread);
            }
        }
    }
}

impl Pass {
    /// Floats of a line of the source.
    #[inline(always)]
    fn line(&self) -> usize {
        self.x.patch.input * self.source.channels
    }

    /// Calls `work(image, its lines)` for at most this number of lines of an image.
    #[inline(always)]
    fn each_image(&self, together: usize, mut work: impl FnMut(usize, (usize, usize))) {
        let height = self.y.count.max(1);
        let mut line = self.lines.0;
        while line < self.lines.1 {
            let (image, first) = (line / height, line % height);
            let count = together.min(height - first).min(self.lines.1 - line);
            work(image, (first, first + count));
            line += count;
        }
    }

    /// Where a pixel is written.
    #[inline(always)]
    fn place(&self, image: usize, y: usize, x: usize) -> *mut f32 {
        let line = image * self.y.len + self.y.element(y);
        self.to.get().wrapping_add((line * self.x.len + self.x.element(x)) * self.target.channels)
    }

    /// Lines of some channels, as they lie in memory.
    ///
    /// # Safety
    /// As [`Kernel::run`]; each group is a channel, and the channels fill vectors.
    #[inline(always)]
    unsafe fn in_place<V: Vector>(&self, image: usize, lines: (usize, usize), channels: (usize, usize)) {
        let mut y = lines.0;
        while y < lines.1 {
            let rows = self.y.patch.segment(y, lines.1);
            let mut x = 0;
            while x < self.x.count {
                let columns = if self.slides() {
                    Segment { start: 0, end: self.x.count, taps: (0, SLIDING) }
                } else {
                    self.x.patch.segment(x, self.x.count)
                };
                // SAFETY: the caller's promise.
                unsafe { self.rectangle::<V>(image, rows, columns, channels) };
                x = columns.end;
            }
            y = rows.end;
        }
    }

    /// Whether tiles slide along a line, and overhang it by one element at most: it is a zero then.
    #[inline(always)]
    fn slides(&self) -> bool {
        let PatchAxis { taps, stride, dilation, pad, input } = self.x.patch;
        let last = (self.x.count + SLIDING - 2) as isize - pad;
        taps == SLIDING && stride == 1 && dilation == 1 && pad <= 1 && last <= input as isize
    }

    /// Pixels with the same taps inside the image, but for zeros where tiles [slide](Self::slides).
    ///
    /// # Safety
    /// As [`in_place`](Self::in_place).
    #[inline(always)]
    unsafe fn rectangle<V: Vector>(
        &self,
        image: usize,
        rows: Segment,
        columns: Segment,
        (channel, count): (usize, usize),
    ) {
        let (line, pixel) = (self.line(), self.source.channels);
        let (down, along) = (rows.end - rows.start, columns.end - columns.start);
        // The pixels of a tile go the way that has more of them.
        let sideways = along >= down || self.slides();
        let (outer, inner) = if sideways { (down, along) } else { (along, down) };
        let most = even(inner, PIXELS);
        let (patch_y, patch_x) = (&self.y.patch, &self.x.patch);
        let tap = self.y.tap(rows.taps.0).wrapping_mul(self.weights.width).wrapping_add(self.x.tap(columns.taps.0));
        let tap_line = self.y.tap_step.wrapping_mul(self.weights.width);
        let image_start = self.from.get().wrapping_add(image * patch_y.input * line + channel);
        // Neighbouring tiles of neighbouring lines follow each other: they read much of the same.
        for start in (0..inner).step_by(most.max(1)) {
            let pixels = most.min(inner - start);
            for other in 0..outer {
                let (y, x) = if sideways { (other, start) } else { (start, other) };
                let (y, x) = (rows.start + y, columns.start + x);
                let mut places = [core::ptr::null_mut(); MAX_ROWS];
                for (at, place) in places.iter_mut().enumerate().take(pixels) {
                    *place = if sideways { self.place(image, y, x + at) } else { self.place(image, y + at, x) };
                }
                let first = (x * patch_x.stride + columns.taps.0 * patch_x.dilation) as isize - patch_x.pad;
                let after = first + (pixels + SLIDING - 1) as isize;
                let outside = Outside { first: first < 0, last: after > patch_x.input as isize };
                let outside = if self.slides() { outside } else { Outside::default() };
                let walk = Walk {
                    // Wrapping, because a pixel with no tap inside may point past the image.
                    a: image_start
                        .wrapping_add(patch_y.input(y, rows.taps.0) * line)
                        .wrapping_offset(first * pixel as isize),
                    b: self.weights.start.get().wrapping_add(tap.wrapping_mul(pixel).wrapping_add(channel)),
                    a_row: if sideways { patch_x.stride * pixel } else { patch_y.stride * line },
                    loops: [
                        (
                            columns.taps.1 - columns.taps.0,
                            patch_x.dilation * pixel,
                            self.x.tap_step.wrapping_mul(pixel),
                        ),
                        (rows.taps.1 - rows.taps.0, patch_y.dilation * line, tap_line.wrapping_mul(pixel)),
                        (1, 0, 0),
                    ],
                };
                let target = self.target_of((channel, count), &places, pixels);
                // SAFETY: the caller's promise: these taps lie inside the image.
                unsafe { tile::<V>(&walk, &target, outside) };
            }
        }
    }

    /// The target of a tile of these channels and pixels.
    #[inline(always)]
    fn target_of<'a>(
        &self,
        (offset, columns): (usize, usize),
        rows: &'a [*mut f32; MAX_ROWS],
        count: usize,
    ) -> Target<'a> {
        Target { rows, count, offset, columns, start: self.start, finish: self.finish.from(offset) }
    }

    /// All lines of the channels of a vector, from spread lines.
    ///
    /// # Safety
    /// As [`Kernel::run`]; the blocks have the sizes of their constants.
    #[inline(always)]
    unsafe fn spread<V: Vector>(&self, (channel, count): (usize, usize), weights: *mut f32, lines: *mut f32) {
        let sources = self.source.of_a_group;
        let spread = Spread::new::<V>(channel, count, self.target.of_a_group, sources);
        let (patch_y, patch_x) = (&self.y.patch, &self.x.patch);
        let (wide, tall) = room(patch_y, patch_x, (self.y.count, self.x.count), sources * V::LANES);
        let pixel = sources * V::LANES;
        // SAFETY: the caller's promise; `room` says what fits.
        unsafe {
            self.pack::<V>((channel, count), weights);
            self.each_image(tall, |image, (top, bottom)| {
                let from = Lines {
                    image: self.from.get().wrapping_add(image * patch_y.input * self.line()),
                    height: patch_y.input,
                    width: patch_x.input,
                    channels: self.source.channels,
                };
                for left in (0..self.x.count).step_by(wide.max(1)) {
                    let across = wide.min(self.x.count - left);
                    let columns = reach(across, patch_x.stride, patch_x.taps, patch_x.dilation);
                    let line = columns * pixel;
                    let rows = if bottom - top == 1 {
                        patch_y.taps
                    } else {
                        reach(bottom - top, patch_y.stride, patch_y.taps.max(1), 1)
                    };
                    let corner = |at: usize, patch: &PatchAxis| (at * patch.stride) as isize - patch.pad;
                    for row in 0..rows {
                        let y = corner(top, patch_y) + (row * patch_y.dilation) as isize;
                        spread.line::<V>(&from, (y, corner(left, patch_x)), columns, lines.add(row * line));
                    }
                    let most = even(across, PIXELS);
                    for y in top..bottom {
                        for start in (0..across).step_by(most.max(1)) {
                            let pixels = most.min(across - start);
                            let mut places = [core::ptr::null_mut(); MAX_ROWS];
                            for (at, place) in places.iter_mut().enumerate().take(pixels) {
                                *place = self.place(image, y, left + start + at);
                            }
                            let walk = Walk {
                                a: lines.add((y - top) * patch_y.stride * line + start * patch_x.stride * pixel),
                                b: weights,
                                a_row: patch_x.stride * pixel,
                                loops: [
                                    (patch_x.taps, patch_x.dilation * pixel, pixel),
                                    (sources, V::LANES, V::LANES),
                                    (patch_y.taps, line, patch_x.taps * pixel),
                                ],
                            };
                            let target = self.target_of((channel, count), &places, pixels);
                            tile::<V>(&walk, &target, Outside::default());
                        }
                    }
                }
            });
        }
    }

    /// The weights of the channels of a vector, one vector for each tap and channel that is read.
    ///
    /// # Safety
    /// As [`spread`](Self::spread).
    #[inline(always)]
    unsafe fn pack<V: Vector>(&self, (channel, count): (usize, usize), to: *mut f32) {
        let Weights { start, width, transposed } = self.weights;
        let (sources, targets) = (self.source.of_a_group, self.target.of_a_group.max(1));
        let mut to = to;
        for y in 0..self.y.patch.taps {
            for x in 0..self.x.patch.taps {
                let tap = self.y.tap(y) * width + self.x.tap(x);
                // SAFETY: the caller's promise: taps and channels are the kernel's, and there is room for a vector of each.
                unsafe {
                    if !transposed || sources == 1 && targets == 1 {
                        for source in 0..sources {
                            let from = (tap * sources + source) * self.target.channels + channel;
                            load_some::<V>(start.get().add(from), count).store(to.add(source * V::LANES));
                        }
                    } else {
                        for lane in 0..V::LANES {
                            // Lanes of no channel have what the last one has.
                            let channel = channel + lane.min(count - 1);
                            let (group, own) = (channel / targets.max(1), channel % targets.max(1));
                            let from = (tap * targets + own) * self.source.channels + group * sources;
                            for source in 0..sources {
                                *to.add(source * V::LANES + lane) = *start.get().add(from + source);
                            }
                        }
                    }
                    to = to.add(sources * V::LANES);
                }
            }
        }
    }
}

/// Elements that this number of windows reach over.
#[inline(always)]
pub(super) fn reach(windows: usize, stride: usize, taps: usize, dilation: usize) -> usize {
    windows.saturating_sub(1) * stride + taps.saturating_sub(1) * dilation + 1
}

/// Pixels of a line, and lines, of the target that are computed from one spread block, where a pixel takes this number of floats.
#[inline(always)]
pub(super) fn room(y: &PatchAxis, x: &PatchAxis, (lines, pixels): (usize, usize), pixel: usize) -> (usize, usize) {
    let (pixel, taps) = (pixel.max(1), y.taps.max(1));
    let columns = |floats: usize| {
        let columns = floats / (pixel * taps).max(1);
        columns.saturating_sub(reach(1, x.stride, x.taps, x.dilation)) / x.stride.max(1) + 1
    };
    let (near, far) = (columns(NEAR), columns(SPREAD));
    let wide = if near >= pixels.min(8) { near } else { far.min(16) }.min(pixels.max(1));
    let wide = even(pixels, wide.max(1));
    // Several lines only where their windows overlap.
    if y.dilation != 1 || y.stride > taps {
        return (wide, 1);
    }
    let rows = NEAR / (reach(wide, x.stride, x.taps, x.dilation) * pixel).max(1);
    (wide, (rows.saturating_sub(taps) / y.stride.max(1) + 1).clamp(1, lines.max(1)))
}

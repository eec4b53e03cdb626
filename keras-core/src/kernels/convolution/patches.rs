//! The patches of a convolution as a matrix (pixels, taps·channels), gathered block by block while a product packs it.

use crate::kernels::{
    copies::{copy_run, zero_run},
    gemm::{BY_DEPTH_STRIDE, DEPTH, Left, Right},
    geometry::Geometry,
    pointers::ReadPointer,
    tile::{LeftBlock, MAX_ROWS},
};

/// Patches of a batch of images: of a convolution's input or, with the stride's phases taken apart, of its output's
/// gradient.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// The first image, at the first channel of the group.
    pub image: ReadPointer,
    /// Floats from image to image.
    pub image_len: usize,
    pub height: usize,
    pub width: usize,
    /// Floats from pixel to pixel.
    pub pixel: usize,
    /// Channels of the group.
    pub channels: usize,
    pub kernel_width: usize,
    pub stride: (usize, usize),
    pub dilation: (usize, usize),
    /// Rows and columns between a patch's first tap and its pixel times the stride; cropping is negative.
    pub pad: (isize, isize),
    pub output_height: usize,
    pub output_width: usize,
}

/// A position in a batch of grids, such as the pixels of the output: its image and its coordinates.
#[derive(Clone, Copy, Default)]
pub(super) struct GridPosition {
    pub image: usize,
    pub y: usize,
    pub x: usize,
}

impl GridPosition {
    #[inline(always)]
    pub(super) fn new(row: usize, height: usize, width: usize) -> Self {
        let (line, x) = (row / width.max(1), row % width.max(1));
        GridPosition { image: line / height.max(1), y: line % height.max(1), x }
    }
    #[inline(always)]
    pub(super) fn step(&mut self, height: usize, width: usize) {
        self.advance(1, height, width);
    }
    /// Moves on by `count` pixels, at most to the next line.
    #[inline(always)]
    fn advance(&mut self, count: usize, height: usize, width: usize) {
        self.x += count;
        if self.x == width {
            (self.x, self.y) = (0, self.y + 1);
            if self.y == height {
                (self.y, self.image) = (0, self.image + 1);
            }
        }
    }
}

/// Elements of a patch that follow each other in memory.
#[derive(Clone, Copy)]
struct Run {
    /// The first element's row and column relative to the patch, and its channel.
    y: isize,
    x: isize,
    channel: usize,
    len: usize,
    /// Columns that the run touches.
    across: isize,
}

impl Patches {
    /// The patches of a group of the input's planes.
    pub(super) fn new(geometry: &Geometry, input: ReadPointer, group: usize) -> Self {
        let Geometry { y, x, channels: pixel, .. } = *geometry;
        let (channels, _) = geometry.of_a_group();
        Self {
            image: input.offset(group * channels),
            image_len: y.input * x.input * pixel,
            height: y.input,
            width: x.input,
            pixel,
            channels,
            kernel_width: x.window,
            stride: (y.stride, x.stride),
            dilation: (y.dilation, x.dilation),
            pad: (y.before as isize, x.before as isize),
            output_height: y.output,
            output_width: x.output,
        }
    }

    /// Floats of the image that there are to a pixel of the output, of patches of this number of lines.
    #[inline(always)]
    pub(super) fn floats(&self, lines: usize) -> usize {
        self.channels * (self.stride.0 * self.stride.1).min(lines * self.kernel_width)
    }

    /// The run that starts at element `p` of a patch, of at most `most` elements.
    #[inline(always)]
    fn run(&self, p: usize, most: usize) -> Run {
        // None of these is zero where there is an element; `max` says so to the compiler.
        let (channels, across) = (self.channels.max(1), self.kernel_width.max(1));
        let (tap, channel) = (p / channels, p % channels);
        let (tap_y, tap_x) = (tap / across, tap % across);
        // Neighbouring taps are neighbours in memory too, unless dilated or of one group among several.
        let taps = if self.dilation.1 == 1 && self.channels == self.pixel { self.kernel_width - tap_x } else { 1 };
        let len = (taps * self.channels - channel).min(most);
        Run {
            y: (tap_y * self.dilation.0) as isize,
            x: (tap_x * self.dilation.1) as isize,
            channel,
            len,
            across: if taps == 1 { 1 } else { (channel + len).div_ceil(channels) as isize },
        }
    }

    /// The row and column where a patch begins.
    #[inline(always)]
    fn corner(&self, position: GridPosition) -> (isize, isize) {
        ((position.y * self.stride.0) as isize - self.pad.0, (position.x * self.stride.1) as isize - self.pad.1)
    }

    /// The address of a run, perhaps outside the image.
    #[inline(always)]
    fn address(&self, image: usize, y: isize, x: isize, channel: usize) -> *const f32 {
        let pixel = y.wrapping_mul(self.width as isize).wrapping_add(x);
        let offset = pixel.wrapping_mul(self.pixel as isize);
        self.image.get().wrapping_add(image * self.image_len + channel).wrapping_offset(offset)
    }

    /// Copies the run of the patch whose first row and column are `(top, left)`, with zeros outside the image.
    ///
    /// # Safety
    /// `image` is one of the batch; `to` has room for the run.
    #[inline(always)]
    unsafe fn copy(&self, run: Run, image: usize, (top, left): (isize, isize), to: *mut f32) {
        let (y, x) = (top + run.y, left + run.x);
        let from = self.address(image, y, x, run.channel);
        // SAFETY: only what lies inside the image is read; `to` is the caller's promise.
        unsafe {
            if y < 0 || y >= self.height as isize {
                zero_run(to, run.len);
            } else if x >= 0 && x + run.across <= self.width as isize {
                copy_run(from, to, run.len);
            } else {
                // Elements before and after the image's line.
                let low = ((-x).max(0) as usize * self.channels).saturating_sub(run.channel).min(run.len);
                let high = (self.width as isize - x).max(0) as usize * self.channels;
                let high = high.saturating_sub(run.channel).clamp(low, run.len);
                zero_run(to, low);
                copy_run(from.wrapping_add(low), to.add(low), high - low);
                zero_run(to.add(high), run.len - high);
            }
        }
    }

    /// Writes element `p` of each of `count` patches from `position` on, neighbours in memory.
    ///
    /// # Safety
    /// The patches exist; `to` has room.
    #[inline(always)]
    unsafe fn copy_across(&self, run: Run, position: GridPosition, count: usize, to: *mut f32) {
        let (top, left) = self.corner(position);
        let (y, first) = (top + run.y, left + run.x);
        let last = first + ((count - 1) * self.stride.1) as isize;
        // SAFETY: only pixels inside the image are read; `to` is the caller's promise.
        unsafe {
            if y < 0 || y >= self.height as isize {
                zero_run(to, count);
            } else if first >= 0 && last < self.width as isize && self.stride.1 * self.pixel == 1 {
                copy_run(self.address(position.image, y, first, run.channel), to, count);
            } else {
                for r in 0..count {
                    let x = first + (r * self.stride.1) as isize;
                    let inside = x >= 0 && x < self.width as isize;
                    *to.add(r) = if inside { *self.address(position.image, y, x, run.channel) } else { 0.0 };
                }
            }
        }
    }
}

/// Packed patch by patch, each in runs.
impl Left for Patches {
    #[inline(always)]
    unsafe fn gather(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> LeftBlock {
        let mut position = GridPosition::new(row, self.output_height, self.output_width);
        let mut corners = [(0, (0, 0)); MAX_ROWS];
        for corner in corners.iter_mut().take(rows) {
            *corner = (position.image, self.corner(position));
            position.step(self.output_height, self.output_width);
        }
        let mut d = 0;
        while d < depth {
            let run = self.run(p + d, depth - d);
            for (r, (image, corner)) in corners.iter().take(rows).enumerate() {
                // SAFETY: the caller's promise.
                unsafe { self.copy(run, *image, *corner, block.wrapping_add(r * DEPTH + d)) };
            }
            d += run.len;
        }
        LeftBlock { start: block, row: DEPTH, depth: 1 }
    }
}

/// Patches of one channel, packed element by element: neighbouring patches are then neighbours in memory.
#[derive(Clone, Copy)]
pub(super) struct OneChannelPatches(pub Patches);

impl Left for OneChannelPatches {
    #[inline(always)]
    unsafe fn gather(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> LeftBlock {
        let patches = &self.0;
        let mut position = GridPosition::new(row, patches.output_height, patches.output_width);
        let across = patches.kernel_width.max(1);
        let (tap_y, tap_x) = (p / across, p % across);
        let mut done = 0;
        while done < rows {
            // The pixels of one line of the output.
            let count = (rows - done).min(patches.output_width - position.x);
            let (mut y, mut x) = (tap_y, tap_x);
            for d in 0..depth {
                let (down, along) = ((y * patches.dilation.0) as isize, (x * patches.dilation.1) as isize);
                let run = Run { y: down, x: along, channel: 0, len: 1, across: 1 };
                // SAFETY: the caller's promise.
                unsafe { patches.copy_across(run, position, count, block.wrapping_add(d * BY_DEPTH_STRIDE + done)) };
                x += 1;
                if x == patches.kernel_width {
                    (x, y) = (0, y + 1);
                }
            }
            done += count;
            position.advance(count, patches.output_height, patches.output_width);
        }
        LeftBlock { start: block, row: 1, depth: BY_DEPTH_STRIDE }
    }
}

/// The transpose of patches of one channel, element (tap, pixel): a tap's pixels are neighbours in memory too.
#[derive(Clone, Copy)]
pub(super) struct TransposedPatches(pub Patches);

impl Left for TransposedPatches {
    #[inline(always)]
    unsafe fn gather(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> LeftBlock {
        let patches = &self.0;
        let start = GridPosition::new(p, patches.output_height, patches.output_width);
        for r in 0..rows {
            let run = patches.run(row + r, 1);
            let (mut position, mut d) = (start, 0);
            while d < depth {
                let count = (depth - d).min(patches.output_width - position.x);
                // SAFETY: the caller's promise.
                unsafe { patches.copy_across(run, position, count, block.wrapping_add(r * DEPTH + d)) };
                d += count;
                position.advance(count, patches.output_height, patches.output_width);
            }
        }
        LeftBlock { start: block, row: DEPTH, depth: 1 }
    }
}

/// As the right side: depths are pixels, columns the elements of a patch.
impl Right for Patches {
    #[inline(always)]
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        let start = GridPosition::new(p, self.output_height, self.output_width);
        let mut c = 0;
        while c < columns {
            let run = self.run(column + c, columns - c);
            let (mut position, mut to) = (start, into.wrapping_add(c));
            let mut d = 0;
            while d < depth {
                // A line of the output: the patches inside the image are a plain strided copy.
                let count = (depth - d).min(self.output_width - position.x);
                let (top, left) = self.corner(position);
                let y = top + run.y;
                let step = self.stride.1 as isize;
                for r in 0..count {
                    let (y, x) = (y, left + r as isize * step);
                    // SAFETY: the caller's promise.
                    unsafe {
                        if y >= 0
                            && y < self.height as isize
                            && x + run.x >= 0
                            && x + run.x + run.across <= self.width as isize
                        {
                            copy_run(self.address(position.image, y, x + run.x, run.channel), to, run.len);
                        } else {
                            self.copy(run, position.image, (top, x), to);
                        }
                    }
                    to = to.wrapping_add(width);
                }
                d += count;
                position.advance(count, self.output_height, self.output_width);
            }
            c += run.len;
        }
        if columns < width {
            for d in 0..depth {
                // SAFETY: the caller's promise.
                unsafe { zero_run(into.add(d * width + columns), width - columns) };
            }
        }
    }
}

//! The gradient of a convolution's input as convolutions of the output's gradient, one for each phase of the strides.

use super::patches::GridPosition;
use crate::kernels::{
    copies::transpose,
    gemm::{Output, Right},
    geometry::Axis,
    pointers::{ReadPointer, WritePointer},
    tile::MAX_ROWS,
};

/// Along one axis, the taps that reach the input pixels `first, first + stride, …`: those whose distance to the pixel
/// is a multiple of the stride. They are in arithmetic progression.
///
/// Pixel number a of the phase receives, from tap j counted from the last, the output at `a - pad + j·dilation`: the
/// phase is a convolution of its own, with stride 1 and the kernel reversed.
#[derive(Clone, Copy)]
pub(super) struct Phase {
    /// The last tap, and the distance from one to the one before.
    pub last: usize,
    pub step: usize,
    /// Number of taps.
    pub count: usize,
    /// The first pixel, and the distance between pixels.
    pub first: usize,
    pub stride: usize,
    /// Number of pixels.
    pub pixels: usize,
    /// Distance between what neighbouring taps read of the output's gradient.
    pub dilation: usize,
    /// Padding before the output's gradient; cropping is negative.
    pub pad: isize,
}

impl Phase {
    /// The pixels `first, first + stride, …` of an axis.
    pub(super) fn new(axis: &Axis, first: usize) -> Self {
        let Axis { stride, dilation, before, .. } = *axis;
        let meets = |tap: &usize| (first + before).abs_diff(tap * dilation).is_multiple_of(stride);
        let mut taps = (0..axis.window).rev().filter(meets);
        let last = taps.next().unwrap_or(0);
        let step = taps.next().map_or(1, |previous| last - previous);
        Phase {
            last,
            step,
            count: (0..axis.window).filter(meets).count(),
            first,
            stride,
            pixels: axis.input.saturating_sub(first).div_ceil(stride),
            dilation: step * dilation / stride,
            // Both have the same remainder.
            pad: (last * dilation / stride) as isize - ((first + before) / stride) as isize,
        }
    }

    /// The kernel's tap that is this one of the phase.
    #[inline(always)]
    fn tap(&self, index: usize) -> usize {
        self.last - index * self.step
    }
}

/// The kernel of a phase, reversed and transposed: element ((tap, filter), channel).
#[derive(Clone, Copy)]
pub(super) struct PhaseKernel {
    /// At the group's first filter.
    pub kernel: ReadPointer,
    pub kernel_width: usize,
    pub channels: usize,
    /// Filters of the group, and floats from channel to channel.
    pub filters: (usize, usize),
    pub y: Phase,
    pub x: Phase,
}

impl Right for PhaseKernel {
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
}

/// The input pixels of a phase.
#[derive(Clone, Copy)]
pub(super) struct PhasePixels {
    /// At the group's first channel.
    pub input: WritePointer,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub y: Phase,
    pub x: Phase,
}

impl Output for PhasePixels {
    #[inline(always)]
    unsafe fn rows(&self, row: usize, count: usize, step: usize) -> [*mut f32; MAX_ROWS] {
        let mut position = GridPosition::new(row, self.y.pixels, self.x.pixels);
        let mut rows = [core::ptr::null_mut(); MAX_ROWS];
        for (r, to) in rows.iter_mut().enumerate().take(count) {
            let (y, x) = (self.y.first + position.y * self.y.stride, self.x.first + position.x * self.x.stride);
            let pixel = (position.image * self.height + y) * self.width + x;
            *to = self.input.get().wrapping_add(pixel * self.channels);
            if step == 1 {
                position.step(self.y.pixels, self.x.pixels);
            } else {
                position = GridPosition::new(row + (r + 1) * step, self.y.pixels, self.x.pixels);
            }
        }
        rows
    }
}

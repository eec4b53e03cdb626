//! The gradient of an input of few channels.
//!
//! As a convolution of the output's gradient it has tiles whose columns are channels: with few of them, most lanes would be empty.
//! Instead the gradients of whole patches are computed, output gradient (pixels, filters) · kernelᵀ (filters, taps·channels), and
//! added where patches overlap. Some pixels at a time, they lie on the stack in between.

use core::mem::MaybeUninit;

use super::direct::PatchAxis;
use crate::kernels::{
    copies::zero_run,
    elementwise::{load_some, store_some},
    gemm::{Block, Matrix, Right},
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, MAX_LANES, Vector},
    tile::{Finish, LeftBlock, MAX_ROWS, Start, Target, VECTORS, Walk, even, tile},
};

/// Floats of the transposed kernel: 80 KB.
const KERNEL: usize = if cfg!(feature = "std") { 20 << 10 } else { 0 };
/// Floats of the patches' gradients at a time: 32 KB.
const PATCHES: usize = if cfg!(feature = "std") { 8 << 10 } else { 0 };
/// How many multiplications of a vector take as long as adding one where patches overlap.
const ADDITION: usize = 10;

/// Whether this is possible, and takes less time than a convolution of the output's gradient.
pub(super) const fn pays(g: &Geometry) -> bool {
    let fits = g.depth().saturating_add(2 * MAX_LANES);
    if g.groups != 1
        || g.x.dilation != 1
        || fits.saturating_mul(g.filters) > KERNEL
        || fits.saturating_mul(MAX_ROWS) > PATCHES
    {
        return false;
    }
    // In vectors of sixteen, for each pixel of the output.
    let products = g.filters * g.depth().div_ceil(16);
    let additions = g.y.window * (g.x.window * g.channels).div_ceil(16);
    products + ADDITION * additions < g.filters * g.taps() * g.channels.div_ceil(16)
}

/// Lines of the input's gradient.
pub(super) struct InputGradient<'a> {
    /// Must [pay](pays).
    pub geometry: &'a Geometry,
    /// (images, output pixels, filters)
    pub gradient: ReadPointer,
    /// (taps, channels, filters)
    pub kernel: ReadPointer,
    /// What is added to.
    pub start: Start,
    /// (images, pixels, channels)
    pub to: WritePointer,
    /// The first line of all images, and the one after the last.
    pub lines: (usize, usize),
}

impl Kernel for InputGradient<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let g = self.geometry;
        let (depth, width) = (g.depth(), VECTORS * V::LANES);
        let mut kernel = Block::<KERNEL>(MaybeUninit::uninit());
        let kernel = kernel.0.as_mut_ptr().cast::<f32>();
        let right = Matrix { start: self.kernel, stride: g.filters, transposed: true };
        for column in (0..depth).step_by(width) {
            let columns = width.min(depth - column);
            let vectors = columns.next_multiple_of(V::LANES);
            // SAFETY: `pays` says that there is room for all columns, and a vector more.
            unsafe { right.pack(0, g.filters, column, columns, vectors, kernel.add(column * g.filters)) };
        }
        let mut patches = Block::<PATCHES>(MaybeUninit::uninit());
        let patches = patches.0.as_mut_ptr().cast::<f32>();
        let line = g.x.input * g.channels;
        let mut at = self.lines.0;
        while at < self.lines.1 {
            let (image, first) = (at / g.y.input.max(1), at % g.y.input.max(1));
            let end = g.y.input.min(first + self.lines.1 - at);
            // SAFETY: the caller's promise.
            unsafe {
                if self.start == Start::Zero {
                    zero_run(self.to.get().add(at * line), (end - first) * line);
                }
                self.lines_of_image::<V>(image, (first, end), kernel, patches);
            }
            at += end - first;
        }
    }
}

impl InputGradient<'_> {
    /// Adds to some lines of an image.
    ///
    /// # Safety
    /// As [`Kernel::run`]; the kernel was packed, and there is room for [`PATCHES`] floats.
    #[inline(always)]
    unsafe fn lines_of_image<V: Vector>(
        &self,
        image: usize,
        (first, end): (usize, usize),
        kernel: *const f32,
        patches: *mut f32,
    ) {
        let g = self.geometry;
        let (y, x) = (PatchAxis::new(&g.y), PatchAxis::new(&g.x));
        let across = g.depth().next_multiple_of(V::LANES);
        let most = even(g.x.output, (PATCHES / across.max(1) / V::TILE_ROWS * V::TILE_ROWS).max(1));
        // The lines of the output whose patches have taps there.
        let reach = g.y.window.saturating_sub(1) * g.y.dilation;
        let stride = g.y.stride.max(1);
        let from = (first + g.y.before).saturating_sub(reach).div_ceil(stride);
        let until = ((end - 1 + g.y.before) / stride + 1).min(g.y.output);
        for out in from..until {
            for left in (0..g.x.output).step_by(most) {
                let pixels = most.min(g.x.output - left);
                let start = (image * g.y.output + out) * g.x.output + left;
                // SAFETY: the caller's promise: these pixels exist, and `most` of them fit.
                unsafe { self.gradients_of_patches::<V>((start, pixels), (kernel, across), patches) };
                let (low, high) = y.inside(out);
                let mut segment = x.segment(left, left + pixels);
                loop {
                    let (tap_x, run) = (segment.taps.0, (segment.taps.1 - segment.taps.0) * g.channels);
                    for pixel in segment.start..segment.end {
                        let from = ((pixel - left) * across + tap_x * g.channels, x.input(pixel, tap_x) * g.channels);
                        for tap in low..high {
                            let row = y.input(out, tap);
                            if row < first || row >= end {
                                continue;
                            }
                            let to = (image * g.y.input + row) * g.x.input * g.channels + from.1;
                            let from = patches.wrapping_add(from.0 + tap * g.x.window * g.channels);
                            // SAFETY: the taps lie in the patch, and inside the image.
                            unsafe { add::<V>(from, self.to.get().wrapping_add(to), run) };
                        }
                    }
                    if segment.end >= left + pixels {
                        break;
                    }
                    segment = x.segment(segment.end, left + pixels);
                }
            }
        }
    }

    /// The gradients of the patches of some pixels, counted over all images.
    ///
    /// # Safety
    /// The pixels exist; the kernel was packed, and there is room for as many rows of `across` floats.
    #[inline(always)]
    unsafe fn gradients_of_patches<V: Vector>(
        &self,
        (start, pixels): (usize, usize),
        (kernel, across): (*const f32, usize),
        patches: *mut f32,
    ) {
        let g = self.geometry;
        let (width, tall) = (VECTORS * V::LANES, even(pixels, V::TILE_ROWS));
        for column in (0..across).step_by(width) {
            let columns = width.min(across - column);
            for row in (0..pixels).step_by(tall) {
                let to = patches.wrapping_add(row * across);
                let places: [*mut f32; MAX_ROWS] = core::array::from_fn(|r| to.wrapping_add(r * across));
                let gradient = self.gradient.get().wrapping_add((start + row) * g.filters);
                let left = LeftBlock { start: gradient, row: g.filters, depth: 1 };
                let walk = Walk::line(left, (kernel.wrapping_add(column * g.filters), columns), g.filters);
                let (count, start, finish) = (tall.min(pixels - row), Start::Zero, Finish::NONE);
                let target = Target { rows: &places, count, offset: column, columns, start, finish };
                // SAFETY: the caller's promise.
                unsafe { tile::<V>(&walk, &target) };
            }
        }
    }
}

/// Adds a run of floats to another.
///
/// # Safety
/// Both have this number of floats.
#[inline(always)]
unsafe fn add<V: Vector>(from: *const f32, to: *mut f32, count: usize) {
    for at in (0..count).step_by(V::LANES) {
        let some = V::LANES.min(count - at);
        // SAFETY: the caller's promise.
        unsafe {
            let sum = load_some::<V>(to.add(at), some) + load_some::<V>(from.add(at), some);
            store_some(sum, to.add(at), some);
        }
    }
}

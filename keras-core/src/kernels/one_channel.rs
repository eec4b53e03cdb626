//! The kernel's gradient of a convolution of one channel by few filters, with lanes over pixels and filters at once.
//!
//! A tile of sums whose columns are filters would leave most lanes empty. Here a line of the output's gradient is taken as
//! it lies, (pixels · filters), beside a line of the image in which each pixel is repeated for every filter: tap by tap,
//! their product is one long sum, whatever the number of filters. Lane l of a line's vector v belongs to filter
//! (v·lanes + l) mod filters, which repeats after some vectors: so many phases have sums of their own.

use core::mem::MaybeUninit;

use super::conv2d::Conv2DGeometry;
use super::elementwise::load_some;
use super::gemm::Block;
use super::parallel::Shared;
use super::simd::{Kernel, MAX_LANES, Vector};

/// Up to here lanes over filters are half empty.
const FILTERS: usize = 8;
/// Floats of the sums: a vector for each tap and phase, of which there are no more than filters.
const SUMS: usize = 4096;
/// Floats of repeated lines that are taken at a time: 32 KB.
const BAND: usize = 8192;
/// What a vector may write behind the last line.
const MARGIN: usize = 2 * MAX_LANES;

/// Whether [`KernelGradient`] can be used, and is worth it.
pub(crate) const fn pays(g: &Conv2DGeometry) -> bool {
    if g.channels != 1 || g.stride_x != 1 || g.filters > FILTERS || g.output_width < 8 {
        return false;
    }
    let (height, width) = reach(g);
    g.kernel_height.saturating_mul(g.kernel_width).saturating_mul(g.filters) <= SUMS / MAX_LANES
        && (width + 1).saturating_add(MAX_LANES).saturating_mul(g.filters).saturating_mul(height + 1) <= BAND - MARGIN
}

/// Rows and columns from a patch's first tap to its last.
const fn reach(g: &Conv2DGeometry) -> (usize, usize) {
    let (height, width) = (g.kernel_height.saturating_sub(1), g.kernel_width.saturating_sub(1));
    (height.saturating_mul(g.dilation_y), width.saturating_mul(g.dilation_x))
}

/// The kernel gradients of some images, added to what there is.
pub(crate) struct KernelGradient<'a> {
    /// Must [pay](pays).
    pub geometry: &'a Conv2DGeometry,
    pub images: usize,
    /// (images, height, width).
    pub input: Shared<f32>,
    /// (images, output_height, output_width, filters).
    pub gradient: Shared<f32>,
    /// (taps, filters).
    pub to: Shared<f32>,
}

impl Kernel for KernelGradient<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Vector>(self) {
        let g = self.geometry;
        let (taps, filters) = (g.kernel_height * g.kernel_width, g.filters.max(1));
        let phases = filters / greatest_common_divisor(filters, V::LANES);
        let mut sums = Block::<SUMS>(MaybeUninit::uninit());
        let sums = sums.0.as_mut_ptr().cast::<f32>();
        for at in 0..taps * phases {
            // SAFETY: `pays` says that there is room for a vector of each tap and phase.
            unsafe { V::zero().store(sums.add(at * V::LANES)) };
        }
        let mut band = Block::<BAND>(MaybeUninit::uninit());
        let band = band.0.as_mut_ptr().cast::<f32>();
        let (reach_y, reach_x) = reach(g);
        // Columns in whole vectors of each filter, so that each piece begins with the first phase.
        let most = ((BAND - MARGIN) / (filters * (reach_y + 1))).saturating_sub(reach_x) / V::LANES * V::LANES;
        for image in 0..self.images {
            let mut x = 0;
            while x < g.output_width {
                let width = most.max(1).min(g.output_width - x);
                let line = (width + reach_x) * filters;
                // Lines of the output whose patches fit.
                let fitting = ((BAND - MARGIN) / line.max(1)).saturating_sub(reach_y + 1) / g.stride_y.max(1) + 1;
                let mut y = 0;
                while y < g.output_height {
                    let height = fitting.min(g.output_height - y);
                    // SAFETY: the band holds the lines of the patches of so many lines.
                    unsafe {
                        for at in 0..(height - 1) * g.stride_y + reach_y + 1 {
                            let row = (y * g.stride_y + at).wrapping_sub(g.pad_top);
                            self.repeat::<V>((image, row), x, width + reach_x, band.add(at * line));
                        }
                    }
                    let pixel = (image * g.output_height + y) * g.output_width + x;
                    let piece = Piece {
                        gradient: self.gradient.get().wrapping_add(pixel * filters).cast_const(),
                        next: g.output_width * filters,
                        band: band.cast_const(),
                        line,
                        height,
                        floats: width * filters,
                        phases,
                        sums,
                    };
                    // SAFETY: the gradient has these lines, and the band's reach as far as the taps.
                    unsafe { piece.add_all::<V>(g) };
                    y += height;
                }
                x += width;
            }
        }
        for tap in 0..taps {
            for lane in 0..phases * V::LANES {
                // SAFETY: the sums were filled above; the kernel has `taps · filters` floats.
                unsafe {
                    let to = self.to.get().add(tap * filters + lane % filters);
                    *to += *sums.add(tap * phases * V::LANES + lane);
                }
            }
        }
    }
}

impl KernelGradient<'_> {
    /// Writes `count` pixels of a row of the padded image from a column on, each once for every filter.
    ///
    /// # Safety
    /// There is room for the pixels and [`MARGIN`].
    #[inline(always)]
    unsafe fn repeat<V: Vector>(&self, (image, row): (usize, usize), first: usize, count: usize, line: *mut f32) {
        let g = self.geometry;
        let from = self.input.get().wrapping_add((image * g.height).wrapping_add(row).wrapping_mul(g.width));
        for at in 0..count {
            let x = (first + at).wrapping_sub(g.pad_left);
            // SAFETY: row and column were checked. What a vector writes too far is the next pixel's, or in the margin.
            unsafe {
                let pixel = V::splat(if row < g.height && x < g.width { *from.add(x) } else { 0.0 });
                let to = line.add(at * g.filters);
                pixel.store(to);
                if g.filters > V::LANES {
                    pixel.store(to.add(g.filters - V::LANES));
                }
            }
        }
    }
}

/// Lines of the output's gradient, and what they meet.
#[derive(Clone, Copy)]
struct Piece {
    gradient: *const f32,
    /// Floats from line to line of the gradient.
    next: usize,
    /// The repeated lines, at the first tap.
    band: *const f32,
    /// Floats from line to line of the band.
    line: usize,
    height: usize,
    /// Floats of a line of the gradient that are taken.
    floats: usize,
    phases: usize,
    /// (taps, phases, lanes).
    sums: *mut f32,
}

impl Piece {
    /// Adds the products with all taps, some at a time, whose sums are held in registers.
    ///
    /// # Safety
    /// The gradient has `height` lines, the band as many and the taps' reach more, and the sums exist.
    #[inline(always)]
    unsafe fn add_all<V: Vector>(self, g: &Conv2DGeometry) {
        let mut tap_y = 0;
        while tap_y < g.kernel_height {
            let down = if g.kernel_height - tap_y >= 3 { 3 } else { 1 };
            let mut tap_x = 0;
            while tap_x < g.kernel_width {
                let along = if g.kernel_width - tap_x >= 3 { 3 } else { 1 };
                // SAFETY: the caller's promise.
                unsafe {
                    match (down, along) {
                        (3, 3) => self.add::<V, 3, 3>(g, (tap_y, tap_x)),
                        (3, _) => self.add::<V, 3, 1>(g, (tap_y, tap_x)),
                        (_, 3) => self.add::<V, 1, 3>(g, (tap_y, tap_x)),
                        _ => self.add::<V, 1, 1>(g, (tap_y, tap_x)),
                    }
                }
                tap_x += along;
            }
            tap_y += down;
        }
    }

    /// Adds the products with Y × X taps, from one on.
    ///
    /// # Safety
    /// As [`add_all`](Self::add_all).
    #[inline(always)]
    unsafe fn add<V: Vector, const Y: usize, const X: usize>(self, g: &Conv2DGeometry, (y, x): (usize, usize)) {
        let (vectors, end) = (self.floats / V::LANES, self.floats % V::LANES);
        let (down, along) = (g.dilation_y * self.line, g.dilation_x * g.filters);
        for phase in 0..self.phases {
            let mut sums = [[V::zero(); X]; Y];
            // SAFETY: the caller's promise.
            unsafe {
                let place = |i: usize, j: usize| {
                    self.sums.add((((y + i) * g.kernel_width + x + j) * self.phases + phase) * V::LANES)
                };
                for (i, sums) in sums.iter_mut().enumerate() {
                    for (j, sum) in sums.iter_mut().enumerate() {
                        *sum = V::load(place(i, j));
                    }
                }
                let mut gradient = self.gradient;
                let mut line = self.band.add(y * down + x * along);
                let ends = end > 0 && vectors % self.phases.max(1) == phase;
                for _ in 0..self.height {
                    let mut at = phase;
                    while at < vectors {
                        let gradient = V::load(gradient.add(at * V::LANES));
                        for (i, sums) in sums.iter_mut().enumerate() {
                            for (j, sum) in sums.iter_mut().enumerate() {
                                let line = V::load(line.add(at * V::LANES + i * down + j * along));
                                *sum = line.mul_add(gradient, *sum);
                            }
                        }
                        at += self.phases;
                    }
                    if ends {
                        // The lanes beyond are zero on both sides.
                        let gradient: V = load_some(gradient.add(vectors * V::LANES), end);
                        for (i, sums) in sums.iter_mut().enumerate() {
                            for (j, sum) in sums.iter_mut().enumerate() {
                                let line = line.add(vectors * V::LANES + i * down + j * along);
                                *sum = load_some::<V>(line, end).mul_add(gradient, *sum);
                            }
                        }
                    }
                    gradient = gradient.wrapping_add(self.next);
                    line = line.wrapping_add(g.stride_y * self.line);
                }
                for (i, sums) in sums.iter().enumerate() {
                    for (j, sum) in sums.iter().enumerate() {
                        sum.store(place(i, j));
                    }
                }
            }
        }
    }
}

/// Euclid's, of two numbers above zero.
#[inline(always)]
fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a.max(1)
}

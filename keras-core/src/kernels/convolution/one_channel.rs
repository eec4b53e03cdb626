//! Convolutions of one channel by few filters, and their kernel's gradient, with lanes over pixels and filters at once.
//!
//! A tile whose columns are filters would leave most lanes empty. Here a line of the output is taken as it lies,
//! (pixels · filters), beside a line of the image in which each pixel is repeated for every filter: tap by tap, the output
//! is a product of such lines with a pattern of weights, and the kernel's gradient one long sum of products, whatever the
//! number of filters. Lane l of a line's vector v belongs to filter (v·lanes + l) mod filters, which repeats after some
//! vectors: so many phases have weights, or sums, of their own.

use core::mem::MaybeUninit;

use crate::kernels::{
    elementwise::{load_some, store_some},
    gemm::Block,
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, MAX_LANES, Vector},
    tile::Finish,
};

/// Up to here lanes over filters are half empty.
const FILTERS: usize = 8;
/// Floats of weights or sums: a vector for each tap and phase, of which there are no more than filters.
const TAPS: usize = 4096;
/// Floats of repeated lines that are taken at a time: 32 KB.
const BAND: usize = 8192;
/// What a vector may write behind the last line.
const MARGIN: usize = 2 * MAX_LANES;

/// Whether this is possible, and worth it.
pub(super) const fn pays(g: &Geometry) -> bool {
    // Without `std` a stack may be small.
    if !cfg!(feature = "std") || g.channels != 1 || g.x.stride != 1 || g.x.output < 8 {
        return false;
    }
    // With no tap no output would be written.
    if g.filters == 0 || g.filters > FILTERS || g.y.window == 0 || g.x.window == 0 {
        return false;
    }
    let (height, width) = reach(g);
    g.y.window.saturating_mul(g.x.window).saturating_mul(g.filters) <= TAPS / MAX_LANES
        && (width + 1).saturating_add(MAX_LANES).saturating_mul(g.filters).saturating_mul(height + 1) <= BAND - MARGIN
}

/// Rows and columns from a patch's first tap to its last.
const fn reach(g: &Geometry) -> (usize, usize) {
    let (height, width) = (g.y.window.saturating_sub(1), g.x.window.saturating_sub(1));
    (height.saturating_mul(g.y.dilation), width.saturating_mul(g.x.dilation))
}

/// The number of vectors after which the filters repeat.
#[inline(always)]
fn phases<V: Vector>(filters: usize) -> usize {
    let (mut a, mut b) = (filters.max(1), V::LANES);
    while b > 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    filters / a.max(1)
}

/// Lines of the output.
pub(super) struct Forward<'a> {
    /// Must [pay](pays).
    pub geometry: &'a Geometry,
    /// (images, height, width).
    pub input: ReadPointer,
    /// (taps, filters).
    pub kernel: ReadPointer,
    pub finish: Finish,
    /// (images, output_height, output_width, filters).
    pub output: WritePointer,
    /// The first line of all images, and the one behind the last.
    pub lines: (usize, usize),
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let g = self.geometry;
        let (taps, filters, phases) = (g.y.window * g.x.window, g.filters, phases::<V>(g.filters));
        let mut weights = Block::<TAPS>(MaybeUninit::uninit());
        let weights = weights.0.as_mut_ptr().cast::<f32>();
        let mut finish = Block::<{ 2 * FILTERS * MAX_LANES }>(MaybeUninit::uninit());
        let finish = finish.0.as_mut_ptr().cast::<f32>();
        for lane in 0..phases * V::LANES {
            let filter = lane % filters.max(1);
            // SAFETY: `pays` says that there is room for a vector of each tap and phase; the kernel has these weights.
            unsafe {
                for tap in 0..taps {
                    *weights.add(tap * phases * V::LANES + lane) = *self.kernel.get().add(tap * filters + filter);
                }
                let (scale, bias): (V, V) = self.finish.load(filter, 1);
                let ([scale, ..], [bias, ..]) = (scale.lanes(), bias.lanes());
                (*finish.add(lane), *finish.add(FILTERS * MAX_LANES + lane)) = (scale, bias);
            }
        }
        let mut band = Block::<BAND>(MaybeUninit::uninit());
        let band = band.0.as_mut_ptr().cast::<f32>();
        let mut bands = Bands { line: self.lines.0, end: self.lines.1, column: 0 };
        while let Some(here) = bands.next::<V>(g) {
            // SAFETY: the band holds the lines of its patches.
            unsafe { here.repeat::<V>(g, self.input, band) };
            let (piece, output) = (here.piece(g, phases), self.output.offset(here.output(g)).get());
            let (scale, bias) = (finish.cast_const(), finish.wrapping_add(FILTERS * MAX_LANES).cast_const());
            let finish = Pattern { scale, bias, floor: self.finish.floor };
            let from = (band.cast_const(), weights.cast_const());
            let mut at = TapBlocks::default();
            while let Some((tap, down, along)) = at.next(g) {
                let ends = (tap == (0, 0), at.y >= g.y.window);
                // SAFETY: the output has these lines, and the band's reach as far as the taps.
                unsafe {
                    match (down, along) {
                        (3, 3) => piece.forward::<V, 3, 3>(g, from, tap, finish, ends, output),
                        (3, _) => piece.forward::<V, 3, 1>(g, from, tap, finish, ends, output),
                        (_, 3) => piece.forward::<V, 1, 3>(g, from, tap, finish, ends, output),
                        _ => piece.forward::<V, 1, 1>(g, from, tap, finish, ends, output),
                    }
                }
            }
        }
    }
}

/// The kernel gradients of some images, added to what there is.
pub(super) struct KernelGradient<'a> {
    /// Must [pay](pays).
    pub geometry: &'a Geometry,
    pub images: usize,
    /// (images, height, width).
    pub input: ReadPointer,
    /// (images, output_height, output_width, filters).
    pub gradient: ReadPointer,
    /// (taps, filters).
    pub to: WritePointer,
}

impl Kernel for KernelGradient<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let g = self.geometry;
        let (taps, filters, phases) = (g.y.window * g.x.window, g.filters, phases::<V>(g.filters));
        let mut sums = Block::<TAPS>(MaybeUninit::uninit());
        let sums = sums.0.as_mut_ptr().cast::<f32>();
        for at in 0..taps * phases {
            // SAFETY: `pays` says that there is room for a vector of each tap and phase.
            unsafe { V::zero().store(sums.add(at * V::LANES)) };
        }
        let mut band = Block::<BAND>(MaybeUninit::uninit());
        let band = band.0.as_mut_ptr().cast::<f32>();
        let mut bands = Bands { line: 0, end: self.images * g.y.output, column: 0 };
        while let Some(here) = bands.next::<V>(g) {
            // SAFETY: the band holds the lines of its patches.
            unsafe { here.repeat::<V>(g, self.input, band) };
            let (piece, gradient) = (here.piece(g, phases), self.gradient.offset(here.output(g)).get());
            let mut at = TapBlocks::default();
            while let Some((tap, down, along)) = at.next(g) {
                // SAFETY: the gradient has these lines, and the band's reach as far as the taps.
                unsafe {
                    match (down, along) {
                        (3, 3) => piece.gradient::<V, 3, 3>(g, (band, gradient), tap, sums),
                        (3, _) => piece.gradient::<V, 3, 1>(g, (band, gradient), tap, sums),
                        (_, 3) => piece.gradient::<V, 1, 3>(g, (band, gradient), tap, sums),
                        _ => piece.gradient::<V, 1, 1>(g, (band, gradient), tap, sums),
                    }
                }
            }
        }
        for tap in 0..taps {
            for lane in 0..phases * V::LANES {
                // SAFETY: the sums were filled above; the kernel has `taps · filters` floats.
                unsafe {
                    let to = self.to.get().add(tap * filters + lane % filters.max(1));
                    *to += *sums.add(tap * phases * V::LANES + lane);
                }
            }
        }
    }
}

/// The lines of the output in bands, and these in pieces of columns, as much as fits.
struct Bands {
    line: usize,
    end: usize,
    column: usize,
}

impl Bands {
    #[inline(always)]
    fn next<V: Vector>(&mut self, g: &Geometry) -> Option<Band> {
        if self.line >= self.end || g.x.output == 0 || g.y.output == 0 {
            return None;
        }
        let (reach_y, reach_x) = reach(g);
        // Columns in whole vectors of each filter, so that each piece begins with the first phase.
        let most = ((BAND - MARGIN) / (g.filters * (reach_y + 1)).max(1)).saturating_sub(reach_x) / V::LANES * V::LANES;
        let line = (most.min(g.x.output) + reach_x) * g.filters;
        // Lines of the output whose patches fit.
        let fitting = ((BAND - MARGIN) / line.max(1)).saturating_sub(reach_y + 1) / g.y.stride.max(1) + 1;
        let (image, y) = (self.line / g.y.output, self.line % g.y.output);
        let height = fitting.min(g.y.output - y).min(self.end - self.line);
        let width = most.max(1).min(g.x.output - self.column);
        let band = Band { image, y, height, x: self.column, width, line: (width + reach_x) * g.filters };
        self.column += width;
        if self.column >= g.x.output {
            (self.column, self.line) = (0, self.line + height);
        }
        Some(band)
    }
}

/// Some lines of an image's output, and some columns of them.
struct Band {
    image: usize,
    y: usize,
    height: usize,
    x: usize,
    width: usize,
    /// Floats from repeated line to line.
    line: usize,
}

impl Band {
    /// Where its output begins, or the gradient of it.
    #[inline(always)]
    fn output(&self, g: &Geometry) -> usize {
        ((self.image * g.y.output + self.y) * g.x.output + self.x) * g.filters
    }

    /// Its lines, with this number of phases.
    #[inline(always)]
    fn piece(&self, g: &Geometry, phases: usize) -> Piece {
        let (next, floats) = (g.x.output * g.filters, self.width * g.filters);
        Piece { next, line: self.line, height: self.height, floats, phases }
    }

    /// Writes the rows of the padded image that the patches reach, each pixel once for every filter.
    ///
    /// # Safety
    /// There is room for the lines and [`MARGIN`].
    #[inline(always)]
    unsafe fn repeat<V: Vector>(&self, g: &Geometry, input: ReadPointer, band: *mut f32) {
        let (reach_y, reach_x) = reach(g);
        for at in 0..(self.height - 1) * g.y.stride + reach_y + 1 {
            let row = (self.y * g.y.stride + at).wrapping_sub(g.y.before);
            let from = input.get().wrapping_add((self.image * g.y.input).wrapping_add(row).wrapping_mul(g.x.input));
            let line = band.wrapping_add(at * self.line);
            for column in 0..self.width + reach_x {
                let x = (self.x + column).wrapping_sub(g.x.before);
                // SAFETY: row and column were checked. What a vector writes too far is the next pixel's, or the margin's.
                unsafe {
                    let pixel = V::splat(if row < g.y.input && x < g.x.input { *from.add(x) } else { 0.0 });
                    let to = line.add(column * g.filters);
                    pixel.store(to);
                    if g.filters > V::LANES {
                        pixel.store(to.add(g.filters - V::LANES));
                    }
                }
            }
        }
    }
}

/// The taps in blocks of three by three, and what is left in threes and ones.
#[derive(Default)]
struct TapBlocks {
    y: usize,
    x: usize,
}

impl TapBlocks {
    /// A block's first tap, its rows and its columns.
    #[inline(always)]
    fn next(&mut self, g: &Geometry) -> Option<((usize, usize), usize, usize)> {
        if self.y >= g.y.window || g.x.window == 0 {
            return None;
        }
        let three = |left: usize| if left >= 3 { 3 } else { 1 };
        let (tap, down, along) = ((self.y, self.x), three(g.y.window - self.y), three(g.x.window - self.x));
        self.x += along;
        if self.x >= g.x.window {
            (self.x, self.y) = (0, self.y + down);
        }
        Some((tap, down, along))
    }
}

/// Factors and biases, (phases, lanes).
#[derive(Clone, Copy)]
struct Pattern {
    scale: *const f32,
    bias: *const f32,
    floor: f32,
}

/// Lines of the output, or of its gradient, beside repeated lines of the image.
#[derive(Clone, Copy)]
struct Piece {
    /// Floats from line to line of the output.
    next: usize,
    /// Floats from line to line of the band.
    line: usize,
    height: usize,
    /// Floats of a line of the output that are taken.
    floats: usize,
    phases: usize,
}

impl Piece {
    /// The products with Y × X weights from one on, added to the output unless they are the first, and finished if they
    /// are the last.
    ///
    /// # Safety
    /// The output has `height` lines, the band as many and the taps' reach more, and the weights exist.
    #[inline(always)]
    unsafe fn forward<V: Vector, const Y: usize, const X: usize>(
        self,
        g: &Geometry,
        (band, weights): (*const f32, *const f32),
        tap: (usize, usize),
        finish: Pattern,
        (first, last): (bool, bool),
        output: *mut f32,
    ) {
        let (vectors, end) = (self.floats / V::LANES, self.floats % V::LANES);
        let (down, along) = (g.y.dilation * self.line, g.x.dilation * g.filters);
        let floor = V::splat(finish.floor);
        for phase in 0..self.phases {
            // SAFETY: the caller's promise.
            unsafe {
                let weights = self.load::<V, Y, X>(g, weights, tap, phase);
                let (scale, bias) =
                    (V::load(finish.scale.add(phase * V::LANES)), V::load(finish.bias.add(phase * V::LANES)));
                let mut output = output;
                let mut line = band.add(tap.0 * down + tap.1 * along);
                for _ in 0..self.height {
                    let mut at = phase;
                    while at < vectors {
                        let to = output.add(at * V::LANES);
                        let mut sum = if first { V::zero() } else { V::load(to) };
                        for (i, weights) in weights.iter().enumerate() {
                            for (j, weight) in weights.iter().enumerate() {
                                sum = V::load(line.add(at * V::LANES + i * down + j * along)).mul_add(*weight, sum);
                            }
                        }
                        // A NaN stays one: see `tile::finish`.
                        (if last { floor.max(sum.mul_add(scale, bias)) } else { sum }).store(to);
                        at += self.phases;
                    }
                    if at == vectors && end > 0 {
                        let to = output.add(at * V::LANES);
                        let mut sum = if first { V::zero() } else { load_some(to, end) };
                        for (i, weights) in weights.iter().enumerate() {
                            for (j, weight) in weights.iter().enumerate() {
                                let line: V = load_some(line.add(at * V::LANES + i * down + j * along), end);
                                sum = line.mul_add(*weight, sum);
                            }
                        }
                        store_some(if last { floor.max(sum.mul_add(scale, bias)) } else { sum }, to, end);
                    }
                    output = output.wrapping_add(self.next);
                    line = line.wrapping_add(g.y.stride * self.line);
                }
            }
        }
    }

    /// Adds the products with Y × X taps from one on to their sums.
    ///
    /// # Safety
    /// The gradient has `height` lines, the band as many and the taps' reach more, and the sums exist.
    #[inline(always)]
    unsafe fn gradient<V: Vector, const Y: usize, const X: usize>(
        self,
        g: &Geometry,
        (band, gradient): (*const f32, *const f32),
        tap: (usize, usize),
        to: *mut f32,
    ) {
        let (vectors, end) = (self.floats / V::LANES, self.floats % V::LANES);
        let (down, along) = (g.y.dilation * self.line, g.x.dilation * g.filters);
        for phase in 0..self.phases {
            // SAFETY: the caller's promise.
            unsafe {
                // A sum of bands, each summed by itself: one long sum would lose digits.
                let mut sums = [[V::zero(); X]; Y];
                let mut gradient = gradient;
                let mut line = band.add(tap.0 * down + tap.1 * along);
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
                    if at == vectors && end > 0 {
                        // The lanes beyond are zero on both sides.
                        let gradient: V = load_some(gradient.add(at * V::LANES), end);
                        for (i, sums) in sums.iter_mut().enumerate() {
                            for (j, sum) in sums.iter_mut().enumerate() {
                                let line: V = load_some(line.add(at * V::LANES + i * down + j * along), end);
                                *sum = line.mul_add(gradient, *sum);
                            }
                        }
                    }
                    gradient = gradient.wrapping_add(self.next);
                    line = line.wrapping_add(g.y.stride * self.line);
                }
                for (i, sums) in sums.iter().enumerate() {
                    for (j, sum) in sums.iter().enumerate() {
                        let to = to.add(self.tap(g, (tap.0 + i, tap.1 + j), phase, V::LANES));
                        (V::load(to) + *sum).store(to);
                    }
                }
            }
        }
    }

    /// The weights or sums of Y × X taps from one on, of a phase.
    ///
    /// # Safety
    /// They exist.
    #[inline(always)]
    unsafe fn load<V: Vector, const Y: usize, const X: usize>(
        &self,
        g: &Geometry,
        from: *const f32,
        tap: (usize, usize),
        phase: usize,
    ) -> [[V; X]; Y] {
        let mut taps = [[V::zero(); X]; Y];
        for (i, taps) in taps.iter_mut().enumerate() {
            for (j, value) in taps.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *value = unsafe { V::load(from.add(self.tap(g, (tap.0 + i, tap.1 + j), phase, V::LANES))) };
            }
        }
        taps
    }

    /// Where a tap's weights or sums of a phase are among all.
    #[inline(always)]
    fn tap(&self, g: &Geometry, (y, x): (usize, usize), phase: usize, lanes: usize) -> usize {
        ((y * g.x.window + x) * self.phases + phase) * lanes
    }
}

//! Convolutions of 3×3 taps at stride 1 by Winograd's minimal filtering F(2×2, 3×3): 16 products where the definition has
//! 36 (Lavin and Gray, <https://arxiv.org/abs/1509.09308>).
//!
//! The output falls into tiles of 2×2 pixels, each from 4×4 pixels of the input. Tiles and kernel are turned into sixteen
//! planes by sums and differences; plane by plane, (tiles, channels) · (channels, filters) is a matrix product; sums and
//! differences of the planes are the output. A block of tiles passes through all three while it lies in the cache, and
//! nothing leaves the stack but the output.
//!
//! The factors of the transforms are 1 and ½, so that results are about as exact as those of the definition. An infinite
//! number makes what it reaches infinite or NaN, since differences of it are taken.

use core::mem::MaybeUninit;

use super::patches::GridPosition;
use crate::kernels::{
    elementwise::{load_some, store_some},
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, MAX_LANES, Vector},
    tile::{Finish, MAX_ROWS, Start, Target, VECTORS, Walk, even, tile},
};

/// Floats of a plane: what some tiles take, before and after the product, and what some filters of the kernel take.
const TILES: usize = 1024;
const KERNEL: usize = 2048;
/// Floats from plane to plane, on the stack: a little more, since planes a power of two apart would crowd a part of the
/// first-level cache.
const PLANE: usize = if cfg!(feature = "std") { TILES + 16 } else { 0 };
const KERNEL_PLANE: usize = if cfg!(feature = "std") { KERNEL + 16 } else { 0 };
/// Filters at a time, at most.
const FILTERS: usize = 64;
/// Channels, at most.
const CHANNELS: usize = 128;
/// What lies outside an image.
static ZEROS: [f32; CHANNELS] = [0.0; CHANNELS];

/// Whether this way is open to a convolution, and shorter than the direct one.
pub(super) const fn pays(g: &Geometry) -> bool {
    let three = g.y.window == 3 && g.x.window == 3;
    let plain = g.y.stride == 1 && g.x.stride == 1 && g.y.dilation == 1 && g.x.dilation == 1 && g.groups == 1;
    let built = cfg!(feature = "std") && !cfg!(target_family = "wasm");
    if !built || !three || !plain || g.y.before > 2 || g.x.before > 2 || g.channels > CHANNELS {
        return false;
    }
    // In multiplications of a processor with vectors of sixteen, for each tile: the products, a transform for each vector
    // of channels and of filters, and the calls.
    let (channels, filters) = (g.channels.div_ceil(16) as u128, g.filters.div_ceil(16) as u128);
    let here = 256 * g.channels as u128 * filters + 768 * (channels + filters) + 1100 * filters.next_multiple_of(2);
    let tiles = (g.y.output.div_ceil(2) * g.x.output.div_ceil(2)) as u128;
    let there = (g.y.output * g.x.output) as u128 * (9 * g.channels as u128 * g.filters as u128);
    // With fewer tiles the kernel's transform does not pay.
    tiles >= 12 && tiles.saturating_mul(here) < there
}

/// Where the taps of a kernel lie.
#[derive(Clone, Copy)]
pub(super) struct KernelView {
    pub start: ReadPointer,
    /// Floats from tap to tap, down and right; negative if they are taken from the last.
    pub taps: (isize, isize),
    pub channel: usize,
    pub filter: usize,
}

/// A convolution of some tiles.
pub(super) struct Winograd {
    /// (images, height, width, channels)
    pub image: ReadPointer,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// Rows of zeros above, and columns left.
    pub pad: (usize, usize),
    pub kernel: KernelView,
    pub finish: Finish,
    /// (images, output height, output width, filters)
    pub output: WritePointer,
    pub output_height: usize,
    pub output_width: usize,
    pub filters: usize,
    /// Tiles to do, counted over all images.
    pub tiles: (usize, usize),
}

/// The planes of the kernel, and of the tiles before and after the product.
#[repr(C, align(64))]
struct Planes([f32; 16 * (KERNEL_PLANE + 2 * PLANE)]);

/// How much is done at once.
#[derive(Clone, Copy)]
struct Sizes {
    /// Floats from tile to tile before the product: the channels, in whole vectors.
    channels: usize,
    /// Floats from tile to tile after it, and from channel to channel of the kernel's planes.
    filters: usize,
}

impl Kernel for Winograd {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let channels = self.channels.next_multiple_of(V::LANES);
        let most = (KERNEL / self.channels.max(1)).min(FILTERS) / V::LANES * V::LANES;
        let filters = self.filters.next_multiple_of(V::LANES).min(most).max(V::LANES);
        let tiles = TILES / channels.max(filters);
        let tiles = if tiles > V::TILE_ROWS { (tiles / V::TILE_ROWS).min(3) * V::TILE_ROWS } else { tiles };
        let sizes = Sizes { channels, filters };
        // In one piece, and never as a value: a build without optimisation would copy it.
        let mut memory = MaybeUninit::<Planes>::uninit();
        let kernel = memory.as_mut_ptr().cast::<f32>();
        let before = kernel.wrapping_add(16 * KERNEL_PLANE);
        let after = before.wrapping_add(16 * PLANE);
        for filter in (0..self.filters).step_by(filters) {
            let count = filters.min(self.filters - filter);
            // SAFETY: a plane of the kernel has room for channels · filters floats, those of the tiles for as many tiles;
            // the images, the kernel and the output are as large as the caller promised.
            unsafe {
                self.transform_kernel::<V>((filter, count), kernel, sizes);
                for first in (self.tiles.0..self.tiles.1).step_by(tiles.max(1)) {
                    let some = (first, tiles.min(self.tiles.1 - first));
                    self.transform_tiles::<V>(some, before, sizes);
                    self.products::<V>(some.1, (before, kernel, after), sizes);
                    self.put_tiles::<V>(some, (filter, count), after, sizes);
                }
            }
        }
    }
}

impl Winograd {
    /// How many tiles an image has, down and across.
    #[inline(always)]
    fn grid(&self) -> (usize, usize) {
        (self.output_height.div_ceil(2), self.output_width.div_ceil(2))
    }

    /// The planes of the kernel for some filters: G·g·Gᵀ.
    ///
    /// # Safety
    /// The filters exist; the planes have room for them.
    #[inline(always)]
    unsafe fn transform_kernel<V: Vector>(&self, (filter, count): (usize, usize), to: *mut f32, sizes: Sizes) {
        let KernelView { start, taps, .. } = self.kernel;
        for channel in 0..self.channels {
            for offset in (0..sizes.filters).step_by(V::LANES) {
                let count = count.saturating_sub(offset).min(V::LANES);
                let from = channel * self.kernel.channel + (filter + offset) * self.kernel.filter;
                let from = start.get().wrapping_add(from);
                let mut g = [[V::zero(); 3]; 3];
                for (y, line) in g.iter_mut().enumerate() {
                    for (x, tap) in line.iter_mut().enumerate() {
                        let from = from.wrapping_offset(y as isize * taps.0 + x as isize * taps.1);
                        // SAFETY: `count` filters from here exist.
                        *tap = unsafe { strided::<V>(from, self.kernel.filter, count) };
                    }
                }
                // SAFETY: a plane has room for whole vectors.
                unsafe { store::<V, KERNEL_PLANE>(spread_taps(g), to.wrapping_add(channel * sizes.filters + offset)) };
            }
        }
    }

    /// The planes of some tiles: Bᵀ·d·B.
    ///
    /// # Safety
    /// The tiles lie in the images; the planes have room for them.
    #[inline(always)]
    unsafe fn transform_tiles<V: Vector>(&self, (first, count): (usize, usize), to: *mut f32, sizes: Sizes) {
        let line = self.width * self.channels;
        let whole_vectors = self.channels / V::LANES * V::LANES;
        let inside = |at: usize, pad: usize, len: usize| (at >= pad) & (at < len + pad);
        let (down, across) = self.grid();
        let mut position = GridPosition::new(first, down, across);
        for tile in 0..count {
            let (image, y, x) = (position.image, 2 * position.y, 2 * position.x);
            position.step(down, across);
            // Wrapping, because a tile may begin outside the image.
            let from = (image * self.height + y).wrapping_sub(self.pad.0).wrapping_mul(self.width);
            let from = from.wrapping_add(x).wrapping_sub(self.pad.1).wrapping_mul(self.channels);
            let from = self.image.get().wrapping_add(from);
            let to = to.wrapping_add(tile * sizes.channels);
            let rows = inside(y, self.pad.0, self.height) & inside(y + 3, self.pad.0, self.height);
            let columns = inside(x, self.pad.1, self.width) & inside(x + 3, self.pad.1, self.width);
            let mut channel = 0;
            if rows & columns {
                while channel < whole_vectors {
                    let mut d = [[V::zero(); 4]; 4];
                    for (row, of_row) in d.iter_mut().enumerate() {
                        let from = from.wrapping_add(row * line + channel);
                        for (column, pixel) in of_row.iter_mut().enumerate() {
                            // SAFETY: the tile lies in the image, with as many channels.
                            *pixel = unsafe { V::load(from.wrapping_add(column * self.channels)) };
                        }
                    }
                    // SAFETY: a plane has room for whole vectors.
                    unsafe { store::<V, PLANE>(spread_pixels(d), to.wrapping_add(channel)) };
                    channel += V::LANES;
                }
            }
            if channel == self.channels {
                continue;
            }
            let mut pixels = [[ZEROS.as_ptr(); 4]; 4];
            for (row, of_row) in pixels.iter_mut().enumerate() {
                for (column, pixel) in of_row.iter_mut().enumerate() {
                    if inside(y + row, self.pad.0, self.height) & inside(x + column, self.pad.1, self.width) {
                        *pixel = from.wrapping_add(row * line + column * self.channels);
                    }
                }
            }
            while channel < self.channels {
                let mut d = [[V::zero(); 4]; 4];
                for (from, d) in pixels.iter().flatten().zip(d.iter_mut().flatten()) {
                    let from = from.wrapping_add(channel);
                    // SAFETY: the pixel, or the zeros, have as many channels.
                    *d = unsafe { load_some(from, V::LANES.min(self.channels - channel)) };
                }
                // SAFETY: a plane has room for whole vectors.
                unsafe { store::<V, PLANE>(spread_pixels(d), to.wrapping_add(channel)) };
                channel += V::LANES;
            }
        }
    }

    /// Plane by plane, (tiles, channels) · (channels, filters).
    ///
    /// # Safety
    /// The planes are as `sizes` says.
    #[inline(always)]
    unsafe fn products<V: Vector>(&self, count: usize, planes: (*mut f32, *mut f32, *mut f32), sizes: Sizes) {
        let (before, kernel, after) = planes;
        let tall = even(count, V::TILE_ROWS);
        let width = VECTORS * V::LANES;
        for row in (0..count).step_by(tall) {
            let to = after.wrapping_add(row * sizes.filters);
            let places: [*mut f32; MAX_ROWS] = core::array::from_fn(|r| to.wrapping_add(r * sizes.filters));
            for plane in 0..16 {
                for offset in (0..sizes.filters).step_by(width) {
                    let walk = Walk {
                        a: before.wrapping_add(plane * PLANE + row * sizes.channels),
                        b: kernel.wrapping_add(plane * KERNEL_PLANE + offset),
                        a_row: sizes.channels,
                        loops: [(self.channels, 1, sizes.filters), (1, 0, 0), (1, 0, 0)],
                    };
                    let target = Target {
                        rows: &places,
                        count: tall.min(count - row),
                        offset: plane * PLANE + offset,
                        columns: width.min(sizes.filters - offset),
                        start: Start::Zero,
                        finish: Finish::NONE,
                    };
                    // SAFETY: the caller's promise.
                    unsafe { tile::<V>(&walk, &target) };
                }
            }
        }
    }

    /// The output of some tiles: Aᵀ·m·A, and what it goes through at the end.
    ///
    /// # Safety
    /// The tiles and filters lie in the output, which no other thread touches there.
    #[inline(always)]
    unsafe fn put_tiles<V: Vector>(
        &self,
        (first, tiles): (usize, usize),
        (filter, filters): (usize, usize),
        from: *mut f32,
        sizes: Sizes,
    ) {
        let floor = V::splat(self.finish.floor);
        let line = self.output_width * self.filters;
        let (down, across) = self.grid();
        let mut offset = 0;
        while offset < filters {
            let count = V::LANES.min(filters - offset);
            // SAFETY: these filters exist.
            let (scale, bias) = unsafe { self.finish.load::<V>(filter + offset, count) };
            let mut position = GridPosition::new(first, down, across);
            for tile in 0..tiles {
                let (image, y, x) = (position.image, 2 * position.y, 2 * position.x);
                position.step(down, across);
                let to = ((image * self.output_height + y) * self.output_width + x) * self.filters + filter + offset;
                let to = self.output.get().wrapping_add(to);
                let from = from.wrapping_add(tile * sizes.filters + offset).cast_const();
                let mut planes = [[V::zero(); 4]; 4];
                for (row, of_row) in planes.iter_mut().enumerate() {
                    for (column, value) in of_row.iter_mut().enumerate() {
                        // SAFETY: the planes have whole vectors of every tile.
                        *value = unsafe { V::load(from.wrapping_add((4 * row + column) * PLANE)) };
                    }
                }
                let whole = (y + 1 < self.output_height) & (x + 1 < self.output_width);
                for (row, of_row) in gather_planes(planes).iter().enumerate() {
                    for (column, value) in of_row.iter().enumerate() {
                        let value = floor.max(value.mul_add(scale, bias));
                        let to = to.wrapping_add(row * line + column * self.filters);
                        if whole || (y + row < self.output_height && x + column < self.output_width) {
                            // SAFETY: the pixel lies in the output, with `count` filters from here.
                            unsafe { store_some(value, to, count) };
                        }
                    }
                }
            }
            offset += V::LANES;
        }
    }
}

/// Stores sixteen vectors, each in its plane.
///
/// # Safety
/// The planes have room for them.
#[inline(always)]
unsafe fn store<V: Vector, const PLANE: usize>(values: [[V; 4]; 4], to: *mut f32) {
    for (row, of_row) in values.iter().enumerate() {
        for (column, value) in of_row.iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { value.store(to.wrapping_add((4 * row + column) * PLANE)) };
        }
    }
}

/// `count` floats at a distance, the other lanes zero.
///
/// # Safety
/// They are readable.
#[inline(always)]
unsafe fn strided<V: Vector>(from: *const f32, stride: usize, count: usize) -> V {
    // SAFETY: the caller's promise.
    unsafe {
        if stride == 1 {
            return load_some(from, count);
        }
        let mut lanes = [0.0; MAX_LANES];
        for (at, lane) in lanes.iter_mut().enumerate().take(count) {
            *lane = *from.wrapping_add(at * stride);
        }
        V::load(lanes.as_ptr())
    }
}

/// G·g·Gᵀ, transposed: nine taps to sixteen planes.
#[inline(always)]
fn spread_taps<V: Vector>([a, b, c]: [[V; 3]; 3]) -> [[V; 4]; 4] {
    let half = V::splat(0.5);
    let line = |[a, b, c]: [V; 3]| [a, (a + c + b) * half, (a + c - b) * half, c];
    let ([a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]) = (line(a), line(b), line(c));
    [line([a0, b0, c0]), line([a1, b1, c1]), line([a2, b2, c2]), line([a3, b3, c3])]
}

/// Bᵀ·d·B, transposed: sixteen pixels to sixteen planes.
#[inline(always)]
fn spread_pixels<V: Vector>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 4]; 4] {
    let line = |[a, b, c, d]: [V; 4]| [a - c, b + c, c - b, b - d];
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (line(a), line(b));
    let ([c0, c1, c2, c3], [d0, d1, d2, d3]) = (line(c), line(d));
    [line([a0, b0, c0, d0]), line([a1, b1, c1, d1]), line([a2, b2, c2, d2]), line([a3, b3, c3, d3])]
}

/// Aᵀ·m·A, from transposed planes: sixteen planes to four pixels.
#[inline(always)]
fn gather_planes<V: Vector>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 2]; 2] {
    let line = |[a, b, c, d]: [V; 4]| [a + (b + c), b - c - d];
    let ([a0, a1], [b0, b1], [c0, c1], [d0, d1]) = (line(a), line(b), line(c), line(d));
    [line([a0, b0, c0, d0]), line([a1, b1, c1, d1])]
}

//! Convolutions of 3×3 taps at stride 1 by Winograd's minimal filtering F(2×2, 3×3): 16 products where the definition has
//! 36 (Lavin and Gray, <https://arxiv.org/abs/1509.09308>).
//!
//! The output falls into tiles of 2×2 pixels, each from 4×4 pixels of the input. Tiles and kernel are turned into sixteen
//! planes by sums and differences; plane by plane, (tiles, channels) · (channels, filters) is a matrix product; sums and
//! differences of the planes are the output. A block of tiles passes through all three while it lies in the cache, and
//! nothing leaves the stack but the output.
//!
//! The gradient of the input is the same convolution with the kernel reversed; that of the kernel is the sum over all tiles of
//! the products of planes (`gradient`). Channels and filters are taken in blocks, and where there are several blocks of channels, the
//! kernel is turned anew for each block of tiles, which is a tenth of the products' work.
//!
//! The factors of the transforms are 1 and ½, so that results are about as exact as those of the definition. An infinite
//! number makes what it reaches infinite or NaN, since differences of it are taken.

mod gradient;
mod planes;
mod transforms;

pub(super) use gradient::KernelGradient;

use super::patches::GridPosition;
use crate::kernels::{
    copies::turn,
    elementwise::{load_some, store_some},
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Isa, Kernel, MAX_LANES, Vector, prefetch},
    tile::{Finish, Start, even},
};
pub(super) use planes::ACROSS;
use planes::{Planes, Room, grid, products, spread_image};
use transforms::{gather_planes, spread_taps};

/// Channels by which the kernel is fetched ahead.
const AHEAD: usize = 4;

/// Whether this way is open to a convolution, and shorter than the direct one.
pub(super) const fn pays(g: &Geometry) -> bool {
    let three = g.y.window == 3 && g.x.window == 3;
    let plain = g.y.stride == 1 && g.x.stride == 1 && g.y.dilation == 1 && g.x.dilation == 1 && g.groups == 1;
    let built = cfg!(feature = "std") && !cfg!(target_family = "wasm");
    if !built || !three || !plain || g.y.before > 2 || g.x.before > 2 {
        return false;
    }
    // In multiplications of a processor with vectors of sixteen, for each tile: the products, a transform for each vector of
    // channels and of filters, and the calls.
    let (channels, filters) = (g.channels.div_ceil(16) as u128, g.filters.div_ceil(16) as u128);
    let here = 256 * g.channels as u128 * filters + 768 * (channels + filters) + 1100 * filters.next_multiple_of(2);
    // The transform of the kernel, which some images share.
    let kernel = 800 * g.channels as u128 * filters;
    let tiles = (g.y.output.div_ceil(2) * g.x.output.div_ceil(2)) as u128;
    let there = (g.y.output * g.x.output) as u128 * (9 * g.channels as u128 * g.filters as u128);
    tiles.saturating_mul(here).saturating_add(kernel) < there
}

/// Where the taps of a kernel lie: channels or filters side by side.
#[derive(Clone, Copy)]
pub(super) struct KernelView {
    pub start: ReadPointer,
    /// Floats from tap to tap, down and right; negative if they are taken from the last.
    pub taps: (isize, isize),
    pub channel: usize,
    pub filter: usize,
}

/// A convolution of some tiles with some filters.
#[derive(Clone, Copy)]
pub(super) struct Forward<'a> {
    pub geometry: &'a Geometry,
    /// (images, height, width, channels)
    pub images: ReadPointer,
    pub kernel: KernelView,
    pub finish: Finish,
    /// (images, output height, output width, filters)
    pub output: WritePointer,
    /// Tiles to do, counted over all images.
    pub tiles: (usize, usize),
    pub filters: (usize, usize),
}

/// Such a pass with memory for its planes.
struct InRoom<'a>(Forward<'a>, Room);

impl Forward<'_> {
    /// Computes the tiles.
    ///
    /// # Safety
    /// The images, the kernel and the output are of the geometry's sizes and have these tiles and filters, which are ours alone.
    pub(super) unsafe fn run(&self, isa: Isa) {
        // SAFETY: the caller's promise.
        Room::with(self.geometry, &mut |room| unsafe { isa.run_pointers(InRoom(*self, room)) });
    }
}

impl KernelGradient<'_> {
    /// Adds to the gradient.
    ///
    /// # Safety
    /// The images, the gradients and the kernel are of the geometry's sizes; the block of the kernel is ours alone.
    pub(super) unsafe fn run(&self, isa: Isa) {
        // SAFETY: the caller's promise.
        Room::with(self.geometry, &mut |room| unsafe { isa.run_pointers(gradient::InRoom(*self, room)) });
    }
}

impl Kernel for InRoom<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(pass, room) = self;
        let g = pass.geometry;
        let several = g.channels > ACROSS;
        let block = room.block::<V>(g.channels, pass.filters.1 - pass.filters.0, if several { usize::MAX } else { 3 });
        let (kernel, image, output) = (room.kernel(&block), room.image(&block), room.output(&block));
        let tiles = even(pass.tiles.1 - pass.tiles.0, block.tiles);
        for filter in (pass.filters.0..pass.filters.1).step_by(block.filters) {
            let filters = (filter, block.filters.min(pass.filters.1 - filter));
            for first in (pass.tiles.0..pass.tiles.1).step_by(tiles) {
                let some = (first, tiles.min(pass.tiles.1 - first));
                for channel in (0..g.channels).step_by(block.channels) {
                    let channels = (channel, block.channels.min(g.channels - channel));
                    let start = if channel == 0 { Start::Zero } else { Start::Output };
                    // SAFETY: the room has a block's planes; the images and the kernel are as large as the caller promised.
                    unsafe {
                        if several || first == pass.tiles.0 {
                            pass.spread_kernel::<V>(channels, filters, kernel);
                        }
                        spread_image::<V>(g, pass.images, some, channels, image);
                        products::<V>(
                            (image, image.row, 1),
                            kernel,
                            output,
                            (some.1, channels.1, block.filters),
                            start,
                        );
                    }
                }
                // SAFETY: as above, for the output.
                unsafe { pass.gather::<V>(some, filters, output) };
            }
        }
    }
}

impl Forward<'_> {
    /// The planes of a block of the kernel: G·g·Gᵀ.
    ///
    /// # Safety
    /// The channels and filters exist; the planes have room for them.
    #[inline(always)]
    unsafe fn spread_kernel<V: Vector>(
        &self,
        (channel, channels): (usize, usize),
        (filter, filters): (usize, usize),
        to: Planes,
    ) {
        let view = self.kernel;
        let start = view.start.get().wrapping_add(channel * view.channel + filter * view.filter);
        let tap = |from: *const f32, y: usize, x: usize| {
            from.wrapping_offset(y as isize * view.taps.0 + x as isize * view.taps.1)
        };
        if view.filter == 1 {
            for row in 0..channels {
                let from = start.wrapping_add(row * view.channel);
                // Rows are far apart: the processor does not fetch them by itself.
                for line in (0..filters).step_by(MAX_LANES) {
                    let next = from.wrapping_add(AHEAD * view.channel + line);
                    (0..9).for_each(|at| prefetch(tap(next, at / 3, at % 3)));
                }
                for offset in (0..filters).step_by(V::LANES) {
                    let count = V::LANES.min(filters - offset);
                    let mut g = [[V::zero(); 3]; 3];
                    for (y, line) in g.iter_mut().enumerate() {
                        for (x, value) in line.iter_mut().enumerate() {
                            // SAFETY: `count` filters of this channel exist.
                            *value = unsafe { load_some(tap(from, y, x).wrapping_add(offset), count) };
                        }
                    }
                    // SAFETY: a plane has room for whole vectors.
                    unsafe { to.store(spread_taps(g), row, offset) };
                }
            }
            return;
        }
        // Channels lie side by side: vectors of filters are turned first.
        let mut turned = [[[0.0; MAX_LANES]; MAX_LANES]; 9];
        for channel in (0..channels).step_by(MAX_LANES) {
            let some = MAX_LANES.min(channels - channel);
            for offset in (0..filters).step_by(V::LANES) {
                let count = V::LANES.min(filters - offset);
                let from = start.wrapping_add(channel * view.channel + offset * view.filter);
                for (at, turned) in turned.iter_mut().enumerate() {
                    let to = turned.as_mut_ptr().cast();
                    // SAFETY: `count` filters and `some` channels from here exist; the block has room for a vector each.
                    unsafe { turn(tap(from, at / 3, at % 3), view.filter, count, some, to, MAX_LANES) };
                }
                for row in 0..some {
                    let mut g = [[V::zero(); 3]; 3];
                    for (y, line) in g.iter_mut().enumerate() {
                        for (x, value) in line.iter_mut().enumerate() {
                            let from = turned.as_ptr().wrapping_add(3 * y + x).cast::<f32>();
                            // SAFETY: the block has a whole vector there.
                            *value = unsafe { V::load(from.wrapping_add(row * MAX_LANES)) };
                        }
                    }
                    // SAFETY: a plane has room for whole vectors.
                    unsafe { to.store(spread_taps(g), channel + row, offset) };
                }
            }
        }
    }

    /// The output of some tiles: Aᵀ·m·A, and what it goes through at the end.
    ///
    /// # Safety
    /// The tiles and filters lie in the output, which no other thread touches there.
    #[inline(always)]
    unsafe fn gather<V: Vector>(
        &self,
        (first, tiles): (usize, usize),
        (filter, filters): (usize, usize),
        from: Planes,
    ) {
        let (height, width, pixel) = (self.geometry.y.output, self.geometry.x.output, self.geometry.filters);
        let floor = V::splat(self.finish.floor);
        let (down, across) = grid(self.geometry);
        for offset in (0..filters).step_by(V::LANES) {
            let count = V::LANES.min(filters - offset);
            // SAFETY: these filters exist.
            let (scale, bias) = unsafe { self.finish.load::<V>(filter + offset, count) };
            let mut position = GridPosition::new(first, down, across);
            for tile in 0..tiles {
                let (image, y, x) = (position.image, 2 * position.y, 2 * position.x);
                position.step(down, across);
                let to = ((image * height + y) * width + x) * pixel + filter + offset;
                let to = self.output.get().wrapping_add(to);
                let whole = (y + 1 < height) & (x + 1 < width);
                // SAFETY: the planes have whole vectors of every tile.
                let pixels = gather_planes(unsafe { from.load::<V>(tile, offset) });
                for (row, of_row) in pixels.iter().enumerate() {
                    for (column, value) in of_row.iter().enumerate() {
                        let value = floor.max(value.mul_add(scale, bias));
                        if whole || (y + row < height && x + column < width) {
                            let to = to.wrapping_add((row * width + column) * pixel);
                            // SAFETY: the pixel lies in the output, with `count` filters from here.
                            unsafe { store_some(value, to, count) };
                        }
                    }
                }
            }
        }
    }
}

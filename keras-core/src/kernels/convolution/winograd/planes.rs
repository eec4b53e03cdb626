//! The sixteen planes that tiles and kernels are turned into, block by block, in memory on the stack.

use core::mem::MaybeUninit;

use super::super::patches::GridPosition;
use super::transforms::{spread_gradient, spread_pixels};
use crate::kernels::{
    elementwise::load_some,
    geometry::Geometry,
    pointers::ReadPointer,
    simd::Vector,
    tile::{Finish, MAX_ROWS, Start, Target, VECTORS, Walk, even, tile},
};

/// Channels and filters of a block, at most.
pub(in super::super) const ACROSS: usize = 64;
/// What lies outside an image.
static ZEROS: [f32; ACROSS] = [0.0; ACROSS];

/// Planes one after the other.
#[derive(Clone, Copy)]
pub(super) struct Planes {
    pub start: *mut f32,
    /// Floats from plane to plane.
    pub plane: usize,
    /// Floats from row to row of a plane: from tile to tile, or from channel to channel.
    pub row: usize,
}

impl Planes {
    /// Stores sixteen vectors, each in its plane.
    ///
    /// # Safety
    /// The planes have room for them.
    #[inline(always)]
    pub(super) unsafe fn store<V: Vector>(&self, values: [[V; 4]; 4], row: usize, column: usize) {
        let to = self.start.wrapping_add(row * self.row + column);
        for (line, of_line) in values.iter().enumerate() {
            for (at, value) in of_line.iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { value.store(to.wrapping_add((4 * line + at) * self.plane)) };
            }
        }
    }

    /// Loads what [`store`](Self::store) has stored.
    ///
    /// # Safety
    /// The planes have whole vectors there.
    #[inline(always)]
    pub(super) unsafe fn load<V: Vector>(&self, row: usize, column: usize) -> [[V; 4]; 4] {
        let from = self.start.wrapping_add(row * self.row + column).cast_const();
        let mut values = [[V::zero(); 4]; 4];
        for (line, of_line) in values.iter_mut().enumerate() {
            for (at, value) in of_line.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *value = unsafe { V::load(from.wrapping_add((4 * line + at) * self.plane)) };
            }
        }
        values
    }
}

/// Memory for the planes of a block: of the kernel, and of tiles before and after the product.
#[derive(Clone, Copy)]
pub(super) struct Room {
    kernel: (*mut f32, usize),
    tiles: [*mut f32; 2],
    tile_plane: usize,
}

/// Floats of a plane: what some filters of the kernel take, and what some tiles take. Each with sixteen more, since planes a
/// power of two apart would crowd a part of the first-level cache.
const SMALL: (usize, usize) = (32 * ACROSS, 1024);
const LARGE: (usize, usize) = (ACROSS * ACROSS, 42 * ACROSS);

/// Planes in a row. Without `std`, where a stack may be small, there are none.
#[repr(C, align(64))]
struct Memory<const KERNEL: usize, const TILES: usize> {
    kernel: [[f32; KERNEL]; 16],
    tiles: [[[f32; TILES]; 16]; 2],
}

const fn apart(floats: usize) -> usize {
    if cfg!(feature = "std") { floats + 16 } else { 0 }
}

impl Room {
    /// Gives a pass memory for blocks of as many channels and filters as there are, [`ACROSS`] at most.
    pub(super) fn with(g: &Geometry, pass: &mut dyn FnMut(Self)) {
        if g.channels.min(g.filters) <= ACROSS / 2 {
            Self::of::<{ apart(SMALL.0) }, { apart(SMALL.1) }>(pass);
        } else {
            Self::of::<{ apart(LARGE.0) }, { apart(LARGE.1) }>(pass);
        }
    }

    /// In a frame of its own, so that a small block does not pay for a large one's.
    #[inline(never)]
    fn of<const KERNEL: usize, const TILES: usize>(pass: &mut dyn FnMut(Self)) {
        // In one piece, and never as a value: a build without optimisation would copy it.
        let mut memory = MaybeUninit::<Memory<KERNEL, TILES>>::uninit();
        let kernel = memory.as_mut_ptr().cast::<f32>();
        let before = kernel.wrapping_add(16 * KERNEL);
        pass(Self { kernel: (kernel, KERNEL), tiles: [before, before.wrapping_add(16 * TILES)], tile_plane: TILES });
    }

    /// The channels and filters of a block, and how many tiles it has: whole tiles of the registers.
    #[inline(always)]
    pub(super) fn block<V: Vector>(&self, channels: usize, filters: usize, most_rows: usize) -> Block {
        let part = |total: usize| even(total.div_ceil(V::LANES), ACROSS / V::LANES) * V::LANES;
        let (channels, filters) = (part(channels), part(filters));
        let tiles = self.tile_plane.saturating_sub(16) / channels.max(filters).max(1);
        let rows = (tiles / V::TILE_ROWS).min(most_rows);
        Block { channels, filters, tiles: if rows > 0 { rows * V::TILE_ROWS } else { tiles.max(1) } }
    }

    #[inline(always)]
    pub(super) fn kernel(&self, block: &Block) -> Planes {
        Planes { start: self.kernel.0, plane: self.kernel.1, row: block.filters }
    }

    /// Tiles of the image, with channels.
    #[inline(always)]
    pub(super) fn image(&self, block: &Block) -> Planes {
        let [start, _] = self.tiles;
        Planes { start, plane: self.tile_plane, row: block.channels }
    }

    /// Tiles of the output or its gradient, with filters.
    #[inline(always)]
    pub(super) fn output(&self, block: &Block) -> Planes {
        let [_, start] = self.tiles;
        Planes { start, plane: self.tile_plane, row: block.filters }
    }
}

/// How much is done at once.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// In whole vectors.
    pub channels: usize,
    /// In whole vectors.
    pub filters: usize,
    pub tiles: usize,
}

/// Plane by plane, rows of A times B: rows of C, or added to them.
///
/// # Safety
/// A has these rows and depths at its distances, B depths and C rows of whole vectors for the columns; C's are ours.
#[inline(always)]
pub(super) unsafe fn products<V: Vector>(
    (a, a_row, a_depth): (Planes, usize, usize),
    b: Planes,
    c: Planes,
    (rows, depth, columns): (usize, usize, usize),
    start: Start,
) {
    let tall = even(rows, V::TILE_ROWS);
    let width = VECTORS * V::LANES;
    for plane in 0..16 {
        for offset in (0..columns).step_by(width) {
            for row in (0..rows).step_by(tall) {
                let to = c.start.wrapping_add(plane * c.plane + row * c.row);
                let places: [*mut f32; MAX_ROWS] = core::array::from_fn(|r| to.wrapping_add(r * c.row));
                let walk = Walk {
                    a: a.start.wrapping_add(plane * a.plane + row * a_row),
                    b: b.start.wrapping_add(plane * b.plane + offset),
                    a_row,
                    loops: [(depth, a_depth, b.row), (1, 0, 0), (1, 0, 0)],
                };
                let target = Target {
                    rows: &places,
                    count: tall.min(rows - row),
                    offset,
                    columns: width.min(columns - offset),
                    start,
                    finish: Finish::NONE,
                };
                // SAFETY: the caller's promise.
                unsafe { tile::<V>(&walk, &target) };
            }
        }
    }
}

/// How many tiles of 2×2 pixels an output has, down and across.
#[inline(always)]
pub(super) const fn grid(g: &Geometry) -> (usize, usize) {
    (g.y.output.div_ceil(2), g.x.output.div_ceil(2))
}

/// The planes of some tiles of the images, for some channels: Bᵀ·d·B.
///
/// # Safety
/// The tiles and channels exist in the images; the planes have room for them.
#[inline(always)]
pub(super) unsafe fn spread_image<V: Vector>(
    g: &Geometry,
    images: ReadPointer,
    (first, count): (usize, usize),
    (channel, channels): (usize, usize),
    to: Planes,
) {
    let (height, width, pixel) = (g.y.input, g.x.input, g.channels);
    let line = width * pixel;
    let whole_vectors = channels / V::LANES * V::LANES;
    let inside = |at: usize, pad: usize, len: usize| (at >= pad) & (at < len + pad);
    let (down, across) = grid(g);
    let mut position = GridPosition::new(first, down, across);
    for tile in 0..count {
        let (image, y, x) = (position.image, 2 * position.y, 2 * position.x);
        position.step(down, across);
        // Wrapping, because a tile may begin outside the image.
        let from = (image * height + y).wrapping_sub(g.y.before).wrapping_mul(width);
        let from = from.wrapping_add(x).wrapping_sub(g.x.before).wrapping_mul(pixel);
        let from = images.get().wrapping_add(from).wrapping_add(channel);
        let rows = inside(y, g.y.before, height) & inside(y + 3, g.y.before, height);
        let columns = inside(x, g.x.before, width) & inside(x + 3, g.x.before, width);
        let mut offset = 0;
        if rows & columns {
            while offset < whole_vectors {
                let mut d = [[V::zero(); 4]; 4];
                for (row, of_row) in d.iter_mut().enumerate() {
                    let from = from.wrapping_add(row * line + offset);
                    for (column, value) in of_row.iter_mut().enumerate() {
                        // SAFETY: the tile lies in the image, with as many channels.
                        *value = unsafe { V::load(from.wrapping_add(column * pixel)) };
                    }
                }
                // SAFETY: a plane has room for whole vectors.
                unsafe { to.store(spread_pixels(d), tile, offset) };
                offset += V::LANES;
            }
        }
        if offset == channels {
            continue;
        }
        let mut pixels = [[ZEROS.as_ptr(); 4]; 4];
        for (row, of_row) in pixels.iter_mut().enumerate() {
            for (column, place) in of_row.iter_mut().enumerate() {
                if inside(y + row, g.y.before, height) & inside(x + column, g.x.before, width) {
                    *place = from.wrapping_add(row * line + column * pixel);
                }
            }
        }
        while offset < channels {
            let mut d = [[V::zero(); 4]; 4];
            for (pixels, of_row) in pixels.iter().zip(&mut d) {
                for (from, value) in pixels.iter().zip(of_row) {
                    // SAFETY: the pixel has as many channels from here, and the zeros as many as a block.
                    *value = unsafe { load_some(from.wrapping_add(offset), V::LANES.min(channels - offset)) };
                }
            }
            // SAFETY: a plane has room for whole vectors.
            unsafe { to.store(spread_pixels(d), tile, offset) };
            offset += V::LANES;
        }
    }
}

/// The planes of some tiles of the output's gradient, for some filters: A·m·Aᵀ.
///
/// # Safety
/// The tiles and filters exist in the gradient; the planes have room for them.
#[inline(always)]
pub(super) unsafe fn spread_output_gradient<V: Vector>(
    g: &Geometry,
    gradient: ReadPointer,
    (first, count): (usize, usize),
    (filter, filters): (usize, usize),
    to: Planes,
) {
    let (height, width) = (g.y.output, g.x.output);
    let (down, across) = grid(g);
    let mut position = GridPosition::new(first, down, across);
    for tile in 0..count {
        let (image, y, x) = (position.image, 2 * position.y, 2 * position.x);
        position.step(down, across);
        let from = gradient.get().wrapping_add(((image * height + y) * width + x) * g.filters + filter);
        for offset in (0..filters).step_by(V::LANES) {
            let count = V::LANES.min(filters - offset);
            let mut m = [[V::zero(); 2]; 2];
            for (row, of_row) in m.iter_mut().enumerate() {
                for (column, value) in of_row.iter_mut().enumerate() {
                    if y + row < height && x + column < width {
                        let from = from.wrapping_add((row * width + column) * g.filters + offset);
                        // SAFETY: the pixel lies in the gradient, with `count` filters from here.
                        *value = unsafe { load_some(from, count) };
                    }
                }
            }
            // SAFETY: a plane has room for whole vectors.
            unsafe { to.store(spread_gradient(m), tile, offset) };
        }
    }
}

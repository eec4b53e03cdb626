//! How products are cut into blocks, and what is fetched ahead meanwhile.

use super::{AnyGemm, sides::RightPlace};
use crate::kernels::simd::{MAX_LANES, Vector};
use crate::kernels::tile::{Ahead, VECTORS, even, paired_rows, panels as panels_of};

/// Floats from which B is large: half a megabyte, so that it comes from beyond the second-level cache.
pub(crate) const LARGE: usize = 1 << 17;
/// Tiles of rows up to which blocks of a large B are shallow.
const FEW_TILES: usize = 5;
/// Steps of the depth after which a tile fetches as many rows of the next block, or its share of them.
pub(super) const FETCHED: usize = 8;
/// Tiles of rows up to which a small B stays in place.
const MANY_TILES: usize = 12;
/// Floats between the depths of a transposed A from which its blocks are copied: each depth is on a page of its own.
const FAR: usize = 960;

/// The stack that blocks may take.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Steps of the depth per block, at most.
    pub depth: usize,
    /// Floats of packed B per block.
    pub packed: usize,
    /// Whether a B that tiles can read stays in place.
    is_small: bool,
}

impl Room {
    /// That of this build.
    pub const OURS: Self =
        match (cfg!(feature = "std"), cfg!(target_feature = "avx512f"), cfg!(target_feature = "avx2")) {
            (true, _, _) => Self::LARGE,
            (_, true, _) => Self::small(MAX_LANES),
            (_, _, true) => Self::small(MAX_LANES / 2),
            _ => Self::small(MAX_LANES / 4),
        };
    /// A packed block of A is at most 14 × 256 floats, 14 KB; a panel of B, 256 × 32 floats, 32 KB: together they fit a
    /// first-level cache of 48 KB, and with AVX2 (6 KB + 16 KB) one of 32 KB. Of packed B two panels of AVX-512, 64 KB.
    const LARGE: Self = Self { depth: 256, packed: 256 * 2 * VECTORS * MAX_LANES, is_small: false };

    /// One panel of vectors of so many lanes.
    const fn small(lanes: usize) -> Self {
        Self { depth: 64, packed: 64 * VECTORS * lanes, is_small: true }
    }

    /// Steps of the depth per block of a large B for few rows.
    const fn few_depth(self) -> usize {
        if self.depth < 128 { self.depth } else { 128 }
    }
}

/// How a product is cut into blocks, and which of them are packed.
pub(super) struct Blocking {
    /// Steps of the depth of a block.
    pub deep: usize,
    /// Columns of a block.
    pub across: usize,
    /// B comes from beyond the second-level cache: tiles fetch it ahead.
    pub large: bool,
    /// B lies in panels.
    pub panels: bool,
    /// Depths of A are on pages of their own.
    pub far: bool,
    /// Tiles read B where it lies.
    pub in_place: bool,
    /// The first tile of rows reads B in place, and copies it for the others.
    pub copying: bool,
}

impl Blocking {
    /// The blocks of some rows of a product.
    #[inline(always)]
    pub fn new<V: Vector>(gemm: &AnyGemm<'_>, height: usize) -> Self {
        Self::within::<V>(Room::OURS, gemm, height)
    }

    #[inline(always)]
    fn within<V: Vector>(room: Room, gemm: &AnyGemm<'_>, height: usize) -> Self {
        let (place, left) = (gemm.right.place(), gemm.left.place());
        let width = VECTORS * V::LANES;
        let large = place.is_some_and(|place| place.columns.saturating_mul(gemm.depth) > LARGE);
        let panels = place.is_some_and(|place| place.panels.is_some());
        let far = left.is_some_and(|left| left.row == 1 && left.depth >= FAR);
        // Decided by all rows of C and not by those here, since it cuts the sums into blocks.
        let few = large && left.is_some() && gemm.rows <= FEW_TILES * V::TILE_ROWS;
        let once = few && gemm.rows <= V::TILE_ROWS;
        let deep = match once {
            true => room.few_depth(),
            false => even(gemm.depth, if far || few { room.few_depth() } else { room.depth }),
        };
        // Packing a small B takes longer than it gains, unless many tiles of rows share it.
        let in_place = room.is_small || panels || once || (height <= MANY_TILES * V::TILE_ROWS && !large);
        let copying = !in_place && place.is_some() && height > V::TILE_ROWS;
        let across = match (once, in_place) {
            (true, _) if gemm.rows <= paired_rows::<V>() && 2 * width * deep <= room.packed => 2 * width,
            (true, _) => width,
            // Only what is left of a panel is packed.
            (_, true) if place.is_some() && !panels && !large => {
                (room.packed / room.depth / width).max(panels_of::<V>(gemm.rows)) * width
            }
            (_, true) => room.packed / room.depth / width * width,
            _ => room.packed / deep.max(1) / width * width,
        };
        Self { deep, across, large, panels, far, in_place, copying }
    }
}

/// The block of B that comes next, which is fetched piece by piece while tiles are computed.
pub(super) struct Fetching {
    /// Where it starts.
    block: Option<(RightPlace, (usize, usize))>,
    /// Its depths.
    depth: usize,
    /// Its columns.
    wide: usize,
    /// The next row to be fetched, and its first column, counted in the block.
    row: usize,
    column: usize,
}

impl Fetching {
    #[inline(always)]
    pub fn new(
        block: Option<(RightPlace, (usize, usize))>,
        (deep, across): (usize, usize),
        until: (usize, usize),
    ) -> Self {
        let (p, column) = block.map_or((0, 0), |(_, start)| start);
        Self {
            block,
            depth: deep.min(until.0 - p),
            wide: across.min(until.1.saturating_sub(column)),
            row: 0,
            column: 0,
        }
    }

    /// What a tile of `width` columns fetches, of `lines` lines: its share, if each panel has this number of tiles.
    #[inline(always)]
    pub fn ahead(&mut self, width: usize, lines: usize, tiles: usize) -> Ahead {
        let Some((place, (p, column))) = self.block else { return Ahead::NONE };
        if self.column >= self.wide {
            return Ahead::NONE;
        }
        let (start, stride) = place.element(p + self.row, column + self.column);
        let rows = FETCHED.div_ceil(tiles.max(1));
        self.row += lines * rows;
        if self.row >= self.depth {
            (self.row, self.column) = (0, self.column + width);
        }
        Ahead { start, stride, rows, close: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{
        gemm::{Gemm, Matrix, Right, Rows},
        panels::Panels,
        pointers::WritePointer,
        simd::{Isa, SafeKernel, tests::each_isa},
        tile::{Finish, Start},
    };

    /// Checks the blocks of (rows, columns, depth).
    struct BlocksOf(usize, usize, usize);
    impl SafeKernel for BlocksOf {
        type Output = ();
        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(m, n, k) = self;
            let width = VECTORS * V::LANES;
            let plain = Matrix::new(&[], n);
            let rights: [&dyn Right; 3] = [&plain, &Matrix { transposed: true, ..plain }, &Panels::new(&[], k, n)];
            for (right, transposed) in rights.into_iter().flat_map(|right| [(right, false), (right, true)]) {
                let left = Matrix { transposed, ..Matrix::new(&[], if transposed { m } else { k }) };
                let output = Rows { start: WritePointer(core::ptr::null_mut()), stride: n };
                let (start, finish) = (Start::Zero, Finish::NONE);
                let gemm = Gemm { left: &left as _, right, output: &output as _, rows: m, depth: k, start, finish };
                for room in [Room::LARGE, Room::small(V::LANES)] {
                    for height in [m, m.min(1), m / 2] {
                        let blocks = Blocking::within::<V>(room, &gemm, height);
                        let Blocking { deep, across, in_place, .. } = blocks;
                        let packed = if in_place && right.place().is_some() { width } else { across };
                        assert!(deep > 0 && deep <= room.depth, "{m} × {k} × {n}: {deep} deep");
                        assert!(across > 0 && across.is_multiple_of(width), "{m} × {k} × {n}: {across} across");
                        assert!(deep * packed <= room.packed, "{m} × {k} × {n}: {deep} × {packed} floats");
                    }
                }
            }
        }
    }

    /// Two panels for few rows took twice the stack that there is without `std`.
    #[test]
    fn blocks_fit_the_stack() {
        each_isa(|| {
            for m in [0, 1, 2, 3, 4, 6, 14, 15, 64, 200, 1000] {
                for (n, k) in [(1, 1), (1004, 200), (1000, 0), (7, 5000), (2048, 2048), (33, 64), (64, 65), (960, 257)]
                {
                    Isa::current().run(BlocksOf(m, n, k));
                }
            }
        });
    }
}

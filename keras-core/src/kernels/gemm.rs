//! The matrix product under `matmul` and `convolution`: C = A·B (+ C, or + bias).
//!
//! Blocks of A and of B are read in place or packed on the stack; a register tile of C is then computed with one broadcast of A and a few
//! vectors of B per step. Where A comes from is the [`Left`]'s business (a matrix, its transpose, the patches of an
//! image), so that a convolution needs no buffer of patches. Every element of C sums its products in the same order,
//! whatever tile or thread it falls to.

mod blocking;
mod sides;

pub(super) use blocking::LARGE;
pub(crate) use sides::{Compiled, Left, Matrix, Output, Right, RightPlace, Rows};

use core::mem::MaybeUninit;

use super::copies::copy_run;
use super::simd::{Kernel, Vector};
use super::tile::{
    Ahead, Finish, LINE, LeftBlock, MAX_ROWS, Start, Target, VECTORS, WIDE, Walk, copying_rows, even, finish_line,
    panels as panels_of, row, stream, tile_ahead, tile_copying, tile_paired, vectors,
};
use blocking::{Blocking, FETCHED, Fetching, Room};

/// Steps of the depth per block.
pub(crate) const DEPTH: usize = Room::OURS.depth;
/// Floats of packed B per block.
const PACKED_B: usize = Room::OURS.packed;
/// Floats of B from which a single row reads it in the order of memory: 2 MB.
const STREAMED: usize = 1 << 19;
/// Depths by which the first tile of rows fetches a small B ahead, so few that they do not displace each other where rows are a
/// power of two long.
const CLOSE: usize = 4;
/// Those of short rows.
const CLOSE_SHORT: usize = 16;
/// Floats of A and C that stay in the second-level cache while they meet all blocks of B: 1 MB.
const NEAR: usize = 1 << 18;
/// Rows of A below which reading B anew for them takes longer than what is gained.
const FEW_ROWS: usize = 256;
/// Floats of a gathered block of A: rows or depths of it lie `DEPTH` or 16 floats apart.
const BLOCK: usize = BY_DEPTH_STRIDE * DEPTH;
/// Distance between two depths of a block of A that is gathered by depth.
pub(crate) const BY_DEPTH_STRIDE: usize = 16;

/// A product to compute.
#[derive(Clone, Copy)]
pub(crate) struct Gemm<L, R, O> {
    pub left: L,
    pub right: R,
    pub output: O,
    /// Rows of C. An only one is summed in an order of its own, on whatever thread.
    pub rows: usize,
    pub depth: usize,
    /// Add to C instead of overwriting it.
    pub start: Start,
    /// What the sums go through at the end.
    pub finish: Finish,
}

/// A 64-byte aligned block that starts uninitialised.
#[repr(C, align(64))]
pub(crate) struct Block<const N: usize>(pub MaybeUninit<[f32; N]>);

impl<L: Left, R: Right, O: Output> Gemm<L, R, O> {
    /// Computes rows `rows.0..rows.1`, columns `columns.0..columns.1` of C.
    ///
    /// # Safety
    /// The ranges lie within A, B and C, and no other thread touches that part of C.
    #[inline(always)]
    pub(crate) unsafe fn block<V: Vector>(&self, rows: (usize, usize), columns: (usize, usize)) {
        let (left, right) = (Compiled::<V, L>::new(&self.left), Compiled::<V, R>::new(&self.right));
        let Self { rows: all, depth, start, finish, .. } = *self;
        let gemm = AnyGemm { left: &left, right: &right, output: &self.output, rows: all, depth, start, finish };
        // SAFETY: the caller's promise.
        unsafe { V::outlined(AnyBlock { gemm: &gemm, rows, columns }) }
    }
}

/// A product of whatever sides.
type AnyGemm<'a> = Gemm<&'a dyn Left, &'a dyn Right, &'a dyn Output>;

/// Rows and columns of it, as a function of its own.
struct AnyBlock<'a> {
    gemm: &'a AnyGemm<'a>,
    rows: (usize, usize),
    columns: (usize, usize),
}

impl Kernel for AnyBlock<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { self.gemm.compute::<V>(self.rows, self.columns) }
    }
}

impl AnyGemm<'_> {
    /// The block of A of some rows and depths: in place, or gathered into `block`.
    ///
    /// # Safety
    /// As [`Left::gather`].
    #[inline(always)]
    unsafe fn left(
        &self,
        place: Option<LeftBlock>,
        (row, rows): (usize, usize),
        (p, depth): (usize, usize),
        block: *mut f32,
    ) -> LeftBlock {
        match place {
            Some(all) => LeftBlock { start: all.start.wrapping_add(row * all.row + p * all.depth), ..all },
            // SAFETY: the caller's promise.
            None => unsafe { self.left.gather(row, rows, p, depth, block) },
        }
    }

    /// The target of a tile of one row: its place, the depths that it adds, its first column and their number.
    ///
    /// # Safety
    /// The columns lie within C.
    #[inline(always)]
    unsafe fn target<'a>(
        &self,
        rows: &'a [*mut f32; MAX_ROWS],
        (p, depth): (usize, usize),
        (offset, columns): (usize, usize),
    ) -> Target<'a> {
        Target {
            rows,
            count: 1,
            offset,
            columns,
            start: if p > 0 { Start::Output } else { self.start },
            finish: if p + depth >= self.depth { self.finish.from(offset) } else { Finish::NONE },
        }
    }

    /// Computes columns of the only row, where B can be read in place, in long runs. Gives back where it ended.
    ///
    /// # Safety
    /// As [`compute`](Self::compute), whose blocks these are.
    #[inline(always)]
    unsafe fn line<V: Vector>(&self, columns: (usize, usize), (a, b): (*mut f32, *mut f32)) -> usize {
        let Some(place) = self.right.place() else { return columns.0 };
        let stride = place.columns;
        let mut column = columns.0;
        // From beyond the caches of a core it is read as it lies in memory.
        if stride.saturating_mul(self.depth) >= STREAMED
            && stride >= LINE
            && let Some(left) = self.left.place()
        {
            let deep = even(self.depth, DEPTH);
            for column in (column..columns.1).step_by(PACKED_B) {
                let count = PACKED_B.min(columns.1 - column);
                // SAFETY: the caller's promise; the block of B has room for the sums of these columns.
                unsafe {
                    let places = self.output.rows(0, 1, 1);
                    for p in (0..self.depth).step_by(deep.max(1)) {
                        let depth = deep.min(self.depth - p);
                        let left = LeftBlock { start: left.start.wrapping_add(p * left.depth), ..left };
                        stream::<V>(&Walk::line(left, place.element(p, column), depth), b, count);
                        finish_line::<V>(b, &self.target(&places, (p, depth), (column, count)));
                    }
                }
            }
            return columns.1;
        }
        while column < columns.1 {
            let count = (columns.1 - column).min(WIDE * V::LANES);
            let width = vectors(count, V::LANES) * V::LANES;
            // What a tile reads beyond the columns of a row of B lies in the rows that follow. Behind the last ones there may
            // be nothing: so many as are needed to be as long as what is read too far, are copied.
            let last = if width > count { (width - count).div_ceil(stride.max(1)).min(self.depth) } else { 0 };
            let mut p = 0;
            loop {
                let until = if p < self.depth - last { self.depth - last } else { self.depth };
                let depth = even(self.depth, DEPTH).min(until - p);
                // SAFETY: the caller's promise. A row that is read in place is followed by `last` rows of B, no shorter than what
                // is read too far. Packed are at most `last` rows of `width` floats. Columns of more than one vector are at
                // least as many as the lanes without one, and a row is no shorter, so that `last` is one; columns of one vector
                // leave fewer lanes than that has, each a row at most.
                unsafe {
                    let right = if p < self.depth - last {
                        place.element(p, column)
                    } else {
                        self.right.pack(p, depth, column, count, width, b);
                        (b.cast_const(), width)
                    };
                    let left = self.left(self.left.place(), (0, 1), (p, depth), a);
                    let places = self.output.rows(0, 1, 1);
                    row::<V>(&Walk::line(left, right, depth), &self.target(&places, (p, depth), (column, count)));
                }
                p += depth;
                if p >= self.depth {
                    break;
                }
            }
            column += count;
        }
        column
    }

    /// Computes rows `rows.0..rows.1`, columns `columns.0..columns.1` of C.
    ///
    /// # Safety
    /// The ranges lie within A, B and C, and no other thread touches that part of C. Where B is in panels, `columns.0` is the first
    /// column of one.
    #[inline(always)]
    unsafe fn compute<V: Vector>(&self, rows: (usize, usize), columns: (usize, usize)) {
        let mut a_block = Block::<BLOCK>(MaybeUninit::uninit());
        let mut b_block = Block::<PACKED_B>(MaybeUninit::uninit());
        let (a, b) = (a_block.0.as_mut_ptr().cast::<f32>(), b_block.0.as_mut_ptr().cast::<f32>());
        let width = VECTORS * V::LANES;
        let height = rows.1.saturating_sub(rows.0);
        let (place, left, output) = (self.right.place(), self.left.place(), self.output.place());
        let Blocking { deep, across, large, panels, far, in_place, copying } = Blocking::new::<V>(self, height);
        let head = if copying { copying_rows::<V>() } else { 0 };
        let tall = even(height - head, V::TILE_ROWS);
        let tiles = (height - head).div_ceil(tall) + usize::from(copying);
        let mut first = columns.0;
        // Not where one row is left of several: how many are left depends on the number of threads.
        if cfg!(feature = "std") && self.rows == 1 && height == 1 && !panels {
            // SAFETY: the caller's promise; the blocks are as large as in what follows.
            first = unsafe { self.line::<V>(columns, (a, b)) };
        }
        if first >= columns.1 {
            return;
        }
        // Where B lies in rows, all columns of some of them come before the next ones, so that few pages are read at a time. A
        // transposed B lies the other way, and so do panels.
        let depths_first = place.is_none() || panels;
        let following = |(p, column): (usize, usize), (depth, wide): (usize, usize)| match depths_first {
            true if p + depth < self.depth => Some((p + depth, column)),
            true => Some((0, column + wide)).filter(|(_, column)| *column < columns.1),
            false if column + wide < columns.1 => Some((p, column + wide)),
            false => Some((p + depth, first)).filter(|(p, _)| *p < self.depth),
        };
        let mut block = Some((0, first));
        while let Some((p, column)) = block {
            let depth = match deep.min(self.depth - p) {
                depth if large && depth > FETCHED => depth / FETCHED * FETCHED,
                depth => depth,
            };
            let wide = across.min(columns.1 - column);
            let next = following((p, column), (depth, wide));
            // SAFETY: the block lies within the ranges; panels fill `across / width` slots of deep · width floats, or one in place.
            unsafe {
                // In place, only a last panel that is not whole is copied.
                let panel = |offset: usize| b.add(if in_place && place.is_some() { 0 } else { offset * deep });
                for offset in (0..wide).step_by(width) {
                    let count = width.min(wide - offset);
                    if count < width || !(in_place || copying) || place.is_none() {
                        self.right.pack(p, depth, column + offset, count, width, panel(offset));
                    }
                }
                let fetched = place.zip(next).filter(|_| large);
                let mut fetching = Fetching::new(fetched, (deep, across), (self.depth, columns.1));
                let mut row = rows.0;
                while row < rows.1 {
                    let copies = copying && row == rows.0;
                    let count = if copies { head } else { tall.min(rows.1 - row) };
                    let mut left = self.left(left, (row, count), (p, depth), a);
                    // Worth a copy if several panels share it.
                    if far && wide > 2 * width {
                        for d in 0..depth {
                            copy_run(left.start.add(d * left.depth), a.add(d * BY_DEPTH_STRIDE), count);
                        }
                        left = LeftBlock { start: a, row: 1, depth: BY_DEPTH_STRIDE };
                    }
                    let places = match &output {
                        Some(rows) => rows.rows(row, count, 1),
                        None => self.output.rows(row, count, 1),
                    };
                    let several = if in_place && place.is_some() { panels_of::<V>(count) } else { 1 };
                    let mut offset = 0;
                    while offset < wide {
                        let count_columns = width.min(wide - offset);
                        let whole = count_columns == width;
                        let right = match place {
                            Some(place) if (in_place || copies) && whole => place.element(p, column + offset),
                            _ => (panel(offset).cast_const(), width),
                        };
                        let target =
                            Target { count, ..self.target(&places, (p, depth), (column + offset, count_columns)) };
                        let joined = [several, 2].into_iter().find(|&panels| offset + panels * width <= wide);
                        let joined = joined.filter(|_| several > 1).unwrap_or(1);
                        let read = joined * width;
                        let (mut line, mut ahead) = (depth, Ahead::NONE);
                        if large {
                            line = FETCHED.min(depth);
                            ahead = fetching.ahead(read, depth / line.max(1), tiles);
                        } else if in_place && row == rows.0 && whole {
                            line = 1 << depth.trailing_zeros().min(2);
                            let rows = if right.1 < LINE { CLOSE_SHORT } else { CLOSE };
                            let start = right.0.wrapping_add(rows * right.1);
                            ahead = Ahead { start, stride: right.1, rows: line, close: true };
                        }
                        let walk = Walk::lines(left, right, depth, line);
                        if joined > 1 {
                            let second = place.map_or(right.0, |place| place.element(p, column + offset + width).0);
                            let apart = (second.addr() - right.0.addr()) / size_of::<f32>();
                            tile_paired::<V>(&walk, &Target { columns: read, ..target }, ahead, apart);
                        } else if copies && whole {
                            tile_copying::<V>(&walk, &target, ahead, panel(offset));
                        } else {
                            tile_ahead::<V>(&walk, &target, ahead);
                        }
                        offset += read;
                    }
                    row += count;
                }
            }
            block = next;
        }
    }
}

/// Rows and columns of a product.
pub(crate) struct GemmBlock<'a, G>(pub &'a G, pub (usize, usize), pub (usize, usize));

impl<L: Left, R: Right, O: Output> Kernel for GemmBlock<'_, Gemm<L, R, O>> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(gemm, rows, columns) = self;
        let total = rows.1.saturating_sub(rows.0);
        let across = columns.1.saturating_sub(columns.0) + gemm.depth.min(DEPTH);
        let near = NEAR / across.max(1);
        // A transposed B is packed with all its depths at once: C is written once, and packing takes longer.
        let in_parts = near >= FEW_ROWS && total > 2 * near && gemm.right.place().is_some();
        let most = if in_parts { even(total, near) } else { total.max(1) };
        for first in (rows.0..rows.1).step_by(most) {
            // SAFETY: the caller's promise.
            unsafe { gemm.block::<V>((first, rows.1.min(first + most)), columns) }
        }
    }
}

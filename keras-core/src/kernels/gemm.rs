//! The matrix product under `matmul` and `convolution`: C = A·B (+ C, or + bias).
//!
//! Blocks of A and of B are read in place or packed on the stack; a register tile of C is then computed with one broadcast of A and a few
//! vectors of B per step. Where A comes from is the [`Left`]'s business (a matrix, its transpose, the patches of an
//! image), so that a convolution needs no buffer of patches. Every element of C sums its products in the same order,
//! whatever tile or thread it falls to.

use super::copies::{copy_run, transpose, zero_run};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Kernel, MAX_LANES, Vector, prefetch};
use super::tile::{
    Finish, LeftBlock, MAX_ROWS, Start, Target, VECTORS, WIDE, Walk, even, row, tile, tile_ahead, vectors,
};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// Steps of the depth per block. A packed block of A is at most 14 × 256 floats, 14 KB; a panel of B, 256 × 32 floats,
/// 32 KB: together they fit a first-level cache of 48 KB, and with AVX2 (6 KB + 16 KB) one of 32 KB.
pub(crate) const DEPTH: usize = if cfg!(feature = "std") { 256 } else { 64 };
/// Floats of packed B per block: two panels of AVX-512, 64 KB of stack; without `std` one panel of the target's set.
const PACKED_B: usize = DEPTH
    * if cfg!(feature = "std") {
        4 * MAX_LANES
    } else if cfg!(target_feature = "avx512f") {
        2 * MAX_LANES
    } else if cfg!(target_feature = "avx2") {
        MAX_LANES
    } else {
        MAX_LANES / 2
    };
/// Columns of a block of B that is as deep as can be.
const ACROSS: usize = PACKED_B / DEPTH;
/// Floats from which B is large: half a megabyte, so that it comes from beyond the second-level cache.
const LARGE: usize = 1 << 17;
/// Tiles of rows up to which a large B is read in place, once.
const FEW_TILES: usize = 4;
/// Steps of the depth per block there: a panel of B, 16 KB, stays in the first-level cache.
const FEW_DEPTH: usize = if DEPTH < 128 { DEPTH } else { 128 };
/// Steps of the depth for which a tile fetches ahead at once.
const FEW_LINE: usize = 8;
/// Floats by which it does, along the rows of B: two panels of AVX-512. A row that is far from the next one is on another
/// page, where the processor does not fetch ahead by itself.
const FEW_AHEAD: usize = 4 * MAX_LANES;
/// Floats of A and C that stay in the second-level cache while they meet all blocks of B: 1 MB.
const NEAR: usize = 1 << 18;
/// Rows of A below which reading B anew for them takes longer than what is gained.
const FEW_ROWS: usize = 256;
/// Tiles of rows up to which a small B stays in place.
const MANY_TILES: usize = 12;
/// Floats between the depths of a transposed A from which its blocks are copied: each depth is on a page of its own.
const FAR: usize = 960;
/// Floats of a gathered block of A: rows or depths of it lie `DEPTH` or 16 floats apart.
const BLOCK: usize = BY_DEPTH_STRIDE * DEPTH;
/// Distance between two depths of a block of A that is gathered by depth.
pub(crate) const BY_DEPTH_STRIDE: usize = 16;

/// Where blocks of A come from.
pub(crate) trait Left: Sync {
    /// All of A, where it lies in memory as tiles read it.
    fn place(&self) -> Option<LeftBlock> {
        None
    }
    /// Gathers rows `row..row + rows` (≤ `MAX_ROWS`), depths `p..p + depth` (≤ `DEPTH`) into `block`. Not called where A has a
    /// place.
    ///
    /// # Safety
    /// The ranges lie within A; `block` has room for `BLOCK` floats.
    unsafe fn gather(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> LeftBlock;
}

/// Where panels of B come from.
pub(crate) trait Right: Sync {
    /// Packs depths `p..p + depth`, columns `column..column + columns`, as rows of `width ≥ columns` floats; the rest of
    /// a row is any number, which goes into no result.
    ///
    /// # Safety
    /// The ranges lie within B; `into` has room for `depth · width` floats.
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32);
    /// The address of the first element and the distance between rows, where rows are contiguous in memory.
    fn place(&self) -> Option<(*const f32, usize)> {
        None
    }
}

/// The address of element (p, column) of a B that has a place, and the distance between its rows.
///
/// Wrapping, because the address may be asked for before it is known to be used.
#[inline(always)]
pub(crate) fn element((start, stride): (*const f32, usize), p: usize, column: usize) -> (*const f32, usize) {
    (start.wrapping_add(p * stride + column), stride)
}

/// Where rows of C lie.
pub(crate) trait Output: Sync {
    /// All of C, where its rows lie at a fixed distance.
    fn place(&self) -> Option<Rows> {
        None
    }
    /// The addresses of the first elements of rows row, row + step, …; in each row the columns follow.
    ///
    /// # Safety
    /// The `count` rows lie within C; there are at most `MAX_ROWS`.
    unsafe fn rows(&self, row: usize, count: usize, step: usize) -> [*mut f32; MAX_ROWS];
}

/// A side of a product whose functions are compiled for an instruction set: as a trait object, it lets all products share the
/// code that calls them.
pub(crate) struct Compiled<'a, V, S>(&'a S, PhantomData<fn() -> V>);

impl<'a, V, S> Compiled<'a, V, S> {
    #[inline(always)]
    pub(crate) fn new(side: &'a S) -> Self {
        Self(side, PhantomData)
    }
}

impl<V: Vector, L: Left> Left for Compiled<'_, V, L> {
    fn place(&self) -> Option<LeftBlock> {
        self.0.place()
    }
    unsafe fn gather(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> LeftBlock {
        // SAFETY: the caller's promise.
        unsafe { V::outlined(Gather { left: self.0, row, rows, p, depth, block }) }
    }
}

impl<V: Vector, R: Right> Right for Compiled<'_, V, R> {
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { V::outlined(Pack { right: self.0, p, depth, column, columns, width, into }) }
    }
    fn place(&self) -> Option<(*const f32, usize)> {
        self.0.place()
    }
}

/// The arguments of [`Left::gather`].
struct Gather<'a, L> {
    left: &'a L,
    row: usize,
    rows: usize,
    p: usize,
    depth: usize,
    block: *mut f32,
}

impl<L: Left> Kernel for Gather<'_, L> {
    type Output = LeftBlock;
    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> LeftBlock {
        let Self { left, row, rows, p, depth, block } = self;
        // SAFETY: the caller's promise.
        unsafe { left.gather(row, rows, p, depth, block) }
    }
}

/// The arguments of [`Right::pack`].
struct Pack<'a, R> {
    right: &'a R,
    p: usize,
    depth: usize,
    column: usize,
    columns: usize,
    width: usize,
    into: *mut f32,
}

impl<R: Right> Kernel for Pack<'_, R> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { right, p, depth, column, columns, width, into } = self;
        // SAFETY: the caller's promise.
        unsafe { right.pack(p, depth, column, columns, width, into) }
    }
}

/// Rows at a fixed distance.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub start: WritePointer,
    pub stride: usize,
}

impl Output for Rows {
    fn place(&self) -> Option<Rows> {
        Some(*self)
    }
    #[inline(always)]
    unsafe fn rows(&self, row: usize, _: usize, step: usize) -> [*mut f32; MAX_ROWS] {
        let start = self.start.get().wrapping_add(row * self.stride);
        core::array::from_fn(|r| start.wrapping_add(r * step * self.stride))
    }
}

/// A matrix in memory, `stride` floats from row to row.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub start: ReadPointer,
    pub stride: usize,
    pub transposed: bool,
}

impl Matrix {
    /// A matrix as it is stored.
    pub(crate) fn new(values: &[f32], stride: usize) -> Self {
        Self { start: ReadPointer::new(values), stride, transposed: false }
    }

    /// The address of the stored element (row, column).
    ///
    /// # Safety
    /// It lies within the matrix.
    #[inline(always)]
    unsafe fn at(&self, row: usize, column: usize) -> *const f32 {
        // SAFETY: the caller's promise.
        unsafe { self.start.get().add(row * self.stride + column) }
    }
}

impl Left for Matrix {
    #[inline(always)]
    fn place(&self) -> Option<LeftBlock> {
        let (row, depth) = if self.transposed { (1, self.stride) } else { (self.stride, 1) };
        Some(LeftBlock { start: self.start.get(), row, depth })
    }
    #[inline(always)]
    unsafe fn gather(&self, _: usize, _: usize, _: usize, _: usize, block: *mut f32) -> LeftBlock {
        LeftBlock { start: block, row: 0, depth: 0 }
    }
}

impl Right for Matrix {
    #[inline(always)]
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.transposed {
                transpose(self.at(column, p), self.stride, columns, depth, into, width);
            } else {
                // What lies beyond the columns goes into no result: where there is something, copying it is faster than
                // clearing.
                let last = width.saturating_sub(columns).div_ceil(self.stride.max(1)).min(depth);
                let (from, whole) = (self.at(p, column), depth - last);
                match width {
                    8 => copy_rows::<8>(from, self.stride, whole, into),
                    16 => copy_rows::<16>(from, self.stride, whole, into),
                    32 => copy_rows::<32>(from, self.stride, whole, into),
                    _ => (0..whole).for_each(|d| copy_run(from.add(d * self.stride), into.add(d * width), width)),
                }
                for d in whole..depth {
                    copy_run(from.add(d * self.stride), into.add(d * width), columns);
                    zero_run(into.add(d * width + columns), width - columns);
                }
            }
        }
    }
    #[inline(always)]
    fn place(&self) -> Option<(*const f32, usize)> {
        (!self.transposed).then_some((self.start.get(), self.stride))
    }
}

/// Copies the first floats of rows to rows that follow each other.
///
/// # Safety
/// `from` is readable there, `to` has room.
#[inline(always)]
unsafe fn copy_rows<const WIDTH: usize>(from: *const f32, stride: usize, rows: usize, to: *mut f32) {
    for row in 0..rows {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; WIDTH]>().add(row).write(from.add(row * stride).cast::<[f32; WIDTH]>().read()) };
    }
}

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
        let (_, stride) = place;
        let mut column = columns.0;
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
                        element(place, p, column)
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
    /// The ranges lie within A, B and C, and no other thread touches that part of C.
    #[inline(always)]
    unsafe fn compute<V: Vector>(&self, rows: (usize, usize), columns: (usize, usize)) {
        let mut a_block = Block::<BLOCK>(MaybeUninit::uninit());
        let mut b_block = Block::<PACKED_B>(MaybeUninit::uninit());
        let (a, b) = (a_block.0.as_mut_ptr().cast::<f32>(), b_block.0.as_mut_ptr().cast::<f32>());
        let width = VECTORS * V::LANES;
        let height = rows.1.saturating_sub(rows.0);
        let tall = even(height, V::TILE_ROWS);
        let place = self.right.place();
        let large = place.is_some_and(|(_, stride)| stride.saturating_mul(self.depth) > LARGE);
        let (left, output) = (self.left.place(), self.output.place());
        // Decided by all rows of C and not by those here, since it cuts the sums into blocks.
        let once = large && left.is_some() && self.rows <= FEW_TILES * V::TILE_ROWS;
        let far = left.is_some_and(|left| left.row == 1 && left.depth >= FAR);
        let deep = if once { FEW_DEPTH } else { even(self.depth, if far { FEW_DEPTH } else { DEPTH }) };
        // Packing reads and writes B once. Few tiles of rows read it faster in place: a large one panel by panel, each of
        // which all tiles find in the first-level cache. Rows of a large B are far from each other; wider blocks of it would
        // crowd a part of the caches, and more pages than the processor knows the addresses of.
        let in_place = !cfg!(feature = "std") || once || (height <= MANY_TILES * V::TILE_ROWS && !large);
        let across = match (once, in_place) {
            (true, _) => width,
            (_, true) => ACROSS / width * width,
            _ => PACKED_B / deep.max(1) / width * width,
        };
        let mut first = columns.0;
        // Not where one row is left of several: how many are left depends on the number of threads.
        if cfg!(feature = "std") && self.rows == 1 && height == 1 {
            // SAFETY: the caller's promise; the blocks are as large as in what follows.
            first = unsafe { self.line::<V>(columns, (a, b)) };
        }
        if first >= columns.1 {
            return;
        }
        // All columns of some rows of B come before the next rows, so that few pages are read at a time.
        let (mut p, mut column) = (0, first);
        loop {
            let depth = match deep.min(self.depth - p) {
                depth if once && depth > FEW_LINE => depth / FEW_LINE * FEW_LINE,
                depth => depth,
            };
            let wide = across.min(columns.1 - column);
            // SAFETY: the block lies within the ranges; panels fill `across / width` slots of deep · width floats.
            unsafe {
                let panel = |offset: usize| b.add(offset * deep);
                for offset in (0..wide).step_by(width) {
                    let count = width.min(wide - offset);
                    if count < width || !in_place || place.is_none() {
                        self.right.pack(p, depth, column + offset, count, width, panel(offset));
                    }
                }
                // While tiles are computed, the next block of B comes nearer, some lines with each row of tiles.
                let next = if column + wide < columns.1 { (p, column + wide) } else { (p + depth, first) };
                let ahead = place.filter(|_| in_place && !once && next.0 < self.depth);
                let ahead = ahead.map(|place| element(place, next.0, next.1));
                let lines = deep.min(self.depth - next.0);
                let mut line = 0;
                let mut row = rows.0;
                while row < rows.1 {
                    let count = tall.min(rows.1 - row);
                    if let Some((start, stride)) = ahead {
                        let until = (line + deep * count / height.max(1) + 1).min(lines);
                        while line < until {
                            for offset in (0..ACROSS).step_by(MAX_LANES) {
                                prefetch(start.wrapping_add(line * stride + offset));
                            }
                            line += 1;
                        }
                    }
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
                    for offset in (0..wide).step_by(width) {
                        let count_columns = width.min(wide - offset);
                        let right = match place {
                            Some(place) if in_place && count_columns == width => element(place, p, column + offset),
                            _ => (panel(offset).cast_const(), width),
                        };
                        let target =
                            Target { count, ..self.target(&places, (p, depth), (column + offset, count_columns)) };
                        if once {
                            let walk = Walk::lines(left, right, depth, FEW_LINE.min(depth));
                            tile_ahead::<V>(&walk, &target, FEW_AHEAD);
                        } else {
                            tile::<V>(&Walk::line(left, right, depth), &target);
                        }
                    }
                    row += count;
                }
            }
            // A transposed B lies the other way.
            if place.is_some() {
                column += wide;
                if column >= columns.1 {
                    (p, column) = (p + depth, first);
                    if p >= self.depth {
                        break;
                    }
                }
            } else {
                p += depth;
                if p >= self.depth {
                    (p, column) = (0, column + wide);
                    if column >= columns.1 {
                        break;
                    }
                }
            }
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

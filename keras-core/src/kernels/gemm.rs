//! The matrix product under `matmul` and `convolution`: C = A·B (+ C, or + bias).
//!
//! Blocks of A and of B are read in place or packed on the stack; a register tile of C is then computed with one broadcast of A and a few
//! vectors of B per step. Where A comes from is the [`Left`]'s business (a matrix, its transpose, the patches of an
//! image), so that a convolution needs no buffer of patches. Every element of C sums its products in the same order,
//! whatever tile or thread it falls to.

use super::copies::{copy_run, transpose, zero_run};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Kernel, MAX_LANES, Vector};
use super::tile::{
    Ahead, Finish, LINE, LeftBlock, MAX_ROWS, Start, Target, VECTORS, WIDE, Walk, copying_rows, even, finish_line,
    paired_rows, panels as panels_of, row, stream, tile_ahead, tile_copying, tile_paired, vectors,
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
/// Tiles of rows up to which blocks of a large B are shallow.
const FEW_TILES: usize = 5;
/// Steps of the depth per block there.
const FEW_DEPTH: usize = if DEPTH < 128 { DEPTH } else { 128 };
/// Steps of the depth after which a tile fetches as many rows of the next block, or its share of them.
const FETCHED: usize = 8;
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
    /// Where B lies in memory, if tiles can read it there.
    fn place(&self) -> Option<RightPlace> {
        None
    }
}

/// Where a B lies whose rows, or the rows of its panels, are contiguous in memory.
#[derive(Clone, Copy)]
pub(crate) struct RightPlace {
    pub start: *const f32,
    /// Columns of B.
    pub columns: usize,
    /// If B is stored in panels, their columns and their floats.
    pub panel: Option<(usize, usize)>,
}

impl RightPlace {
    /// The address of element (p, column), where a panel starts if there are any, and the distance between rows.
    ///
    /// Wrapping, because the address may be asked for before it is known to be used.
    #[inline(always)]
    pub(crate) fn element(self, p: usize, column: usize) -> (*const f32, usize) {
        let Self { start, columns, panel } = self;
        match panel {
            None => (start.wrapping_add(p * columns + column), columns),
            Some((width, length)) => {
                let stride = width.min(columns - column);
                (start.wrapping_add(column / width.max(1) * length + p * stride), stride)
            }
        }
    }
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
    fn place(&self) -> Option<RightPlace> {
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
    fn place(&self) -> Option<RightPlace> {
        (!self.transposed).then_some(RightPlace { start: self.start.get(), columns: self.stride, panel: None })
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

/// How a product is cut into blocks, and which of them are packed.
struct Blocking {
    /// Steps of the depth of a block.
    deep: usize,
    /// Columns of a block.
    across: usize,
    /// B comes from beyond the second-level cache: tiles fetch it ahead.
    large: bool,
    /// B lies in panels.
    panels: bool,
    /// Depths of A are on pages of their own.
    far: bool,
    /// Tiles read B where it lies.
    in_place: bool,
    /// The first tile of rows reads B in place, and copies it for the others.
    copying: bool,
}

impl Blocking {
    /// The blocks of some rows of a product.
    #[inline(always)]
    fn new<V: Vector>(gemm: &AnyGemm<'_>, height: usize) -> Self {
        let (place, left) = (gemm.right.place(), gemm.left.place());
        let width = VECTORS * V::LANES;
        let large = place.is_some_and(|place| place.columns.saturating_mul(gemm.depth) > LARGE);
        let panels = place.is_some_and(|place| place.panel.is_some());
        let far = left.is_some_and(|left| left.row == 1 && left.depth >= FAR);
        // Decided by all rows of C and not by those here, since it cuts the sums into blocks.
        let few = large && left.is_some() && gemm.rows <= FEW_TILES * V::TILE_ROWS;
        let once = few && gemm.rows <= V::TILE_ROWS;
        let deep = match once {
            true => FEW_DEPTH,
            false => even(gemm.depth, if far || few { FEW_DEPTH } else { DEPTH }),
        };
        // Packing a small B takes longer than it gains, unless many tiles of rows share it.
        let in_place = !cfg!(feature = "std") || panels || once || (height <= MANY_TILES * V::TILE_ROWS && !large);
        let copying = !in_place && place.is_some() && height > V::TILE_ROWS;
        let across = match (once, in_place) {
            (true, _) if gemm.rows <= paired_rows::<V>() && 2 * width * deep <= PACKED_B => 2 * width,
            (true, _) => width,
            (_, true) if place.is_some() && !panels && !large => {
                (ACROSS / width).max(panels_of::<V>(gemm.rows)) * width
            }
            (_, true) => ACROSS / width * width,
            _ => PACKED_B / deep.max(1) / width * width,
        };
        Self { deep, across, large, panels, far, in_place, copying }
    }
}

/// The block of B that comes next, which is fetched piece by piece while tiles are computed.
struct Fetching {
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
    fn new(block: Option<(RightPlace, (usize, usize))>, (deep, across): (usize, usize), until: (usize, usize)) -> Self {
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
    fn ahead(&mut self, width: usize, lines: usize, tiles: usize) -> Ahead {
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

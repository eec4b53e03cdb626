//! The sides of a product: where blocks of A and of B come from, and where rows of C lie.

use core::marker::PhantomData;

use crate::kernels::copies::{copy_run, transpose, zero_run};
use crate::kernels::pointers::{ReadPointer, WritePointer};
use crate::kernels::simd::{Kernel, Vector};
use crate::kernels::tile::{LeftBlock, MAX_ROWS};

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
    pub panels: Option<(usize, usize)>,
}

impl RightPlace {
    /// The address of element (p, column), where a panel starts if there are any, and the distance between rows.
    ///
    /// Wrapping, because the address may be asked for before it is known to be used.
    #[inline(always)]
    pub(crate) fn element(self, p: usize, column: usize) -> (*const f32, usize) {
        let Self { start, columns, panels } = self;
        match panels {
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
        (!self.transposed).then_some(RightPlace { start: self.start.get(), columns: self.stride, panels: None })
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

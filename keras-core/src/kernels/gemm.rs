//! The matrix product under `matmul` and `conv2d`: C = A·B (+ C, or + bias).
//!
//! Blocks of A and of B are packed on the stack; a register tile of C is then computed with one broadcast of A and a few
//! vectors of B per step. Where A comes from is the [`Left`]'s business (a matrix, its transpose, the patches of an
//! image), so that a convolution needs no buffer of patches. Every element of C sums its products in the same order,
//! whatever tile or thread it falls to.

use super::Epilogue;
use super::parallel::Shared;
use super::simd::{MAX_LANES, Vector, prefetch};
use crate::activations::Activation;
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
/// Rows of a tile, at most.
pub(crate) const MAX_ROWS: usize = 14;
/// Floats of a gathered block of A: rows or depths of it lie `DEPTH` or 16 floats apart.
const BLOCK: usize = BY_DEPTH_STRIDE * DEPTH;
/// Distance between two depths of a block of A that is gathered by depth.
pub(crate) const BY_DEPTH_STRIDE: usize = 16;

/// Elements of A at fixed distances.
#[derive(Clone, Copy)]
pub(crate) struct Strided {
    pub start: *const f32,
    /// Floats from row to row.
    pub row: usize,
    /// Floats from depth to depth.
    pub depth: usize,
}

/// Where blocks of A come from.
pub(crate) trait Left: Copy + Sync {
    /// Whether blocks have to be gathered.
    const GATHERED: bool = true;
    /// Rows `row..row + rows` (≤ `MAX_ROWS`), depths `p..p + depth` (≤ `DEPTH`): in place, or gathered into `block`.
    ///
    /// # Safety
    /// The ranges lie within A; `block` has room for `BLOCK` floats.
    unsafe fn block(&self, row: usize, rows: usize, p: usize, depth: usize, block: *mut f32) -> Strided;
}

/// Where panels of B come from.
pub(crate) trait Right: Copy + Sync {
    /// Packs depths `p..p + depth`, columns `column..column + columns`, as rows of `width ≥ columns` floats; the rest of
    /// a row is any number, which goes into no result.
    ///
    /// # Safety
    /// The ranges lie within B; `into` has room for `depth · width` floats.
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32);
    /// The address of element (p, column) and the distance between rows, where rows are contiguous in memory.
    fn direct(&self, p: usize, column: usize) -> Option<(*const f32, usize)>;
}

/// Where rows of C lie.
pub(crate) trait Output: Copy + Sync {
    /// The addresses of elements (row, 0), (row + 1, 0), …; in each row the columns follow.
    ///
    /// # Safety
    /// The rows lie within C; there are at most `MAX_ROWS`.
    unsafe fn rows(&self, row: usize, count: usize) -> [*mut f32; MAX_ROWS];
}

/// Rows at a fixed distance.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub start: Shared<f32>,
    pub stride: usize,
}

impl Output for Rows {
    #[inline(always)]
    unsafe fn rows(&self, row: usize, _: usize) -> [*mut f32; MAX_ROWS] {
        let start = self.start.get().wrapping_add(row * self.stride);
        core::array::from_fn(|r| start.wrapping_add(r * self.stride))
    }
}

/// A matrix in memory, `stride` floats from row to row.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<const TRANSPOSED: bool> {
    pub start: Shared<f32>,
    pub stride: usize,
}

impl<const TRANSPOSED: bool> Matrix<TRANSPOSED> {
    pub(crate) fn new(values: &[f32], stride: usize) -> Self {
        Self { start: Shared(values.as_ptr().cast_mut()), stride }
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

impl<const TRANSPOSED: bool> Left for Matrix<TRANSPOSED> {
    const GATHERED: bool = false;
    #[inline(always)]
    unsafe fn block(&self, row: usize, _: usize, p: usize, _: usize, _: *mut f32) -> Strided {
        let (line, column) = if TRANSPOSED { (p, row) } else { (row, p) };
        let start = self.start.get().wrapping_add(line * self.stride + column).cast_const();
        let (row, depth) = if TRANSPOSED { (1, self.stride) } else { (self.stride, 1) };
        Strided { start, row, depth }
    }
}

impl<const TRANSPOSED: bool> Right for Matrix<TRANSPOSED> {
    #[inline(always)]
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            if TRANSPOSED {
                transpose(self.at(column, p), self.stride, columns, depth, into, width);
            } else {
                for d in 0..depth {
                    let (from, to) = (self.at(p + d, column), into.add(d * width));
                    // What lies beyond the columns goes into no result: where there is something, copying it is faster
                    // than clearing.
                    if (depth - 1 - d) * self.stride + columns >= width {
                        copy_run(from, to, width);
                    } else {
                        copy_run(from, to, columns);
                        zero_run(to.add(columns), width - columns);
                    }
                }
            }
        }
    }
    #[inline(always)]
    fn direct(&self, p: usize, column: usize) -> Option<(*const f32, usize)> {
        // Wrapping, because the address may be asked for before it is known to be used.
        (!TRANSPOSED).then(|| (self.start.get().wrapping_add(p * self.stride + column).cast_const(), self.stride))
    }
}

/// `into[d·width + c] = from[c·stride + d]` for c < columns, zero up to `width`.
///
/// # Safety
/// `from` is readable there, `into` has room for `depth · width` floats.
#[inline(always)]
pub(crate) unsafe fn transpose(
    from: *const f32,
    stride: usize,
    columns: usize,
    depth: usize,
    into: *mut f32,
    width: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        turn(from, stride, columns, depth, into, width);
        if columns < width {
            for d in 0..depth {
                zero_run(into.add(d * width + columns), width - columns);
            }
        }
    }
}

/// `into[d·width + c] = from[c·stride + d]` for c < columns.
///
/// # Safety
/// `from` is readable there, `into` writable.
#[inline(always)]
pub(crate) unsafe fn turn(from: *const f32, stride: usize, columns: usize, depth: usize, into: *mut f32, width: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut c = 0;
        // Tiles of 4 × 4 turn in registers: four vector loads, eight shuffles, four vector stores.
        while c + 4 <= columns {
            let mut d = 0;
            while d + 4 <= depth {
                let line = |i: usize| from.add((c + i) * stride + d).cast::<[f32; 4]>().read_unaligned();
                let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (line(0), line(1));
                let ([c0, c1, c2, c3], [d0, d1, d2, d3]) = (line(2), line(3));
                let put = |i: usize, v: [f32; 4]| into.add((d + i) * width + c).cast::<[f32; 4]>().write_unaligned(v);
                put(0, [a0, b0, c0, d0]);
                put(1, [a1, b1, c1, d1]);
                put(2, [a2, b2, c2, d2]);
                put(3, [a3, b3, c3, d3]);
                d += 4;
            }
            while d < depth {
                for i in 0..4 {
                    *into.add(d * width + c + i) = *from.add((c + i) * stride + d);
                }
                d += 1;
            }
            c += 4;
        }
        while c < columns {
            for d in 0..depth {
                *into.add(d * width + c) = *from.add(c * stride + d);
            }
            c += 1;
        }
    }
}

/// Copies a run of floats; short ones without a call.
///
/// # Safety
/// Both are valid for `count` floats and do not overlap.
#[inline(always)]
pub(crate) unsafe fn copy_run(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match count {
            0 => {}
            1 => to.write(from.read()),
            2 => to.cast::<[f32; 2]>().write(from.cast::<[f32; 2]>().read()),
            3 => to.cast::<[f32; 3]>().write(from.cast::<[f32; 3]>().read()),
            4..=8 => {
                // Two windows of four that overlap.
                let (head, tail) = (from.cast::<[f32; 4]>().read(), from.add(count - 4).cast::<[f32; 4]>().read());
                to.cast::<[f32; 4]>().write(head);
                to.add(count - 4).cast::<[f32; 4]>().write(tail);
            }
            9..=16 => {
                let (head, tail) = (from.cast::<[f32; 8]>().read(), from.add(count - 8).cast::<[f32; 8]>().read());
                to.cast::<[f32; 8]>().write(head);
                to.add(count - 8).cast::<[f32; 8]>().write(tail);
            }
            17..=32 => {
                let (head, tail) = (from.cast::<[f32; 16]>().read(), from.add(count - 16).cast::<[f32; 16]>().read());
                to.cast::<[f32; 16]>().write(head);
                to.add(count - 16).cast::<[f32; 16]>().write(tail);
            }
            _ => core::ptr::copy_nonoverlapping(from, to, count),
        }
    }
}

/// Clears a run of floats.
///
/// # Safety
/// `to` is valid for `count` floats.
#[inline(always)]
pub(crate) unsafe fn zero_run(to: *mut f32, count: usize) {
    if count > 0 {
        // SAFETY: the caller's promise; all bits zero is 0.0.
        unsafe { core::ptr::write_bytes(to, 0, count) }
    }
}

/// What a tile's sums are added to.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// Nothing: C is overwritten.
    Zero,
    /// What C holds.
    Output,
}

/// One tile's target.
pub(crate) struct Target<'a> {
    pub rows: &'a [*mut f32; MAX_ROWS],
    pub count: usize,
    /// The first column.
    pub offset: usize,
    pub columns: usize,
    pub start: Start,
    /// From the first column on.
    pub finish: Finish,
}

/// What sums go through before they are stored: `max(sum·scale + bias, floor)`, column by column.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// One float per column, or null.
    pub scale: Shared<f32>,
    /// One float per column, or null.
    pub bias: Shared<f32>,
    pub floor: f32,
}

impl Finish {
    /// Sums as they are.
    pub(crate) const NONE: Self = Self { scale: NOTHING, bias: NOTHING, floor: f32::NEG_INFINITY };

    /// An epilogue, but for an activation that is no rectifier.
    pub(crate) fn new(epilogue: Epilogue<'_>) -> Self {
        let start = |values: &[f32]| if values.is_empty() { NOTHING } else { Shared(values.as_ptr().cast_mut()) };
        let floor = if epilogue.activation == Activation::Relu { 0.0 } else { f32::NEG_INFINITY };
        Self { scale: start(epilogue.scale), bias: start(epilogue.bias), floor }
    }

    /// From a column on.
    #[inline(always)]
    pub(crate) fn from(&self, column: usize) -> Self {
        let from = |values: Shared<f32>| match values.get() {
            start if start.is_null() => values,
            start => Shared(start.wrapping_add(column)),
        };
        Self { scale: from(self.scale), bias: from(self.bias), floor: self.floor }
    }

    /// The factors and biases of a vector of columns.
    ///
    /// # Safety
    /// `count` columns exist from `column` on.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Vector>(&self, column: usize, count: usize) -> (V, V) {
        let load = |values: Shared<f32>, default: f32| match values.get() {
            start if start.is_null() => V::splat(default),
            // SAFETY: the caller's promise.
            start => unsafe { V::load_partial(start.wrapping_add(column), count) },
        };
        (load(self.scale, 1.0), load(self.bias, 0.0))
    }
}

const NOTHING: Shared<f32> = Shared(core::ptr::null_mut());

/// Register tiles, sized for an instruction set's registers.
pub(crate) trait Tiles: Sized {
    /// Rows of the largest tile.
    const ROWS: usize;
    /// Vectors across a tile.
    const VECTORS: usize;
    /// Computes a tile of `target.count` rows.
    ///
    /// # Safety
    /// All addresses of the walk are readable, and as many rows of A and vectors of B at each as the target has.
    unsafe fn tile(walk: &Walk, target: &Target<'_>);
    /// Computes a tile of one row and up to `WIDE` vectors, over depths in one line.
    ///
    /// # Safety
    /// As [`tile`](Self::tile), with [`vectors`] of B at each address.
    unsafe fn row(walk: &Walk, target: &Target<'_>);
}

/// Vectors of a tile of one row: enough sums at once to hide how long one takes, and long runs of B.
const WIDE: usize = 8;
/// Where a product of one row is cut by columns, it is at multiples of this, so that the same columns share a tile.
pub(crate) const LINE: usize = WIDE * MAX_LANES;

/// Vectors that a tile of one row reads of so many columns.
#[inline(always)]
const fn vectors(columns: usize, lanes: usize) -> usize {
    match columns.div_ceil(lanes) {
        0 | 1 => 1,
        2 => 2,
        3 | 4 => 4,
        _ => WIDE,
    }
}
/// Depths by which such a tile fetches ahead.
const AHEAD: usize = 8;

/// The depths of a tile as three loops around each other: where A and B go with each of them.
///
/// That is how a tile reads an image in place: a line of a patch, the lines of it, and so on.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    pub a: *const f32,
    pub b: *const f32,
    /// Floats from row to row of A.
    pub a_row: usize,
    /// Of each loop, from the innermost: how often, and the floats that A and B move on by.
    pub loops: [(usize, usize, usize); 3],
}

impl Walk {
    /// A walk over depths in one line.
    #[inline(always)]
    pub(crate) fn line(a: Strided, (b, b_stride): (*const f32, usize), depth: usize) -> Self {
        Self { a: a.start, b, a_row: a.row, loops: [(depth, a.depth, b_stride), (1, 0, 0), (1, 0, 0)] }
    }
}

macro_rules! tiles {
    ($of:ident, $type:ty, $(#[$features:meta])? vectors $vectors:literal, rows $max:literal: $($rows:literal)*) => {
        impl Tiles for $type {
            const ROWS: usize = $max;
            const VECTORS: usize = $vectors;
            #[inline(always)]
            unsafe fn tile(walk: &Walk, target: &Target<'_>) {
                // SAFETY: the caller's promise; a vector of this type is made where the machine has its instructions.
                unsafe {
                    let narrow = target.columns <= <$type>::LANES;
                    match target.count {
                        $($rows if narrow => $of::<$rows, 1>(walk, target),
                        $rows => $of::<$rows, $vectors>(walk, target),)*
                        _ => {}
                    }
                }
            }
            #[inline(always)]
            unsafe fn row(walk: &Walk, target: &Target<'_>) {
                /// A function of its own, as a tile.
                #[inline(never)]
                $(#[$features])?
                unsafe fn of<const N: usize, const U: usize>(walk: &Walk, target: &Target<'_>) {
                    // SAFETY: the caller's promise.
                    unsafe { row::<$type, N, U>(walk, target) }
                }
                // SAFETY: as above.
                unsafe {
                    match vectors(target.columns, <$type>::LANES) {
                        1 => of::<1, 8>(walk, target),
                        2 => of::<2, 4>(walk, target),
                        4 => of::<4, 2>(walk, target),
                        _ => of::<WIDE, 1>(walk, target),
                    }
                }
            }
        }

        /// A function of its own, so that all kernels share its code.
        #[inline(never)]
        $(#[$features])?
        unsafe fn $of<const M: usize, const N: usize>(walk: &Walk, target: &Target<'_>) {
            // SAFETY: the caller's promise.
            unsafe { tile::<$type, M, N>(walk, target) }
        }
    };
}

// 28 sums, 2 vectors of B and a broadcast of A: 31 of AVX-512's 32 registers.
#[cfg(target_arch = "x86_64")]
tiles!(avx512, super::simd::x86::Avx512, #[target_feature(enable = "avx512f,avx2,fma")]
    vectors 2, rows 14: 1 2 3 4 5 6 7 8 9 10 11 12 13 14);
// 12 sums, 2 vectors of B and a broadcast: 15 of 16 registers.
#[cfg(target_arch = "x86_64")]
tiles!(avx2, super::simd::x86::Avx2, #[target_feature(enable = "avx2,fma")] vectors 2, rows 6: 1 2 3 4 5 6);
// 24 sums of NEON's 32 registers.
#[cfg(target_arch = "aarch64")]
tiles!(neon, super::simd::neon::Neon, vectors 2, rows 12: 1 2 3 4 5 6 7 8 9 10 11 12);
// SSE2 has 16 registers and no fused product: one more is taken by the product.
tiles!(portable, super::simd::portable::Portable, vectors 2, rows 4: 1 2 3 4);

/// Writes a macro's body out for every row that a tile can have: the compiler does not unroll such loops, and sums under an
/// index that it does not know would not stay in registers.
macro_rules! each_row {
    ($body:ident) => {
        $body!(0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
}

/// A tile of M rows and N vectors.
///
/// # Safety
/// As [`Tiles::tile`].
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const N: usize>(walk: &Walk, target: &Target<'_>) {
    let [(depths, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let a_row = walk.a_row;
    let mut sums = [[V::zero(); N]; M];
    let (mut a, mut b) = (walk.a, walk.b);
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            // Three rows to a pointer: with its multiples of a row that is an address each.
            let mut rows = [a_of_line; 5];
            for (at, pointer) in rows.iter_mut().enumerate() {
                *pointer = a_of_line.wrapping_add(3 * at * a_row);
            }
            let mut b = b_of_line;
            for _ in 0..depths {
                // SAFETY: the caller's promise.
                unsafe {
                    let mut panel = [V::zero(); N];
                    for (j, vector) in panel.iter_mut().enumerate() {
                        *vector = V::load(b.add(j * V::LANES));
                    }
                    macro_rules! rows {
                        ($($r:literal)*) => {
                            $(if $r < M {
                                let factor = V::splat(*rows[$r / 3].wrapping_add($r % 3 * a_row));
                                for (sum, vector) in sums[$r % M].iter_mut().zip(&panel) {
                                    *sum = factor.mul_add(*vector, *sum);
                                }
                            })*
                        };
                    }
                    each_row!(rows);
                }
                for pointer in &mut rows {
                    *pointer = pointer.wrapping_add(a_step);
                }
                b = b.wrapping_add(b_step);
            }
            a_of_line = a_of_line.wrapping_add(a_line);
            b_of_line = b_of_line.wrapping_add(b_line);
        }
        a = a.wrapping_add(a_plane);
        b = b.wrapping_add(b_plane);
    }
    // SAFETY: the caller's promise.
    unsafe { finish(&sums, target) }
}

/// A tile of one row and N vectors, which takes U depths at once: few sums would wait for each other.
///
/// # Safety
/// As [`Tiles::row`].
#[inline(always)]
unsafe fn row<V: Vector, const N: usize, const U: usize>(walk: &Walk, target: &Target<'_>) {
    let [(depths, a_step, b_step), ..] = walk.loops;
    let mut sums = [[V::zero(); N]; U];
    let (mut a, mut b) = (walk.a, walk.b);
    let mut left = depths;
    // SAFETY: the caller's promise.
    unsafe {
        while left >= U {
            for (u, sums) in sums.iter_mut().enumerate() {
                let (factor, b) = (V::splat(*a.wrapping_add(u * a_step)), b.wrapping_add(u * b_step));
                if N == WIDE {
                    (0..N).for_each(|j| prefetch(b.wrapping_add(AHEAD * b_step + j * V::LANES)));
                }
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum = factor.mul_add(V::load(b.wrapping_add(j * V::LANES)), *sum);
                }
            }
            (a, b) = (a.wrapping_add(U * a_step), b.wrapping_add(U * b_step));
            left -= U;
        }
        let Some((first, rest)) = sums.split_first_mut() else { return };
        while left > 0 {
            let factor = V::splat(*a);
            for (j, sum) in first.iter_mut().enumerate() {
                *sum = factor.mul_add(V::load(b.wrapping_add(j * V::LANES)), *sum);
            }
            (a, b) = (a.wrapping_add(a_step), b.wrapping_add(b_step));
            left -= 1;
        }
        for sums in rest {
            for (total, sum) in first.iter_mut().zip(sums) {
                *total = *total + *sum;
            }
        }
        finish(&[*first], target);
    }
}

/// Adds the sums of a tile to what they start from, and stores them.
///
/// # Safety
/// The target's rows are writable.
#[inline(always)]
unsafe fn finish<V: Vector, const M: usize, const N: usize>(sums: &[[V; N]; M], target: &Target<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        // `floor > value ? floor : value` keeps a NaN.
        let floor = V::splat(target.finish.floor);
        let add = target.start == Start::Output;
        let columns = |j: usize| target.columns.saturating_sub(j * V::LANES).min(V::LANES);
        let mut finish = [(V::zero(), V::zero()); N];
        for (j, finish) in finish.iter_mut().enumerate() {
            *finish = target.finish.load(j * V::LANES, columns(j));
        }
        let whole = target.columns == N * V::LANES && target.count == M;
        macro_rules! store {
            ($($r:literal)*) => {
                $(if $r < M {
                    let to = target.rows[$r];
                    if whole {
                        for (j, (sum, (scale, bias))) in sums[$r % M].iter().zip(&finish).enumerate() {
                            let to = to.add(target.offset + j * V::LANES);
                            let sum = if add { V::load(to) + *sum } else { *sum };
                            floor.max(sum.mul_add(*scale, *bias)).store(to);
                        }
                    } else if $r < target.count {
                        for (j, (sum, (scale, bias))) in sums[$r % M].iter().zip(&finish).enumerate() {
                            let (to, count) = (to.wrapping_add(target.offset + j * V::LANES), columns(j));
                            let sum = if add { V::load_partial(to, count) + *sum } else { *sum };
                            floor.max(sum.mul_add(*scale, *bias)).store_partial(to, count);
                        }
                    }
                })*
            };
        }
        each_row!(store);
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

/// The length of the fewest even parts of `total` that are not above `most`.
#[inline(always)]
pub(crate) fn even(total: usize, most: usize) -> usize {
    let parts = total.div_ceil(most).max(1);
    total.div_ceil(parts).clamp(1, most)
}

/// A 64-byte aligned block that starts uninitialised.
#[repr(C, align(64))]
pub(crate) struct Block<const N: usize>(pub MaybeUninit<[f32; N]>);

impl<L: Left, R: Right, O: Output> Gemm<L, R, O> {
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
    /// As [`block`](Self::block), whose blocks these are.
    #[inline(always)]
    unsafe fn line<V: Vector>(&self, columns: (usize, usize), (a, b): (*mut f32, *mut f32)) -> usize {
        let mut column = columns.0;
        while column < columns.1 {
            let Some((_, stride)) = self.right.direct(0, column) else { break };
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
                    let right = match self.right.direct(p, column) {
                        Some(place) if p < self.depth - last => place,
                        _ => {
                            self.right.pack(p, depth, column, count, width, b);
                            (b.cast_const(), width)
                        }
                    };
                    let left = self.left.block(0, 1, p, depth, a);
                    let places = self.output.rows(0, 1);
                    V::row(&Walk::line(left, right, depth), &self.target(&places, (p, depth), (column, count)));
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
    pub(crate) unsafe fn block<V: Vector>(&self, rows: (usize, usize), columns: (usize, usize)) {
        let mut a_block = Block::<BLOCK>(MaybeUninit::uninit());
        let mut b_block = Block::<PACKED_B>(MaybeUninit::uninit());
        let (a, b) = (a_block.0.as_mut_ptr().cast::<f32>(), b_block.0.as_mut_ptr().cast::<f32>());
        let width = V::VECTORS * V::LANES;
        let height = rows.1.saturating_sub(rows.0);
        let tall = even(height, V::ROWS);
        let deep = even(self.depth, DEPTH);
        // Packing reads and writes B once; up to many tiles of rows, reading it in place is cheaper.
        let in_place = !cfg!(feature = "std") || height <= 64 * V::ROWS;
        let across = PACKED_B / DEPTH / width * width;
        let mut column = columns.0;
        // Not where one row is left of several: how many are left depends on the number of threads.
        if cfg!(feature = "std") && self.rows == 1 && height == 1 {
            // SAFETY: the caller's promise; the blocks are as large as in what follows.
            column = unsafe { self.line::<V>(columns, (a, b)) };
        }
        while column < columns.1 {
            let wide = across.min(columns.1 - column);
            let mut p = 0;
            loop {
                let depth = deep.min(self.depth - p);
                // SAFETY: the block lies within the ranges; panels fill `across / width` slots of DEPTH · width floats.
                unsafe {
                    let panel = |offset: usize| b.add(offset * DEPTH);
                    for offset in (0..wide).step_by(width) {
                        let count = width.min(wide - offset);
                        if count < width || !in_place || self.right.direct(p, column).is_none() {
                            self.right.pack(p, depth, column + offset, count, width, panel(offset));
                        }
                    }
                    // While tiles are computed, the next block of B comes nearer, some lines with each row of tiles.
                    let next = if p + depth < self.depth { (p + depth, column) } else { (0, column + wide) };
                    let ahead = self.right.direct(next.0, next.1).filter(|_| next.1 < columns.1);
                    let fetched = across.min(columns.1.saturating_sub(next.1));
                    let mut line = 0;
                    let mut row = rows.0;
                    while row < rows.1 {
                        let count = tall.min(rows.1 - row);
                        if let Some((start, stride)) = ahead {
                            let until = (line + deep * count / height.max(1) + 1).min(self.depth - next.0);
                            while line < until {
                                for offset in (0..fetched).step_by(MAX_LANES) {
                                    prefetch(start.wrapping_add(line * stride + offset));
                                }
                                line += 1;
                            }
                        }
                        let left = self.left.block(row, count, p, depth, a);
                        let places = self.output.rows(row, count);
                        for offset in (0..wide).step_by(width) {
                            let count_columns = width.min(wide - offset);
                            let right = match self.right.direct(p, column + offset) {
                                Some(place) if in_place && count_columns == width => place,
                                _ => (panel(offset).cast_const(), width),
                            };
                            let target =
                                Target { count, ..self.target(&places, (p, depth), (column + offset, count_columns)) };
                            V::tile(&Walk::line(left, right, depth), &target);
                        }
                        row += count;
                    }
                }
                p += depth;
                if p >= self.depth {
                    break;
                }
            }
            column += wide;
        }
    }
}

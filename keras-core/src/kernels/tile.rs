//! Register tiles: the innermost loops of every matrix product.
//!
//! A tile of C is computed with one broadcast of A and a few vectors of B per step of the depth, its sums in registers. Each
//! tile is a function of its own ([`Vector::outlined`]), so that all kernels share its code.

use super::Epilogue;
use super::pointers::ReadPointer;
use super::simd::{Kernel, MAX_LANES, Vector, prefetch, prefetch_near};
use crate::activations::Activation;

/// Rows of a tile, at most.
pub(crate) const MAX_ROWS: usize = 14;
/// Vectors across a tile.
pub(crate) const VECTORS: usize = 2;

/// What a tile's sums are added to.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// Nothing: C is overwritten.
    Zero,
    /// What C holds.
    Output,
}

/// One tile's target.
#[derive(Clone, Copy)]
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
    pub scale: ReadPointer,
    /// One float per column, or null.
    pub bias: ReadPointer,
    pub floor: f32,
}

impl Finish {
    /// Sums as they are.
    pub(crate) const NONE: Self = Self { scale: ReadPointer::NULL, bias: ReadPointer::NULL, floor: f32::NEG_INFINITY };

    /// An epilogue, but for an activation that is no rectifier.
    pub(crate) fn new(epilogue: Epilogue<'_>) -> Self {
        let floor = if epilogue.activation == Activation::Relu { 0.0 } else { f32::NEG_INFINITY };
        Self { scale: ReadPointer::or_null(epilogue.scale), bias: ReadPointer::or_null(epilogue.bias), floor }
    }

    /// From a column on.
    #[inline(always)]
    pub(crate) fn from(&self, column: usize) -> Self {
        let from = |values: ReadPointer| match values.get() {
            start if start.is_null() => values,
            start => ReadPointer(start.wrapping_add(column)),
        };
        Self { scale: from(self.scale), bias: from(self.bias), floor: self.floor }
    }

    /// The factors and biases of a vector of columns.
    ///
    /// # Safety
    /// `count` columns exist from `column` on.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Vector>(&self, column: usize, count: usize) -> (V, V) {
        let load = |values: ReadPointer, default: f32| match values.get() {
            start if start.is_null() => V::splat(default),
            // SAFETY: the caller's promise.
            start => unsafe { V::load_partial(start.wrapping_add(column), count) },
        };
        (load(self.scale, 1.0), load(self.bias, 0.0))
    }
}

/// Vectors of a tile of one row: enough sums at once to hide how long one takes, and long runs of B.
pub(crate) const WIDE: usize = 8;
/// Where a product of one row is cut by columns, it is at multiples of this, so that the same columns share a tile.
pub(crate) const LINE: usize = WIDE * MAX_LANES;

/// The number of vectors that a tile of one row reads, for this number of columns.
#[inline(always)]
pub(crate) const fn vectors(columns: usize, lanes: usize) -> usize {
    match columns.div_ceil(lanes) {
        0 | 1 => 1,
        2 => 2,
        3 | 4 => 4,
        _ => WIDE,
    }
}
/// Depths by which such a tile fetches ahead.
const AHEAD: usize = 8;

/// Elements of A at fixed distances.
#[derive(Clone, Copy)]
pub(crate) struct LeftBlock {
    pub start: *const f32,
    /// Floats from row to row.
    pub row: usize,
    /// Floats from depth to depth.
    pub depth: usize,
}

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
    /// A walk over depths in lines of this length, which divides their number.
    #[inline(always)]
    pub(crate) fn lines(a: LeftBlock, b: (*const f32, usize), depth: usize, length: usize) -> Self {
        let [_, _, once] = Self::line(a, b, depth).loops;
        let loops = [(length, a.depth, b.1), (depth / length.max(1), length * a.depth, length * b.1), once];
        Self { a: a.start, b: b.0, a_row: a.row, loops }
    }

    /// A walk over depths in one line.
    #[inline(always)]
    pub(crate) fn line(a: LeftBlock, (b, b_stride): (*const f32, usize), depth: usize) -> Self {
        Self { a: a.start, b, a_row: a.row, loops: [(depth, a.depth, b_stride), (1, 0, 0), (1, 0, 0)] }
    }
}

/// Rows of B that a tile fetches, of as many floats as it reads of one; of two panels, if the tile has two.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// The first of them, which need not be readable.
    pub start: *const f32,
    /// Floats from row to row.
    pub stride: usize,
    /// Rows that are fetched with each line of the walk.
    pub rows: usize,
    /// Whether they are to come into the first-level cache, and not into the second-level one.
    pub close: bool,
}

impl Ahead {
    /// Fetches nothing.
    pub(crate) const NONE: Self = Self { start: core::ptr::null(), stride: 0, rows: 0, close: false };
}

/// A tile of M rows and N vectors, as a function of its own.
struct Tile<'a, const M: usize, const N: usize>(&'a Walk, &'a Target<'a>, Ahead);

/// A tile of M rows and N vectors of several panels at this distance, as a function of its own.
struct Paired<'a, const M: usize, const N: usize>(&'a Walk, &'a Target<'a>, Ahead, usize);

impl<const M: usize, const N: usize> Kernel for Paired<'_, M, N> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { tile_of::<V, M, N, false>(self.0, self.1, self.2, core::ptr::null_mut(), self.3) }
    }
}

impl<const M: usize, const N: usize> Kernel for Tile<'_, M, N> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { tile_of::<V, M, N, false>(self.0, self.1, self.2, core::ptr::null_mut(), 0) }
    }
}

/// A tile of M rows and N vectors that copies its panel of B, as a function of its own.
struct Copying<'a, const M: usize, const N: usize>(&'a Walk, &'a Target<'a>, Ahead, *mut f32);

impl<const M: usize, const N: usize> Kernel for Copying<'_, M, N> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { tile_of::<V, M, N, true>(self.0, self.1, self.2, self.3, 0) }
    }
}

/// A tile of one row and N vectors, as a function of its own.
struct Row<'a, const N: usize, const U: usize>(&'a Walk, &'a Target<'a>);

impl<const N: usize, const U: usize> Kernel for Row<'_, N, U> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { row_of::<V, N, U>(self.0, self.1) }
    }
}

/// Computes a tile of `target.count` rows, at most [`Vector::TILE_ROWS`], and up to [`VECTORS`] vectors.
///
/// # Safety
/// All addresses of the walk are readable, and as many rows of A and vectors of B at each as the target has. The target's
/// rows are writable.
#[inline(always)]
pub(crate) unsafe fn tile<V: Vector>(walk: &Walk, target: &Target<'_>) {
    // SAFETY: the caller's promise.
    unsafe { tile_ahead::<V>(walk, target, Ahead::NONE) }
}

/// Computes a tile as [`tile`] does, and fetches other rows of B meanwhile.
///
/// # Safety
/// As [`tile`].
#[inline(always)]
pub(crate) unsafe fn tile_ahead<V: Vector>(walk: &Walk, target: &Target<'_>, ahead: Ahead) {
    let narrow = target.columns <= V::LANES;
    // Constants, so that no code is generated for tiles that an instruction set does not have.
    macro_rules! of_rows {
        ($($rows:literal)*) => {
            match target.count {
                // SAFETY: the caller's promise.
                $($rows if const { $rows <= V::TILE_ROWS } && narrow => unsafe { V::outlined(Tile::<$rows, 1>(walk, target, ahead)) },
                // SAFETY: as above.
                $rows if const { $rows <= V::TILE_ROWS } => unsafe { V::outlined(Tile::<$rows, VECTORS>(walk, target, ahead)) },)*
                _ => {}
            }
        };
    }
    of_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
}

/// Rows of a tile that copies its panel of B.
#[inline(always)]
pub(crate) const fn copying_rows<V: Vector>() -> usize {
    if V::TILE_ROWS < COPYING_ROWS { V::TILE_ROWS } else { COPYING_ROWS }
}
const COPYING_ROWS: usize = 8;

/// Computes a tile of [`copying_rows`] rows and [`VECTORS`] whole vectors as [`tile_ahead`] does, and copies what it reads of B:
/// its vectors at each depth follow each other at `copy`.
///
/// # Safety
/// As [`tile`]; `copy` has room.
#[inline(always)]
pub(crate) unsafe fn tile_copying<V: Vector>(walk: &Walk, target: &Target<'_>, ahead: Ahead, copy: *mut f32) {
    macro_rules! of_rows {
        ($($rows:literal)*) => {
            // SAFETY: the caller's promise.
            $(if const { $rows == copying_rows::<V>() } {
                return unsafe { V::outlined(Copying::<$rows, VECTORS>(walk, target, ahead, copy)) };
            })*
        };
    }
    of_rows!(4 6 8);
}

/// Rows up to which two panels make a tile: with two vectors across, few sums would wait for each other.
#[inline(always)]
pub(crate) const fn paired_rows<V: Vector>() -> usize {
    if V::LANES == MAX_LANES { 4 } else { 2 }
}

/// The panels of a tile of this number of rows.
#[inline(always)]
pub(crate) const fn panels<V: Vector>(rows: usize) -> usize {
    match rows {
        2 | 3 if V::LANES == MAX_LANES => 4,
        2.. if rows <= paired_rows::<V>() => 2,
        _ => 1,
    }
}

/// Computes a tile of 2 to [`paired_rows`] rows and two panels of [`VECTORS`] whole vectors each, or [`panels`] of them, as
/// [`tile_ahead`] does.
///
/// # Safety
/// As [`tile`], of all panels, which lie `apart` floats apart; so do those that are fetched.
#[inline(always)]
pub(crate) unsafe fn tile_paired<V: Vector>(walk: &Walk, target: &Target<'_>, ahead: Ahead, apart: usize) {
    let two = target.columns == 2 * VECTORS * V::LANES;
    macro_rules! of_rows {
        ($($rows:literal)*) => {
            match target.count {
                // SAFETY: the caller's promise.
                $($rows if const { panels::<V>($rows) > 1 } && two => unsafe {
                    V::outlined(Paired::<$rows, { 2 * VECTORS }>(walk, target, ahead, apart))
                },
                // SAFETY: as above.
                $rows if const { panels::<V>($rows) > 2 } => unsafe {
                    V::outlined(Paired::<$rows, { 4 * VECTORS }>(walk, target, ahead, apart))
                },)*
                _ => {}
            }
        };
    }
    of_rows!(2 3 4);
}

/// Depths that [`stream`] adds at once.
const STREAMS: usize = 8;

/// Sums the product of a row of A and `columns` of B, over depths in one line: some rows of B at a time from the first to the last column,
/// as the processor fetches ahead.
///
/// # Safety
/// The walk's elements of A and rows of B are readable, `to` has room for whole vectors.
#[inline(always)]
pub(crate) unsafe fn stream<V: Vector>(walk: &Walk, to: *mut f32, columns: usize) {
    // SAFETY: the caller's promise.
    unsafe { V::outlined(Stream(walk, to, columns)) }
}

struct Stream<'a>(&'a Walk, *mut f32, usize);

impl Kernel for Stream<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(walk, to, columns) = self;
        let [(depths, a_step, b_step), ..] = walk.loops;
        let mut d = 0;
        while d < depths {
            let count = STREAMS.min(depths - d);
            let mut factors = [V::zero(); STREAMS];
            for (u, factor) in factors.iter_mut().enumerate().take(count) {
                // SAFETY: the caller's promise.
                *factor = V::splat(unsafe { *walk.a.wrapping_add((d + u) * a_step) });
            }
            let rows = walk.b.wrapping_add(d * b_step);
            let mut column = 0;
            while column < columns {
                let lanes = V::LANES.min(columns - column);
                let to = to.wrapping_add(column);
                // SAFETY: the caller's promise; the first pass writes what the others read.
                unsafe {
                    let mut sum = if d == 0 { V::zero() } else { V::load(to) };
                    if lanes == V::LANES && count == STREAMS {
                        let mut u = 0;
                        while u < STREAMS {
                            let from = rows.wrapping_add(u * b_step + column);
                            prefetch_near(from.wrapping_add(STREAMS * b_step));
                            sum = factors[u].mul_add(V::load(from), sum);
                            u += 1;
                        }
                    } else {
                        for (u, factor) in factors.iter().enumerate().take(count) {
                            sum = factor.mul_add(V::load_partial(rows.wrapping_add(u * b_step + column), lanes), sum);
                        }
                    }
                    sum.store(to);
                }
                column += V::LANES;
            }
            d += count;
        }
    }
}

/// Stores the sums of a target's only row, or adds them to it.
///
/// # Safety
/// The sums are readable in whole vectors, the target's row is writable.
#[inline(always)]
pub(crate) unsafe fn finish_line<V: Vector>(sums: *const f32, target: &Target<'_>) {
    // SAFETY: the caller's promise.
    unsafe { V::outlined(Edge { sums, vectors: 0, target }) }
}

/// Computes a tile of one row and up to `WIDE` vectors, over depths in one line.
///
/// # Safety
/// As [`tile`], with [`vectors`] of B at each address.
#[inline(always)]
pub(crate) unsafe fn row<V: Vector>(walk: &Walk, target: &Target<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        match vectors(target.columns, V::LANES) {
            1 => V::outlined(Row::<1, 8>(walk, target)),
            2 => V::outlined(Row::<2, 4>(walk, target)),
            4 => V::outlined(Row::<4, 2>(walk, target)),
            _ => V::outlined(Row::<WIDE, 1>(walk, target)),
        }
    }
}

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
/// As [`tile`].
#[inline(always)]
unsafe fn tile_of<V: Vector, const M: usize, const N: usize, const COPY: bool>(
    walk: &Walk,
    target: &Target<'_>,
    ahead: Ahead,
    mut copy: *mut f32,
    apart: usize,
) {
    let [(depths, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let a_row = walk.a_row;
    let mut sums = [[V::zero(); N]; M];
    let (mut a, mut b, mut next) = (walk.a, walk.b, ahead.start);
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            if const { N > 1 } {
                for _ in 0..ahead.rows {
                    for j in 0..N {
                        let line = next.wrapping_add(j / VECTORS * apart + j % VECTORS * V::LANES);
                        if ahead.close { prefetch(line) } else { prefetch_near(line) }
                    }
                    next = next.wrapping_add(ahead.stride);
                }
            }
            // Three rows to a pointer: with its multiples of a row that is an address each.
            let mut rows = [a_of_line; 5];
            for (at, pointer) in rows.iter_mut().enumerate() {
                *pointer = a_of_line.wrapping_add(3 * at * a_row);
            }
            let mut b = b_of_line;
            for _ in 0..depths {
                // SAFETY: the caller's promise.
                unsafe {
                    let mut vectors = [V::zero(); N];
                    for (j, vector) in vectors.iter_mut().enumerate() {
                        *vector = V::load(b.wrapping_add(j / VECTORS * apart + j % VECTORS * V::LANES));
                        if COPY {
                            vector.store(copy.add(j * V::LANES));
                        }
                    }
                    if COPY {
                        copy = copy.add(N * V::LANES);
                    }
                    macro_rules! rows {
                        ($($r:literal)*) => {
                            $(if const { $r < M } {
                                let factor = V::splat(*rows[$r / 3].wrapping_add($r % 3 * a_row));
                                for (sum, vector) in sums[$r % M].iter_mut().zip(&vectors) {
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
/// As [`row`].
#[inline(always)]
unsafe fn row_of<V: Vector, const N: usize, const U: usize>(walk: &Walk, target: &Target<'_>) {
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
pub(crate) unsafe fn finish<V: Vector, const M: usize, const N: usize>(sums: &[[V; N]; M], target: &Target<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        if target.columns < N * V::LANES || target.count < M {
            // Copies: with an address, sums and target would not stay in registers before.
            let (sums, target) = (*sums, *target);
            return V::outlined(Edge { sums: sums.as_ptr().cast(), vectors: N, target: &target });
        }
        let mut finish = [(V::zero(), V::zero()); N];
        let mut j = 0;
        while j < N {
            finish[j] = target.finish.load(j * V::LANES, V::LANES);
            j += 1;
        }
        let floor = V::splat(target.finish.floor);
        let mut sums = *sums;
        macro_rules! each {
            ($($r:literal)*) => {
                if target.start == Start::Output {
                    $(if const { $r < M } {
                        add_row(&mut sums[$r % M], target.rows[$r].add(target.offset));
                    })*
                }
                $(if const { $r < M } {
                    store_row(&sums[$r % M], &finish, floor, target.rows[$r].add(target.offset));
                })*
            };
        }
        each_row!(each);
    }
}

/// # Safety
/// `from` points at N readable vectors.
#[inline(always)]
unsafe fn add_row<V: Vector, const N: usize>(sums: &mut [V; N], from: *const f32) {
    let mut j = 0;
    while j < N {
        // SAFETY: the caller's promise.
        sums[j] = unsafe { V::load(from.add(j * V::LANES)) } + sums[j];
        j += 1;
    }
}

/// # Safety
/// `to` points at N writable vectors.
#[inline(always)]
unsafe fn store_row<V: Vector, const N: usize>(sums: &[V; N], finish: &[(V, V); N], floor: V, to: *mut f32) {
    let mut j = 0;
    while j < N {
        let (scale, bias) = finish[j];
        // SAFETY: the caller's promise. `floor > value ? floor : value` keeps a NaN.
        unsafe { floor.max(sums[j].mul_add(scale, bias)).store(to.add(j * V::LANES)) };
        j += 1;
    }
}

/// [`finish`] of a tile that C does not fill, whatever its size, from sums in memory.
struct Edge<'a> {
    /// Of each row this number of vectors.
    sums: *const f32,
    vectors: usize,
    target: &'a Target<'a>,
}

impl Kernel for Edge<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { sums, vectors, target } = self;
        let floor = V::splat(target.finish.floor);
        for from in (0..target.columns).step_by(V::LANES) {
            let count = V::LANES.min(target.columns - from);
            // SAFETY: the caller's promise.
            unsafe {
                let (scale, bias) = target.finish.load::<V>(from, count);
                for (row, to) in target.rows.iter().enumerate().take(target.count) {
                    let to = to.wrapping_add(target.offset + from);
                    let mut sum = V::load(sums.add(row * vectors * V::LANES + from));
                    if target.start == Start::Output {
                        sum = V::load_partial(to, count) + sum;
                    }
                    floor.max(sum.mul_add(scale, bias)).store_partial(to, count);
                }
            }
        }
    }
}

/// The length of the fewest even parts of `total` that are not above `most`.
#[inline(always)]
pub(crate) fn even(total: usize, most: usize) -> usize {
    let parts = total.div_ceil(most).max(1);
    total.div_ceil(parts).clamp(1, most)
}

//! The one product behind everything: `C = A·B`, where A and B are matrices or views of images as matrices.
//!
//! B is packed in panels of `NR` columns and `KC` rows, which stay in the first-level cache while all rows of A pass by;
//! a tile of `MR` rows and `NR` columns of C is summed in registers. A is read in place if it is a matrix, and gathered
//! tile by tile if it is a view. Work is split over rows of C, so a result does not depend on the number of threads.

use super::{Instructions, instructions};

/// Rows of B in a panel: 256 × 32 columns × 4 bytes = 32 KB, the first-level cache's size.
const KC: usize = 256;
/// Columns of a panel: two vectors of AVX-512, four of AVX2.
const NR: usize = 32;
/// Rows of a tile: 8 × 2 sums, one broadcast and two loads fit 32 registers of AVX-512.
const MR: usize = 8;

/// Where the tile's rows of A come from.
pub(super) trait Left: Copy + Send + Sync {
    /// A pointer to the element `(row, depth)` and the strides of rows and depth, if A is in memory as it is; then
    /// nothing is gathered.
    fn in_place(&self, row: usize, depth: usize) -> Option<(*const f32, usize, usize)>;
    /// Copies `rows` rows of `length` elements from `depth` on, `KC` apart.
    fn gather(&self, row: usize, rows: usize, depth: usize, length: usize, tile: &mut [f32; MR * KC]);
}

/// Where the panels of B come from.
pub(super) trait Right: Copy + Send + Sync {
    /// Copies `columns` elements of each of `length` rows from `(depth, column)` on, `NR` apart.
    fn pack(&self, depth: usize, length: usize, column: usize, columns: usize, panel: &mut [f32; KC * NR]);
}

/// Where C goes.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    pub(super) pointer: *mut f32,
    /// The distance of two rows.
    pub(super) stride: usize,
    pub(super) accumulate: bool,
    /// Added to every row; may be empty.
    pub(super) bias: &'a [f32],
}

// SAFETY: the rows of C are split between threads, each of which writes its own only.
unsafe impl Send for Output<'_> {}
// SAFETY: as above.
unsafe impl Sync for Output<'_> {}

/// Below this many multiplications a second thread costs more than it gives (about 50 µs of one thread's work).
#[cfg(feature = "std")]
const PARALLEL: usize = 2_000_000;

/// Computes rows `from..to` of `C = A·B`, `k` deep, `n` wide.
///
/// # Safety
/// `output` must be valid for rows up to `to` of `n` elements, and `left` and `right` for all that is asked of them.
pub(super) unsafe fn gemm<A: Left, B: Right>(
    left: A,
    right: B,
    rows: (usize, usize),
    n: usize,
    k: usize,
    output: Output<'_>,
) {
    let (from, to) = rows;
    #[cfg(feature = "std")]
    if (to - from) > 2 * MR && (to - from) * n * k > PARALLEL && rayon::current_num_threads() > 1 {
        let middle = from + (to - from).div_ceil(2).next_multiple_of(MR).min(to - from);
        // SAFETY: two disjoint ranges of rows, each within what the caller vouches for.
        rayon::join(
            || unsafe { gemm(left, right, (from, middle), n, k, output) },
            || unsafe {
                gemm(left, right, (middle, to), n, k, output);
            },
        );
        return;
    }
    let mut panel = [0.0; KC * NR];
    let mut tile = [0.0; MR * KC];
    if k == 0 {
        // SAFETY: the caller vouches for the output.
        unsafe { finish_empty(rows, n, output) };
        return;
    }
    let set = instructions();
    let mut column = 0;
    while column < n {
        let columns = (n - column).min(NR);
        let mut depth = 0;
        while depth < k {
            let length = (k - depth).min(KC);
            right.pack(depth, length, column, columns, &mut panel);
            let mut row = from;
            while row < to {
                let tile_rows = (to - row).min(MR);
                let (a, row_stride, depth_stride) = match left.in_place(row, depth) {
                    Some(place) => place,
                    None => {
                        left.gather(row, tile_rows, depth, length, &mut tile);
                        (tile.as_ptr(), KC, 1)
                    }
                };
                let mut sums = [0.0; MR * NR];
                // SAFETY: `a` with its strides covers `tile_rows` × `length` elements, `panel` `length` × `NR`; the
                // instruction set is there.
                unsafe { microkernel(set, tile_rows, length, a, row_stride, depth_stride, panel.as_ptr(), &mut sums) };
                for (at, sums) in sums.chunks_exact(NR).take(tile_rows).enumerate() {
                    // SAFETY: `row + at < to` and `column + columns <= n`: inside what the caller vouches for.
                    let target = unsafe {
                        core::slice::from_raw_parts_mut(
                            output.pointer.add((row + at) * output.stride + column),
                            columns,
                        )
                    };
                    if depth > 0 || output.accumulate {
                        for (to, sum) in target.iter_mut().zip(sums) {
                            *to += *sum;
                        }
                    } else {
                        for (to, sum) in target.iter_mut().zip(sums) {
                            *to = *sum;
                        }
                    }
                    if depth == 0 {
                        for (to, bias) in target.iter_mut().zip(output.bias.iter().skip(column)) {
                            *to += *bias;
                        }
                    }
                }
                row += tile_rows;
            }
            depth += length;
        }
        column += columns;
    }
}

/// A product of no depth is 0, plus the bias.
unsafe fn finish_empty(rows: (usize, usize), n: usize, output: Output<'_>) {
    for row in rows.0..rows.1 {
        // SAFETY: as in `gemm`.
        let target = unsafe { core::slice::from_raw_parts_mut(output.pointer.add(row * output.stride), n) };
        if !output.accumulate {
            target.fill(0.0);
        }
        for (to, bias) in target.iter_mut().zip(output.bias) {
            *to += *bias;
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "registers, not memory")]
#[inline]
unsafe fn microkernel(
    set: Instructions,
    rows: usize,
    length: usize,
    a: *const f32,
    row_stride: usize,
    depth_stride: usize,
    panel: *const f32,
    sums: &mut [f32; MR * NR],
) {
    macro_rules! by_rows {
        ($kernel:ident) => {
            // SAFETY: the caller vouches for the pointers and for the instruction set.
            unsafe {
                match rows {
                    1 => $kernel::<1>(length, a, row_stride, depth_stride, panel, sums),
                    2 => $kernel::<2>(length, a, row_stride, depth_stride, panel, sums),
                    3 => $kernel::<3>(length, a, row_stride, depth_stride, panel, sums),
                    4 => $kernel::<4>(length, a, row_stride, depth_stride, panel, sums),
                    5 => $kernel::<5>(length, a, row_stride, depth_stride, panel, sums),
                    6 => $kernel::<6>(length, a, row_stride, depth_stride, panel, sums),
                    7 => $kernel::<7>(length, a, row_stride, depth_stride, panel, sums),
                    _ => $kernel::<8>(length, a, row_stride, depth_stride, panel, sums),
                }
            }
        };
    }
    match set {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => by_rows!(avx512),
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => by_rows!(avx2),
        _ => by_rows!(portable),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512<const R: usize>(
    length: usize,
    a: *const f32,
    row_stride: usize,
    depth_stride: usize,
    panel: *const f32,
    sums: &mut [f32; MR * NR],
) {
    use core::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};
    let mut tile = [[_mm512_setzero_ps(); 2]; R];
    for depth in 0..length {
        // SAFETY: the caller vouches for `length` rows of the panel and R × `length` elements of A.
        unsafe {
            let (b0, b1) = (_mm512_loadu_ps(panel.add(depth * NR)), _mm512_loadu_ps(panel.add(depth * NR + 16)));
            for (row, sums) in tile.iter_mut().enumerate() {
                let value = _mm512_set1_ps(*a.add(row * row_stride + depth * depth_stride));
                sums[0] = _mm512_fmadd_ps(value, b0, sums[0]);
                sums[1] = _mm512_fmadd_ps(value, b1, sums[1]);
            }
        }
    }
    for (row, tile) in tile.iter().enumerate() {
        // SAFETY: R ≤ MR rows of NR sums.
        unsafe {
            _mm512_storeu_ps(sums.as_mut_ptr().add(row * NR), tile[0]);
            _mm512_storeu_ps(sums.as_mut_ptr().add(row * NR + 16), tile[1]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const R: usize>(
    length: usize,
    a: *const f32,
    row_stride: usize,
    depth_stride: usize,
    panel: *const f32,
    sums: &mut [f32; MR * NR],
) {
    use core::arch::x86_64::{_mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps};
    // 16 registers: half of the rows and half of the columns at a time.
    let mut start = 0;
    while start < R {
        let rows = if R - start < 4 { R - start } else { 4 };
        for half in 0..2 {
            let mut tile = [[_mm256_setzero_ps(); 2]; 4];
            for depth in 0..length {
                // SAFETY: as in `avx512`; rows beyond the last repeat it, and are not stored.
                unsafe {
                    let b = panel.add(depth * NR + half * 16);
                    let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
                    for (row, sums) in tile.iter_mut().enumerate() {
                        let row = start + if row < rows { row } else { rows - 1 };
                        let value = _mm256_set1_ps(*a.add(row * row_stride + depth * depth_stride));
                        sums[0] = _mm256_fmadd_ps(value, b0, sums[0]);
                        sums[1] = _mm256_fmadd_ps(value, b1, sums[1]);
                    }
                }
            }
            for (row, tile) in tile.iter().enumerate().take(rows) {
                // SAFETY: `start + row < R ≤ MR` rows of NR sums.
                unsafe {
                    let target = sums.as_mut_ptr().add((start + row) * NR + half * 16);
                    _mm256_storeu_ps(target, tile[0]);
                    _mm256_storeu_ps(target.add(8), tile[1]);
                }
            }
        }
        start += 4;
    }
}

unsafe fn portable<const R: usize>(
    length: usize,
    a: *const f32,
    row_stride: usize,
    depth_stride: usize,
    panel: *const f32,
    sums: &mut [f32; MR * NR],
) {
    for depth in 0..length {
        // SAFETY: the caller vouches for `length` rows of NR elements.
        let b = unsafe { core::slice::from_raw_parts(panel.add(depth * NR), NR) };
        for (row, sums) in sums.chunks_exact_mut(NR).enumerate().take(R) {
            // SAFETY: the caller vouches for R × `length` elements.
            let value = unsafe { *a.add(row * row_stride + depth * depth_stride) };
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += value * *b;
            }
        }
    }
}

/// Copies a run into a gathered tile: `length` elements from `from`, or zeros.
///
/// # Safety
/// `from` must be valid for `length` elements, and `to + length` inside the tile.
pub(super) unsafe fn copy_run(tile: &mut [f32; MR * KC], to: usize, from: Option<*const f32>, length: usize) {
    // SAFETY: the caller vouches for both ranges; they do not overlap, the tile being the stack's.
    unsafe {
        let target = tile.as_mut_ptr().add(to);
        match from {
            Some(from) => core::ptr::copy_nonoverlapping(from, target, length),
            None => core::ptr::write_bytes(target, 0, length),
        }
    }
}

/// The distance of two rows in a gathered tile.
pub(super) const TILE_STRIDE: usize = KC;
/// The number of floats of a gathered tile.
pub(super) const TILE: usize = MR * KC;
/// The number of floats of a panel.
pub(super) const PANEL: usize = KC * NR;
/// The distance of two rows in a panel.
pub(super) const PANEL_STRIDE: usize = NR;

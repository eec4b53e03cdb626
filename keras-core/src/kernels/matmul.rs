//! Matrix products of dense layers: C = op(A)·op(B) + bias, then an activation.

use core::mem::MaybeUninit;

use super::copies::turn;
use super::gemm::{Block, Gemm, GemmBlock, Left, Matrix, Right, Rows};
use super::panels::Panels;
use super::parallel::{self, Work};
use super::pointers::WritePointer;
use super::simd::{Isa, Kernel, Vector};
use super::sums::add_terms;
use super::tile::{Finish, LINE, Start};
use super::{Epilogue, activation, ensure, length};
use crate::activations::Activation;

/// The sizes of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Product {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Columns of op(A), rows of op(B).
    pub k: usize,
    /// A is stored (k, m) instead of (m, k).
    pub transpose_a: bool,
    /// B is stored (n, k) instead of (k, n).
    pub transpose_b: bool,
    /// Add to C instead of overwriting it.
    pub accumulate: bool,
}

/// The number of rows up to which B is not packed: a batch of 64 and a kernel of 1024×1024 take three quarters of the time.
const FEW: usize = 128;
/// How many rows of a product take as long as a single one.
const ROW: usize = 4;
/// Floats of C before they are turned: 128 KB.
const TURNED: usize = 1 << 15;
/// A part of C that goes through the activation right after it was written; 256 KB, so that it is still in the
/// second-level cache.
const HOT: usize = 64 * 1024;
/// The longest sums that blocks of the depth are added to one after the other: 256 blocks of 256, or 512 of 128.
pub(crate) const LONGEST_SUM: usize = 1 << 16;
/// Floats of a part of C whose sums are longer: 32 KB, and as much for what they lose; without `std` a stack may be small.
const PART: usize = if cfg!(feature = "std") { 1 << 13 } else { 1 << 9 };

/// C = op(A)·op(B), or C += op(A)·op(B).
///
/// # Shapes
/// a: (m, k) or (k, m); b: (k, n) or (n, k); c: (m, n).
pub fn matmul(product: Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    dense(product, a, b, Epilogue::NONE, c);
}

/// C = activation(op(A)·op(B)·scale + bias).
///
/// # Shapes
/// As [`matmul`]; scale, bias: (n) or empty.
pub fn dense(product: Product, a: &[f32], b: &[f32], epilogue: Epilogue<'_>, c: &mut [f32]) {
    let Product { m, n, k, transpose_a, transpose_b, .. } = product;
    ensure!(a.len() == length([m, k]) && b.len() == length([k, n]) && c.len() == length([m, n]) && epilogue.fits(n));
    if k > LONGEST_SUM {
        return by_pieces(LONGEST_SUM, product, a, b, epilogue, c);
    }
    if transpose_b && !transpose_a && few_rows(&product, &epilogue) {
        return by_few_rows(product, a, b, c);
    }
    let strides = (if transpose_a { m } else { k }, if transpose_b { k } else { n });
    by_strides(product, (a, strides.0), (b, strides.1), epilogue, c);
}

/// [`dense`] with a B that was copied in [`panels`](super::panels). The sums are the same as those of [`dense`], bit for bit, but for
/// a single row, which reads B in place as fast, and sums of more than 65,536 products, which `dense` adds up in pieces.
///
/// # Shapes
/// a: (m, k); panels: those of (k, n); c: (m, n).
///
/// ```
/// use keras_core::kernels::{Epilogue, matmul::dense_in_panels, panels};
///
/// let (kernel, mut panels) = (vec![1.0; 6 * 100], vec![0.0; 6 * 100]);
/// panels::interleave(6, 100, &kernel, &mut panels);
/// let mut sums = [0.0; 200];
/// dense_in_panels((2, 100, 6), &[0.5; 12], &panels, Epilogue::NONE, &mut sums);
/// assert_eq!(sums, [3.0; 200]);
/// ```
pub fn dense_in_panels(
    (m, n, k): (usize, usize, usize),
    a: &[f32],
    panels: &[f32],
    epilogue: Epilogue<'_>,
    c: &mut [f32],
) {
    ensure!(
        a.len() == length([m, k]) && panels.len() == length([k, n]) && c.len() == length([m, n]) && epilogue.fits(n)
    );
    let (output, finish) = (Rows { start: WritePointer::new(c), stride: n }, Finish::new(epilogue));
    let (left, right) = (Matrix::new(a, k), Panels::new(panels, k, n));
    let gemm = Gemm { left, right, output, rows: m, depth: k, start: Start::Zero, finish };
    // SAFETY: the lengths were checked; C is borrowed mutably.
    unsafe { product(&gemm, n, epilogue.activation) };
}

/// [`dense`] of sums so long that pieces of them are computed apart.
fn by_pieces(length: usize, product: Product, a: &[f32], b: &[f32], epilogue: Epilogue<'_>, c: &mut [f32]) {
    let Product { m, n, k, transpose_a, transpose_b, accumulate } = product;
    if !accumulate {
        c.fill(0.0);
    }
    let rows = m.div_ceil(m.div_ceil(PART / LINE).max(1)).max(1);
    let columns = (PART / rows / LINE * LINE).max(1);
    let (mut terms, mut lost) = ([0.0; PART], [0.0; PART]);
    for (row, column) in (0..m).step_by(rows).flat_map(|row| (0..n).step_by(columns).map(move |column| (row, column))) {
        let (rows, columns) = (rows.min(m - row), columns.min(n - column));
        let Some(terms) = terms.get_mut(..rows * columns) else { return };
        lost.fill(0.0);
        for piece in (0..k).step_by(length) {
            // The start of a part of a matrix, and the distance between its rows in memory.
            let part = |across: bool, line: usize, lines: usize| {
                if across { (piece * lines + line, lines) } else { (line * k + piece, k) }
            };
            let ((a_start, a_stride), (b_start, b_stride)) = (part(transpose_a, row, m), part(!transpose_b, column, n));
            let (a, b) = (a.get(a_start..).unwrap_or_default(), b.get(b_start..).unwrap_or_default());
            let product = Product { m: rows, n: columns, k: length.min(k - piece), accumulate: false, ..product };
            by_strides(product, (a, a_stride), (b, b_stride), Epilogue::NONE, terms);
            let lines = c.get_mut(row * n..).unwrap_or_default().chunks_mut(n.max(1));
            for ((c, terms), lost) in
                lines.zip(terms.chunks_exact(columns.max(1))).zip(lost.chunks_exact_mut(columns.max(1)))
            {
                add_terms(c.get_mut(column..).unwrap_or_default(), lost, terms);
            }
        }
    }
    for row in c.chunks_exact_mut(n.max(1)) {
        for (c, scale) in row.iter_mut().zip(epilogue.scale) {
            *c *= *scale;
        }
        for (c, bias) in row.iter_mut().zip(epilogue.bias) {
            *c += *bias;
        }
    }
    activation::forward_in_place(epilogue.activation, n, c);
}

/// [`dense`] of matrices, each with the distance between its rows in memory.
fn by_strides(product: Product, a: (&[f32], usize), b: (&[f32], usize), epilogue: Epilogue<'_>, c: &mut [f32]) {
    let ((a, a_stride), (b, b_stride)) = (a, b);
    let left = Matrix { transposed: product.transpose_a, ..Matrix::new(a, a_stride) };
    let right = Matrix { transposed: product.transpose_b, ..Matrix::new(b, b_stride) };
    let Product { m, n, k, accumulate, .. } = product;
    let start = if accumulate { Start::Output } else { Start::Zero };
    let output = Rows { start: WritePointer::new(c), stride: n };
    let gemm = Gemm { left, right, output, rows: m, depth: k, start, finish: Finish::new(epilogue) };
    // SAFETY: the caller checked the lengths; C is borrowed mutably.
    unsafe { self::product(&gemm, n, epilogue.activation) };
}

/// Whether B is larger by far than A and C, so that turning these takes less than packing it.
fn few_rows(product: &Product, epilogue: &Epilogue<'_>) -> bool {
    let plain = epilogue.scale.is_empty() && epilogue.bias.is_empty() && epilogue.activation == Activation::Linear;
    // Without `std` a stack may be small.
    cfg!(feature = "std")
        && plain
        && !product.accumulate
        && product.m <= FEW
        && product.m < product.k
        && product.n >= FEW / 2
        && product.k >= FEW / 4
}

/// C = A·Bᵀ as (B·Aᵀ)ᵀ, in parallel by columns of C. B is read in place.
fn by_few_rows(product: Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let isa = Isa::current();
    let Product { m, n, k, .. } = product;
    let (a, b, c) = (Matrix { transposed: true, ..Matrix::new(a, k) }, Matrix::new(b, k), WritePointer::new(c));
    parallel::share(n, 16, Work::Multiplications { all: length([m, n, k]), parts: 2 }, &|first, last| {
        // SAFETY: the lengths were checked at entry; threads own disjoint columns.
        unsafe { isa.run_pointers(Turned { product, a, b, c, columns: (first, last) }) };
    });
}

/// Some columns of C, computed as rows and then turned.
struct Turned {
    product: Product,
    a: Matrix,
    b: Matrix,
    c: WritePointer,
    columns: (usize, usize),
}

impl Kernel for Turned {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Product { m, n, k, .. } = self.product;
        let mut block = Block::<TURNED>(MaybeUninit::uninit());
        let block = block.0.as_mut_ptr().cast::<f32>();
        let output = Rows { start: WritePointer(block), stride: m };
        let mut first = self.columns.0;
        while first < self.columns.1 {
            let count = (self.columns.1 - first).min(TURNED / m.max(1));
            let left = Matrix { start: self.b.start.offset(first * k), ..self.b };
            let (right, start, finish) = (self.a, Start::Zero, Finish::NONE);
            let gemm = Gemm { left, right, output, rows: n, depth: k, start, finish };
            // SAFETY: the caller's promise; the block holds these rows.
            unsafe {
                gemm.block::<V>((0, count), (0, m));
                turn(block, m, count, m, self.c.get().add(first), n);
            }
            first += count;
        }
    }
}

/// Computes a product in parallel: by rows where there are enough of them, else by columns.
///
/// # Safety
/// The product of `n` columns fits its matrices, and C is exclusively ours. Unless `activation` is linear, C is contiguous.
pub(crate) unsafe fn product<L: Left, R: Right>(gemm: &Gemm<L, R, Rows>, n: usize, activation: Activation) {
    let isa = Isa::current();
    let m = gemm.rows;
    // A single row is limited by what it reads of B, which is much for a multiplication.
    let all = length([if m == 1 { ROW } else { m }, n, gemm.depth.max(1)]);
    let work = Work::Multiplications { all, parts: 2 };
    let threads = work.threads();
    // A rectifier is fused into the tiles; the rest follows on rows that are still in the cache.
    let linear = matches!(activation, Activation::Linear | Activation::Relu);
    if linear && threads == 1 {
        // SAFETY: the caller's promise.
        return unsafe { isa.run_pointers(GemmBlock(gemm, (0, m), (0, n))) };
    }
    // Splitting rows repeats the packing of B. Splitting columns repeats the gathering of A, and threads write to the same cache
    // lines, at each row's cuts.
    if threads > 1 && n >= 64 * threads && m < 64 * threads {
        parallel::share(n, if m == 1 { LINE } else { 64 }, work, &|first, last| {
            // SAFETY: the caller's promise; threads own disjoint columns.
            unsafe { isa.run_pointers(GemmBlock(gemm, (0, m), (first, last))) };
        });
        if !linear {
            // SAFETY: C is contiguous, (m, n).
            let c = unsafe { core::slice::from_raw_parts_mut(gemm.output.start.get(), m * n) };
            activation::forward_in_place(activation, n, c);
        }
        return;
    }
    // What is not linear follows on rows that are still in the cache, unless reading B once more for each part took longer.
    let hot = if linear { m.max(1) } else { (HOT / n.max(1)).max(56).max(gemm.depth / 2) };
    // Each part packs B.
    let parts = if m < 256 * threads { 1 } else { 2 };
    parallel::share(m, 1, Work::Multiplications { all, parts }, &|first, last| {
        for start in (first..last).step_by(hot) {
            let end = (start + hot).min(last);
            // SAFETY: the caller's promise; threads own disjoint rows.
            unsafe { isa.run_pointers(GemmBlock(gemm, (start, end), (0, n))) };
            if !linear {
                // SAFETY: C is contiguous, and these rows are ours.
                let c = unsafe {
                    core::slice::from_raw_parts_mut(gemm.output.start.get().add(start * n), (end - start) * n)
                };
                activation::forward_in_place(activation, n, c);
            }
        }
    });
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::kernels::simd::tests::each_isa;
    use proptest::prelude::*;

    pub(crate) fn noise(len: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        (0..len)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn check(product: Product, seed: u32) {
        let Product { m, n, k, transpose_a, transpose_b, accumulate } = product;
        let (a, b, bias, c) = (noise(m * k, seed), noise(k * n, seed + 1), noise(n, seed + 2), noise(m * n, seed + 3));
        let mut want = c.clone();
        for i in 0..m {
            for j in 0..n {
                let mut sum = if accumulate { c[i * n + j] as f64 } else { bias[j] as f64 };
                for p in 0..k {
                    let x = if transpose_a { a[p * m + i] } else { a[i * k + p] };
                    let y = if transpose_b { b[j * k + p] } else { b[p * n + j] };
                    sum += x as f64 * y as f64;
                }
                want[i * n + j] = if accumulate { sum as f32 } else { (sum as f32).max(0.0) };
            }
        }
        each_isa(|| {
            let mut got = c.clone();
            if accumulate {
                matmul(product, &a, &b, &mut got);
            } else {
                // Twice a half.
                let scale = vec![0.5; n];
                let doubled: Vec<f32> = a.iter().map(|a| a * 2.0).collect();
                let epilogue = Epilogue { scale: &scale, ..Epilogue::new(&bias, Activation::Relu) };
                let mut scaled = c.clone();
                dense(product, &doubled, &b, epilogue, &mut scaled);
                dense(product, &a, &b, Epilogue::new(&bias, Activation::Relu), &mut got);
                assert_eq!(got, scaled, "powers of two change no digit");
            }
            for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                let close = (got - want).abs() <= 1e-6 * (k as f32 + 1.0).sqrt() * 4.0;
                assert!(close, "{product:?} [{i}]: {got} vs {want}");
            }
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn equals_three_loops(
            m in 0usize..40, n in 0usize..80, k in 0usize..40, deep in prop::bool::weighted(0.1),
            transpose_a: bool, transpose_b: bool, accumulate: bool, seed in 0u32..1000,
        ) {
            let k = if deep { k + 500 } else { k };
            check(Product { m, n, k, transpose_a, transpose_b, accumulate }, seed);
        }
    }

    #[test]
    fn pieces_of_long_sums_equal_three_loops() {
        for (m, n, k) in [(1, 9000, 7), (70, 130, 25), (3, 5, 20), (2, 1, 31)] {
            for flags in 0..8 {
                let [transpose_a, transpose_b, accumulate] = [1, 2, 4].map(|flag| flags & flag != 0);
                let product = Product { m, n, k, transpose_a, transpose_b, accumulate };
                let (a, b, bias, start) = (noise(m * k, 1), noise(k * n, 2), noise(n, 3), noise(m * n, 4));
                let epilogue = Epilogue { scale: &bias, ..Epilogue::new(&bias, Activation::Relu) };
                each_isa(|| {
                    let (mut c, mut expected) = (start.clone(), start.clone());
                    by_pieces(10, product, &a, &b, epilogue, &mut c);
                    dense(product, &a, &b, epilogue, &mut expected);
                    assert!(c.iter().zip(&expected).all(|(c, e)| (c - e).abs() < 1e-5), "{product:?}");
                });
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_single_row_equals_three_loops(
            n in 0usize..300, k in prop_oneof![0usize..40, 500usize..600], transpose_b: bool, accumulate: bool, seed in 0u32..1000,
        ) {
            check(Product { m: 1, n, k, transpose_a: false, transpose_b, accumulate }, seed);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn few_rows_equal_three_loops(m in 1..=FEW + 1, n in FEW / 2..700, k in FEW / 4..300, seed in 0u32..1000) {
            let (a, b) = (noise(m * k, seed), noise(k * n, seed + 1));
            let sum = |at: usize| (0..k).map(|p| a[at / n * k + p] as f64 * b[at % n * k + p] as f64).sum::<f64>();
            let product = Product { m, n, k, transpose_b: true, ..Product::default() };
            prop_assert_eq!(few_rows(&product, &Epilogue::NONE), m <= FEW && m < k);
            each_isa(|| {
                let mut c = vec![f32::NAN; m * n];
                matmul(product, &a, &b, &mut c);
                for (at, c) in c.iter().enumerate() {
                    assert!((*c as f64 - sum(at)).abs() <= 4e-6 * (k as f64).sqrt(), "{product:?} [{at}]");
                }
            });
        }
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "lengths do not fit"))]
    fn sizes_beyond_all_memory_fit_nothing() {
        let half = 1 << (usize::BITS / 2);
        let product = Product { m: half, n: half, k: half, ..Product::default() };
        matmul(product, &[], &[], &mut []);
    }

    #[test]
    fn large_products_take_the_parallel_path() {
        for (m, n) in [(300, 70), (20, 700), (1, 300)] {
            for transpose in [false, true] {
                check(
                    Product { m, n, k: 301, transpose_a: transpose, transpose_b: transpose, accumulate: false },
                    m as u32,
                );
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let (a, b) = (noise(257 * 300, 1), noise(300 * 129, 2));
        let run = |threads| {
            let mut c = vec![0.0; 257 * 129];
            let product = Product { m: 257, n: 129, k: 300, ..Product::default() };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| matmul(product, &a, &b, &mut c));
            c
        };
        assert_eq!(run(1), run(3));
    }
}

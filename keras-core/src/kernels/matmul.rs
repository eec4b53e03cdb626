//! Products of matrices.

use super::{
    gemm::{Left, Output, PANEL, PANEL_STRIDE, Right, TILE, gemm},
    versions,
};

/// A product `C = op(A)·op(B)`: C is `m × n`, `op(A)` `m × k`, `op(B)` `k × n`, all row-major.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Rows of C.
    pub m: usize,
    /// Columns of C.
    pub n: usize,
    /// Columns of `op(A)`, rows of `op(B)`.
    pub k: usize,
    /// Whether A is stored as `k × m`.
    pub transpose_a: bool,
    /// Whether B is stored as `n × k`.
    pub transpose_b: bool,
    /// Whether the product is added to C.
    pub accumulate: bool,
}

#[derive(Clone, Copy)]
struct Matrix {
    pointer: *const f32,
    row_stride: usize,
    column_stride: usize,
}

// SAFETY: it is read only, while the slice that it comes from is borrowed.
unsafe impl Send for Matrix {}
// SAFETY: as above.
unsafe impl Sync for Matrix {}

impl Left for Matrix {
    fn in_place(&self, row: usize, depth: usize) -> Option<(*const f32, usize, usize)> {
        // SAFETY: `gemm` asks for elements of the matrix only, whose size `matmul_bias` has checked.
        let pointer = unsafe { self.pointer.add(row * self.row_stride + depth * self.column_stride) };
        Some((pointer, self.row_stride, self.column_stride))
    }

    fn gather(&self, _: usize, _: usize, _: usize, _: usize, _: &mut [f32; TILE]) {}
}

impl Right for Matrix {
    fn pack(&self, depth: usize, length: usize, column: usize, columns: usize, panel: &mut [f32; PANEL]) {
        for row in 0..length {
            // SAFETY: rows and columns within the matrix, and within a panel of `length` ≤ KC rows of NR ≥ `columns`.
            unsafe {
                let from = self.pointer.add((depth + row) * self.row_stride + column * self.column_stride);
                let to = panel.as_mut_ptr().add(row * PANEL_STRIDE);
                if self.column_stride == 1 {
                    core::ptr::copy_nonoverlapping(from, to, columns);
                } else {
                    for at in 0..columns {
                        *to.add(at) = *from.add(at * self.column_stride);
                    }
                }
            }
        }
    }
}

/// `C = op(A)·op(B)`. Does nothing if a slice is too short.
pub fn matmul(product: Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    matmul_bias(product, a, b, &[], c);
}

/// `C = op(A)·op(B) + bias`, the bias added to every row; an empty one is none. Does nothing if a slice is too short.
pub fn matmul_bias(product: Product, a: &[f32], b: &[f32], bias: &[f32], c: &mut [f32]) {
    let Product { m, n, k, transpose_a, transpose_b, accumulate } = product;
    let fits = a.len() >= m * k && b.len() >= k * n && c.len() >= m * n && (bias.is_empty() || bias.len() >= n);
    debug_assert!(fits, "a product's slices do not fit {product:?}");
    if !fits {
        return;
    }
    if m <= FEW_ROWS && !transpose_a {
        if transpose_b {
            few_rows_transposed(product, a, b, bias, c);
        } else {
            few_rows(product, a, b, bias, c);
        }
        return;
    }
    let left = Matrix {
        pointer: a.as_ptr(),
        row_stride: if transpose_a { 1 } else { k },
        column_stride: if transpose_a { m } else { 1 },
    };
    let right = Matrix {
        pointer: b.as_ptr(),
        row_stride: if transpose_b { 1 } else { n },
        column_stride: if transpose_b { k } else { 1 },
    };
    let output = Output { pointer: c.as_mut_ptr(), stride: n, accumulate, bias };
    // SAFETY: the lengths are checked above.
    unsafe { gemm(left, right, (0, m), n, k, output) };
}

/// Up to so many rows, packing B costs more than it gives.
const FEW_ROWS: usize = 2;

versions! {
    fn few_rows(product: Product, a: &[f32], b: &[f32], bias: &[f32], c: &mut [f32]) {
        let (n, k) = (product.n, product.k);
        for (c, a) in c.chunks_exact_mut(n.max(1)).zip(a.chunks(k.max(1)).chain(core::iter::repeat(&[][..]))).take(product.m) {
            if !product.accumulate {
                c.fill(0.0);
            }
            for (c, bias) in c.iter_mut().zip(bias) {
                *c += *bias;
            }
            // Four rows of B at a time: C is loaded and stored once for them.
            let mut values = a.chunks_exact(4);
            let mut rows = b.chunks_exact(n.max(1) * 4);
            for (a, b) in (&mut values).zip(&mut rows) {
                let [a0, a1, a2, a3] = *a else { return };
                let mut rows = b.chunks_exact(n.max(1));
                let (Some(b0), Some(b1), Some(b2), Some(b3)) = (rows.next(), rows.next(), rows.next(), rows.next())
                else {
                    return;
                };
                for ((((c, b0), b1), b2), b3) in c.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3) {
                    *c += a0 * *b0 + a1 * *b1 + (a2 * *b2 + a3 * *b3);
                }
            }
            let done = a.len() - values.remainder().len();
            for (a, b) in values.remainder().iter().zip(b.chunks_exact(n.max(1)).skip(done)) {
                for (c, b) in c.iter_mut().zip(b) {
                    *c += *a * *b;
                }
            }
        }
    }

    fn few_rows_transposed(product: Product, a: &[f32], b: &[f32], bias: &[f32], c: &mut [f32]) {
        let (n, k) = (product.n, product.k);
        for (c, a) in c.chunks_exact_mut(n.max(1)).zip(a.chunks(k.max(1)).chain(core::iter::repeat(&[][..]))).take(product.m) {
            if !product.accumulate {
                c.fill(0.0);
            }
            for (c, bias) in c.iter_mut().zip(bias) {
                *c += *bias;
            }
            for (c, b) in c.iter_mut().zip(b.chunks_exact(k.max(1))) {
                let mut sums = [0.0f32; 16];
                let (mut xs, mut ys) = (a.chunks_exact(16), b.chunks_exact(16));
                for (x, y) in (&mut xs).zip(&mut ys) {
                    for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
                        *sum += *x * *y;
                    }
                }
                let mut rest = 0.0;
                for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
                    rest += *x * *y;
                }
                *c += sums.iter().sum::<f32>() + rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::random::Random;

    fn plain(p: Product, a: &[f32], b: &[f32], bias: &[f32], c: &mut [f32]) {
        for i in 0..p.m {
            for j in 0..p.n {
                let mut sum = if p.accumulate { f64::from(c[i * p.n + j]) } else { 0.0 };
                sum += bias.get(j).map_or(0.0, |&bias| f64::from(bias));
                for l in 0..p.k {
                    let x = if p.transpose_a { a[l * p.m + i] } else { a[i * p.k + l] };
                    let y = if p.transpose_b { b[j * p.k + l] } else { b[l * p.n + j] };
                    sum += f64::from(x) * f64::from(y);
                }
                c[i * p.n + j] = sum as f32;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn same_as_three_loops(
            m in 0usize..40, n in 0usize..70, k in 0usize..600,
            transpose_a: bool, transpose_b: bool, accumulate: bool, with_bias: bool,
        ) {
            let product = Product { m, n, k, transpose_a, transpose_b, accumulate };
            let mut random = 0;
            let mut fill = |length: usize| {
                random += 1;
                let mut values = vec![0.0; length];
                Random::new(9, random).fill_uniform(-1.0, 1.0, &mut values);
                values
            };
            let (a, b, c, bias) = (fill(m * k), fill(k * n), fill(m * n), fill(if with_bias { n } else { 0 }));
            let (mut ours, mut theirs) = (c.clone(), c);
            matmul_bias(product, &a, &b, &bias, &mut ours);
            plain(product, &a, &b, &bias, &mut theirs);
            for (x, y) in ours.iter().zip(&theirs) {
                prop_assert!((x - y).abs() <= 1e-5 * (1.0 + k as f32).sqrt(), "{x} {y}");
            }
        }
    }
}

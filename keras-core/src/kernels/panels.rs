//! Matrices in panels: as many columns as a tile has lie together, depth by depth, so that a product reads the matrix from the
//! first to the last float.
//!
//! Rows of a wide matrix are on pages of their own. A tile reads a short piece of each, and the processor, which fetches ahead
//! within a page, does not help. A copy in panels costs about as much as a product with ten rows; it pays for weights that
//! many products share.

use super::ensure;
use super::gemm::{LARGE, Matrix, Right, RightPlace};
use super::length;
use super::matmul::LONGEST_SUM;
use super::pointers::ReadPointer;
use super::simd::Isa;
use super::tile::VECTORS;

/// Whether a copy of a (k, n) matrix in panels makes products with it faster.
///
/// ```
/// use keras_core::kernels::panels;
///
/// assert!(panels::pays(1024, 1024) && !panels::pays(784, 128));
/// ```
pub fn pays(k: usize, n: usize) -> bool {
    n > width() && k <= LONGEST_SUM && length([k, n]) > LARGE
}

/// Columns of a panel: those of a tile.
fn width() -> usize {
    VECTORS * Isa::current().lanes()
}

/// Copies a (k, n) matrix in panels, for [`dense_in_panels`](super::matmul::dense_in_panels). The last panel has the columns that
/// are left.
///
/// ```
/// use keras_core::kernels::panels;
///
/// let (kernel, mut panels) = (vec![1.0; 6 * 100], vec![0.0; 6 * 100]);
/// panels::interleave(6, 100, &kernel, &mut panels);
/// assert_eq!(panels, kernel);
/// ```
pub fn interleave(k: usize, n: usize, from: &[f32], to: &mut [f32]) {
    ensure!(from.len() == length([k, n]) && to.len() == from.len());
    let width = width();
    for (at, panel) in to.chunks_mut((k * width).max(1)).enumerate() {
        let columns = width.min(n - at * width);
        for (row, line) in panel.chunks_exact_mut(columns).enumerate() {
            line.copy_from_slice(&from[row * n + at * width..][..columns]);
        }
    }
}

/// The copy of a (depth, columns) matrix that [`interleave`] makes.
pub(crate) struct Panels {
    start: ReadPointer,
    depth: usize,
    columns: usize,
    width: usize,
}

impl Panels {
    pub(crate) fn new(values: &[f32], depth: usize, columns: usize) -> Self {
        Self { start: ReadPointer::new(values), depth, columns, width: width() }
    }
}

impl Right for Panels {
    #[inline(always)]
    unsafe fn pack(&self, p: usize, depth: usize, column: usize, columns: usize, width: usize, into: *mut f32) {
        // Only the last panel is packed, where it has fewer columns than a tile: the others are read in place.
        let stride = self.width.min(self.columns - column);
        let panel = self.start.offset(column / self.width.max(1) * self.depth * self.width);
        let panel = Matrix { start: panel, stride, transposed: false };
        // SAFETY: the caller's promise.
        unsafe { panel.pack(p, depth, 0, columns, width, into) }
    }
    #[inline(always)]
    fn place(&self) -> Option<RightPlace> {
        let panels = Some((self.width, self.depth * self.width));
        Some(RightPlace { start: self.start.get(), columns: self.columns, panels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        activations::Activation,
        kernels::{
            Epilogue,
            matmul::{Product, dense, dense_in_panels, tests::noise},
            simd::tests::each_isa,
        },
    };
    use proptest::prelude::*;

    /// Both ways to compute a layer, from matrices of any numbers.
    fn both(m: usize, n: usize, k: usize, threads: Option<usize>) -> [Vec<f32>; 2] {
        let (a, b, bias) = (noise(m * k, 1), noise(k * n, 2), noise(n, 3));
        let epilogue = Epilogue::new(&bias, Activation::Relu);
        let (mut panels, mut plain, mut in_panels) = (vec![0.0; k * n], vec![0.0; m * n], vec![0.0; m * n]);
        interleave(k, n, &b, &mut panels);
        let mut run = || {
            dense(Product { m, n, k, ..Product::default() }, &a, &b, epilogue, &mut plain);
            dense_in_panels((m, n, k), &a, &panels, epilogue, &mut in_panels);
        };
        match threads {
            None => run(),
            Some(threads) => rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run),
        }
        [plain, in_panels]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn panels_change_no_bit(m in 2usize..80, n in 1usize..300, k in 0usize..600) {
            each_isa(|| {
                let [plain, in_panels] = both(m, n, k, None);
                assert_eq!(plain, in_panels, "{m} × {k} × {n}");
            });
        }
    }

    #[test]
    fn large_matrices_are_the_same_in_panels() {
        for (m, n, k) in [(2, 520, 300), (14, 515, 301), (15, 1030, 257), (100, 600, 333), (300, 520, 264)] {
            for threads in [None, Some(3)] {
                let [plain, in_panels] = both(m, n, k, threads);
                assert_eq!(plain, in_panels, "{m} × {k} × {n}");
            }
        }
    }
}

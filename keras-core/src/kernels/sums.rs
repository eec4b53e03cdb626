//! Sums of any length.
//!
//! Adding a million numbers to one `f32` after the other is a percent off: what a small number loses to a large sum adds up. So
//! sums go by pieces of a fixed length, and what is lost as pieces are added is kept: the error is that of a piece, whatever the
//! length.

use super::simd::Vector;

/// The vectors of a piece. Fixed: it decides the order of a sum.
pub(crate) const PIECE: usize = 128;

/// A sum of pieces, lane by lane, and apart what the last addition lost by rounding.
#[derive(Clone, Copy)]
pub(crate) struct SumOfPieces<V> {
    sum: V,
    lost: V,
}

impl<V: Vector> SumOfPieces<V> {
    #[inline(always)]
    pub(crate) fn zero() -> Self {
        Self { sum: V::zero(), lost: V::zero() }
    }

    /// Adds a piece, and what was lost before.
    #[inline(always)]
    pub(crate) fn add(&mut self, piece: V) {
        let piece = piece + self.lost;
        let sum = self.sum + piece;
        // The exact error, after Knuth. Of an infinite sum nothing is lost, but computed as NaN.
        let added = sum - self.sum;
        let lost = (self.sum - (sum - added)) + (piece - added);
        *self = Self { sum, lost: V::select(lost.eq(lost), lost, V::zero()) };
    }

    #[inline(always)]
    pub(crate) fn total(self) -> V {
        self.sum + self.lost
    }
}

/// A sum, lane by lane, that cuts its terms into pieces.
#[derive(Clone, Copy)]
pub(crate) struct Sum<V> {
    pieces: SumOfPieces<V>,
    piece: V,
    /// Of all pieces.
    terms: usize,
}

impl<V: Vector> Sum<V> {
    #[inline(always)]
    pub(crate) fn zero() -> Self {
        Self { pieces: SumOfPieces::zero(), piece: V::zero(), terms: 0 }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, term: V) {
        self.set(self.piece + term);
    }

    /// Adds a product, fused where the hardware fuses.
    #[inline(always)]
    pub(crate) fn add_product(&mut self, a: V, b: V) {
        self.set(a.mul_add(b, self.piece));
    }

    #[inline(always)]
    fn set(&mut self, piece: V) {
        (self.piece, self.terms) = (piece, self.terms + 1);
        if self.terms.is_multiple_of(PIECE) {
            self.pieces.add(piece);
            self.piece = V::zero();
        }
    }

    #[inline(always)]
    pub(crate) fn total(mut self) -> V {
        if self.terms < PIECE {
            return self.piece;
        }
        self.pieces.add(self.piece);
        self.pieces.total()
    }
}

/// Sums of columns, some side by side, where vectors are left to the compiler: pieces of `PIECE` rows, added in `f64`.
pub(crate) struct Columns {
    piece: [f32; Self::MOST],
    totals: [f64; Self::MOST],
    rows: usize,
}

impl Columns {
    /// The most columns.
    pub(crate) const MOST: usize = 64;

    #[inline(always)]
    pub(crate) fn zero() -> Self {
        Self { piece: [0.0; Self::MOST], totals: [0.0; Self::MOST], rows: 0 }
    }

    /// Adds a row.
    #[inline(always)]
    pub(crate) fn add(&mut self, row: impl Iterator<Item = f32>) {
        for (sum, term) in self.piece.iter_mut().zip(row) {
            *sum += term;
        }
        self.rows += 1;
        if self.rows.is_multiple_of(PIECE) {
            self.end_piece();
        }
    }

    #[inline(always)]
    fn end_piece(&mut self) {
        for (total, piece) in self.totals.iter_mut().zip(&mut self.piece) {
            *total += f64::from(core::mem::take(piece));
        }
    }

    #[inline(always)]
    pub(crate) fn totals(mut self) -> [f64; Self::MOST] {
        self.end_piece();
        self.totals
    }
}

/// Adds terms to sums, element by element, and what each sum lost by rounding the last time.
pub(crate) fn add_terms(sums: &mut [f32], lost: &mut [f32], terms: &[f32]) {
    for ((sum, lost), &term) in sums.iter_mut().zip(lost).zip(terms) {
        let (before, term) = (*sum, term + *lost);
        *sum += term;
        // As in `SumOfPieces::add`.
        let added = *sum - before;
        let error = (before - (*sum - added)) + (term - added);
        *lost = if error.is_nan() { 0.0 } else { error };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::{Isa, SafeKernel, tests::each_isa};

    /// The sum of a series that is the same number, then of numbers.
    struct Series<'a>(f32, usize, &'a [f32]);
    impl SafeKernel for Series<'_> {
        type Output = (f32, f32);
        #[inline(always)]
        fn run<V: Vector>(self) -> (f32, f32) {
            let (mut sum, mut products) = (Sum::<V>::zero(), Sum::<V>::zero());
            for _ in 0..self.1 {
                sum.add(V::splat(self.0));
                products.add_product(V::splat(self.0), V::splat(2.0));
            }
            for &number in self.2 {
                sum.add(V::splat(number));
                products.add_product(V::splat(number), V::splat(2.0));
            }
            let ([sum, ..], [products, ..]) = (sum.total().lanes(), products.total().lanes());
            (sum, products)
        }
    }

    #[test]
    fn a_million_terms_lose_nothing() {
        each_isa(|| {
            let (sum, products) = Isa::current().run(Series(0.1, 1 << 20, &[]));
            let exact = f64::from(0.1f32) * f64::from(1 << 20);
            assert!((f64::from(sum) / exact - 1.0).abs() < 5e-6, "{sum}, not {exact}");
            assert!((f64::from(products) / exact / 2.0 - 1.0).abs() < 5e-6, "{products}, not {}", 2.0 * exact);
        });
    }

    #[test]
    fn what_sums_lose_is_added_to_them() {
        let (mut sums, mut lost) = ([0.0, 0.0, 1.0], [0.0; 3]);
        for _ in 0..1 << 20 {
            add_terms(&mut sums, &mut lost, &[0.1, -0.3, f32::INFINITY]);
        }
        for (sum, term) in sums.into_iter().zip([0.1f32, -0.3]) {
            let exact = f64::from(term) * f64::from(1 << 20);
            assert!((f64::from(sum) - exact).abs() <= 1e-6 * exact.abs(), "{sum}, not {exact}");
        }
        assert_eq!(sums[2], f32::INFINITY);
    }

    #[test]
    fn columns_lose_nothing() {
        let mut columns = Columns::zero();
        for _ in 0..1 << 20 {
            columns.add([0.1, 0.0, -0.3].into_iter());
        }
        let totals = columns.totals();
        for (total, term) in totals.iter().zip([0.1f32, 0.0, -0.3, 0.0]) {
            let exact = f64::from(term) * f64::from(1 << 20);
            assert!((total - exact).abs() <= 5e-6 * exact.abs(), "{total}, not {exact}");
        }
    }

    #[test]
    fn infinities_and_overflow_stay() {
        let infinity = f32::INFINITY;
        each_isa(|| {
            for (terms, expected) in [
                (&[infinity][..], infinity),
                (&[1.0, -infinity], -infinity),
                (&[f32::MAX; 2], infinity),
                (&[f32::NAN], f32::NAN),
                (&[infinity, -infinity], f32::NAN),
            ] {
                for before in [0, PIECE, 3 * PIECE] {
                    let many: Vec<f32> =
                        terms.iter().flat_map(|&term| [[term].as_slice(), &[0.0; PIECE]].concat()).collect();
                    for terms in [terms, &many] {
                        let (sum, _) = Isa::current().run(Series(0.5, before, terms));
                        assert!(sum == expected || sum.is_nan() && expected.is_nan(), "{sum}, not {expected}");
                    }
                }
            }
        });
    }
}

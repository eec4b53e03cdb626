//! Sums over the rows of a matrix, column by column.
//!
//! Vectors run along the columns. Of few columns, so many rows are taken as one that vectors are full, and the sums of a column are
//! added at the end.

use super::elementwise::load_some;
use super::parallel::{self, Work};
use super::pointers::{ReadPointer, WritePointer};
use super::simd::{Isa, Kernel, MAX_LANES, Vector};
use super::sums::{PIECE, SumOfPieces};

/// The terms that are summed: one or two of each element.
pub(crate) trait Moments: Copy + Sync {
    /// The coefficients of some columns, by a function that loads values of these columns.
    ///
    /// # Safety
    /// Values of all columns are readable.
    unsafe fn of_columns<V: Vector>(&self, load: impl Fn(ReadPointer) -> V) -> [V; 4];

    /// The terms of some elements, given what their columns have.
    ///
    /// # Safety
    /// `at` is the offset of the first element, and `count` lanes exist, in these rows.
    unsafe fn terms<V: Vector>(&self, value: V, of_columns: [V; 4], rows: Rows<'_>, at: usize, count: usize) -> [V; 2];
}

/// The elements themselves.
#[derive(Clone, Copy)]
pub(crate) struct Plain;
impl Moments for Plain {
    #[inline(always)]
    unsafe fn of_columns<V: Vector>(&self, _: impl Fn(ReadPointer) -> V) -> [V; 4] {
        [V::zero(); 4]
    }
    #[inline(always)]
    unsafe fn terms<V: Vector>(&self, value: V, _: [V; 4], _: Rows<'_>, _: usize, _: usize) -> [V; 2] {
        [value, V::zero()]
    }
}

/// The rows of a vector's lanes.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// The row of the first lane.
    first: usize,
    /// The number of rows.
    all: usize,
    /// How many rows each lane is further, if that is not none.
    further: Option<&'a [u32; MAX_LANES]>,
}

impl Rows<'_> {
    /// The value of each lane's row.
    ///
    /// # Safety
    /// There is one for each row.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Vector>(self, values: ReadPointer) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let from = values.get().add(self.first);
            match self.further {
                None => V::splat(*from),
                Some(further) => load_some::<V>(from, V::LANES.min(self.all - self.first)).permute(further),
            }
        }
    }
}

/// The most columns of rows that are taken together.
const WIDEST: usize = 4 * MAX_LANES * (MAX_LANES - 1);

/// The number of rows of these columns that whole vectors hold, in at most so many floats: 1 if a row fills a vector alone.
#[inline(always)]
pub(super) fn rows_of_whole_vectors(columns: usize, most: usize) -> usize {
    if columns == 0 || columns >= MAX_LANES {
        return 1;
    }
    let fewest = MAX_LANES >> columns.trailing_zeros();
    (most / (fewest * columns).max(1)).max(1) * fewest
}

/// Sums terms over rows, in pieces of `PIECE` rows: sums = Σ terms · scale, or sums += it. Threads take multiples of `cut` columns.
///
/// # Safety
/// A whole number of rows, for which the moments have all that they read; `second` is as long as `first`.
pub(crate) unsafe fn sums<M: Moments>(
    moments: &M,
    from: &[f32],
    (first, second): (&mut [f32], Option<&mut [f32]>),
    cut: usize,
    scale: f32,
    accumulate: bool,
) {
    let columns = first.len();
    let rows = from.len() / columns.max(1);
    // Four vectors of few columns side by side, or one if there are few rows too.
    let fewest = rows_of_whole_vectors(columns, 0);
    let together = if rows < 8 * fewest { fewest } else { 4 * fewest };
    if columns >= MAX_LANES || rows < together {
        let (to, to2) = (WritePointer::new(first), second.map(WritePointer::new));
        let pass = Pass { moments, from: ReadPointer::new(from), to, to2, columns, rows: (0, rows), together: 1 };
        // SAFETY: the caller's promise.
        return unsafe { pass.share(cut, scale, accumulate) };
    }
    let (mut wide, mut rest) = ([[0.0; WIDEST]; 2], [[0.0; MAX_LANES]; 2]);
    let whole = rows - rows % together.max(1);
    let from = ReadPointer::new(from);
    for (sums, together, rows) in [
        (wide.each_mut().map(|sums| &mut sums[..]), together, (0, whole)),
        (rest.each_mut().map(|sums| &mut sums[..]), 1, (whole, rows)),
    ] {
        let [to, to2] = sums.map(WritePointer::new);
        let to2 = second.is_some().then_some(to2);
        // SAFETY: the caller's promise; the arrays hold the columns of as many rows.
        unsafe { Pass { moments, from, to, to2, columns, rows, together }.share(cut, 1.0, false) };
    }
    for ((to, wide), rest) in [Some(first), second].into_iter().flatten().zip(&wide).zip(&rest) {
        for ((column, to), rest) in to.iter_mut().enumerate().zip(rest) {
            let same = wide.iter().skip(column).step_by(columns.max(1)).take(together);
            let sum = same.fold(f64::from(*rest), |sum, &part| sum + f64::from(part)) as f32 * scale;
            *to = if accumulate { *to + sum } else { sum };
        }
    }
}

/// A pass over rows, of which some are taken together as one.
#[derive(Clone, Copy)]
struct Pass<'a, M> {
    moments: &'a M,
    from: ReadPointer,
    to: WritePointer,
    to2: Option<WritePointer>,
    columns: usize,
    rows: (usize, usize),
    together: usize,
}

impl<M: Moments> Pass<'_, M> {
    /// # Safety
    /// As [`sums`].
    unsafe fn share(self, cut: usize, scale: f32, accumulate: bool) {
        let isa = Isa::current();
        let floats = (self.rows.1 - self.rows.0) * self.columns;
        parallel::share(self.columns * self.together, cut, Work::ColumnSums { floats }, &|first, last| {
            // SAFETY: the caller's promise; threads own disjoint columns.
            unsafe { isa.run_pointers(Part { pass: self, first, last, scale, accumulate }) };
        });
    }
}

/// Columns `first..last` of a pass.
struct Part<'a, M> {
    pass: Pass<'a, M>,
    first: usize,
    last: usize,
    scale: f32,
    accumulate: bool,
}

impl<M: Moments> Kernel for Part<'_, M> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let mut column = self.first;
        while column < self.last {
            // Four vectors side by side: one cache line or more per row, and four independent sums.
            // SAFETY: the caller's promise.
            unsafe {
                if const { !V::IS_FALLBACK } && column + 4 * V::LANES <= self.last {
                    if self.pass.together > 1 {
                        self.strip::<V, 4, true>(column, V::LANES);
                    } else {
                        self.strip::<V, 4, false>(column, V::LANES);
                    }
                    column += 4 * V::LANES;
                } else {
                    let count = V::LANES.min(self.last - column);
                    if self.pass.together > 1 {
                        self.strip::<V, 1, true>(column, count);
                    } else {
                        self.strip::<V, 1, false>(column, count);
                    }
                    column += count;
                }
            }
        }
    }
}

impl<M: Moments> Part<'_, M> {
    /// # Safety
    /// As [`Kernel::run`]; the N vectors of `count` columns each are among the columns. Rows are taken together if `TOGETHER`.
    #[inline(always)]
    unsafe fn strip<V: Vector, const N: usize, const TOGETHER: bool>(&self, column: usize, count: usize) {
        let Pass { moments, from, columns, rows, together, .. } = self.pass;
        let (columns, together) = (columns.max(1), if TOGETHER { together } else { 1 });
        // The columns of each lane, and how many rows it is further than the first.
        let (mut given, mut further) = ([[V::zero(); 4]; N], [[0; MAX_LANES]; N]);
        for (j, (given, further)) in given.iter_mut().zip(&mut further).enumerate() {
            let start = column + j * V::LANES;
            // SAFETY: the caller's promise.
            *given = unsafe {
                moments.of_columns(|values| {
                    if !TOGETHER {
                        return load_some::<V>(values.get().add(start), count);
                    }
                    let mut lanes = [0.0; MAX_LANES];
                    for (lane, value) in lanes.iter_mut().enumerate().take(V::LANES) {
                        *value = *values.get().add((start + lane) % columns);
                    }
                    V::load(lanes.as_ptr())
                })
            };
            for (lane, further) in further.iter_mut().enumerate().take(V::LANES) {
                *further = ((start + lane) / columns - start / columns) as u32;
            }
        }
        let (mut total, mut total2) = ([SumOfPieces::<V>::zero(); N], [SumOfPieces::<V>::zero(); N]);
        let (mut row, all) = (rows.0, rows.1);
        // SAFETY: the matrix is (rows, columns), the strip lies within its columns; `to` and `to2` have as many floats.
        unsafe {
            while row < all {
                let end = (row + PIECE * together).min(all);
                let (mut part, mut part2) = ([V::zero(); N], [V::zero(); N]);
                while row < end {
                    for (j, (part, part2)) in part.iter_mut().zip(&mut part2).enumerate() {
                        let start = column + j * V::LANES;
                        let at = row * columns + start;
                        let value = load_some::<V>(from.get().add(at), count);
                        let first = if TOGETHER { row + start / columns } else { row };
                        let rows = Rows { first, all, further: if TOGETHER { Some(&further[j]) } else { None } };
                        let [a, b] = moments.terms(value, given[j], rows, at, count);
                        *part = *part + a;
                        *part2 = *part2 + b;
                    }
                    row += together;
                }
                for ((total, total2), (part, part2)) in total.iter_mut().zip(&mut total2).zip(part.iter().zip(&part2)) {
                    total.add(*part);
                    total2.add(*part2);
                }
            }
            for (j, (total, total2)) in total.iter().zip(&total2).enumerate() {
                for (total, to) in [(total, Some(self.pass.to)), (total2, self.pass.to2)] {
                    let Some(to) = to else { continue };
                    let to = to.get().add(column + j * V::LANES);
                    let mut total = total.total() * V::splat(self.scale);
                    if self.accumulate {
                        total = total + V::load_partial(to, count);
                    }
                    total.store_partial(to, count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{matmul::tests::noise, simd::tests::each_isa};

    /// (value·of its column·of its row, value).
    #[derive(Clone, Copy)]
    struct Weighted {
        columns: ReadPointer,
        rows: ReadPointer,
    }
    impl Moments for Weighted {
        #[inline(always)]
        unsafe fn of_columns<V: Vector>(&self, load: impl Fn(ReadPointer) -> V) -> [V; 4] {
            [load(self.columns), V::zero(), V::zero(), V::zero()]
        }
        #[inline(always)]
        unsafe fn terms<V: Vector>(
            &self,
            value: V,
            [of_column, ..]: [V; 4],
            rows: Rows<'_>,
            _: usize,
            _: usize,
        ) -> [V; 2] {
            // SAFETY: the test has a number for each row.
            [value * of_column * unsafe { rows.load::<V>(self.rows) }, value]
        }
    }

    #[test]
    fn any_number_of_columns_and_rows() {
        for columns in (1..=17).chain([33, 64, 130]) {
            for rows in [0, 1, 15, 16, 17, 63, 64, 130, 1029] {
                let (values, of_columns, of_rows) = (noise(rows * columns, 1), noise(columns, 2), noise(rows, 3));
                let moments = Weighted { columns: ReadPointer::new(&of_columns), rows: ReadPointer::new(&of_rows) };
                each_isa(|| {
                    for accumulate in [false, true] {
                        let (mut weighted, mut plain) = (vec![1.0; columns], vec![1.0; columns]);
                        let to = (&mut weighted[..], Some(&mut plain[..]));
                        // SAFETY: there is a number for each column and for each row.
                        unsafe { sums(&moments, &values, to, 16, 0.5, accumulate) };
                        for column in 0..columns {
                            let before = if accumulate { 1.0 } else { 0.0 };
                            let sum = |term: &dyn Fn(usize) -> f64| before + (0..rows).map(term).sum::<f64>() / 2.0;
                            let value = |row: usize| f64::from(values[row * columns + column]);
                            let of_column = f64::from(of_columns[column]);
                            let expected = sum(&|row| value(row) * of_column * f64::from(of_rows[row]));
                            assert!((f64::from(weighted[column]) - expected).abs() < 1e-4, "{rows} of {columns}");
                            assert!((f64::from(plain[column]) - sum(&value)).abs() < 1e-4, "{rows} of {columns}");
                        }
                    }
                });
            }
        }
    }
}

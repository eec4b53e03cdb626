//! Random orthogonal matrices.

use crate::kernels::{elementwise::sum_of_squares, random::Random, sums::Columns};

/// Fills a matrix with orthonormal columns times `gain`, or rows if there are fewer of them.
///
/// The matrix is the Q of the QR decomposition of a random normal matrix, with a positive diagonal of R, so that the
/// distribution is uniform. It is computed by the Gram-Schmidt process, twice: the second pass removes rounding errors.
pub(super) fn fill(gain: f32, rows: usize, columns: usize, random: Random, values: &mut [f32]) {
    random.fill_normal(0.0, 1.0, values);
    for _ in 0..2 {
        if rows < columns {
            orthonormalize_rows(columns, values);
        } else {
            orthonormalize_columns(columns, values);
        }
    }
    values.iter_mut().for_each(|value| *value *= gain);
}

fn orthonormalize_rows(columns: usize, values: &mut [f32]) {
    let mut rest = values;
    while let Some((row, others)) = rest.split_at_mut_checked(columns.max(1)) {
        let factor = inverse(sum_of_squares(row));
        row.iter_mut().for_each(|x| *x *= factor);
        for other in others.chunks_exact_mut(columns.max(1)) {
            let along = row.iter().zip(other.iter()).map(|(x, y)| f64::from(x * y)).sum::<f64>() as f32;
            other.iter_mut().zip(row.iter()).for_each(|(y, x)| *y -= along * x);
        }
        rest = others;
    }
}

fn orthonormalize_columns(columns: usize, values: &mut [f32]) {
    for column in 0..columns {
        let square: f64 = values.iter().skip(column).step_by(columns).map(|x| f64::from(x * x)).sum();
        let factor = inverse(square as f32);
        values.iter_mut().skip(column).step_by(columns).for_each(|x| *x *= factor);
        // In strips of columns, so that memory is accessed row by row.
        for start in (column + 1..columns).step_by(Columns::MOST) {
            let end = (start + Columns::MOST).min(columns);
            let mut along = Columns::zero();
            for row in values.chunks_exact(columns) {
                along.add(row[start..end].iter().map(|y| row[column] * y));
            }
            let along = along.totals().map(|along| along as f32);
            for row in values.chunks_exact_mut(columns) {
                let x = row[column];
                for (along, y) in along.iter().zip(&mut row[start..end]) {
                    *y -= along * x;
                }
            }
        }
    }
}

/// The inverse length of a vector, given the square of its length; 0 for a vector of length 0.
fn inverse(square: f32) -> f32 {
    if square > 0.0 { 1.0 / libm::sqrtf(square) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The largest difference of the products of rows from those of orthonormal ones.
    fn difference(vectors: &[Vec<f64>]) -> f64 {
        let mut worst = 0.0f64;
        for (i, a) in vectors.iter().enumerate() {
            for (j, b) in vectors.iter().enumerate() {
                let product: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
                worst = worst.max((product - f64::from(u8::from(i == j))).abs());
            }
        }
        worst
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_shorter_side_is_orthonormal(rows in 1usize..150, columns in 1usize..150, seed in 0u64..1000) {
            let mut values = vec![f32::NAN; rows * columns];
            fill(1.0, rows, columns, Random::new(seed, 0), &mut values);
            let row = |at: usize| values[at * columns..][..columns].iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            let column = |at: usize| values.iter().skip(at).step_by(columns).map(|&x| f64::from(x)).collect::<Vec<_>>();
            let vectors: Vec<_> =
                if rows < columns { (0..rows).map(row).collect() } else { (0..columns).map(column).collect() };
            prop_assert!(difference(&vectors) < 1e-5, "{}", difference(&vectors));
        }
    }

    #[test]
    fn no_direction_is_preferred() {
        // The entries of random orthogonal 3×3 matrices: of mean 0, and of mean square 1/3 each.
        let (mut means, mut squares) = ([0.0f64; 9], [0.0f64; 9]);
        for seed in 0..4000 {
            let mut values = [0.0; 9];
            fill(1.0, 3, 3, Random::new(seed, 7), &mut values);
            for (at, value) in values.iter().enumerate() {
                means[at] += f64::from(*value) / 4000.0;
                squares[at] += f64::from(value * value) / 4000.0;
            }
        }
        assert!(means.iter().all(|mean| mean.abs() < 0.05), "{means:?}");
        assert!(squares.iter().all(|square| (square - 1.0 / 3.0).abs() < 0.03), "{squares:?}");
    }
}

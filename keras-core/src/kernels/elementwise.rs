//! Sums and scalings.

use super::versions;

versions! {
    /// `sum += term`, element by element.
    pub fn add_assign(sum: &mut [f32], term: &[f32]) {
        for (to, from) in sum.iter_mut().zip(term) {
            *to += *from;
        }
    }

    /// The sum of each column of a matrix of `columns` columns; added to what is there if `accumulate`.
    pub fn column_sums(matrix: &[f32], columns: usize, sums: &mut [f32], accumulate: bool) {
        if !accumulate {
            sums.fill(0.0);
        }
        if columns == 1 {
            if let [sum] = sums {
                for value in matrix {
                    *sum += *value;
                }
            }
            return;
        }
        for row in matrix.chunks_exact(columns.max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
        let mut sums = [1.0, 1.0];
        column_sums(&[1.0, 2.0, 3.0, 4.0], 2, &mut sums, true);
        assert_eq!(sums, [5.0, 7.0]);
        column_sums(&[1.0, 2.0, 3.0, 4.0], 2, &mut sums, false);
        assert_eq!(sums, [4.0, 6.0]);
    }
}

//! The orthogonal regularizer.

use super::Mode;
use crate::shape::Dims;

/// The maximum factor of the normalization: the inverse of Keras' epsilon.
const LARGEST_FACTOR: f32 = 1e7;

/// The vectors of a matrix.
#[derive(Clone, Copy)]
struct Vectors {
    count: usize,
    length: usize,
    /// The strides from one vector to the next, and between the elements of a vector.
    steps: (usize, usize),
}

impl Vectors {
    fn new(dims: Dims, mode: Mode) -> Self {
        let (rows, columns) = (dims.length(0), dims.length(1));
        match mode {
            Mode::Rows => Self { count: rows, length: columns, steps: (columns, 1) },
            Mode::Columns => Self { count: columns, length: rows, steps: (1, columns) },
        }
    }

    fn of<'a>(&self, matrix: &'a [f32], at: usize) -> impl Iterator<Item = f32> + 'a {
        matrix.iter().skip(at * self.steps.0).step_by(self.steps.1.max(1)).take(self.length).copied()
    }

    /// The factor that normalizes a vector.
    fn factor(&self, matrix: &[f32], at: usize) -> f32 {
        let square: f64 = self.of(matrix, at).map(|x| f64::from(x * x)).sum();
        (1.0 / libm::sqrtf(square as f32)).min(LARGEST_FACTOR)
    }

    /// The cosine similarity of two vectors, given their normalization factors.
    fn cosine(&self, matrix: &[f32], (one, one_factor): (usize, f32), (other, other_factor): (usize, f32)) -> f32 {
        let products = self.of(matrix, one).zip(self.of(matrix, other)).map(|(x, y)| f64::from(x * y));
        products.sum::<f64>() as f32 * one_factor * other_factor
    }

    /// The number of pairs of vectors; 0 for a single one.
    fn share(&self, factor: f32) -> f32 {
        let pairs = self.count * self.count.saturating_sub(1) / 2;
        if pairs == 0 { 0.0 } else { factor / pairs as f32 }
    }
}

/// `factor` times the mean absolute cosine similarity of all pairs of vectors.
pub(super) fn value(factor: f32, mode: Mode, dims: Dims, matrix: &[f32]) -> f32 {
    let vectors = Vectors::new(dims, mode);
    let mut sum = 0.0f64;
    for one in 0..vectors.count {
        let first = (one, vectors.factor(matrix, one));
        for other in one + 1..vectors.count {
            sum += f64::from(vectors.cosine(matrix, first, (other, vectors.factor(matrix, other))).abs());
        }
    }
    sum as f32 * vectors.share(factor)
}

/// Adds its gradient.
pub(super) fn add_gradient(factor: f32, mode: Mode, dims: Dims, matrix: &[f32], gradient: &mut [f32]) {
    let vectors = Vectors::new(dims, mode);
    let share = vectors.share(factor);
    for one in 0..vectors.count {
        let own = vectors.factor(matrix, one);
        for other in (0..vectors.count).filter(|&other| other != one) {
            let factor = vectors.factor(matrix, other);
            let cosine = vectors.cosine(matrix, (one, own), (other, factor));
            let sign = if cosine > 0.0 {
                1.0
            } else if cosine < 0.0 {
                -1.0
            } else {
                0.0
            };
            // The component along the vector is zero: its length does not matter.
            let (across, along) = (share * own * sign * factor, share * own * own * cosine.abs());
            let to = gradient.iter_mut().skip(one * vectors.steps.0).step_by(vectors.steps.1.max(1));
            let elements = vectors.of(matrix, one).zip(vectors.of(matrix, other));
            for (to, (x, y)) in to.zip(elements) {
                *to += across * y - along * x;
            }
        }
    }
}

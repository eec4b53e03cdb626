//! Vectors brought to length 1, and the gradient of that.

use super::{elementwise::sum_of_squares, ensure};

/// The largest factor that a vector is normalized by: one over Keras' epsilon.
const LARGEST_FACTOR: f32 = 1e7;

/// Brings each vector to length 1 by a factor, which is kept. One that is too short is scaled by the largest factor.
///
/// # Shapes
/// vectors: (count, length); factors: (count) or more.
pub(crate) fn normalize(length: usize, vectors: &mut [f32], factors: &mut [f32]) {
    ensure!(length > 0 && vectors.len() / length <= factors.len());
    for (vector, factor) in vectors.chunks_exact_mut(length).zip(factors) {
        *factor = (1.0 / libm::sqrtf(sum_of_squares(vector))).min(LARGEST_FACTOR);
        vector.iter_mut().for_each(|x| *x *= *factor);
    }
}

/// The gradient of [`normalize`], given what it made, in place of the gradients of that.
pub(crate) fn normalize_backward(length: usize, vectors: &[f32], factors: &[f32], gradients: &mut [f32]) {
    ensure!(length > 0 && vectors.len() == gradients.len() && vectors.len() / length <= factors.len());
    let each = vectors.chunks_exact(length).zip(gradients.chunks_exact_mut(length));
    for ((vector, gradient), &factor) in each.zip(factors) {
        // The length stays, so that only what is across the vector counts; one too short was only scaled.
        let along = if factor < LARGEST_FACTOR {
            vector.iter().zip(gradient.iter()).map(|(x, g)| f64::from(x * g)).sum::<f64>() as f32
        } else {
            0.0
        };
        gradient.iter_mut().zip(vector).for_each(|(g, x)| *g = factor * (*g - along * x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_get_length_one() {
        let (mut vectors, mut factors) = ([3.0, 4.0, 0.0, 1e-9], [f32::NAN; 2]);
        normalize(2, &mut vectors, &mut factors);
        for (found, expected) in vectors.iter().zip([0.6, 0.8, 0.0, 1e-2]) {
            assert!((found - expected).abs() < 1e-6, "{found}");
        }
        assert_eq!(factors, [0.2, LARGEST_FACTOR]);
        // Across (3, 4), a gradient of (4, -3) stays; along it, nothing does.
        let mut gradients = [4.0 + 3.0, -3.0 + 4.0, 1.0, 2.0];
        normalize_backward(2, &vectors, &factors, &mut gradients);
        for (found, expected) in gradients.iter().zip([0.8, -0.6, 1e7, 2e7]) {
            assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{found}");
        }
    }
}

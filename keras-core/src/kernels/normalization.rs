//! Batch normalization over rows of channels.

use super::versions;

versions! {
    /// The mean and the (population) variance of each channel, in two passes.
    pub fn moments(input: &[f32], mean: &mut [f32], variance: &mut [f32]) {
        let channels = mean.len().max(1);
        let scale = 1.0 / (input.len() / channels).max(1) as f32;
        mean.fill(0.0);
        variance.fill(0.0);
        for row in input.chunks_exact(channels) {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += *x;
            }
        }
        for mean in mean.iter_mut() {
            *mean *= scale;
        }
        for row in input.chunks_exact(channels) {
            for ((sum, mean), x) in variance.iter_mut().zip(mean.iter()).zip(row) {
                *sum += (*x - *mean) * (*x - *mean);
            }
        }
        for variance in variance {
            *variance *= scale;
        }
    }

    /// `1 / √(variance + epsilon)`.
    pub fn inverse_deviation(epsilon: f32, variance: &[f32], inverse: &mut [f32]) {
        for (to, variance) in inverse.iter_mut().zip(variance) {
            *to = 1.0 / libm::sqrtf(*variance + epsilon);
        }
    }

    /// `moving = moving·momentum + batch·(1 − momentum)`.
    pub fn update_moving(momentum: f32, batch: &[f32], moving: &mut [f32]) {
        for (moving, batch) in moving.iter_mut().zip(batch) {
            *moving = *moving * momentum + *batch * (1.0 - momentum);
        }
    }

    /// `(x − mean)·inverse·gamma + beta`; an empty gamma is 1, an empty beta 0.
    pub fn normalize(input: &[f32], mean: &[f32], inverse: &[f32], gamma: &[f32], beta: &[f32], output: &mut [f32]) {
        let channels = mean.len().max(1);
        for (to, row) in output.chunks_exact_mut(channels).zip(input.chunks_exact(channels)) {
            for (((to, x), mean), inverse) in to.iter_mut().zip(row).zip(mean).zip(inverse) {
                *to = (*x - *mean) * *inverse;
            }
            for (to, gamma) in to.iter_mut().zip(gamma) {
                *to *= *gamma;
            }
            for (to, beta) in to.iter_mut().zip(beta) {
                *to += *beta;
            }
        }
    }

    /// The sums over rows that the gradients are made of: `Σ g` and `Σ g·(x − mean)·inverse`.
    pub fn gradient_sums(input: &[f32], gradient: &[f32], mean: &[f32], inverse: &[f32], sums: &mut [f32], products: &mut [f32]) {
        let channels = mean.len().max(1);
        sums.fill(0.0);
        products.fill(0.0);
        for (row, gradient) in input.chunks_exact(channels).zip(gradient.chunks_exact(channels)) {
            for (sum, g) in sums.iter_mut().zip(gradient) {
                *sum += *g;
            }
            for ((((product, g), x), mean), inverse) in products.iter_mut().zip(gradient).zip(row).zip(mean).zip(inverse) {
                *product += *g * (*x - *mean) * *inverse;
            }
        }
    }

    /// The gradient of the input when mean and variance are the batch's own, from the sums of [`gradient_sums`].
    pub fn backward_batch(input: &[f32], gradient: &[f32], mean: &[f32], inverse: &[f32], gamma: &[f32], sums: &[f32], products: &[f32], input_gradient: &mut [f32]) {
        let channels = mean.len().max(1);
        let scale = 1.0 / (input.len() / channels).max(1) as f32;
        let rows = input.chunks_exact(channels).zip(gradient.chunks_exact(channels));
        for (to, (row, gradient)) in input_gradient.chunks_exact_mut(channels).zip(rows) {
            let statistics = mean.iter().zip(inverse).zip(sums.iter().zip(products));
            for (((to, x), g), ((mean, inverse), (sum, product))) in to.iter_mut().zip(row).zip(gradient).zip(statistics) {
                let normalized = (*x - *mean) * *inverse;
                *to = *inverse * (*g - scale * (*sum + normalized * *product));
            }
            for (to, gamma) in to.iter_mut().zip(gamma) {
                *to *= *gamma;
            }
        }
    }

    /// The gradient of the input when mean and variance are constants.
    pub fn backward_fixed(gradient: &[f32], inverse: &[f32], gamma: &[f32], input_gradient: &mut [f32]) {
        let channels = inverse.len().max(1);
        for (to, from) in input_gradient.chunks_exact_mut(channels).zip(gradient.chunks_exact(channels)) {
            for ((to, from), inverse) in to.iter_mut().zip(from).zip(inverse) {
                *to = *from * *inverse;
            }
            for (to, gamma) in to.iter_mut().zip(gamma) {
                *to *= *gamma;
            }
        }
    }
}

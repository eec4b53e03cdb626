//! Activation functions and their gradients over slices.

use super::{math, versions};
use crate::activations::Activation;

const LEAKY_SLOPE: f32 = 0.2;
const SELU_SCALE: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;
/// `1/√(2π)`.
const NORMAL_DENSITY: f32 = 0.398_942_3;

/// The function of one element; softmax and log_softmax are not of one element, and pass it on.
#[inline(always)]
fn value(activation: Activation, x: f32) -> f32 {
    match activation {
        Activation::Linear | Activation::Softmax | Activation::LogSoftmax => x,
        // Not `max`, which would drop NaN.
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Relu6 => {
            if x < 0.0 {
                0.0
            } else if x > 6.0 {
                6.0
            } else {
                x
            }
        }
        Activation::LeakyRelu => {
            if x < 0.0 {
                LEAKY_SLOPE * x
            } else {
                x
            }
        }
        Activation::Elu => {
            if x > 0.0 {
                x
            } else {
                math::exp_m1(x)
            }
        }
        Activation::Selu => SELU_SCALE * if x > 0.0 { x } else { SELU_ALPHA * math::exp_m1(x) },
        Activation::Gelu => x * math::normal_cdf(x),
        Activation::Sigmoid => math::sigmoid(x),
        Activation::HardSigmoid => hard_sigmoid(x),
        Activation::LogSigmoid => -math::softplus(-x),
        Activation::Silu => x * math::sigmoid(x),
        Activation::HardSilu => x * hard_sigmoid(x),
        Activation::Tanh => math::tanh(x),
        Activation::Softplus => math::softplus(x),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::Exponential => math::exp(x),
        Activation::Mish => x * math::tanh(math::softplus(x)),
    }
}

#[inline(always)]
fn hard_sigmoid(x: f32) -> f32 {
    // As Keras' TensorFlow backend: relu6(x + 3) / 6.
    let y = x + 3.0;
    (if y < 0.0 {
        0.0
    } else if y > 6.0 {
        6.0
    } else {
        y
    }) * (1.0 / 6.0)
}

/// The derivative at an element, from what went in and what came out.
#[inline(always)]
fn slope(activation: Activation, x: f32, y: f32) -> f32 {
    match activation {
        Activation::Linear | Activation::Softmax | Activation::LogSoftmax => 1.0,
        Activation::Relu => {
            if y > 0.0 {
                1.0
            } else {
                0.0
            }
        }
        Activation::Relu6 => {
            if y > 0.0 && y < 6.0 {
                1.0
            } else {
                0.0
            }
        }
        Activation::LeakyRelu => {
            if y > 0.0 {
                1.0
            } else {
                LEAKY_SLOPE
            }
        }
        Activation::Elu => {
            if y > 0.0 {
                1.0
            } else {
                y + 1.0
            }
        }
        // At 0 it is the slope to the right, as in Keras.
        Activation::Selu => {
            if y >= 0.0 {
                SELU_SCALE
            } else {
                y + SELU_SCALE * SELU_ALPHA
            }
        }
        Activation::Gelu => math::normal_cdf(x) + x * NORMAL_DENSITY * math::exp(-0.5 * x * x),
        Activation::Sigmoid => y * (1.0 - y),
        Activation::HardSigmoid => {
            if x > -3.0 && x < 3.0 {
                1.0 / 6.0
            } else {
                0.0
            }
        }
        Activation::LogSigmoid => math::sigmoid(-x),
        Activation::Silu => {
            let s = math::sigmoid(x);
            s * (1.0 + x * (1.0 - s))
        }
        Activation::HardSilu => {
            if x <= -3.0 {
                0.0
            } else if x >= 3.0 {
                1.0
            } else {
                (2.0 * x + 3.0) * (1.0 / 6.0)
            }
        }
        Activation::Tanh => 1.0 - y * y,
        Activation::Softplus => math::sigmoid(x),
        Activation::Softsign => {
            let d = 1.0 + x.abs();
            1.0 / (d * d)
        }
        Activation::Exponential => y,
        Activation::Mish => {
            let t = math::tanh(math::softplus(x));
            t + x * math::sigmoid(x) * (1.0 - t * t)
        }
    }
}

/// Runs a loop with the activation as a constant in it, so that the loop vectorises.
macro_rules! with_constant {
    ($activation:expr, $constant:ident => $body:expr) => {
        with_constant!(@ $activation, $constant => $body,
            Linear Relu Relu6 LeakyRelu Elu Selu Gelu Sigmoid HardSigmoid LogSigmoid Silu HardSilu Tanh Softmax LogSoftmax
            Softplus Softsign Exponential Mish)
    };
    (@ $activation:expr, $constant:ident => $body:expr, $($name:ident)*) => {
        match $activation {
            $(Activation::$name => {
                const $constant: Activation = Activation::$name;
                $body
            })*
        }
    };
}

versions! {
    /// Applies an activation to rows of `last` elements.
    pub fn forward_in_place(activation: Activation, last: usize, values: &mut [f32]) {
        match activation {
            Activation::Linear => {}
            Activation::Softmax => values.chunks_exact_mut(last.max(1)).for_each(softmax_row),
            Activation::LogSoftmax => values.chunks_exact_mut(last.max(1)).for_each(log_softmax_row),
            other => with_constant!(other, F => for x in values { *x = value(F, *x); }),
        }
    }

    /// Applies an activation to rows of `last` elements.
    pub fn forward(activation: Activation, last: usize, input: &[f32], output: &mut [f32]) {
        for (to, from) in output.iter_mut().zip(input) {
            *to = *from;
        }
        forward_in_place(activation, last, output);
    }

    /// Turns the gradient of an activation's output into that of its input; `input` may be empty for an activation whose
    /// gradient does not need it.
    pub fn backward_in_place(activation: Activation, last: usize, input: &[f32], output: &[f32], gradient: &mut [f32]) {
        match activation {
            Activation::Linear => {}
            Activation::Softmax => {
                for (y, g) in output.chunks_exact(last.max(1)).zip(gradient.chunks_exact_mut(last.max(1))) {
                    let dot: f32 = y.iter().zip(g.iter()).map(|(y, g)| *y * *g).sum();
                    for (y, g) in y.iter().zip(g) {
                        *g = *y * (*g - dot);
                    }
                }
            }
            Activation::LogSoftmax => {
                for (y, g) in output.chunks_exact(last.max(1)).zip(gradient.chunks_exact_mut(last.max(1))) {
                    let sum: f32 = g.iter().sum();
                    for (y, g) in y.iter().zip(g) {
                        *g -= math::exp(*y) * sum;
                    }
                }
            }
            other if other.gradient_needs_input() => {
                with_constant!(other, F => for (g, x) in gradient.iter_mut().zip(input) { *g *= slope(F, *x, 0.0); });
            }
            other => {
                with_constant!(other, F => for (g, y) in gradient.iter_mut().zip(output) { *g *= slope(F, 0.0, *y); });
            }
        }
    }

    /// The gradient of an activation's input.
    pub fn backward(activation: Activation, last: usize, input: &[f32], output: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
        for (to, from) in input_gradient.iter_mut().zip(output_gradient) {
            *to = *from;
        }
        backward_in_place(activation, last, input, output, input_gradient);
    }

    /// `min(x, max_value)` where `x > threshold`, `negative_slope · (x − threshold)` elsewhere.
    pub fn relu(negative_slope: f32, max_value: f32, threshold: f32, input: &[f32], output: &mut [f32]) {
        for (y, x) in output.iter_mut().zip(input) {
            let passed = if *x > max_value { max_value } else { *x };
            let held = if negative_slope == 0.0 { 0.0 } else { negative_slope * (*x - threshold) };
            *y = if x.is_nan() { *x } else if *x > threshold { passed } else { held };
        }
    }

    /// The gradient of [`relu`]. At the corners as Keras: at `x = max_value` 1, but 0 for a `max_value` of 6; at the
    /// threshold the slope, but 0 for a threshold that is not 0.
    pub fn relu_backward(negative_slope: f32, max_value: f32, threshold: f32, input: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
        let six = max_value == 6.0 && negative_slope == 0.0 && threshold == 0.0;
        let corner = if threshold == 0.0 { negative_slope } else { 0.0 };
        for ((to, from), x) in input_gradient.iter_mut().zip(output_gradient).zip(input) {
            let above = *x > max_value || (six && *x == max_value);
            let slope = if *x > threshold { if above { 0.0 } else { 1.0 } } else if *x == threshold { corner } else { negative_slope };
            *to = *from * slope;
        }
    }

    /// Softmax along the middle of three axes.
    pub fn softmax(outer: usize, length: usize, inner: usize, input: &[f32], output: &mut [f32]) {
        let _ = outer;
        for (to, from) in output.iter_mut().zip(input) {
            *to = *from;
        }
        if inner == 1 {
            output.chunks_exact_mut(length.max(1)).for_each(softmax_row);
            return;
        }
        for block in output.chunks_exact_mut((length * inner).max(1)) {
            for at in 0..inner {
                let column = || block.iter().skip(at).step_by(inner.max(1));
                let largest = column().fold(f32::NEG_INFINITY, |largest, x| if *x > largest { *x } else { largest });
                let mut sum = 0.0;
                for x in block.iter_mut().skip(at).step_by(inner.max(1)) {
                    *x = math::exp(*x - largest);
                    sum += *x;
                }
                for x in block.iter_mut().skip(at).step_by(inner.max(1)) {
                    *x /= sum;
                }
            }
        }
    }

    /// The gradient of [`softmax`].
    pub fn softmax_backward(outer: usize, length: usize, inner: usize, output: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
        let _ = outer;
        let block = (length * inner).max(1);
        for ((y, from), to) in output.chunks_exact(block).zip(output_gradient.chunks_exact(block)).zip(input_gradient.chunks_exact_mut(block)) {
            for at in 0..inner {
                let step = inner.max(1);
                let column = || y.iter().zip(from).skip(at).step_by(step);
                let dot: f32 = column().map(|(y, g)| *y * *g).sum();
                for (to, (y, g)) in to.iter_mut().skip(at).step_by(step).zip(column()) {
                    *to = *y * (*g - dot);
                }
            }
        }
    }
}

#[inline(always)]
fn softmax_row(row: &mut [f32]) {
    let largest = row.iter().fold(f32::NEG_INFINITY, |largest, x| if *x > largest { *x } else { largest });
    let mut sum = 0.0;
    for x in row.iter_mut() {
        *x = math::exp(*x - largest);
        sum += *x;
    }
    let scale = 1.0 / sum;
    for x in row {
        *x *= scale;
    }
}

#[inline(always)]
fn log_softmax_row(row: &mut [f32]) {
    let largest = row.iter().fold(f32::NEG_INFINITY, |largest, x| if *x > largest { *x } else { largest });
    let sum: f32 = row.iter().map(|x| math::exp(*x - largest)).sum();
    let shift = largest + math::ln(sum);
    for x in row {
        *x -= shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_differences() {
        for activation in [
            Activation::Relu,
            Activation::Relu6,
            Activation::LeakyRelu,
            Activation::Elu,
            Activation::Selu,
            Activation::Gelu,
            Activation::Sigmoid,
            Activation::HardSigmoid,
            Activation::LogSigmoid,
            Activation::Silu,
            Activation::HardSilu,
            Activation::Tanh,
            Activation::Softplus,
            Activation::Softsign,
            Activation::Exponential,
            Activation::Mish,
        ] {
            for x in [-4.1f32, -2.0, -0.7, 0.3, 1.5, 2.9, 4.0] {
                let h = 1e-2;
                let difference = (value(activation, x + h) - value(activation, x - h)) / (2.0 * h);
                let slope = slope(activation, x, value(activation, x));
                assert!(
                    (slope - difference).abs() < 2e-3 * (1.0 + slope.abs()),
                    "{activation:?} at {x}: {slope} {difference}"
                );
            }
        }
    }

    #[test]
    fn nan_stays() {
        for activation in
            [Activation::Relu, Activation::Relu6, Activation::Tanh, Activation::Gelu, Activation::Softplus]
        {
            assert!(value(activation, f32::NAN).is_nan(), "{activation:?}");
        }
    }

    #[test]
    fn softmax_sums_to_one_along_any_axis() {
        let input: Vec<f32> = (0..24).map(|x| x as f32 * 0.1).collect();
        let mut output = vec![0.0; 24];
        softmax(2, 3, 4, &input, &mut output);
        for outer in 0..2 {
            for inner in 0..4 {
                let sum: f32 = (0..3).map(|at| output[outer * 12 + at * 4 + inner]).sum();
                assert!((sum - 1.0).abs() < 1e-6);
            }
        }
    }
}

//! Activation functions and their gradients.

use super::elementwise::{Lanes, map};
use super::math::{erf_v, exp_v, sigmoid_v, softplus_v, tanh_v};
use super::simd::Vector;
use super::softmax::{Operation, rows};
use super::subnormals::flushed_v;
use super::{elementwise, ensure};
use crate::activations::Activation;

/// An element-wise function with its derivative.
pub(crate) trait Function: Sync + Default {
    /// f(x).
    fn value<V: Vector>(x: V) -> V;
    /// f′ from the input x and the output y; x is y where the gradient does not need the input.
    fn slope<V: Vector>(x: V, y: V) -> V;
}

macro_rules! functions {
    ($($name:ident: |$x:ident| $value:expr, |$a:pat_param, $b:pat_param| $slope:expr;)*) => {
        $(#[derive(Default)]
        struct $name;
        impl Function for $name {
            #[inline(always)]
            fn value<V: Vector>($x: V) -> V {
                $value
            }
            #[inline(always)]
            fn slope<V: Vector>($a: V, $b: V) -> V {
                $slope
            }
        })*
        /// Calls `body` with the type of an element-wise activation.
        macro_rules! with_function {
            ($activation:expr, $function:ident => $body:expr) => {
                match $activation {
                    // These are not functions of one element, or have arguments.
                    Activation::Linear
                    | Activation::Softmax
                    | Activation::LogSoftmax
                    | Activation::Rectifier { .. }
                    | Activation::ExponentialUnit { .. } => {}
                    $(Activation::$name => { type $function = $name; $body })*
                }
            };
        }
    };
}

/// Keras' constants of selu.
const SELU_SCALE: f32 = 1.050_701;
const SELU_SCALE_ALPHA: f32 = 1.050_701 * 1.673_263_2;

/// The value where x > 0, else the other.
#[inline(always)]
fn positive<V: Vector>(x: V, yes: V, no: V) -> V {
    V::select(V::zero().lt(x), yes, no)
}

/// eˣ - 1 for x ≤ 0: a polynomial where the difference would cancel.
#[inline(always)]
fn exp_minus_one<V: Vector>(x: V) -> V {
    let p = super::math::polynomial(
        x,
        [1.984_127e-4, 1.388_888_9e-3, 8.333_334e-3, 4.166_666_8e-2, 1.666_666_7e-1, 0.5, 1.0],
    );
    V::select(V::splat(-0.4).lt(x), p * x, exp_v(x) - V::splat(1.0))
}

/// max(x, low), keeping a NaN.
#[inline(always)]
fn at_least<V: Vector>(x: V, low: f32) -> V {
    V::splat(low).max(x)
}

/// min(x, high), keeping a NaN.
#[inline(always)]
fn at_most<V: Vector>(x: V, high: f32) -> V {
    V::splat(high).min(x)
}

/// The constants of the approximate gelu.
const GELU_CUBIC: f32 = 0.044_715;
const SQRT_2_OVER_PI: f32 = 0.797_884_6;

/// √(2/π)·(x + 0.044715·x³).
#[inline(always)]
fn gelu_argument<V: Vector>(x: V) -> V {
    V::splat(SQRT_2_OVER_PI) * x * (x * x).mul_add(V::splat(GELU_CUBIC), V::splat(1.0))
}

/// relu6(x + 3)/6.
#[inline(always)]
fn hard_sigmoid<V: Vector>(x: V) -> V {
    at_most(at_least(x + V::splat(3.0), 0.0), 6.0) * V::splat(1.0 / 6.0)
}

/// 1 where low < x < high, else 0.
#[inline(always)]
fn between<V: Vector>(x: V, low: f32, high: f32) -> V {
    V::select(V::splat(low).lt(x), V::select(x.lt(V::splat(high)), V::splat(1.0), V::zero()), V::zero())
}

functions! {
    Relu: |x| at_least(x, 0.0), |_, y| positive(y, V::splat(1.0), V::zero());
    Relu6: |x| at_most(at_least(x, 0.0), 6.0), |_, y| between(y, 0.0, 6.0);
    LeakyRelu: |x| V::select(x.lt(V::zero()), x * V::splat(0.2), x),
        |_, y| positive(y, V::splat(1.0), V::splat(0.2));
    Elu: |x| V::select(x.lt(V::zero()), exp_minus_one(x), x),
        |_, y| V::select(y.lt(V::zero()), y + V::splat(1.0), V::splat(1.0));
    Selu: |x| V::select(x.lt(V::zero()), V::splat(SELU_SCALE_ALPHA) * exp_minus_one(x), V::splat(SELU_SCALE) * x),
        |_, y| V::select(y.lt(V::zero()), y + V::splat(SELU_SCALE_ALPHA), V::splat(SELU_SCALE));
    Gelu: |x| {
            let phi = erf_v(x * V::splat(core::f32::consts::FRAC_1_SQRT_2)) + V::splat(1.0);
            V::splat(0.5) * x * phi
        },
        |x, _| {
            // Φ(x) + x·φ(x), φ the density of the normal distribution, 1/√(2π) = 0.39894.
            let phi = erf_v(x * V::splat(core::f32::consts::FRAC_1_SQRT_2)) + V::splat(1.0);
            let density = exp_v(V::splat(-0.5) * x * x) * V::splat(0.398_942_3);
            V::splat(0.5).mul_add(phi, x * density)
        };
    GeluApproximate: |x| V::splat(0.5) * x * (V::splat(1.0) + tanh_v(gelu_argument(x))),
        |x, _| {
            let t = tanh_v(gelu_argument(x));
            let inner = (x * x).mul_add(V::splat(3.0 * GELU_CUBIC), V::splat(1.0)) * V::splat(SQRT_2_OVER_PI);
            let slope = x * (V::splat(1.0) - t * t) * inner;
            V::splat(0.5) * (V::splat(1.0) + t + slope)
        };
    Sigmoid: |x| sigmoid_v(x), |_, y| y * (V::splat(1.0) - y);
    HardSigmoid: |x| hard_sigmoid(x), |x, _| between(x, -3.0, 3.0) * V::splat(1.0 / 6.0);
    LogSigmoid: |x| -softplus_v(-x), |x, _| sigmoid_v(-x);
    Silu: |x| x * sigmoid_v(x),
        |x, _| { let s = sigmoid_v(x); s * (V::splat(1.0) - s).mul_add(x, V::splat(1.0)) };
    HardSilu: |x| x * hard_sigmoid(x),
        |x, _| (x * V::splat(1.0 / 6.0)).mul_add(between(x, -3.0, 3.0), hard_sigmoid(x));
    Tanh: |x| tanh_v(x), |_, y| V::splat(1.0) - y * y;
    Softplus: |x| softplus_v(x), |x, _| sigmoid_v(x);
    Softsign: |x| x / (V::splat(1.0) + x.abs()),
        |x, _| { let d = V::splat(1.0) + x.abs(); V::splat(1.0) / (d * d) };
    Exponential: |x| exp_v(x), |_, y| y;
    Mish: |x| x * tanh_v(softplus_v(x)),
        |x, _| {
            let t = tanh_v(softplus_v(x));
            (x * sigmoid_v(x)).mul_add(V::splat(1.0) - t * t, t)
        };
}

pub(super) struct Value<F>(pub F);
impl<F: Function> Lanes<1> for Value<F> {
    #[inline(always)]
    fn apply<V: Vector>(&self, [x]: [V; 1]) -> V {
        F::value(x)
    }
}

pub(super) struct Slope<F>(pub F);
impl<F: Function> Lanes<3> for Slope<F> {
    #[inline(always)]
    fn apply<V: Vector>(&self, [x, y, gradient]: [V; 3]) -> V {
        flushed_v(gradient * F::slope(x, y))
    }
}

/// output = activation(input); `last_axis` is the length that softmax runs along.
///
/// ```
/// use keras_core::{activations::Activation, kernels::activation};
///
/// let mut output = [0.0; 3];
/// activation::forward(Activation::Relu, 3, &[-1.0, 0.0, 2.0], &mut output);
/// assert_eq!(output, [0.0, 0.0, 2.0]);
/// ```
pub fn forward(activation: Activation, last_axis: usize, input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == output.len());
    // SAFETY: equal lengths.
    unsafe { apply(activation, last_axis, output.len(), input.as_ptr(), output.as_mut_ptr()) }
}

/// values = activation(values).
///
/// ```
/// use keras_core::{activations::Activation, kernels::activation};
///
/// let mut values = [3.0, 3.0, 1.0, 1.0]; // two rows
/// activation::forward_in_place(Activation::Softmax, 2, &mut values);
/// assert_eq!(values, [0.5; 4]);
/// ```
pub fn forward_in_place(activation: Activation, last_axis: usize, values: &mut [f32]) {
    if activation != Activation::Linear {
        let (len, at) = (values.len(), values.as_mut_ptr());
        // SAFETY: one slice.
        unsafe { apply(activation, last_axis, len, at.cast_const(), at) }
    }
}

/// # Safety
/// Both point at `len` floats, the same or disjoint ones.
unsafe fn apply(activation: Activation, last_axis: usize, len: usize, input: *const f32, output: *mut f32) {
    ensure!(len.is_multiple_of(last_axis) || !activation.along_last_axis());
    // SAFETY: the caller's promise.
    unsafe {
        match activation {
            Activation::Linear => core::ptr::copy(input, output, len),
            Activation::Softmax => rows(Operation::Softmax, last_axis, 1, len, [input; 3], output),
            Activation::LogSoftmax => rows(Operation::LogSoftmax, last_axis, 1, len, [input; 3], output),
            Activation::Rectifier { negative_slope, max_value, threshold } => {
                map(&Rectify { slope: negative_slope, limit: max_value, threshold }, len, [input], output);
            }
            Activation::ExponentialUnit { alpha } => map(&ExponentialUnit { alpha }, len, [input], output),
            _ => with_function!(activation, F => map(&Value(F::default()), len, [input], output)),
        }
    }
}

/// input_gradient = output_gradient · activation′. `input` may be empty unless
/// [`gradient_needs_input`](Activation::gradient_needs_input).
///
/// ```
/// use keras_core::{activations::Activation, kernels::activation};
///
/// let (input, output, mut gradient) = ([-1.0, 2.0], [0.0, 2.0], [0.0; 2]);
/// activation::backward(Activation::Relu, 2, &input, &output, &[5.0, 5.0], &mut gradient);
/// assert_eq!(gradient, [0.0, 5.0]);
/// ```
pub fn backward(
    activation: Activation,
    last_axis: usize,
    input: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    ensure!(output_gradient.len() == input_gradient.len());
    let (from, to) = (output_gradient.as_ptr(), input_gradient.as_mut_ptr());
    // SAFETY: equal lengths; `differentiate` checks the others.
    unsafe { differentiate(activation, last_axis, input, output, input_gradient.len(), from, to) }
}

/// As [`backward`], overwriting the gradient.
///
/// ```
/// use keras_core::{activations::Activation, kernels::activation};
///
/// let (input, output, mut gradient) = ([-1.0, 2.0], [0.0, 2.0], [5.0, 5.0]);
/// activation::backward_in_place(Activation::Relu, 2, &input, &output, &mut gradient);
/// assert_eq!(gradient, [0.0, 5.0]);
/// ```
pub fn backward_in_place(
    activation: Activation,
    last_axis: usize,
    input: &[f32],
    output: &[f32],
    gradient: &mut [f32],
) {
    if activation != Activation::Linear {
        let (len, at) = (gradient.len(), gradient.as_mut_ptr());
        // SAFETY: one slice; `differentiate` checks the others.
        unsafe { differentiate(activation, last_axis, input, output, len, at.cast_const(), at) }
    }
}

/// # Safety
/// `from` and `to` point at `len` floats, the same or disjoint ones.
unsafe fn differentiate(
    activation: Activation,
    last_axis: usize,
    input: &[f32],
    output: &[f32],
    len: usize,
    from: *const f32,
    to: *mut f32,
) {
    let input = if activation.gradient_needs_input() { input } else { output };
    ensure!(activation == Activation::Linear || input.len() == len && output.len() == len);
    ensure!(len.is_multiple_of(last_axis) || !activation.along_last_axis());
    let (x, y) = (input.as_ptr(), output.as_ptr());
    // SAFETY: the caller's promise and the lengths above.
    unsafe {
        match activation {
            Activation::Linear => core::ptr::copy(from, to, len),
            Activation::Softmax => rows(Operation::SoftmaxGradient, last_axis, 1, len, [y, from, y], to),
            Activation::LogSoftmax => rows(Operation::LogSoftmaxGradient, last_axis, 1, len, [y, from, y], to),
            Activation::Rectifier { negative_slope, max_value, threshold } => {
                map(&RectifySlope::new(negative_slope, max_value, threshold), len, [x, from], to);
            }
            Activation::ExponentialUnit { alpha } => map(&ExponentialUnitSlope { alpha }, len, [x, y, from], to),
            _ => with_function!(activation, F => map(&Slope(F::default()), len, [x, y, from], to)),
        }
    }
}

elementwise::lanes!(
    Rectify { slope, limit, threshold } | f,
    x | {
        let threshold = V::splat(f.threshold);
        let high = V::splat(f.limit).min(x);
        let low = V::splat(f.slope) * (x - threshold);
        // x > θ, or x is a NaN, which both branches keep.
        V::select(threshold.lt(x), high, low)
    }
);
elementwise::lanes!(
    RectifySlope { slope, limit, threshold, at_limit, at_threshold } | f,
    x,
    gradient | {
        let at_limit = V::select(x.eq(V::splat(f.limit)), V::splat(f.at_limit), V::zero());
        let above = V::select(x.lt(V::splat(f.limit)), V::splat(1.0), at_limit);
        let below = V::select(x.lt(V::splat(f.threshold)), V::splat(f.slope), V::splat(f.at_threshold));
        flushed_v(gradient * V::select(V::splat(f.threshold).lt(x), above, below))
    }
);

impl RectifySlope {
    fn new(slope: f32, limit: f32, threshold: f32) -> Self {
        let six = limit == 6.0 && slope == 0.0 && threshold == 0.0;
        let (at_limit, at_threshold) = (if six { 0.0 } else { 1.0 }, if threshold == 0.0 { slope } else { 0.0 });
        Self { slope, limit, threshold, at_limit, at_threshold }
    }
}

elementwise::lanes!(
    ExponentialUnit { alpha } | f,
    x | V::select(x.lt(V::zero()), V::splat(f.alpha) * exp_minus_one(x), x)
);
// alpha·eˣ is the output and alpha.
elementwise::lanes!(
    ExponentialUnitSlope { alpha } | f,
    x,
    y,
    gradient | flushed_v(gradient * V::select(V::zero().lt(x), V::splat(1.0), y + V::splat(f.alpha)))
);

/// The rectifier with Keras' parameters: min(x, max_value) where x > threshold, else negative_slope·(x - threshold).
/// `max_value` may be infinite.
///
/// ```
/// use keras_core::kernels::activation;
///
/// let mut output = [0.0; 3];
/// activation::relu(0.5, 6.0, 0.0, &[-2.0, 3.0, 9.0], &mut output);
/// assert_eq!(output, [-1.0, 3.0, 6.0]);
/// ```
pub fn relu(negative_slope: f32, max_value: f32, threshold: f32, input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == output.len());
    let f = Rectify { slope: negative_slope, limit: max_value, threshold };
    // SAFETY: equal lengths.
    unsafe { map(&f, input.len(), [input.as_ptr()], output.as_mut_ptr()) }
}

/// The gradient of [`relu`]. At the corners as Keras: at `x = max_value` 1, but 0 for a `max_value` of 6; at the
/// threshold the slope, but 0 for a threshold that is not 0.
///
/// ```
/// use keras_core::kernels::activation;
///
/// let mut gradient = [0.0; 3];
/// activation::relu_backward(0.5, 6.0, 0.0, &[-2.0, 3.0, 9.0], &[1.0; 3], &mut gradient);
/// assert_eq!(gradient, [0.5, 1.0, 0.0]);
/// ```
pub fn relu_backward(
    negative_slope: f32,
    max_value: f32,
    threshold: f32,
    input: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    ensure!(input.len() == output_gradient.len() && input.len() == input_gradient.len());
    let f = RectifySlope::new(negative_slope, max_value, threshold);
    let inputs = [input.as_ptr(), output_gradient.as_ptr()];
    // SAFETY: equal lengths.
    unsafe { map(&f, input.len(), inputs, input_gradient.as_mut_ptr()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::tests::each_isa;

    const ALL: [Activation; 22] = {
        use Activation::*;
        [
            Linear,
            Relu,
            Relu6,
            LeakyRelu,
            Elu,
            Selu,
            Gelu,
            Sigmoid,
            HardSigmoid,
            LogSigmoid,
            Silu,
            HardSilu,
            Tanh,
            Softmax,
            LogSoftmax,
            Softplus,
            Softsign,
            Exponential,
            Mish,
            GeluApproximate,
            ExponentialUnit { alpha: 0.5 },
            Rectifier { negative_slope: 0.25, max_value: 4.0, threshold: 0.5 },
        ]
    };

    fn exact(activation: Activation, x: f64) -> f64 {
        use Activation::*;
        let sigmoid = 1.0 / (1.0 + (-x).exp());
        let softplus = x.max(0.0) + (-x.abs()).exp().ln_1p();
        match activation {
            Linear | Softmax | LogSoftmax => x,
            Relu => x.max(0.0),
            Relu6 => x.clamp(0.0, 6.0),
            LeakyRelu => x.max(0.2f32 as f64 * x),
            Elu => {
                if x < 0.0 {
                    x.exp_m1()
                } else {
                    x
                }
            }
            Selu => 1.050_700_987_355_480_5 * if x < 0.0 { 1.673_263_242_354_377_2 * x.exp_m1() } else { x },
            Gelu => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
            Sigmoid => sigmoid,
            HardSigmoid => (x + 3.0).clamp(0.0, 6.0) / 6.0,
            LogSigmoid => -((-x).max(0.0) + (-x.abs()).exp().ln_1p()),
            Silu => x * sigmoid,
            HardSilu => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Tanh => x.tanh(),
            Softplus => softplus,
            Softsign => x / (1.0 + x.abs()),
            Exponential => x.exp(),
            Mish => x * softplus.tanh(),
            GeluApproximate => {
                0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
            }
            ExponentialUnit { alpha } if x < 0.0 => f64::from(alpha) * x.exp_m1(),
            ExponentialUnit { .. } => x,
            Rectifier { max_value, threshold, .. } if x > f64::from(threshold) => x.min(f64::from(max_value)),
            Rectifier { negative_slope, threshold, .. } => f64::from(negative_slope) * (x - f64::from(threshold)),
        }
    }

    #[test]
    fn values_and_slopes() {
        let input: Vec<f32> = (0..2003).map(|i| (i as f32 - 1000.5) / 100.0).collect();
        for activation in ALL {
            if activation.along_last_axis() {
                continue;
            }
            each_isa(|| {
                let mut output = input.clone();
                forward_in_place(activation, 1, &mut output);
                for (x, y) in input.iter().zip(&output) {
                    let want = exact(activation, *x as f64);
                    assert!(
                        (*y as f64 - want).abs() <= 4e-7 * (1.0 + want.abs()),
                        "{activation:?}({x}) = {y}, not {want}"
                    );
                }
                let mut gradient = vec![2.0; input.len()];
                let kept: &[f32] = if activation.gradient_needs_input() { &input } else { &[] };
                backward_in_place(activation, 1, kept, &output, &mut gradient);
                for (x, got) in input.iter().zip(&gradient) {
                    let (x, h) = (*x as f64, 1e-6);
                    let want = (exact(activation, x + h) - exact(activation, x - h)) / h;
                    assert!(
                        (*got as f64 - want).abs() < 2e-6 * (1.0 + want.abs()),
                        "{activation:?}'({x}): {got}, not {want}"
                    );
                }
            });
        }
    }

    #[test]
    fn nan_is_kept() {
        each_isa(|| {
            for activation in ALL {
                for at in [0, 1, 18] {
                    let mut values = vec![0.5; 19];
                    values[at] = f32::NAN;
                    forward_in_place(activation, 19, &mut values);
                    assert!(values[at].is_nan(), "{activation:?}");
                    assert!(!activation.along_last_axis() || values.iter().all(|v| v.is_nan()), "{activation:?}");
                }
            }
        });
    }

    #[test]
    fn relu_with_parameters() {
        each_isa(|| {
            let input = [-2.0, 0.5, 1.0, 1.5, 9.0, f32::NAN];
            let (mut output, mut gradient) = ([0.0; 6], [0.0; 6]);
            relu(0.1, 4.0, 1.0, &input, &mut output);
            assert_eq!(output[..5], [-0.3, -0.05, 0.0, 1.5, 4.0]);
            assert!(output[5].is_nan());
            relu_backward(0.1, 4.0, 1.0, &input, &[1.0; 6], &mut gradient);
            assert_eq!(gradient[..5], [0.1, 0.1, 0.0, 1.0, 0.0]);
        });
    }
}

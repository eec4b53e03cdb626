//! Functions of every element that are no activations.

use super::{
    activation::{Function, Slope, Value},
    elementwise::map,
    ensure,
    math::ln_v,
    simd::Vector,
};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident: |$x:ident| $value:expr, |$a:pat_param, $b:pat_param| $slope:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name;
        impl Function for $name {
            #[inline(always)]
            fn value<V: Vector>($x: V) -> V {
                $value
            }
            #[inline(always)]
            fn slope<V: Vector>($a: V, $b: V) -> V {
                $slope
            }
        }
    )*};
}

functions! {
    /// |x|, whose slope at 0 is 0.
    Absolute: |x| x.abs(),
        |x, _| V::select(x.lt(V::zero()), V::splat(-1.0), V::select(V::zero().lt(x), V::splat(1.0), V::zero()));
    /// ln x.
    Log: |x| ln_v(x), |x, _| V::splat(1.0) / x;
    /// √x.
    Sqrt: |x| x.sqrt(), |_, y| V::splat(0.5) / y;
    /// 1/√x.
    Rsqrt: |x| V::splat(1.0) / x.sqrt(), |_, y| V::splat(-0.5) * y * y * y;
    /// x².
    Square: |x| x * x, |x, _| x + x;
}

/// output = f(input).
pub(crate) fn forward<F: Function>(function: F, input: &[f32], output: &mut [f32]) {
    ensure!(input.len() == output.len());
    // SAFETY: equal lengths.
    unsafe { map(&Value(function), output.len(), [input.as_ptr()], output.as_mut_ptr()) }
}

/// input_gradient = output_gradient · f′. What the slope does not need of `input` and `output` may be empty.
pub(crate) fn backward<F: Function>(
    function: F,
    input: &[f32],
    output: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let given = |values: &'_ [f32]| if values.is_empty() { output_gradient.as_ptr() } else { values.as_ptr() };
    let len = input_gradient.len();
    ensure!(output_gradient.len() == len);
    ensure!([input.len(), output.len()].iter().all(|&given| given == len || given == 0));
    let from = [given(input), given(output), output_gradient.as_ptr()];
    // SAFETY: each points at `len` floats, and the output overlaps none of them.
    unsafe { map(&Slope(function), len, from, input_gradient.as_mut_ptr()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::tests::each_isa;

    fn check<F: Function>(function: fn() -> F, exact: fn(f64) -> (f64, f64), reads_input: bool) {
        each_isa(|| {
            for len in [0, 1, 7, 16, 33] {
                let input: Vec<f32> = (0..len).map(|at| 0.05 + at as f32 * 0.31).collect();
                let gradient: Vec<f32> = (0..len).map(|at| 1.0 - at as f32 * 0.1).collect();
                let (mut output, mut slopes) = (vec![f32::NAN; len], vec![f32::NAN; len]);
                forward(function(), &input, &mut output);
                let (x, y) = if reads_input { (&input[..], &[][..]) } else { (&[][..], &output[..]) };
                backward(function(), x, y, &gradient, &mut slopes);
                for at in 0..len {
                    let (value, slope) = exact(f64::from(input[at]));
                    assert!((f64::from(output[at]) - value).abs() <= 1e-6 * value.abs().max(0.1));
                    let slope = slope * f64::from(gradient[at]);
                    assert!((f64::from(slopes[at]) - slope).abs() <= 2e-6 * slope.abs().max(0.1));
                }
            }
        });
    }

    #[test]
    fn values_and_slopes() {
        check(|| Absolute, |x| (x, 1.0), true);
        check(|| Log, |x| (x.ln(), 1.0 / x), true);
        check(|| Sqrt, |x| (x.sqrt(), 0.5 / x.sqrt()), false);
        check(|| Rsqrt, |x| (1.0 / x.sqrt(), -0.5 * x.powf(-1.5)), false);
        check(|| Square, |x| (x * x, 2.0 * x), true);
        let mut slopes = [f32::NAN; 3];
        backward(Absolute, &[-2.0, 0.0, 3.0], &[], &[5.0; 3], &mut slopes);
        assert_eq!(slopes, [-5.0, 0.0, 5.0]);
    }
}

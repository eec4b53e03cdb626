//! Elementary functions over vectors: branch-free polynomials, within about 2 ULP, the same with and without `std`.
//!
//! The scalar functions at the end run one lane of the same code, so that `exp(x)` here and `exp` inside a kernel agree.

use super::simd::{Isa, SafeKernel, Vector};

/// `p(x)` by Horner's rule, the highest power first.
#[inline(always)]
pub(crate) fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut sum = V::zero();
    for coefficient in coefficients {
        sum = sum.mul_add(x, V::splat(coefficient));
    }
    sum
}

/// Adding and subtracting 1.5·2²³ rounds to an integer, ties to even, where |x| < 2²².
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn round<V: Vector>(x: V) -> V {
    (x + V::splat(ROUND)) - V::splat(ROUND)
}

/// 2ⁿ for integral n in -127 (giving 0) ..= 128 (giving ∞): n + 127 lands in the low bits, one shift makes it the exponent.
#[inline(always)]
fn exp2<V: Vector>(n: V) -> V {
    (n + V::splat(8_388_608.0 + 127.0)).shift_left_23()
}

/// eˣ = 2ⁿ·eʳ with |r| ≤ ln2/2; Cephes' polynomial (`expf.c`).
///
/// 2ⁿ is applied in two halves, so that results reach from the smallest subnormal to overflow.
#[inline(always)]
pub(crate) fn exp_v<V: Vector>(x: V) -> V {
    // Beyond these bounds the result is 0 or ∞ anyway. The order of the operands lets a NaN through.
    let x = V::splat(89.0).min(V::splat(-105.0).max(x));
    let n = round(x * V::splat(core::f32::consts::LOG2_E));
    // ln2 in two parts: n·0.693359375 is exact.
    let r = n.mul_add(V::splat(-0.693_359_4), x);
    let r = n.mul_add(V::splat(2.121_944_4e-4), r);
    let p = polynomial(r, [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5]);
    let p = p.mul_add(r * r, r) + V::splat(1.0);
    let half = round(n * V::splat(0.5));
    p * exp2(half) * exp2(n - half)
}

/// ln x = e·ln2 + ln m with m in [√½, √2); Cephes' polynomial (`logf.c`).
#[inline(always)]
pub(crate) fn ln_v<V: Vector>(x: V) -> V {
    let one = V::splat(1.0);
    // Subnormals are scaled into the normal range first.
    let tiny = x.lt(V::splat(f32::MIN_POSITIVE));
    let y = V::select(tiny, x * V::splat(8_388_608.0), x);
    let shift = V::select(tiny, V::splat(-23.0), V::zero());
    // The exponent's bits, read as the low mantissa bits of 2²³ + e.
    let e = y.shift_right_23().and(V::bits(0xff)).or(V::splat(8_388_608.0)) - V::splat(8_388_608.0 + 126.0) + shift;
    let m = y.and(V::bits(0x007f_ffff)).or(V::splat(0.5));
    let low = m.lt(V::splat(core::f32::consts::FRAC_1_SQRT_2));
    let e = V::select(low, e - one, e);
    let m = V::select(low, m + m, m) - one;
    let p = polynomial(
        m,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_9e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let square = m * m;
    let small = e.mul_add(V::splat(-2.121_944_4e-4), m * square * p);
    let small = square.mul_add(V::splat(-0.5), small);
    let result = e.mul_add(V::splat(0.693_359_4), m + small);
    // x = 0 → -∞, x < 0 → NaN, ∞ and NaN stay.
    let result = V::select(x.lt(V::splat(f32::INFINITY)), result, x);
    let result = V::select(x.eq(V::zero()), V::splat(f32::NEG_INFINITY), result);
    V::select(x.lt(V::zero()), V::splat(f32::NAN), result)
}

/// ln(1 + x) for x ≥ 0: the rounding error of 1 + x is put back at first order.
#[inline(always)]
pub(crate) fn ln_1p_v<V: Vector>(x: V) -> V {
    let y = V::splat(1.0) + x;
    let lost = (y - V::splat(1.0)) - x;
    ln_v(y) - lost / y
}

/// eˣ - 1 for x ≤ 0, of tanh(x/2), so that small results keep their digits.
#[inline(always)]
#[cfg(feature = "std")]
pub(crate) fn exp_m1_v<V: Vector>(x: V) -> V {
    let tanh = tanh_v(x * V::splat(0.5));
    (tanh + tanh) / (V::splat(1.0) - tanh)
}

/// tanh: an odd polynomial up to 0.625, 1 - 2/(e²ˣ + 1) beyond (Cephes, `tanhf.c`).
#[inline(always)]
pub(crate) fn tanh_v<V: Vector>(x: V) -> V {
    let (magnitude, square) = (x.abs(), x * x);
    let p = polynomial(square, [-5.704_988e-3, 2.063_909_5e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1]);
    let small = (p * square).mul_add(x, x);
    let large = V::splat(1.0) - V::splat(2.0) / (exp_v(magnitude + magnitude) + V::splat(1.0));
    V::select(magnitude.lt(V::splat(0.625)), small, large).copysign(x)
}

/// 1/(1 + e⁻ˣ), from e to a negative power only, so that small results keep their digits.
#[inline(always)]
pub(crate) fn sigmoid_v<V: Vector>(x: V) -> V {
    let e = exp_v(-x.abs());
    V::select(x.lt(V::zero()), e, V::splat(1.0)) / (V::splat(1.0) + e)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^-|x|).
#[inline(always)]
pub(crate) fn softplus_v<V: Vector>(x: V) -> V {
    // `0 > x ? 0 : x` keeps a NaN.
    V::zero().max(x) + ln_1p_v(exp_v(-x.abs()))
}

/// The error function: two minimax polynomials that meet at 475/512 (after N. Juffa).
#[inline(always)]
pub(crate) fn erf_v<V: Vector>(x: V) -> V {
    let (t, s) = (x.abs(), x * x);
    let r = V::splat(-1.728_534_7e-5).mul_add(t, V::splat(3.831_971_3e-4));
    let u = V::splat(-3.883_964_4e-3).mul_add(t, V::splat(2.425_462_2e-2));
    let r = r.mul_add(s, u);
    let r = r.mul_add(t, V::splat(-1.067_778_8e-1));
    let r = r.mul_add(t, V::splat(-6.348_467e-1));
    let r = r.mul_add(t, V::splat(-1.287_175_1e-1));
    let r = r.mul_add(t, -t);
    let large = (V::splat(1.0) - exp_v(r)).copysign(x);
    let p = polynomial(
        s,
        [-5.967_617e-4, 4.991_194_2e-3, -2.676_813_5e-2, 1.128_199_25e-1, -3.761_253_4e-1, 1.283_791_7e-1],
    );
    let small = p.mul_add(x, x);
    V::select(V::splat(475.0 / 512.0).lt(t), large, small)
}

/// [`Vector::outlined`] functions of a vector, whose code all callers share: for kernels that call them in several loops and are a
/// small part of any step.
#[cfg(feature = "std")]
macro_rules! outlined {
    ($($name:ident = $vector:ident;)*) => {
        $(#[inline(always)]
        pub(crate) fn $name<V: Vector>(x: V) -> V {
            struct Function<X>(X);
            impl<X: Vector> SafeKernel for Function<X> {
                type Output = X;
                #[inline(always)]
                fn run<V: Vector>(self) -> X {
                    $vector(self.0)
                }
            }
            // SAFETY: a safe kernel asks for nothing, and the machine has the instructions of a vector that exists.
            unsafe { V::outlined(Function(x)) }
        })*
    };
}

#[cfg(feature = "std")]
outlined! {
    exp_outlined = exp_v;
    ln_outlined = ln_v;
    ln_1p_outlined = ln_1p_v;
    exp_m1_outlined = exp_m1_v;
}

macro_rules! scalars {
    ($($(#[$doc:meta])* $name:ident = $vector:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(x: f32) -> f32 {
            struct One(f32);
            impl SafeKernel for One {
                type Output = f32;
                #[inline(always)]
                fn run<V: Vector>(self) -> f32 {
                    let [first, ..] = $vector(V::splat(self.0)).lanes();
                    first
                }
            }
            Isa::current().run(One(x))
        })*
    };
}

scalars! {
    /// eˣ.
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!(math::exp(0.0) == 1.0);
    /// ```
    exp = exp_v;
    /// The natural logarithm.
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!(math::ln(1.0) == 0.0);
    /// ```
    ln = ln_v;
    /// The hyperbolic tangent.
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!(math::tanh(0.0) == 0.0);
    /// ```
    tanh = tanh_v;
    /// 1/(1 + e⁻ˣ).
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!(math::sigmoid(0.0) == 0.5);
    /// ```
    sigmoid = sigmoid_v;
    /// ln(1 + eˣ).
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!((math::softplus(0.0) - 2f32.ln()).abs() < 1e-6);
    /// ```
    softplus = softplus_v;
    /// The error function.
    ///
    /// ```
    /// use keras_core::kernels::math;
    ///
    /// assert!((math::erf(1.0) - 0.842_700_8).abs() < 1e-6);
    /// ```
    erf = erf_v;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::simd::tests::each_isa;

    /// The distance in units of the last place of the exact value.
    fn ulp(got: f32, exact: f64) -> f64 {
        let nearest = exact as f32;
        if got == nearest || got.is_nan() && nearest.is_nan() {
            return 0.0;
        }
        let unit = (f32::from_bits((nearest.abs().to_bits() + 1).min(0x7f80_0000)) - nearest.abs()) as f64;
        (got as f64 - exact).abs() / unit
    }

    fn bound(name: &str, limit: f64, got: fn(f32) -> f32, exact: fn(f64) -> f64, range: (f32, f32)) {
        each_isa(|| {
            let mut worst = (0.0, 0.0);
            for step in 0..=40_000 {
                let x = range.0 + (range.1 - range.0) * step as f32 / 40_000.0;
                let error = ulp(got(x), exact(x as f64));
                if error > worst.0 {
                    worst = (error, x);
                }
            }
            assert!(worst.0 <= limit, "{name}: {} ULP at {} on {:?}", worst.0, worst.1, Isa::current());
        });
    }

    #[test]
    fn exp_is_accurate() {
        bound("exp", 1.5, exp, f64::exp, (-87.0, 88.7));
        bound("exp near 0", 1.5, exp, f64::exp, (-1.0, 1.0));
        bound("exp, subnormal", 1.5, exp, f64::exp, (-104.0, -87.0));
    }

    #[test]
    fn ln_is_accurate() {
        bound("ln", 1.5, ln, f64::ln, (1e-6, 4.0));
        bound("ln, large", 1.5, ln, f64::ln, (1.0, 1e30));
        bound("ln, subnormal", 1.5, ln, f64::ln, (1e-42, 1e-38));
    }

    #[test]
    fn tanh_is_accurate() {
        bound("tanh", 2.5, tanh, f64::tanh, (-10.0, 10.0));
    }

    #[test]
    fn sigmoid_is_accurate() {
        bound("sigmoid", 3.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp()), (-87.0, 30.0));
    }

    #[test]
    fn softplus_is_accurate() {
        bound("softplus", 3.0, softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), (-80.0, 80.0));
    }

    #[test]
    fn erf_is_accurate() {
        bound("erf", 2.0, erf, libm::erf, (-5.0, 5.0));
    }

    #[test]
    fn specials_behave_as_ieee_says() {
        each_isa(|| {
            for f in [exp, ln, tanh, sigmoid, softplus, erf] {
                assert!(f(f32::NAN).is_nan());
            }
            let (inf, neg) = (f32::INFINITY, f32::NEG_INFINITY);
            assert_eq!([exp(inf), exp(neg), exp(0.0)], [inf, 0.0, 1.0]);
            assert_eq!([ln(inf), ln(0.0), ln(1.0)], [inf, neg, 0.0]);
            assert!(ln(-1.0).is_nan() && ln(neg).is_nan());
            assert_eq!([tanh(inf), tanh(neg), sigmoid(inf), sigmoid(neg)], [1.0, -1.0, 1.0, 0.0]);
            assert_eq!([erf(inf), erf(neg), softplus(inf), softplus(neg)], [1.0, -1.0, inf, 0.0]);
            assert_eq!(tanh(-0.0).to_bits(), (-0.0f32).to_bits());
        });
    }
}

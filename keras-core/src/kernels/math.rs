//! Elementary functions as branch-free polynomials, which vectorise and are the same with and without `std`.

#![allow(clippy::excessive_precision, reason = "coefficients as their sources print them")]

/// `exp(x)`, to about 1 ULP: `2ⁿ·p(r)` with `x = n·ln 2 + r`, `|r| ≤ ln 2 / 2`; coefficients as in Cephes' `expf`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = core::f32::consts::LOG2_E;
    // ln 2 in two parts, so that `x - n·ln 2` is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking away 1.5·2²³ rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let clamped = x.clamp(-104.0, 89.0);
    let n = (clamped * LOG2_E + ROUND) - ROUND;
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    // 2ⁿ in two factors, so that subnormal results and infinity come out right.
    let n = n as i32;
    let half = n >> 1;
    let scale = |n: i32| f32::from_bits(((n + 127) << 23) as u32);
    let y = y * scale(half) * scale(n - half);
    // `clamp` keeps NaN; the rest follows.
    if x.is_nan() { x } else { y }
}

/// `exp(x) − 1`, without cancellation near 0.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    // A Taylor polynomial where cancellation would hurt: 7 terms, |x| < 0.35, below 1e-8 relative.
    let p = 1.984_127e-4;
    let p = p * x + 1.388_888_9e-3;
    let p = p * x + 8.333_333e-3;
    let p = p * x + 4.166_666_8e-2;
    let p = p * x + 1.666_666_7e-1;
    let p = p * x + 0.5;
    let small = p * x * x + x;
    if x.abs() < 0.35 { small } else { exp(x) - 1.0 }
}

/// `ln(x)`, to about 1 ULP: `x = 2ᵉ·m` with `m` near 1; coefficients as in Cephes' `logf`.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    // Subnormal numbers are scaled into the normal range first.
    let subnormal = x < f32::MIN_POSITIVE;
    let scaled = if subnormal { x * 16_777_216.0 } else { x };
    let bits = scaled.to_bits() as i32;
    // The mantissa in [√½, √2).
    let shifted = bits - 0x3f35_04f3;
    let e = (shifted >> 23) as f32 - if subnormal { 24.0 } else { 0.0 };
    let m = f32::from_bits(((shifted & 0x007f_ffff) + 0x3f35_04f3) as u32) - 1.0;
    let z = m * m;
    let p = 7.037_683_6e-2;
    let p = p * m - 1.151_461e-1;
    let p = p * m + 1.167_699_9e-1;
    let p = p * m - 1.242_014_1e-1;
    let p = p * m + 1.424_932_3e-1;
    let p = p * m - 1.666_805_7e-1;
    let p = p * m + 2.000_071_5e-1;
    let p = p * m - 2.499_999_4e-1;
    let p = p * m + 3.333_333_1e-1;
    let y = p * m * z + e * -2.121_944_4e-4 - 0.5 * z;
    let y = m + y + e * 0.693_359_4;
    if x > 0.0 {
        if x == f32::INFINITY { x } else { y }
    } else if x == 0.0 {
        f32::NEG_INFINITY
    } else {
        f32::NAN
    }
}

/// `ln(1 + x)` for `x ≥ 0`, without cancellation near 0.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    // What rounding took from 1 + x is put back to first order.
    let u = 1.0 + x;
    let lost = x - (u - 1.0);
    if u == f32::INFINITY { u } else { ln(u) + lost / u }
}

/// `1 / (1 + exp(−x))`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    // exp of a negative number cannot overflow.
    let e = exp(-x.abs());
    let y = e / (1.0 + e);
    if x >= 0.0 { 1.0 / (1.0 + e) } else { y }
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // An odd polynomial near 0 (Cephes' `tanhf`), where the quotient would cancel.
    let z = x * x;
    let p = -5.704_988_7e-3;
    let p = p * z + 2.063_908_9e-2;
    let p = p * z - 5.373_971_6e-2;
    let p = p * z + 1.333_144_2e-1;
    let p = p * z - 3.333_328e-1;
    let small = p * z * x + x;
    let a = x.abs();
    let e = exp(2.0 * a);
    let large = (1.0 - 2.0 / (e + 1.0)).copysign(x);
    if a < 0.625 {
        small
    } else if x.is_nan() {
        x
    } else {
        large
    }
}

/// `ln(1 + exp(x))`.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    x.max(0.0) + ln_1p(exp(-x.abs())) + if x.is_nan() { x } else { 0.0 }
}

/// `1 − erf(x)` for `x ≥ 0`, keeping its relative precision far out: `t·exp(−x² + p(t))`, `t = 1/(1 + x/2)`.
///
/// Numerical Recipes' Chebyshev fit of `erfc` (relative error 1.2e-7).
#[inline(always)]
fn erfc_positive(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.5 * x);
    let p = 0.170_872_77;
    let p = p * t - 0.822_152_23;
    let p = p * t + 1.488_515_9;
    let p = p * t - 1.135_203_98;
    let p = p * t + 0.278_868_07;
    let p = p * t - 0.186_288_06;
    let p = p * t + 0.096_784_18;
    let p = p * t + 0.374_091_96;
    let p = p * t + 1.000_023_68;
    let p = p * t - 1.265_512_23;
    // x² in two parts, so that the exponent's rounding does not show.
    let high = f32::from_bits(x.to_bits() & 0xffff_f000);
    let low = x - high;
    t * exp(-high * high) * exp(-(low * (x + high)) + p)
}

/// The normal distribution `Φ(x) = (1 + erf(x/√2)) / 2`.
#[inline(always)]
pub fn normal_cdf(x: f32) -> f32 {
    let z = x * core::f32::consts::FRAC_1_SQRT_2;
    let a = z.abs();
    // Near 0 the series of erf, which keeps Φ's slope exact: |z| < 0.5.
    let s = z * z;
    let p = 1.0 / 9360.0;
    let p = p * s - 1.0 / 1320.0;
    let p = p * s + 1.0 / 216.0;
    let p = p * s - 1.0 / 42.0;
    let p = p * s + 0.1;
    let p = p * s - 1.0 / 3.0;
    let p = p * s + 1.0;
    let near = 0.5 + core::f32::consts::FRAC_2_SQRT_PI * 0.5 * z * p;
    let tail = 0.5 * erfc_positive(a);
    let far = if z > 0.0 { 1.0 - tail } else { tail };
    if a < 0.5 {
        near
    } else if x.is_nan() {
        x
    } else {
        far
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(range: core::ops::Range<f32>, ours: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        (0..20_000)
            .map(|i| {
                let x = range.start + (range.end - range.start) * i as f32 / 20_000.0;
                let exact = exact(f64::from(x));
                ((f64::from(ours(x)) - exact) / exact.abs().max(1e-30)).abs()
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn close_to_the_truth() {
        assert!(worst(-87.0..88.0, exp, f64::exp) < 3e-7);
        assert!(worst(-1.0..1.0, |x| exp_m1(x + 1e-7), |x| (x + 1e-7f64).exp_m1()) < 1e-3);
        assert!(worst(0.3..0.9, ln, f64::ln) < 4e-7);
        assert!(worst(1e-20..1e6, ln, f64::ln) < 3e-7);
        assert!(worst(-20.0..20.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp())) < 4e-7);
        assert!(worst(0.01..9.0, tanh, f64::tanh) < 4e-7);
        assert!(worst(-20.0..20.0, softplus, |x| x.exp().ln_1p()) < 5e-7);
    }

    #[test]
    fn edges() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert!(
            exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && ln(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan()
        );
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert_eq!(tanh(100.0), 1.0);
        assert_eq!(tanh(-100.0), -1.0);
        assert_eq!(sigmoid(-200.0), 0.0);
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
        assert!((normal_cdf(0.5) - 0.691_462_46).abs() < 1e-6);
        assert!((normal_cdf(-12.0) / 1.776_482e-33 - 1.0).abs() < 1e-4);
    }
}

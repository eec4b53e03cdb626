//! The arithmetic that losses share, written so that the compiler can vectorise it: without calls and branches, sums
//! in eight lanes.

use super::{Row, RowGradient, TargetView};
use crate::kernels::sums;

/// Keras' `epsilon()`: the least probability, and the least divisor.
pub(super) const EPSILON: f32 = 1e-7;
/// The largest probability: `1 - 1e-7` as a float.
pub(super) const ONE_MINUS_EPSILON: f32 = 0.999_999_9;

/// A probability moved to where its logarithm is finite, and whether it was there already: a gradient passes only then.
pub(super) fn clip(probability: f32) -> (f32, bool) {
    let inside = (EPSILON..=ONE_MINUS_EPSILON).contains(&probability);
    (probability.clamp(EPSILON, ONE_MINUS_EPSILON), inside)
}

/// At least [`EPSILON`]; what is not a number stays so.
pub(super) fn at_least_epsilon(value: f32) -> f32 {
    if value < EPSILON { EPSILON } else { value }
}

/// -1, 1, or 0 for a zero: the slope of an absolute value.
pub(super) fn sign(value: f32) -> f32 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

const LANES: usize = 8;

/// The terms of a piece of a sum in lanes: a longer sum is that of its pieces, in `f64`.
pub(super) const PIECE: usize = LANES * sums::PIECE;

/// `x^exponent`, and its derivative, which is finite: nearer to 0 than `least`, it is that of `least`. Squares, the usual
/// case, are fast.
pub(super) fn power(x: f32, exponent: f32, least: f32) -> (f32, f32) {
    if exponent == 2.0 {
        (x * x, 2.0 * x)
    } else if exponent == 0.0 {
        (1.0, 0.0)
    } else {
        let base = if x < least { least } else { x };
        (x.powf(exponent), exponent * base.powf(exponent - 1.0))
    }
}

/// A sigmoid, `1 / (1 + exp(-z))`.
pub(super) struct Sigmoid {
    /// The probability.
    pub probability: f32,
    /// One minus the probability, exact where the probability rounds to 1.
    pub complement: f32,
    /// `exp(-|z|)`.
    pub exponential: f32,
}

impl Sigmoid {
    pub fn new(z: f32) -> Self {
        let exponential = exp(-z.abs());
        let larger = 1.0 / (1.0 + exponential);
        let smaller = exponential * larger;
        let (probability, complement) = if z >= 0.0 { (larger, smaller) } else { (smaller, larger) };
        Self { probability, complement, exponential }
    }
}

/// `eˣ` within 2 units in the last place, for `x` clamped to -87 … 88.
///
/// `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2`; the polynomial for `eʳ` is that of Cephes' `expf`.
pub(super) fn exp(x: f32) -> f32 {
    /// 1.5·2²³: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first of which has so few bits that `n` times it is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const POLYNOMIAL: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * core::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let polynomial = POLYNOMIAL.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    let power_of_two = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    (polynomial * r * r + r + 1.0) * power_of_two
}

/// `ln(1 + x)` for `0 ≤ x ≤ 1`, within 3 units in the last place.
///
/// `2·artanh s` with `s = x / (2 + x) ≤ 1/3`: the first term left out is `s¹⁵/15 < 5e-9` of `s`.
pub(super) fn ln_1p(x: f32) -> f32 {
    let s = x / (2.0 + x);
    let square = s * s;
    let series = [13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0].iter().fold(0.0, |sum, odd| sum * square + 1.0 / odd);
    2.0 * s * series
}

impl Row<'_> {
    /// The mean over the row of a loss that is computed value by value: `element(y, p)` is the loss of one value and its
    /// derivative by `p`.
    ///
    /// ```
    /// use keras::losses::Row;
    ///
    /// let row = Row { target: (&[[0.0, 1.0]]).into(), values: &[1.0, 4.0], logits: None };
    /// assert_eq!(row.mean(None, |y, p| ((p - y).abs(), (p - y).signum())), 2.0);
    /// ```
    pub fn mean(&self, gradient: RowGradient<'_>, element: impl Fn(f32, f32) -> (f32, f32)) -> f32 {
        mean(self.target, self.values, gradient, element)
    }
}

/// [`Row::mean`] over values or logits.
pub(super) fn mean(
    target: TargetView<'_>,
    values: &[f32],
    gradient: RowGradient<'_>,
    element: impl Fn(f32, f32) -> (f32, f32),
) -> f32 {
    match target {
        TargetView::Values(target) => mean_of(target, |&y| y, values, gradient, element),
        TargetView::Labels(labels) => mean_of(labels, |&label| label as f32, values, gradient, element),
    }
}

fn mean_of<T>(
    target: &[T],
    number: impl Fn(&T) -> f32,
    values: &[f32],
    gradient: RowGradient<'_>,
    element: impl Fn(f32, f32) -> (f32, f32),
) -> f32 {
    let count = values.len() as f32;
    let (mut gradient, factor) = match gradient {
        Some((gradient, factor)) => (Some(gradient), factor / count),
        None => (None, 0.0),
    };
    let mut total = 0.0;
    for (values, target) in values.chunks(PIECE).zip(target.chunks(PIECE)) {
        let gradient = gradient.as_mut().and_then(|gradient| gradient.split_off_mut(..values.len()));
        let gradient = gradient.map(|gradient| (gradient, factor));
        total += f64::from(piece_of(target, &number, values, gradient, &element));
    }
    total as f32 / count
}

/// The sum of the losses of a piece of a row; writes its gradient, by a factor.
#[inline(never)]
fn piece_of<T>(
    target: &[T],
    number: impl Fn(&T) -> f32,
    values: &[f32],
    gradient: RowGradient<'_>,
    element: impl Fn(f32, f32) -> (f32, f32),
) -> f32 {
    let mut lanes = [0.0; LANES];
    match gradient {
        None => {
            for (values, target) in values.chunks(LANES).zip(target.chunks(LANES)) {
                for ((lane, &p), y) in lanes.iter_mut().zip(values).zip(target) {
                    *lane += element(number(y), p).0;
                }
            }
        }
        Some((gradient, factor)) => {
            let targets = target.chunks(LANES);
            for ((values, target), gradient) in values.chunks(LANES).zip(targets).zip(gradient.chunks_mut(LANES)) {
                for (((lane, &p), y), slope) in lanes.iter_mut().zip(values).zip(target).zip(gradient) {
                    let (loss, derivative) = element(number(y), p);
                    *lane += loss;
                    *slope = derivative * factor;
                }
            }
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exact_to_a_few_units() {
        for step in -8700..8800 {
            let x = step as f32 * 0.01;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 3e-7 * exact, "exp({x})");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn ln_1p_is_exact_to_a_few_units() {
        for step in 0..=10_000 {
            let x = step as f32 * 1e-4;
            let exact = f64::from(x).ln_1p();
            assert!((f64::from(ln_1p(x)) - exact).abs() <= 3e-7 * exact, "ln_1p({x})");
        }
        assert_eq!(ln_1p(1e-30), 1e-30);
    }

    #[test]
    fn clipping_is_that_of_keras() {
        assert!((-clip(0.0).0.ln() - 16.118_095).abs() < 1e-5);
        assert!((-(1.0 - clip(1.0).0).ln() - 15.942_385).abs() < 1e-5);
        assert_eq!(clip(0.25), (0.25, true));
        assert_eq!((clip(0.0).1, clip(1.0).1, clip(1e-7).1), (false, false, true));
    }
}

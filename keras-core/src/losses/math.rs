//! The arithmetic that losses share, written so that the compiler can vectorise it: without calls and branches, sums
//! and maxima in eight lanes.

use super::{Row, RowGradient, TargetView};

/// Keras' `epsilon()`: the least probability, and the least divisor.
pub(super) const EPSILON: f32 = 1e-7;
/// The largest probability: `1 - 1e-7` as a float.
const ONE_MINUS_EPSILON: f32 = 0.999_999_9;

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

/// The terms of a piece of a sum: a longer sum is that of its pieces, in `f64`.
const PIECE: usize = 1 << 10;

/// Combines the images of a slice's values in eight lanes, then the lanes.
fn fold(values: &[f32], first: f32, image: impl Fn(f32) -> f32, combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [first; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = combine(*lane, image(value));
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, image(value));
    }
    lanes.into_iter().fold(first, combine)
}

/// Rows of up to this length are scanned without vectors: loops then have one length for all rows, so that the processor predicts
/// their branches.
const SHORT: usize = 16;

/// The place of the largest number of a short row, the first of several, and that number. NaN is passed over.
#[inline(never)]
fn largest_of_short(values: &[f32]) -> (usize, f32) {
    let larger = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    values.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), larger)
}

/// The sum of a short row, but for one number.
#[inline(never)]
fn sum_of_others(values: &[f32], without: usize) -> f32 {
    values.iter().enumerate().map(|(at, &value)| if at == without { 0.0 } else { value }).sum()
}

/// `Σ exp(zᵢ - shift)` of a short row, but for one number.
#[inline(never)]
fn sum_exp_of_others(logits: &[f32], without: usize, shift: f32) -> f32 {
    logits.iter().enumerate().map(|(at, &z)| if at == without { 0.0 } else { exp(z - shift) }).sum()
}

/// `Σ image(value)`.
fn sum_of(values: &[f32], image: impl Fn(f32) -> f32) -> f32 {
    let piece = |values| fold(values, 0.0, &image, |a, b| a + b);
    if values.len() <= PIECE {
        return piece(values);
    }
    values.chunks(PIECE).map(|values| f64::from(piece(values))).sum::<f64>() as f32
}

/// The sum.
pub(super) fn sum(values: &[f32]) -> f32 {
    sum_of(values, |value| value)
}

/// The sum of terms that are computed one by one.
pub(super) fn total(mut terms: impl ExactSizeIterator<Item = f32>) -> f32 {
    // Of one lane: a piece has fewer terms.
    const TERMS: usize = PIECE / LANES;
    if terms.len() <= TERMS {
        return terms.sum();
    }
    let mut total = 0.0;
    loop {
        let (mut piece, mut count) = (0.0, 0);
        for term in terms.by_ref().take(TERMS) {
            piece += term;
            count += 1;
        }
        total += f64::from(piece);
        if count < TERMS {
            return total as f32;
        }
    }
}

/// The maximum; what is not a number is passed over.
pub(super) fn max(values: &[f32]) -> f32 {
    fold(values, f32::NEG_INFINITY, |value| value, |a, b| if b > a { b } else { a })
}

/// `Σ exp(zᵢ - shift)`.
pub(super) fn sum_exp(logits: &[f32], shift: f32) -> f32 {
    sum_of(logits, |z| exp(z - shift))
}

/// The cosine of the angle between targets and predictions, and what the vectors are multiplied by to be of length 1: at
/// most `1 / EPSILON`.
pub(super) fn cosine(target: TargetView<'_>, values: &[f32]) -> (f32, f32, f32) {
    let inverse = |square: f32| (1.0 / square.sqrt()).min(1.0 / EPSILON);
    let numbers = || (0..values.len()).map(|at| target.number(at));
    let of_target = inverse(total(numbers().map(|y| y * y)));
    let of_prediction = inverse(sum_of(values, |p| p * p));
    let cosine = total(numbers().zip(values).map(|(y, p)| (y * of_target) * (p * of_prediction)));
    (cosine, of_target, of_prediction)
}

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

/// The sum of a row, to be divided by: [`EPSILON`] in the place of 0.
pub(super) fn divisor(values: &[f32]) -> f32 {
    let sum = sum(values);
    if sum == 0.0 { EPSILON } else { sum }
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

/// The softmax of a row of logits. The largest probability is the only one that can round to 1: what is left for all others
/// is summed apart.
pub(super) struct Softmax<'a> {
    pub logits: &'a [f32],
    /// The probabilities, if they are at hand.
    probabilities: Option<&'a [f32]>,
    /// The place of the largest logit, and that logit.
    pub largest: usize,
    max: f32,
    /// The sum of all other probabilities, exact where the largest one rounds to 1.
    pub rest: f32,
    /// `Σ exp(zᵢ - max)`, and its logarithm.
    sum: f32,
    log_sum: f32,
}

impl<'a> Softmax<'a> {
    /// Of the logits of a row: those that went into the model's softmax, or its values, if they are said to be logits. None
    /// if there are only probabilities.
    pub fn of(row: &Row<'a>, from_logits: bool) -> Option<Self> {
        let (logits, probabilities) = match row.logits {
            Some(logits) => (logits, Some(row.values)),
            None if from_logits => (row.values, None),
            None => return None,
        };
        let is_short = logits.len() <= SHORT;
        let (largest, max) = if is_short {
            largest_of_short(logits)
        } else {
            let max = max(logits);
            (logits.iter().position(|&logit| logit == max).unwrap_or(0), max)
        };
        let others = match probabilities {
            Some(p) if is_short => sum_of_others(p, largest) / p[largest],
            Some(p) => (sum(&p[..largest]) + sum(&p[largest + 1..])) / p[largest],
            None if logits.len() < LANES => sum_exp_of_others(logits, largest, max),
            None => sum_exp(&logits[..largest], max) + sum_exp(&logits[largest + 1..], max),
        };
        let sum = 1.0 + others;
        Some(Self { logits, probabilities, largest, max, rest: others / sum, sum, log_sum: others.ln_1p() })
    }

    /// `pᵢ`.
    pub fn probability(&self, at: usize) -> f32 {
        self.probabilities.map_or_else(|| exp(self.logits[at] - self.max) / self.sum, |probabilities| probabilities[at])
    }

    /// `1 - pᵢ`.
    pub fn complement(&self, at: usize) -> f32 {
        if at == self.largest { self.rest } else { 1.0 - self.probability(at) }
    }

    /// `-ln pᵢ`.
    pub fn negative_log(&self, at: usize) -> f32 {
        (self.max - self.logits[at]) + self.log_sum
    }

    /// Writes the probabilities, times a factor.
    #[inline(always)]
    pub fn write(&self, factor: f32, to: &mut [f32]) {
        match self.probabilities {
            Some(probabilities) => to.iter_mut().zip(probabilities).for_each(|(to, p)| *to = p * factor),
            None => {
                let scale = factor / self.sum;
                to.iter_mut().zip(self.logits).for_each(|(to, &z)| *to = exp(z - self.max) * scale);
            }
        }
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
    fn short_rows_are_like_long_ones() {
        for length in 1..=SHORT {
            for largest in [0, length / 2, length - 1] {
                let mut logits: Vec<f32> = (0..length).map(|at| (at % 5) as f32 - 3.0).collect();
                logits[largest] = 7.0;
                assert_eq!(largest_of_short(&logits), (largest, 7.0));
                let others: f32 = logits.iter().filter(|&&z| z < 7.0).sum();
                assert_eq!(sum_of_others(&logits, largest), others);
                let exponentials: f32 = logits.iter().filter(|&&z| z < 7.0).map(|z| (z - 7.0).exp()).sum();
                assert!((sum_exp_of_others(&logits, largest, 7.0) - exponentials).abs() <= 1e-6 * exponentials);
                logits[length / 3] = f32::NAN;
                assert!(length / 3 == largest || sum_exp_of_others(&logits, largest, 7.0).is_nan());
            }
        }
        assert_eq!(largest_of_short(&[f32::NAN, 1.0, 1.0]), (1, 1.0));
        assert_eq!(largest_of_short(&[f32::NAN]), (0, f32::NEG_INFINITY));
    }

    #[test]
    fn lanes_miss_nothing() {
        let values: Vec<f32> = (0..21).map(|at| at as f32).collect();
        assert_eq!((sum(&values), max(&values), total(values.iter().copied())), (210.0, 20.0, 210.0));
    }

    #[test]
    fn clipping_is_that_of_keras() {
        assert!((-clip(0.0).0.ln() - 16.118_095).abs() < 1e-5);
        assert!((-(1.0 - clip(1.0).0).ln() - 15.942_385).abs() < 1e-5);
        assert_eq!(clip(0.25), (0.25, true));
        assert_eq!((clip(0.0).1, clip(1.0).1, clip(1e-7).1), (false, false, true));
    }
}

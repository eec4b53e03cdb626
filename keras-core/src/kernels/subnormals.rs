//! Subnormal numbers, which processors compute with up to a hundred times as slowly as with others.
//!
//! They appear in training: gradients vanish once a model has converged, and moving averages of what has become zero halve until
//! they reach the smallest number. TensorFlow and JAX set the mode of the processor in which such results are zero. Here numbers
//! that are far too small to matter count as zero where they would spread, long before they are subnormal: so results depend
//! neither on the mode of a thread nor on the instruction set.

use super::simd::Vector;

/// Numbers that are kept from step to step, and gradients, count as zero below this size: 2⁻¹⁰⁰ ≈ 8·10⁻³¹.
pub(crate) const TINY: f32 = f32::from_bits((127 - 100) << 23);

/// Numbers count as zero where they are squared below this size: 2⁻⁵⁵ ≈ 3·10⁻¹⁷. Their squares, and a thousandth of these, are
/// no subnormal numbers.
#[cfg(feature = "std")]
const TINY_TO_SQUARE: f32 = f32::from_bits((127 - 55) << 23);

/// A number, or zero if it is tiny. A NaN is no tiny number.
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn flushed(number: f32) -> f32 {
    if number.abs() < TINY { 0.0 } else { number }
}

/// The square of a number, or zero if it is tiny.
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn squared(number: f32) -> f32 {
    let number = if number.abs() < TINY_TO_SQUARE { 0.0 } else { number };
    number * number
}

/// As [`flushed`], of a vector.
#[inline(always)]
pub(crate) fn flushed_v<V: Vector>(numbers: V) -> V {
    V::select(numbers.abs().lt(V::splat(TINY)), V::zero(), numbers)
}

/// Replaces tiny numbers by zero.
#[cfg(feature = "std")]
#[inline(always)]
pub(crate) fn flush(numbers: &mut [f32]) {
    for number in numbers {
        *number = flushed(*number);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn tiny_numbers_count_as_zero_and_others_do_not() {
        let mut numbers = [TINY, -TINY, TINY / 1.01, -TINY / 1.01, f32::from_bits(1), f32::INFINITY, 1.0, f32::NAN];
        flush(&mut numbers);
        assert_eq!(numbers[..7], [TINY, -TINY, 0.0, 0.0, 0.0, f32::INFINITY, 1.0]);
        assert!(numbers[7].is_nan() && squared(f32::NAN).is_nan());
        assert_eq!((squared(-3.0), squared(TINY_TO_SQUARE / 1.01)), (9.0, 0.0));
        assert!(squared(TINY_TO_SQUARE) * 1e-3 > f32::MIN_POSITIVE);
    }
}

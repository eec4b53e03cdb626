//! Floats of 16 bits: [binary16](https://en.wikipedia.org/wiki/Half-precision_floating-point_format), which Keras calls
//! `float16`, and the upper half of an `f32`, which it calls `bfloat16`.

/// The number that the bits of a `float16` are; every one is an `f32`.
///
/// ```
/// use keras_core::kernels::half::from_float16;
///
/// assert_eq!([0x3C00, 0xC000, 0x3555, 0x0001].map(from_float16), [1.0, -2.0, 0.333_251_95, 5.960_464_5e-8]);
/// ```
#[inline]
pub const fn from_float16(bits: u16) -> f32 {
    // With its exponent and significand where those of an `f32` are, it is 2¹¹² times too small: the exponents' zeros are 15
    // and 127. The product is exact, for subnormal numbers too.
    let magnitude = f32::from_bits((bits as u32 & 0x7FFF) << 13) * f32::from_bits((127 + 112) << 23);
    let is_finite = bits & 0x7C00 != 0x7C00;
    let sign = (bits as u32 & 0x8000) << 16;
    f32::from_bits(magnitude.to_bits() | sign | if is_finite { 0 } else { 0x7F80_0000 })
}

/// The bits of the `float16` that is nearest to a number: of two as near, the even one; infinity from 65,520 on.
///
/// ```
/// use keras_core::kernels::half::to_float16;
///
/// assert_eq!([1.0, 0.1, 65519.0, 65520.0].map(to_float16), [0x3C00, 0x2E66, 0x7BFF, 0x7C00]);
/// ```
#[inline]
pub const fn to_float16(value: f32) -> u16 {
    let bits = value.to_bits();
    let magnitude = bits & 0x7FFF_FFFF;
    let rounded = match magnitude {
        // NaN: a quiet one.
        0x7F80_0001.. => 0x7E00 | magnitude >> 13 & 0x03FF,
        0x4780_0000.. => 0x7C00,
        // From 2⁻¹⁴ on: the exponent's zero moves from 127 to 15, and what 13 bits less cannot hold is rounded, into the
        // exponent if need be.
        0x3880_0000.. => (magnitude - (112 << 23) + 0x0FFF + (magnitude >> 13 & 1)) >> 13,
        // Subnormal: in the sum the last bit is worth 2⁻²⁴, as in these numbers, and the addition rounds.
        _ => (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5f32.to_bits(),
    };
    (bits >> 16 & 0x8000) as u16 | rounded as u16
}

/// The number that the bits of a `bfloat16` are; every one is an `f32`.
///
/// ```
/// use keras_core::kernels::half::from_bfloat16;
///
/// assert_eq!([0x3F80, 0xC000, 0x3EAB].map(from_bfloat16), [1.0, -2.0, 0.333_984_38]);
/// ```
#[inline]
pub const fn from_bfloat16(bits: u16) -> f32 {
    f32::from_bits((bits as u32) << 16)
}

/// The bits of the `bfloat16` that is nearest to a number: of two as near, the even one.
///
/// ```
/// use keras_core::kernels::half::to_bfloat16;
///
/// assert_eq!([1.0, 0.1, 65520.0, f32::MAX].map(to_bfloat16), [0x3F80, 0x3DCD, 0x4780, 0x7F80]);
/// ```
#[inline]
pub const fn to_bfloat16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        // A quiet one, whatever bits are cut.
        return (bits >> 16) as u16 | 0x0040;
    }
    ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number by the definition: the significand times a power of two.
    fn defined(bits: u16, exponent_bits: u32) -> f64 {
        let significand_bits = 15 - exponent_bits;
        let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
        let exponent = i32::from((bits & 0x7FFF) >> significand_bits);
        let significand = f64::from(bits & ((1 << significand_bits) - 1)) / f64::from(1u32 << significand_bits);
        let bias = (1 << (exponent_bits - 1)) - 1;
        match exponent {
            0 => sign * significand * 2f64.powi(1 - bias),
            _ if exponent == (1 << exponent_bits) - 1 && significand == 0.0 => sign * f64::INFINITY,
            _ if exponent == (1 << exponent_bits) - 1 => f64::NAN,
            _ => sign * (1.0 + significand) * 2f64.powi(exponent - bias),
        }
    }

    /// All 65,536 numbers come out as defined and go back to their bits; all that lie between two of them go to the nearer.
    fn check(widen: fn(u16) -> f32, narrow: fn(f32) -> u16, exponent_bits: u32) {
        let infinity = ((1 << exponent_bits) - 1) << (15 - exponent_bits);
        for bits in 0..=u16::MAX {
            let (value, expected) = (widen(bits), defined(bits, exponent_bits));
            if expected.is_nan() {
                assert!(value.is_nan() && widen(narrow(value)).is_nan(), "{bits:04x}");
                assert_eq!(value.is_sign_negative(), bits >> 15 == 1, "{bits:04x}");
                continue;
            }
            assert_eq!(f64::from(value).to_bits(), expected.to_bits(), "{bits:04x}");
            assert_eq!(narrow(value), bits, "{value}");
            if bits & 0x7FFF == infinity {
                continue;
            }
            // Half-way to the next number away from zero; after the last there would be another, for which infinity stands.
            let next = bits + 1;
            let next_value = match next & 0x7FFF == infinity {
                true => 2.0 * expected - defined(bits - 1, exponent_bits),
                false => defined(next, exponent_bits),
            };
            let middle = ((expected + next_value) / 2.0) as f32;
            assert_eq!(f64::from(middle), (expected + next_value) / 2.0, "{bits:04x}: it is an `f32`");
            assert_eq!(narrow(middle), if bits & 1 == 0 { bits } else { next }, "{middle}");
            let [nearer, farther] = [middle.to_bits() - 1, middle.to_bits() + 1].map(f32::from_bits);
            assert_eq!([narrow(nearer), narrow(farther)], [bits, next], "{middle}");
        }
    }

    #[test]
    fn float16_is_as_defined() {
        check(from_float16, to_float16, 5);
        assert_eq!([f32::MAX, f32::INFINITY, -1e9].map(to_float16), [0x7C00, 0x7C00, 0xFC00]);
        assert_eq!([f32::MIN_POSITIVE, -f32::from_bits(1), 0.0, -0.0].map(to_float16), [0, 0x8000, 0, 0x8000]);
        assert_eq!(to_float16(f32::from_bits(0xFF80_0001)), 0xFE00);
    }

    #[test]
    fn bfloat16_is_as_defined() {
        check(from_bfloat16, to_bfloat16, 8);
        assert_eq!([f32::MAX, f32::INFINITY, -f32::MAX].map(to_bfloat16), [0x7F80, 0x7F80, 0xFF80]);
        assert_eq!(to_bfloat16(f32::from_bits(0xFFFF_FFFF)), 0xFFFF);
        assert_eq!(to_bfloat16(f32::from_bits(0x7F80_0001)), 0x7FC0);
    }
}

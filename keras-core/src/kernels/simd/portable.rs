//! Four floats in an array, which compilers make vectors of for any target.

use super::{Kernel, Vector};

/// # Safety
/// As [`Kernel::run`].
#[cfg_attr(feature = "std", inline(never))]
pub(super) unsafe fn with<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    unsafe { kernel.run::<Portable>() }
}

/// Four floats in an array.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f32; 4]);

#[inline(always)]
fn zip(a: [f32; 4], b: [f32; 4], join: impl Fn(f32, f32) -> f32) -> [f32; 4] {
    let ([a, b, c, d], [e, f, g, h]) = (a, b);
    [join(a, e), join(b, f), join(c, g), join(d, h)]
}
#[inline(always)]
fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    zip(a, b, |a, b| a + b)
}
#[inline(always)]
fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    zip(a, b, |a, b| a - b)
}
#[inline(always)]
fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    zip(a, b, |a, b| a * b)
}
#[inline(always)]
fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    zip(a, b, |a, b| a / b)
}
operators!(Portable: add, sub, mul, div);

/// All bits of a lane set, or none.
#[inline(always)]
fn truth(value: bool) -> f32 {
    f32::from_bits(0u32.wrapping_sub(value as u32))
}
#[inline(always)]
fn root(value: f32) -> f32 {
    #[cfg(feature = "std")]
    return value.sqrt();
    #[cfg(not(feature = "std"))]
    return libm::sqrtf(value);
}

impl Vector for Portable {
    const LANES: usize = 4;
    // SSE2 has 16 registers and no fused product: one more is taken by the product.
    const TILE_ROWS: usize = 4;
    type Mask = Self;
    #[inline(always)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        #[inline(never)]
        unsafe fn function<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: the caller's promise.
            unsafe { kernel.run::<Portable>() }
        }
        // SAFETY: the caller's promise.
        unsafe { function(kernel) }
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| if a < b { a } else { b }))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| if a > b { a } else { b }))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(root))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| truth(a < b)))
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| truth(a <= b)))
    }
    #[inline(always)]
    fn eq(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| truth(a == b)))
    }
    #[inline(always)]
    fn select(mask: Self, yes: Self, no: Self) -> Self {
        let no = zip(mask.0, no.0, |m, n| f32::from_bits(!m.to_bits() & n.to_bits()));
        mask.and(yes).or(Self(no))
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| f32::from_bits(a.to_bits() & b.to_bits())))
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(zip(self.0, other.0, |a, b| f32::from_bits(a.to_bits() | b.to_bits())))
    }
    #[inline(always)]
    fn shift_left_23(self) -> Self {
        Self(self.0.map(|a| f32::from_bits(a.to_bits() << 23)))
    }
    #[inline(always)]
    fn shift_right_23(self) -> Self {
        Self(self.0.map(|a| f32::from_bits(a.to_bits() >> 23)))
    }
}

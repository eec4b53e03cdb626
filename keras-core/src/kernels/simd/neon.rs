//! NEON.

use super::{Kernel, Vector};
use core::arch::aarch64::*;

/// # Safety
/// As [`Kernel::run`].
#[cfg_attr(feature = "std", inline(never))]
pub(super) unsafe fn with<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    unsafe { kernel.run::<Neon>() }
}

/// Four floats.
#[derive(Clone, Copy)]
pub(crate) struct Neon(float32x4_t);
operators!(Neon: vaddq_f32, vsubq_f32, vmulq_f32, vdivq_f32);

impl Vector for Neon {
    const LANES: usize = 4;
    // 24 sums of 32 registers.
    const TILE_ROWS: usize = 12;
    type Mask = uint32x4_t;
    #[inline(always)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        #[inline(never)]
        unsafe fn function<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: the caller's promise.
            unsafe { kernel.run::<Neon>() }
        }
        // SAFETY: the caller's promise.
        unsafe { function(kernel) }
    }
    intrinsics! {
        fn mul_add(self, factor, addend) = vfmaq_f32(addend.0, self.0, factor.0);
        // Not `vminq`: that one propagates a NaN from either side.
        fn min(self, other) = vbslq_f32(vcltq_f32(self.0, other.0), self.0, other.0);
        fn max(self, other) = vbslq_f32(vcgtq_f32(self.0, other.0), self.0, other.0);
        fn sqrt(self) = vsqrtq_f32(self.0);
        fn and(self, other) = vreinterpretq_f32_u32(
            vandq_u32(vreinterpretq_u32_f32(self.0), vreinterpretq_u32_f32(other.0)));
        fn or(self, other) = vreinterpretq_f32_u32(
            vorrq_u32(vreinterpretq_u32_f32(self.0), vreinterpretq_u32_f32(other.0)));
        fn shift_left_23(self) = vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(self.0)));
        fn shift_right_23(self) = vreinterpretq_f32_u32(vshrq_n_u32::<23>(vreinterpretq_u32_f32(self.0)));
    }
    intrinsics! { masks uint32x4_t:
        fn lt(self, other) = vcltq_f32(self.0, other.0);
        fn le(self, other) = vcleq_f32(self.0, other.0);
        fn eq(self, other) = vceqq_f32(self.0, other.0);
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: every AArch64 processor has NEON.
        Self(unsafe { vdupq_n_f32(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { vld1q_f32(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_f32(to, self.0) }
    }
    #[inline(always)]
    fn select(mask: uint32x4_t, yes: Self, no: Self) -> Self {
        // SAFETY: every AArch64 processor has NEON.
        Self(unsafe { vbslq_f32(mask, yes.0, no.0) })
    }
}

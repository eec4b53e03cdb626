//! AVX-512 F.

use super::{Kernel, MAX_LANES, Vector};
use core::arch::x86_64::*;

/// # Safety
/// As [`Kernel::run`], on a machine with AVX-512 F, AVX2 and FMA.
#[cfg_attr(feature = "std", inline(never))]
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn with<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    unsafe { kernel.run::<Avx512>() }
}

/// Sixteen floats.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);
operators!(Avx512: _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_div_ps);

/// A mask of the first `count` of sixteen lanes.
#[inline(always)]
fn first16(count: usize) -> __mmask16 {
    ((1u32 << count.min(16)) - 1) as __mmask16
}

impl Vector for Avx512 {
    const LANES: usize = 16;
    // 28 sums, 2 vectors of B and a broadcast of A: 31 of 32 registers.
    const TILE_ROWS: usize = 14;
    type Mask = __mmask16;
    // The compiler heeds `inline(never)` of a function with features only in calls from functions that have them too.
    #[target_feature(enable = "avx512f,avx2,fma")]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        #[inline(never)]
        #[target_feature(enable = "avx512f,avx2,fma")]
        unsafe fn function<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: the caller's promise.
            unsafe { kernel.run::<Avx512>() }
        }
        // SAFETY: the caller's promise; a vector of this type is named where the machine has its instructions.
        unsafe { function(kernel) }
    }
    intrinsics! {
        fn mul_add(self, factor, addend) = _mm512_fmadd_ps(self.0, factor.0, addend.0);
        fn min(self, other) = _mm512_min_ps(self.0, other.0);
        fn max(self, other) = _mm512_max_ps(self.0, other.0);
        fn sqrt(self) = _mm512_sqrt_ps(self.0);
        fn and(self, other) = _mm512_castsi512_ps(
            _mm512_and_epi32(_mm512_castps_si512(self.0), _mm512_castps_si512(other.0)));
        fn or(self, other) = _mm512_castsi512_ps(
            _mm512_or_epi32(_mm512_castps_si512(self.0), _mm512_castps_si512(other.0)));
        fn shift_left_23(self) = _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(self.0)));
        fn shift_right_23(self) = _mm512_castsi512_ps(_mm512_srli_epi32::<23>(_mm512_castps_si512(self.0)));
    }
    intrinsics! { masks __mmask16:
        fn lt(self, other) = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0);
        fn le(self, other) = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0);
        fn eq(self, other) = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0);
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: only named under this instruction set.
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    fn permute(self, indices: &[u32; MAX_LANES]) -> Self {
        // SAFETY: a value of this type exists only under its instruction set.
        Self(unsafe { _mm512_permutexvar_ps(_mm512_loadu_si512(indices.as_ptr().cast()), self.0) })
    }
    #[inline(always)]
    fn select(mask: __mmask16, yes: Self, no: Self) -> Self {
        // SAFETY: a value of this type exists only under its instruction set.
        Self(unsafe { _mm512_mask_blend_ps(mask, no.0, yes.0) })
    }
    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        // SAFETY: masked lanes are not read.
        Self(unsafe { _mm512_maskz_loadu_ps(first16(count), from) })
    }
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm512_mask_storeu_ps(to, first16(count), self.0) }
    }
}

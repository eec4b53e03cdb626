//! SSE2, which almost every x86-64 target has: without it the compiler would make vectors of arrays, which takes it many times as
//! long.

use super::{Kernel, Vector};
use core::arch::x86_64::*;

/// # Safety
/// As [`Kernel::run`].
#[cfg_attr(feature = "std", inline(never))]
pub(super) unsafe fn with<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    unsafe { kernel.run::<Sse2>() }
}

/// Four floats.
#[derive(Clone, Copy)]
pub(crate) struct Sse2(__m128);
operators!(Sse2: _mm_add_ps, _mm_sub_ps, _mm_mul_ps, _mm_div_ps);

impl Vector for Sse2 {
    const LANES: usize = 4;
    // There are 16 registers and no fused product: one more is taken by the product.
    const TILE_ROWS: usize = 4;
    // Without `std` it is what programs are compiled for, unless they are told otherwise.
    const IS_FALLBACK: bool = cfg!(feature = "std");
    type Mask = __m128;
    #[inline(always)]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        #[inline(never)]
        unsafe fn function<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: the caller's promise.
            unsafe { kernel.run::<Sse2>() }
        }
        // SAFETY: the caller's promise.
        unsafe { function(kernel) }
    }
    intrinsics! {
        fn mul_add(self, factor, addend) = _mm_add_ps(_mm_mul_ps(self.0, factor.0), addend.0);
        fn min(self, other) = _mm_min_ps(self.0, other.0);
        fn max(self, other) = _mm_max_ps(self.0, other.0);
        fn sqrt(self) = _mm_sqrt_ps(self.0);
        fn and(self, other) = _mm_and_ps(self.0, other.0);
        fn or(self, other) = _mm_or_ps(self.0, other.0);
        fn shift_left_23(self) = _mm_castsi128_ps(_mm_slli_epi32::<23>(_mm_castps_si128(self.0)));
        fn shift_right_23(self) = _mm_castsi128_ps(_mm_srli_epi32::<23>(_mm_castps_si128(self.0)));
    }
    intrinsics! { masks __m128:
        fn lt(self, other) = _mm_cmplt_ps(self.0, other.0);
        fn le(self, other) = _mm_cmple_ps(self.0, other.0);
        fn eq(self, other) = _mm_cmpeq_ps(self.0, other.0);
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: the target has this instruction set.
        Self(unsafe { _mm_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    fn select(mask: __m128, yes: Self, no: Self) -> Self {
        // SAFETY: the target has this instruction set.
        Self(unsafe { _mm_or_ps(_mm_and_ps(mask, yes.0), _mm_andnot_ps(mask, no.0)) })
    }
    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        // SAFETY: the first `count` lanes are read.
        Self(unsafe {
            match count {
                0 => _mm_setzero_ps(),
                1 => _mm_load_ss(from),
                2 => _mm_castsi128_ps(_mm_loadl_epi64(from.cast())),
                3 => _mm_movelh_ps(_mm_castsi128_ps(_mm_loadl_epi64(from.cast())), _mm_load_ss(from.add(2))),
                _ => _mm_loadu_ps(from),
            }
        })
    }
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        // SAFETY: the first `count` lanes are written.
        unsafe {
            match count {
                0 => {}
                1 => _mm_store_ss(to, self.0),
                2 => _mm_storel_epi64(to.cast(), _mm_castps_si128(self.0)),
                3 => {
                    _mm_storel_epi64(to.cast(), _mm_castps_si128(self.0));
                    _mm_store_ss(to.add(2), _mm_movehl_ps(self.0, self.0));
                }
                _ => _mm_storeu_ps(to, self.0),
            }
        }
    }
}

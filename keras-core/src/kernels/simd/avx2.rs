//! AVX2 with FMA.

use super::{Kernel, MAX_LANES, Vector};
use core::arch::x86_64::*;

/// # Safety
/// As [`Kernel::run`], on a machine with AVX2 and FMA.
#[cfg_attr(feature = "std", inline(never))]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn with<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller's promise.
    unsafe { kernel.run::<Avx2>() }
}

/// Eight floats.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256);
operators!(Avx2: _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_div_ps);

/// Loads and stores of the first `count` of eight lanes: a window of this table, from `8 - count`.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// # Safety
/// Under AVX2.
#[inline(always)]
unsafe fn first(count: usize) -> __m256i {
    // SAFETY: the window starts at most at 8 and is 8 long.
    unsafe { _mm256_loadu_si256(FIRST.as_ptr().add(8 - count.min(8)).cast()) }
}

impl Vector for Avx2 {
    const LANES: usize = 8;
    // 12 sums, 2 vectors of B and a broadcast of A: 15 of 16 registers.
    const TILE_ROWS: usize = 6;
    type Mask = __m256;
    // The compiler heeds `inline(never)` of a function with features only in calls from functions that have them too.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output {
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn function<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: the caller's promise.
            unsafe { kernel.run::<Avx2>() }
        }
        // SAFETY: the caller's promise; a vector of this type is named where the machine has its instructions.
        unsafe { function(kernel) }
    }
    intrinsics! {
        fn mul_add(self, factor, addend) = _mm256_fmadd_ps(self.0, factor.0, addend.0);
        fn min(self, other) = _mm256_min_ps(self.0, other.0);
        fn max(self, other) = _mm256_max_ps(self.0, other.0);
        fn sqrt(self) = _mm256_sqrt_ps(self.0);
        fn and(self, other) = _mm256_and_ps(self.0, other.0);
        fn or(self, other) = _mm256_or_ps(self.0, other.0);
        fn shift_left_23(self) = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(self.0)));
        fn shift_right_23(self) = _mm256_castsi256_ps(_mm256_srli_epi32::<23>(_mm256_castps_si256(self.0)));
    }
    intrinsics! { masks __m256:
        fn lt(self, other) = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0);
        fn le(self, other) = _mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0);
        fn eq(self, other) = _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0);
    }
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: only named under this instruction set.
        Self(unsafe { _mm256_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    fn permute(self, indices: &[u32; MAX_LANES]) -> Self {
        // SAFETY: a value of this type exists only under its instruction set.
        Self(unsafe { _mm256_permutevar8x32_ps(self.0, _mm256_loadu_si256(indices.as_ptr().cast())) })
    }
    #[inline(always)]
    fn select(mask: __m256, yes: Self, no: Self) -> Self {
        // SAFETY: a value of this type exists only under its instruction set.
        Self(unsafe { _mm256_blendv_ps(no.0, yes.0, mask) })
    }
    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        // SAFETY: masked lanes are not read.
        Self(unsafe { _mm256_maskload_ps(from, first(count)) })
    }
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm256_maskstore_ps(to, first(count), self.0) }
    }
}

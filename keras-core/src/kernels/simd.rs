//! One vector type per instruction set, behind one trait, and the choice among them.
//!
//! A kernel implements `Kernel` once, over any `Vector`; `Isa::run` instantiates it inside a function that has the
//! instruction set enabled. Everything on the way is `#[inline(always)]`: that is what carries the features inwards.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// No vector has more lanes.
pub(crate) const MAX_LANES: usize = 16;

/// A vector of `f32` lanes.
///
/// Methods are safe to call because a type is proof of its instruction set: only [`Isa`], which is detected, names one.
pub(crate) trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// How many floats.
    const LANES: usize;
    /// Rows of a register tile of two vectors across: as many as there are registers for its sums.
    const TILE_ROWS: usize;
    /// The result of a comparison.
    type Mask: Copy;

    /// Runs a kernel in a function of its own, so that whoever calls it shares its code.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    unsafe fn outlined<K: Kernel>(kernel: K) -> K::Output;

    fn splat(value: f32) -> Self;
    /// # Safety
    /// `from` points at `LANES` readable floats.
    unsafe fn load(from: *const f32) -> Self;
    /// # Safety
    /// `to` points at `LANES` writable floats.
    unsafe fn store(self, to: *mut f32);
    /// `self · factor + addend`, fused where the hardware fuses.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// `self` where `self < other`, else `other`: a NaN in either gives `other`.
    fn min(self, other: Self) -> Self;
    /// `self` where `self > other`, else `other`: a NaN in either gives `other`.
    fn max(self, other: Self) -> Self;
    fn sqrt(self) -> Self;
    fn lt(self, other: Self) -> Self::Mask;
    fn le(self, other: Self) -> Self::Mask;
    fn eq(self, other: Self) -> Self::Mask;
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    /// The bits of each lane, shifted left by the length of a mantissa.
    fn shift_left_23(self) -> Self;
    /// The bits of each lane, shifted right by the length of a mantissa.
    fn shift_right_23(self) -> Self;

    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }
    #[inline(always)]
    fn bits(value: u32) -> Self {
        Self::splat(f32::from_bits(value))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.and(Self::bits(0x7fff_ffff))
    }
    /// The magnitude of `self` with the sign of `sign`.
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.abs().or(sign.and(Self::bits(0x8000_0000)))
    }
    /// # Safety
    /// `from` points at `count` readable floats. The other lanes are zero.
    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; MAX_LANES];
        for (lane, slot) in lanes.iter_mut().enumerate() {
            if lane < count {
                // SAFETY: `lane < count`.
                *slot = unsafe { *from.add(lane) };
            }
        }
        // SAFETY: the array holds MAX_LANES floats.
        unsafe { Self::load(lanes.as_ptr()) }
    }
    /// # Safety
    /// `to` points at `count` writable floats.
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        for (lane, value) in self.lanes().iter().enumerate() {
            if lane < count && lane < Self::LANES {
                // SAFETY: `lane < count`.
                unsafe { *to.add(lane) = *value };
            }
        }
    }
    #[inline(always)]
    fn lanes(self) -> [f32; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: the array holds MAX_LANES floats.
        unsafe { self.store(lanes.as_mut_ptr()) };
        lanes
    }
    /// The lanes folded by halves.
    #[inline(always)]
    fn fold(self, join: impl Fn(f32, f32) -> f32) -> f32 {
        let mut lanes = self.lanes();
        let mut half = Self::LANES / 2;
        while half > 0 {
            let (low, high) = lanes.split_at_mut(half.min(MAX_LANES));
            for (low, high) in low.iter_mut().zip(high.iter()) {
                *low = join(*low, *high);
            }
            half /= 2;
        }
        let [first, ..] = lanes;
        first
    }
    /// The sum of the lanes.
    #[inline(always)]
    fn sum(self) -> f32 {
        self.fold(|a, b| a + b)
    }
}

/// A loop over pointers, written once for every instruction set.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;
    /// The loop. Must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The kernel's pointers are valid for what its fields say that it reads and writes, and nobody else touches what it writes
    /// as long as it runs.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

/// A loop over values and references, written once for every instruction set.
pub(crate) trait SafeKernel {
    /// What it returns.
    type Output;
    /// The loop. Must be `#[inline(always)]`.
    fn run<V: Vector>(self) -> Self::Output;
}

impl<K: SafeKernel> Kernel for K {
    type Output = K::Output;
    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> K::Output {
        SafeKernel::run::<V>(self)
    }
}

/// An instruction set of this machine: proof that it has been detected.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Isa(Set);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Set {
    /// Arrays of four floats, which any compiler vectorizes for any target; a product and a sum are rounded apart.
    Portable,
    /// AVX2 with FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON, which every AArch64 processor has.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl core::fmt::Debug for Isa {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Isa {
    /// The best set of this machine (without `std`: of the compiler's target).
    #[inline]
    pub(crate) fn current() -> Self {
        #[cfg(test)]
        if let Some(isa) = tests::forced() {
            return isa;
        }
        #[cfg(target_arch = "x86_64")]
        {
            #[cfg(feature = "std")]
            let (avx512, avx2) = (
                std::is_x86_feature_detected!("avx512f"),
                std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma"),
            );
            #[cfg(not(feature = "std"))]
            let (avx512, avx2) =
                (cfg!(target_feature = "avx512f"), cfg!(all(target_feature = "avx2", target_feature = "fma")));
            if avx512 && avx2 {
                return Isa(Set::Avx512);
            }
            if avx2 {
                return Isa(Set::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        return Isa(Set::Neon);
        #[cfg(not(target_arch = "aarch64"))]
        Isa(Set::Portable)
    }

    /// Whether it is the one that every machine has.
    #[cfg(test)]
    pub(crate) fn is_portable(self) -> bool {
        self.0 == Set::Portable
    }

    /// Runs `kernel` with this set.
    #[inline]
    pub(crate) fn run<K: SafeKernel>(self, kernel: K) -> K::Output {
        // SAFETY: a safe kernel asks for nothing.
        unsafe { self.run_pointers(kernel) }
    }

    /// Runs `kernel` with this set. Where there are threads, in a function of its own: what a kernel has on the stack must not
    /// lie on that of its callers too, which call themselves as they share work out.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    #[inline]
    pub(crate) unsafe fn run_pointers<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: the caller's promise; the features were detected on this machine, or there were no `Isa` of them.
        unsafe {
            match self.0 {
                Set::Portable => portable::with(kernel),
                #[cfg(target_arch = "x86_64")]
                Set::Avx2 => x86::with_avx2(kernel),
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => x86::with_avx512(kernel),
                #[cfg(target_arch = "aarch64")]
                Set::Neon => neon::with(kernel),
            }
        }
    }
}

/// Brings an address, which need not be readable, into the cache, where the machine can be asked to.
#[inline(always)]
pub(crate) fn prefetch(address: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it does nothing about an address that is not mapped.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// The operators of a vector type, from five functions of two vectors.
macro_rules! operators {
    ($type:ident: $add:ident, $sub:ident, $mul:ident, $div:ident) => {
        operators!(@ $type, Add, add, $add);
        operators!(@ $type, Sub, sub, $sub);
        operators!(@ $type, Mul, mul, $mul);
        operators!(@ $type, Div, div, $div);
        impl core::ops::Neg for $type {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self::splat(-0.0) - self
            }
        }
    };
    (@ $type:ident, $trait:ident, $method:ident, $function:ident) => {
        impl core::ops::$trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: a value of this type exists only under its instruction set.
                #[allow(unused_unsafe)]
                unsafe {
                    Self($function(self.0, other.0))
                }
            }
        }
    };
}

/// The methods of [`Vector`] that are one intrinsic each.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! intrinsics {
    ($($(#[$attribute:meta])* fn $name:ident($self:ident $(, $argument:ident)*) = $body:expr;)*) => {
        $(#[inline(always)]
        fn $name($self $(, $argument: Self)*) -> Self {
            // SAFETY: a value of this type exists only under its instruction set.
            Self(unsafe { $body })
        })*
    };
    (masks $mask:ty: $(fn $name:ident($self:ident, $argument:ident) = $body:expr;)*) => {
        $(#[inline(always)]
        fn $name($self, $argument: Self) -> $mask {
            // SAFETY: a value of this type exists only under its instruction set.
            unsafe { $body }
        })*
    };
}

mod portable {
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
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Kernel, Vector};
    use core::arch::x86_64::*;

    /// # Safety
    /// As [`Kernel::run`], on a machine with AVX2 and FMA.
    #[cfg_attr(feature = "std", inline(never))]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the caller's promise.
        unsafe { kernel.run::<Avx2>() }
    }
    /// # Safety
    /// As [`Kernel::run`], on a machine with AVX-512 F, AVX2 and FMA.
    #[cfg_attr(feature = "std", inline(never))]
    #[target_feature(enable = "avx512f,avx2,fma")]
    pub(super) unsafe fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the caller's promise.
        unsafe { kernel.run::<Avx512>() }
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
        #[inline(always)]
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
        #[inline(always)]
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
}

#[cfg(target_arch = "aarch64")]
mod neon {
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
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Isa, Set};
    use std::cell::Cell;

    thread_local!(static FORCED: Cell<Option<Isa>> = const { Cell::new(None) });

    pub(super) fn forced() -> Option<Isa> {
        FORCED.get()
    }

    /// Makes this thread use an instruction set of this machine.
    pub(crate) fn force(isa: Isa) {
        FORCED.set(Some(isa));
    }

    /// Runs `test` once with every instruction set of this machine.
    pub(crate) fn each_isa(mut test: impl FnMut()) {
        FORCED.set(None);
        let best = Isa::current();
        let mut sets = vec![Isa(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        if best.0 == Set::Avx512 {
            sets.push(Isa(Set::Avx2));
        }
        if !best.is_portable() {
            sets.push(best);
        }
        for isa in sets {
            FORCED.set(Some(isa));
            test();
            FORCED.set(None);
        }
    }
}

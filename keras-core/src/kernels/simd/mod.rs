//! One vector type per instruction set, behind one trait, and the choice among them.
//!
//! A kernel implements `Kernel` once, over any `Vector`; `Isa::run` instantiates it inside a function that has the
//! instruction set enabled. Everything on the way is `#[inline(always)]`: that is what carries the features inwards.

use core::ops::{Add, Div, Mul, Neg, Sub};

/// No vector has more lanes.
pub(crate) const MAX_LANES: usize = 16;

/// The number of each lane.
pub(crate) const NUMBERS: [f32; MAX_LANES] = {
    let (mut lanes, mut lane) = ([0.0; MAX_LANES], 0);
    while lane < MAX_LANES {
        lanes[lane] = lane as f32;
        lane += 1;
    }
    lanes
};

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
    /// Whether it is what machines without any other set have: kernels leave out code that is there for speed only.
    const IS_FALLBACK: bool = false;
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

    /// In each lane, the lane of `self` with this index.
    #[inline(always)]
    fn permute(self, indices: &[u32; MAX_LANES]) -> Self {
        let (from, mut lanes) = (self.lanes(), [0.0; MAX_LANES]);
        for (lane, index) in lanes.iter_mut().zip(indices).take(Self::LANES) {
            *lane = from[*index as usize % MAX_LANES];
        }
        // SAFETY: the array holds MAX_LANES floats.
        unsafe { Self::load(lanes.as_ptr()) }
    }
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

/// The instruction sets that a kernel is compiled for. Each takes the compiler as long again: a kernel that is a small part of any
/// step does with fewer.
#[derive(Clone, Copy)]
#[cfg_attr(not(all(feature = "std", target_arch = "x86_64")), allow(dead_code))]
pub(crate) enum Sets {
    /// The one that every machine of the target has.
    Baseline,
    /// Not AVX-512.
    UpToAvx2,
    All,
}

/// A loop over pointers, written once for every instruction set.
pub(crate) trait Kernel {
    /// The result of a run.
    type Output;
    /// What it is compiled for, where a target has several sets.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    const SETS: Sets = Sets::All;
    /// The loop. Must be `#[inline(always)]`.
    ///
    /// # Safety
    /// The kernel's pointers are valid for what its fields say that it reads and writes, and nobody else touches what it writes
    /// as long as it runs.
    unsafe fn run<V: Vector>(self) -> Self::Output;
}

/// A loop over values and references, written once for every instruction set.
pub(crate) trait SafeKernel {
    /// The result of a run.
    type Output;
    /// What it is compiled for, where a target has several sets.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    const SETS: Sets = Sets::All;
    /// The loop. Must be `#[inline(always)]`.
    fn run<V: Vector>(self) -> Self::Output;
}

impl<K: SafeKernel> Kernel for K {
    type Output = K::Output;
    const SETS: Sets = K::SETS;
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
    /// Arrays of four floats, for any target; a product and a sum are rounded apart.
    #[cfg(any(test, not(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "sse2")))))]
    Portable,
    /// SSE2; a product and a sum are rounded apart.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Sse2,
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

impl Set {
    /// The one that every machine of the target has.
    #[cfg(target_arch = "aarch64")]
    const BASELINE: Self = Self::Neon;
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    const BASELINE: Self = Self::Sse2;
    #[cfg(not(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "sse2"))))]
    const BASELINE: Self = Self::Portable;
}

/// The sets up to one of them.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[derive(Clone, Copy, PartialEq)]
enum Most {
    Baseline,
    Avx2,
    Avx512,
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
            let (avx512, avx2) = {
                let most = Self::most();
                let avx2 = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
                (most == Most::Avx512 && std::is_x86_feature_detected!("avx512f"), most != Most::Baseline && avx2)
            };
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
        Isa(Set::BASELINE)
    }

    /// The largest set that is to be used: the environment variable `KERAS_ISA` says `avx2` or `sse2`, so that their speed can be
    /// measured on a newer processor.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    #[inline]
    fn most() -> Most {
        static MOST: std::sync::OnceLock<Most> = std::sync::OnceLock::new();
        *MOST.get_or_init(|| match std::env::var_os("KERAS_ISA") {
            Some(name) if name == "avx2" => Most::Avx2,
            Some(name) if name == "sse2" => Most::Baseline,
            _ => Most::Avx512,
        })
    }

    /// Whether a product and a sum are rounded once.
    #[cfg(test)]
    pub(crate) fn fuses(self) -> bool {
        self.0 != Set::Portable && (self.0 != Set::BASELINE || cfg!(target_arch = "aarch64"))
    }

    /// The lanes of its vectors.
    #[inline]
    pub(crate) fn lanes(self) -> usize {
        struct Lanes;
        impl SafeKernel for Lanes {
            type Output = usize;
            #[inline(always)]
            fn run<V: Vector>(self) -> usize {
                V::LANES
            }
        }
        self.run(Lanes)
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
                // Constants, so that no code is generated for sets that a kernel does without.
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 if const { K::SETS as u8 >= Sets::All as u8 } => avx512::with(kernel),
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 | Set::Avx2 if const { K::SETS as u8 >= Sets::UpToAvx2 as u8 } => avx2::with(kernel),
                #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
                Set::Avx512 | Set::Avx2 | Set::Sse2 => sse2::with(kernel),
                #[cfg(all(target_arch = "x86_64", not(target_feature = "sse2")))]
                Set::Avx512 | Set::Avx2 => portable::with(kernel),
                #[cfg(any(
                    test,
                    not(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "sse2")))
                ))]
                Set::Portable => portable::with(kernel),
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

/// Brings an address, which need not be readable, into the second-level cache, where the machine can be asked to.
#[inline(always)]
pub(crate) fn prefetch_near(address: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the instruction, and it does nothing about an address that is not mapped.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(address.cast());
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

// After the macros that they use.
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(any(target_arch = "aarch64", all(target_arch = "x86_64", target_feature = "sse2")))))]
mod portable;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;

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
        if Set::BASELINE != Set::Portable && Set::BASELINE != best.0 {
            sets.push(Isa(Set::BASELINE));
        }
        #[cfg(target_arch = "x86_64")]
        if best.0 == Set::Avx512 {
            sets.push(Isa(Set::Avx2));
        }
        if best.0 != Set::Portable {
            sets.push(best);
        }
        for isa in sets {
            FORCED.set(Some(isa));
            test();
            FORCED.set(None);
        }
    }
}

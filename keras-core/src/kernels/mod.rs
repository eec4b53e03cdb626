//! The kernels: plain functions over slices and sizes, which know nothing of layers.
//!
//! Each is written once and compiled for several instruction sets, of which the best is chosen at run time (with `std`)
//! or at build time (without). A result does not depend on the number of threads: work is split over outputs, or over
//! fixed slices whose sums are added in order. Nothing here allocates, and nothing that inference calls can panic.

pub mod activation;
pub mod conv2d;
pub mod elementwise;
mod gemm;
pub mod math;
pub mod matmul;
pub mod normalization;
pub mod pool2d;
pub mod random;

/// Compiles a function for the instruction sets that the processor may have, and calls the best.
///
/// `versions! { pub fn name(arguments) { body } }`: the body is inlined into one version a set, where the compiler
/// vectorises it.
macro_rules! versions {
    ($($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block)*) => {$(
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments, reason = "slices and sizes: a structure would say no more")]
        $visibility fn $name($($argument: $kind),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($argument: $kind),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx512($($argument: $kind),*) {
                    body($($argument),*);
                }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($argument: $kind),*) {
                    body($($argument),*);
                }
                match $crate::kernels::instructions() {
                    // SAFETY: `instructions` says that the processor has what the function is compiled for.
                    $crate::kernels::Instructions::Avx512 => return unsafe { avx512($($argument),*) },
                    // SAFETY: as above.
                    $crate::kernels::Instructions::Avx2 => return unsafe { avx2($($argument),*) },
                    $crate::kernels::Instructions::Portable => {}
                }
            }
            body($($argument),*);
        }
    )*};
}
pub(crate) use versions;

/// What the processor can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instructions {
    /// AVX-512 with FMA.
    Avx512,
    /// AVX2 with FMA.
    Avx2,
    /// What every processor of the target can do.
    Portable,
}

/// The best instruction set that there is, found out once.
#[inline]
pub fn instructions() -> Instructions {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    {
        // The standard library caches what it finds: this is a load and a test.
        let has_fma = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
        if has_fma
            && std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512dq")
        {
            return Instructions::Avx512;
        }
        if has_fma {
            return Instructions::Avx2;
        }
    }
    #[cfg(all(not(feature = "std"), target_arch = "x86_64"))]
    {
        if cfg!(all(
            target_feature = "avx512f",
            target_feature = "avx512vl",
            target_feature = "avx512bw",
            target_feature = "avx512dq",
            target_feature = "fma"
        )) {
            return Instructions::Avx512;
        }
        if cfg!(all(target_feature = "avx2", target_feature = "fma")) {
            return Instructions::Avx2;
        }
    }
    Instructions::Portable
}

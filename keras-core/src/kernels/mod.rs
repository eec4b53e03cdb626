//! The arithmetic: plain functions over slices and sizes, `f32`, NHWC.
//!
//! Kernels know nothing of layers. They share six rules:
//!
//! - **No allocation.** What a kernel needs beyond its arguments is stack (under 300 KB on the way of a call), or scratch whose size a
//!   `const fn …_scratch` gives in floats, whatever the batch and the number of threads.
//! - **One result.** The number of threads never changes a bit of it: threads own disjoint outputs, and sums over the
//!   batch go by fixed slices, added in slice order.
//! - **Long sums.** What may have millions of terms is summed in pieces of a fixed length (`sums`).
//! - **No panic.** Lengths are checked once at entry; a kernel whose slices do not fit does nothing (and says so in
//!   debug builds).
//! - **IEEE 754.** NaN, infinities and subnormals are numbers like others. Whether the zeros of a convolution's padding are multiplied
//!   is left open, as it shows only where a weight, or for the kernel's gradient the output's gradient, is infinite or NaN: there
//!   Keras has NaN.
//! - **Written once.** Every loop is generic over a `simd` vector and instantiated for each instruction set.

use crate::activations::Activation;

pub mod activation;
pub(crate) mod arithmetic;
pub(crate) mod channels;
mod columns;
pub mod convolution;
mod copies;
pub mod elementwise;
pub(crate) mod functions;
mod gemm;
pub mod geometry;
pub mod half;
pub mod layer_normalization;
pub(crate) mod masks;
pub mod math;
pub mod matmul;
pub mod normalization;
pub mod panels;
pub(crate) mod parallel;
mod pointers;
pub mod pooling;
#[cfg(test)]
pub(crate) mod properties;
pub mod random;
pub(crate) mod reductions;
pub mod resize;
#[cfg(feature = "std")]
pub(crate) mod rows;
pub(crate) mod scatter;
pub(crate) mod simd;
pub mod softmax;
mod strided;
pub(crate) mod subnormals;
pub(crate) mod sums;
#[cfg(feature = "std")]
mod team;
mod tile;
mod transposed;
pub(crate) mod unit_vectors;

/// What the sums of a product go through before they are stored: activation(sum·scale + bias), column by column.
///
/// ```
/// use keras_core::{activations::Activation, kernels::{Epilogue, matmul::{Product, dense}}};
///
/// let product = Product { m: 1, n: 2, k: 2, ..Product::default() };
/// let epilogue = Epilogue { scale: &[1.0, 10.0], ..Epilogue::new(&[-9.0, 1.0], Activation::Relu) };
/// let mut c = [0.0; 2];
/// dense(product, &[1.0, 2.0], &[1.0, 2.0, 3.0, 4.0], epilogue, &mut c); // sums of 7 and 10
/// assert_eq!(c, [0.0, 101.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// One float per column, or empty.
    pub scale: &'a [f32],
    /// One float per column, or empty.
    pub bias: &'a [f32],
    /// What comes last.
    pub activation: Activation,
}

impl<'a> Epilogue<'a> {
    /// Sums as they are.
    pub const NONE: Epilogue<'static> = Epilogue { scale: &[], bias: &[], activation: Activation::Linear };

    /// activation(sum + bias).
    pub const fn new(bias: &'a [f32], activation: Activation) -> Self {
        Self { scale: &[], bias, activation }
    }

    /// Whether it fits this number of columns.
    pub(crate) const fn fits(&self, columns: usize) -> bool {
        (self.scale.is_empty() || self.scale.len() == columns) && (self.bias.is_empty() || self.bias.len() == columns)
    }
}

/// Leaves a kernel whose slices do not fit its sizes.
macro_rules! ensure {
    ($condition:expr) => {
        if !$condition {
            debug_assert!(false, concat!("lengths do not fit: ", stringify!($condition)));
            return;
        }
    };
}
use ensure;

/// The floats that sizes need. Sizes beyond all memory are longer than any slice; wrapped around, they might fit one.
const fn length<const N: usize>(sizes: [usize; N]) -> usize {
    let (mut length, mut rest) = (1usize, sizes.as_slice());
    while let [size, others @ ..] = rest {
        (length, rest) = (length.saturating_mul(*size), others);
    }
    length
}

//! The sums and differences between pixels, taps and planes. All leave planes transposed, and so find each other's.

use crate::kernels::simd::Vector;

/// G·g·Gᵀ, transposed: nine taps to sixteen planes.
#[inline(always)]
pub(super) fn spread_taps<V: Vector>([a, b, c]: [[V; 3]; 3]) -> [[V; 4]; 4] {
    let half = V::splat(0.5);
    let line = |[a, b, c]: [V; 3]| [a, (a + c + b) * half, (a + c - b) * half, c];
    let ([a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3]) = (line(a), line(b), line(c));
    [line([a0, b0, c0]), line([a1, b1, c1]), line([a2, b2, c2]), line([a3, b3, c3])]
}

/// Gᵀ·u·G, from transposed planes: the gradient of [`spread_taps`].
#[inline(always)]
pub(super) fn gather_taps<V: Vector>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 3]; 3] {
    let half = V::splat(0.5);
    let line = |[a, b, c, d]: [V; 4]| {
        let outer = (b + c) * half;
        [a + outer, (b - c) * half, outer + d]
    };
    let ([a0, a1, a2], [b0, b1, b2], [c0, c1, c2], [d0, d1, d2]) = (line(a), line(b), line(c), line(d));
    [line([a0, b0, c0, d0]), line([a1, b1, c1, d1]), line([a2, b2, c2, d2])]
}

/// Bᵀ·d·B, transposed: sixteen pixels of the input to sixteen planes.
#[inline(always)]
pub(super) fn spread_pixels<V: Vector>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 4]; 4] {
    let line = |[a, b, c, d]: [V; 4]| [a - c, b + c, c - b, b - d];
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (line(a), line(b));
    let ([c0, c1, c2, c3], [d0, d1, d2, d3]) = (line(c), line(d));
    [line([a0, b0, c0, d0]), line([a1, b1, c1, d1]), line([a2, b2, c2, d2]), line([a3, b3, c3, d3])]
}

/// Aᵀ·m·A, from transposed planes: sixteen planes to four pixels of the output.
#[inline(always)]
pub(super) fn gather_planes<V: Vector>([a, b, c, d]: [[V; 4]; 4]) -> [[V; 2]; 2] {
    let line = |[a, b, c, d]: [V; 4]| [a + (b + c), b - c - d];
    let ([a0, a1], [b0, b1], [c0, c1], [d0, d1]) = (line(a), line(b), line(c), line(d));
    [line([a0, b0, c0, d0]), line([a1, b1, c1, d1])]
}

/// A·m·Aᵀ, transposed: four pixels of the output's gradient to sixteen planes, the gradient of [`gather_planes`].
#[inline(always)]
pub(super) fn spread_gradient<V: Vector>([a, b]: [[V; 2]; 2]) -> [[V; 4]; 4] {
    let line = |[a, b]: [V; 2]| [a, a + b, a - b, V::zero() - b];
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (line(a), line(b));
    [line([a0, b0]), line([a1, b1]), line([a2, b2]), line([a3, b3])]
}

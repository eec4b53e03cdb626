//! Register tiles of vectors by vectors: pixels of what is written, and vectors of its channels.

use crate::kernels::{
    elementwise::{load_some, store_some},
    simd::{Kernel, Vector},
    tile::{Target, Walk, finish},
};

/// Pixels of a tile, at most: their sums hide how long one takes.
pub(super) const PIXELS: usize = 8;
/// Vectors of channels of a tile, at most.
pub(super) const VECTORS: usize = 2;
/// Taps of a tile of the kernel's gradient, at most: those of a window of 3×3.
pub(super) const TAPS: usize = 9;

/// A tile of M pixels and N vectors, as a function of its own.
struct Tile<'a, const M: usize, const N: usize>(&'a Walk, &'a Target<'a>);

impl<const M: usize, const N: usize> Kernel for Tile<'_, M, N> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { tile_of::<V, M, N>(self.0, self.1) }
    }
}

/// Computes a tile of `target.count` pixels, at most [`PIXELS`] and [`Vector::TILE_ROWS`], and up to [`VECTORS`] vectors. The
/// rows of the walk are pixels.
///
/// # Safety
/// At all addresses of the walk the vectors are readable, of each pixel in A. The target's rows are writable.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector>(walk: &Walk, target: &Target<'_>) {
    let narrow = target.columns <= V::LANES;
    macro_rules! of_pixels {
        ($($pixels:literal)*) => {
            match target.count {
                // SAFETY: the caller's promise.
                $($pixels if $pixels <= V::TILE_ROWS && narrow => unsafe { V::outlined(Tile::<$pixels, 1>(walk, target)) },
                // SAFETY: as above.
                $pixels if $pixels <= V::TILE_ROWS => unsafe { V::outlined(Tile::<$pixels, VECTORS>(walk, target)) },)*
                _ => {}
            }
        };
    }
    of_pixels!(1 2 3 4 5 6 7 8);
}

/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn tile_of<V: Vector, const M: usize, const N: usize>(walk: &Walk, target: &Target<'_>) {
    let [(columns, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let a_row = walk.a_row;
    let mut sums = [[V::zero(); N]; M];
    let (mut a, mut b) = (walk.a, walk.b);
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            // Three pixels to a pointer: with its multiples of a pixel that is an address each.
            let mut pixels = [a_of_line; PIXELS.div_ceil(3)];
            for (at, pointer) in pixels.iter_mut().enumerate() {
                *pointer = a_of_line.wrapping_add(3 * at * a_row);
            }
            let mut b = b_of_line;
            for _ in 0..columns {
                // SAFETY: the caller's promise.
                unsafe {
                    let mut weights = [V::zero(); N];
                    for (j, weight) in weights.iter_mut().enumerate() {
                        *weight = V::load(b.add(j * V::LANES));
                    }
                    macro_rules! pixels {
                        ($($m:literal)*) => {
                            $(if $m < M {
                                let from = pixels[$m / 3].wrapping_add($m % 3 * a_row);
                                for (j, (sum, weight)) in sums[$m % M].iter_mut().zip(&weights).enumerate() {
                                    *sum = V::load(from.wrapping_add(j * V::LANES)).mul_add(*weight, *sum);
                                }
                            })*
                        };
                    }
                    pixels!(0 1 2 3 4 5 6 7);
                }
                for pointer in &mut pixels {
                    *pointer = pointer.wrapping_add(a_step);
                }
                b = b.wrapping_add(b_step);
            }
            a_of_line = a_of_line.wrapping_add(a_line);
            b_of_line = b_of_line.wrapping_add(b_line);
        }
        a = a.wrapping_add(a_plane);
        b = b.wrapping_add(b_plane);
    }
    // SAFETY: the caller's promise.
    unsafe { finish(&sums, target) }
}

/// Taps of the kernel, for whose gradients pixels are summed.
pub(super) struct Taps {
    /// How many; at most [`TAPS`].
    pub count: usize,
    /// Where each begins to read, from A on.
    pub from: [usize; TAPS],
    /// Where the sums of each are added.
    pub to: [*mut f32; TAPS],
    /// Channels of a vector.
    pub channels: usize,
}

/// Sums over pixels, as a function of its own.
struct TapSums<'a, const M: usize>(&'a Walk, &'a Taps);

impl<const M: usize> Kernel for TapSums<'_, M> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller's promise.
        unsafe { sums_of::<V, M>(self.0, self.1) }
    }
}

/// Adds the sums over pixels, which the walk goes over, of A at each tap · B.
///
/// # Safety
/// At all addresses of the walk a vector of A is readable from each tap on, and the channels of B. The targets are writable.
#[inline(always)]
pub(super) unsafe fn tap_sums<V: Vector>(walk: &Walk, taps: &Taps) {
    macro_rules! of_taps {
        ($($taps:literal)*) => {
            match taps.count {
                // SAFETY: the caller's promise.
                $($taps => unsafe { V::outlined(TapSums::<$taps>(walk, taps)) },)*
                _ => {}
            }
        };
    }
    of_taps!(1 2 3 4 5 6 7 8 9);
}

/// # Safety
/// As [`tap_sums`].
#[inline(always)]
unsafe fn sums_of<V: Vector, const M: usize>(walk: &Walk, taps: &Taps) {
    let [(columns, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let mut sums = [V::zero(); M];
    let mut from = [0; M];
    from.copy_from_slice(&taps.from[..M]);
    let (mut a, mut b) = (walk.a, walk.b);
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            let (mut a, mut b) = (a_of_line, b_of_line);
            for _ in 0..columns {
                // SAFETY: the caller's promise.
                unsafe {
                    let gradient = load_some::<V>(b, taps.channels);
                    for (sum, from) in sums.iter_mut().zip(from) {
                        *sum = V::load(a.wrapping_add(from)).mul_add(gradient, *sum);
                    }
                }
                (a, b) = (a.wrapping_add(a_step), b.wrapping_add(b_step));
            }
            (a_of_line, b_of_line) = (a_of_line.wrapping_add(a_line), b_of_line.wrapping_add(b_line));
        }
        (a, b) = (a.wrapping_add(a_plane), b.wrapping_add(b_plane));
    }
    for (sum, to) in sums.into_iter().zip(taps.to) {
        // SAFETY: the caller's promise.
        unsafe { store_some(load_some::<V>(to, taps.channels) + sum, to, taps.channels) };
    }
}

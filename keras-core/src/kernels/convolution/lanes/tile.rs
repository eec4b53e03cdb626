//! Register tiles of vectors by vectors: pixels of the target, and vectors of its channels.

use crate::kernels::{
    elementwise::{load_some, store_some},
    simd::{Kernel, MAX_LANES, Vector},
    tile::{Target, Walk, finish},
};

/// Pixels of a tile, at most: their sums hide how long one takes.
pub(super) const PIXELS: usize = 8;
/// Taps of a tile of the kernel's gradient, at most: those of a window of 3×3.
pub(super) const TAPS: usize = 9;
/// Taps of a line that a tile takes at once where neighbouring pixels meet the same elements: the source stays in a register.
pub(super) const SLIDING: usize = 3;

/// A tile of M pixels, as a function of its own: the walk, whose rows are pixels, and some vectors of channels. T taps of a line
/// are taken at once; if more than one, they are all of them, and A moves as far from tap to tap as from pixel to pixel.
struct Tile<'a, const M: usize, const T: usize>(&'a Walk, &'a Target<'a>, Outside);

/// Whether the first element that a line of a sliding tile reads, and the last, are zeros outside the image.
#[derive(Clone, Copy, Default)]
pub(super) struct Outside {
    pub first: bool,
    pub last: bool,
}

/// What lies outside an image.
static ZEROS: [f32; MAX_LANES] = [0.0; MAX_LANES];

impl<const M: usize, const T: usize> Kernel for Tile<'_, M, T> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(walk, target, outside) = self;
        for vector in 0..target.columns.div_ceil(V::LANES) {
            let from = vector * V::LANES;
            let walk = Walk { a: walk.a.wrapping_add(from), b: walk.b.wrapping_add(from), ..*walk };
            let columns = (target.columns - from).min(V::LANES);
            let target = Target { offset: target.offset + from, columns, finish: target.finish.from(from), ..*target };
            // SAFETY: the caller's promise.
            unsafe { tile_of::<V, M, T>(&walk, &target, outside) }
        }
    }
}

/// Computes a tile of `target.count` pixels, at most [`PIXELS`], of any number of channels. The rows of the walk are pixels.
///
/// # Safety
/// At all addresses of the walk vectors for the channels are readable, of each pixel in A, but for what is outside; that may be
/// only if the tile [slides](Outside). The target's rows are writable.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector>(walk: &Walk, target: &Target<'_>, outside: Outside) {
    let [(taps, step, _), ..] = walk.loops;
    let slides = taps == SLIDING && step == walk.a_row;
    macro_rules! of_pixels {
        ($($pixels:literal)*) => {
            match target.count {
                // SAFETY: the caller's promise.
                $($pixels if slides => unsafe { V::outlined(Tile::<$pixels, SLIDING>(walk, target, outside)) },
                // SAFETY: as above.
                $pixels => unsafe { V::outlined(Tile::<$pixels, 1>(walk, target, outside)) },)*
                _ => {}
            }
        };
    }
    of_pixels!(1 2 3 4 5 6 7 8);
}

/// # Safety
/// As [`tile`], for a vector of channels.
#[inline(always)]
unsafe fn tile_of<V: Vector, const M: usize, const T: usize>(walk: &Walk, target: &Target<'_>, outside: Outside) {
    let [(columns, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let a_row = walk.a_row;
    let mut sums = [[V::zero(); 1]; M];
    let (mut a, mut b) = (walk.a, walk.b);
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            // Three elements to a pointer: with its multiples of a distance that is an address each.
            let mut pointers = [a_of_line; (PIXELS + SLIDING - 1).div_ceil(3)];
            for (at, pointer) in pointers.iter_mut().enumerate() {
                *pointer = a_of_line.wrapping_add(3 * at * a_row);
            }
            let mut b = b_of_line;
            for _ in 0..if T > 1 { 1 } else { columns } {
                // SAFETY: the caller's promise.
                unsafe {
                    let weights: [V; T] = core::array::from_fn(|tap| V::load(b.wrapping_add(tap.wrapping_mul(b_step))));
                    for element in 0..M + T - 1 {
                        let from = pointers[element / 3].wrapping_add(element % 3 * a_row);
                        let zero = T > 1 && (element == 0 && outside.first || element == M + T - 2 && outside.last);
                        let value = V::load(if zero { ZEROS.as_ptr() } else { from });
                        for (tap, weight) in weights.iter().enumerate() {
                            if let Some(sum) = element.checked_sub(tap).and_then(|pixel| sums.get_mut(pixel)) {
                                sum[0] = value.mul_add(*weight, sum[0]);
                            }
                        }
                    }
                }
                for pointer in &mut pointers {
                    *pointer = pointer.wrapping_add(a_step);
                }
                b = b.wrapping_add(b_step);
            }
            (a_of_line, b_of_line) = (a_of_line.wrapping_add(a_line), b_of_line.wrapping_add(b_line));
        }
        (a, b) = (a.wrapping_add(a_plane), b.wrapping_add(b_plane));
    }
    // SAFETY: the caller's promise.
    unsafe { finish(&sums, target) }
}

/// Taps of the kernel, for whose gradients pixels are summed.
pub(super) struct Taps {
    /// How many; at most [`TAPS`].
    pub count: usize,
    /// Where each begins to read, from A on; those beyond read where A begins.
    pub from: [usize; TAPS],
    /// Where the sums of each are added.
    pub to: [*mut f32; TAPS],
    /// Channels, which the sums of each tap go over.
    pub channels: usize,
}

/// Sums over pixels for up to M taps, as a function of its own.
struct TapSums<'a, const M: usize>(&'a Walk, &'a Taps);

impl<const M: usize> Kernel for TapSums<'_, M> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(walk, taps) = self;
        for first in (0..taps.channels).step_by(V::LANES) {
            // SAFETY: the caller's promise.
            unsafe { sums_of::<V, M>(walk, taps, (first, V::LANES.min(taps.channels - first))) }
        }
    }
}

/// Adds the sums over pixels, which the walk goes over, of A at each tap · B.
///
/// # Safety
/// At all addresses of the walk vectors for the channels are readable from each tap of A on, and the channels of B. The targets
/// are writable.
#[inline(always)]
pub(super) unsafe fn tap_sums<V: Vector>(walk: &Walk, taps: &Taps) {
    // SAFETY: the caller's promise; taps beyond their number read where the first does.
    unsafe {
        match taps.count {
            0..=3 => V::outlined(TapSums::<3>(walk, taps)),
            4..=6 => V::outlined(TapSums::<6>(walk, taps)),
            _ => V::outlined(TapSums::<TAPS>(walk, taps)),
        }
    }
}

/// # Safety
/// As [`tap_sums`].
#[inline(always)]
unsafe fn sums_of<V: Vector, const M: usize>(walk: &Walk, taps: &Taps, (first, count): (usize, usize)) {
    let [(columns, a_step, b_step), (lines, a_line, b_line), (planes, a_plane, b_plane)] = walk.loops;
    let mut sums = [V::zero(); M];
    let mut from = [0; M];
    from.copy_from_slice(&taps.from[..M]);
    let (mut a, mut b) = (walk.a.wrapping_add(first), walk.b.wrapping_add(first));
    for _ in 0..planes {
        let (mut a_of_line, mut b_of_line) = (a, b);
        for _ in 0..lines {
            let (mut a, mut b) = (a_of_line, b_of_line);
            for _ in 0..columns {
                // SAFETY: the caller's promise.
                unsafe {
                    let gradient = load_some::<V>(b, count);
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
    for (sum, to) in sums.into_iter().zip(taps.to).take(taps.count) {
        // SAFETY: the caller's promise.
        unsafe {
            let to = to.wrapping_add(first);
            store_some(load_some::<V>(to, count) + sum, to, count);
        }
    }
}

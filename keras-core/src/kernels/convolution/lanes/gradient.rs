//! The gradient of the kernel: for each tap, the sum over pixels of input · output's gradient.

use core::mem::MaybeUninit;

use super::{
    PatchAxis, SPREAD, VECTORS,
    product::{reach, room},
    spread::{Lines, Spread},
    tile::{TAPS, Taps, tap_sums},
};
use crate::kernels::{
    gemm::Block,
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, Vector},
    tile::{Walk, even},
};

/// The kernel's gradient over some images, added to what is there.
pub(in super::super) struct KernelGradient<'a> {
    pub geometry: &'a Geometry,
    pub images: usize,
    /// (images, axes, channels)
    pub input: ReadPointer,
    /// (images, output pixels, filters)
    pub gradient: ReadPointer,
    /// (taps, channels of a group, filters)
    pub to: WritePointer,
    /// Filters to do; the first is a multiple of any vector's lanes.
    pub filters: (usize, usize),
}

/// Pixels that are summed in one piece, at most: sums of pieces are more exact than one long sum.
const PIECE_PIXELS: usize = 512;
/// Pixels of a line of a piece of many lines: what the lines of a window take stays in a first-level cache.
const STRIP: usize = 16;

impl Kernel for KernelGradient<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let g = self.geometry;
        let (first, last) = self.filters;
        let plain = g.of_a_group() == (1, 1);
        let whole = if plain { (g.filters / V::LANES * V::LANES).clamp(first, last) } else { first };
        let lines = (PIECE_PIXELS / g.x.output.clamp(1, STRIP)).clamp(1, g.y.output.max(1));
        let together = (PIECE_PIXELS / (g.x.output * g.y.output).max(1)).clamp(1, self.images.max(1));
        let mut spread = Block::<SPREAD>(MaybeUninit::uninit());
        let spread = spread.0.as_mut_ptr().cast::<f32>();
        // SAFETY: the caller's promise.
        unsafe {
            if first < whole {
                for image in (0..self.images).step_by(together) {
                    let images = (image, together.min(self.images - image));
                    for top in (0..g.y.output).step_by(lines) {
                        for filter in (first..whole).step_by(VECTORS * V::LANES) {
                            let filters = (filter, (VECTORS * V::LANES).min(whole - filter));
                            self.in_place::<V>(images, (top, (top + lines).min(g.y.output)), filters);
                        }
                    }
                }
            }
            for filter in (whole..last).step_by(V::LANES) {
                self.spread::<V>((filter, V::LANES.min(last - filter)), spread);
            }
        }
    }
}

impl KernelGradient<'_> {
    /// Adds what some lines of the output of some images give, for filters that fill vectors, each of which is a group.
    ///
    /// # Safety
    /// As [`Kernel::run`].
    #[inline(always)]
    unsafe fn in_place<V: Vector>(
        &self,
        (image, images): (usize, usize),
        lines: (usize, usize),
        filters: (usize, usize),
    ) {
        let g = self.geometry;
        let (patch_y, patch_x) = (PatchAxis::new(&g.y), PatchAxis::new(&g.x));
        let (line, pixel) = (g.x.input * g.channels, g.channels);
        // Of few lines longer ones: what is added to the gradient is the sum of a whole piece.
        let strip = STRIP.max(PIECE_PIXELS / (lines.1 - lines.0).max(1));
        let mut y = lines.0;
        while y < lines.1 {
            let rows = patch_y.segment(y, lines.1);
            let mut x = 0;
            while x < g.x.output {
                let columns = patch_x.segment(x, (x + strip).min(g.x.output));
                let from = patch_y.input(y, rows.taps.0) * line + patch_x.input(x, columns.taps.0) * pixel;
                let to = ((image * g.y.output + y) * g.x.output + x) * g.filters;
                let walk = Walk {
                    a: self.input.get().wrapping_add(image * g.y.input * line + from + filters.0),
                    b: self.gradient.get().wrapping_add(to + filters.0),
                    a_row: 0,
                    loops: [
                        (columns.end - x, g.x.stride * pixel, g.filters),
                        (rows.end - y, g.y.stride * line, g.x.output * g.filters),
                        (images, g.y.input * line, g.y.output * g.x.output * g.filters),
                    ],
                };
                let steps = (g.y.dilation * line, g.x.dilation * pixel, 0);
                // SAFETY: the caller's promise: these taps lie inside the image.
                unsafe { self.add::<V>(&walk, (rows.taps, columns.taps), steps, filters) };
                x = columns.end;
            }
            y = rows.end;
        }
    }

    /// Adds what all images give for the filters of a vector, from spread lines.
    ///
    /// # Safety
    /// As [`Kernel::run`]; `buffer` has room for [`SPREAD`] floats.
    #[inline(always)]
    unsafe fn spread<V: Vector>(&self, (filter, count): (usize, usize), buffer: *mut f32) {
        let g = self.geometry;
        let (sources, targets) = g.of_a_group();
        let (patch_y, patch_x) = (PatchAxis::new(&g.y), PatchAxis::new(&g.x));
        let spread = Spread::new::<V>(filter, count, targets, sources);
        let pixel = sources * V::LANES;
        let (wide, tall) = room(&patch_y, &patch_x, (g.y.output, g.x.output), pixel);
        let corner = |at: usize, patch: &PatchAxis| (at * patch.stride) as isize - patch.pad;
        for image in 0..self.images {
            let from = Lines {
                image: self.input.get().wrapping_add(image * g.y.input * g.x.input * g.channels),
                height: g.y.input,
                width: g.x.input,
                channels: g.channels,
            };
            for top in (0..g.y.output).step_by(tall) {
                let down = tall.min(g.y.output - top);
                for left in (0..g.x.output).step_by(wide) {
                    let across = wide.min(g.x.output - left);
                    let columns = reach(across, g.x.stride, g.x.window, g.x.dilation);
                    let line = columns * pixel;
                    let rows = if down == 1 { g.y.window } else { reach(down, g.y.stride, g.y.window, 1) };
                    let to = ((image * g.y.output + top) * g.x.output + left) * g.filters;
                    let walk = Walk {
                        a: buffer,
                        b: self.gradient.get().wrapping_add(to + filter),
                        a_row: 0,
                        loops: [
                            (across, g.x.stride * pixel, g.filters),
                            (down, g.y.stride * line, g.x.output * g.filters),
                            (1, 0, 0),
                        ],
                    };
                    let taps = ((0, g.y.window), (0, g.x.window));
                    // SAFETY: the caller's promise; `room` says what fits.
                    unsafe {
                        for row in 0..rows {
                            let y = corner(top, &patch_y) + (row * g.y.dilation) as isize;
                            spread.line::<V>(&from, (y, corner(left, &patch_x)), columns, buffer.add(row * line));
                        }
                        self.add::<V>(&walk, taps, (line, g.x.dilation * pixel, V::LANES), (filter, count));
                    }
                }
            }
        }
    }

    /// Adds the sums over the pixels of a walk, for these taps: from line to line of them, from one to the next, and from
    /// channel to channel of a group, A is read at these distances.
    ///
    /// # Safety
    /// A and B are readable there, for these filters.
    #[inline(always)]
    unsafe fn add<V: Vector>(
        &self,
        walk: &Walk,
        (down, along): ((usize, usize), (usize, usize)),
        (line, pixel, channel): (usize, usize, usize),
        (filter, filters): (usize, usize),
    ) {
        let g = self.geometry;
        let (sources, _) = g.of_a_group();
        let mut left = (down.1 - down.0) * (along.1 - along.0) * sources;
        let most = even(left, TAPS);
        let (mut y, mut x, mut source) = (down.0, along.0, 0);
        while left > 0 {
            let count = most.min(left);
            let mut taps = Taps { count, from: [0; TAPS], to: [core::ptr::null_mut(); TAPS], channels: filters };
            for (from, to) in taps.from.iter_mut().zip(&mut taps.to).take(count) {
                *from = (y - down.0) * line + (x - along.0) * pixel + source * channel;
                let tap = (y * g.x.window + x) * sources + source;
                *to = self.to.get().wrapping_add(tap * g.filters + filter);
                source += 1;
                if source == sources {
                    (source, x) = (0, x + 1);
                    if x == along.1 {
                        (x, y) = (along.0, y + 1);
                    }
                }
            }
            // SAFETY: the caller's promise.
            unsafe { tap_sums::<V>(walk, &taps) };
            left -= count;
        }
    }
}

//! The gradient of the kernel: dg = Gᵀ·(Σ (A·dy·Aᵀ) ⊙ (Bᵀ·d·B))·G, the sum over all tiles.

use super::planes::{Room, grid, products, spread_image, spread_output_gradient};
use super::transforms::gather_taps;
use crate::kernels::{
    elementwise::{load_some, store_some},
    geometry::Geometry,
    pointers::{ReadPointer, WritePointer},
    simd::{Kernel, Vector},
    tile::{Start, even},
};

/// Adds the gradient of a block of the kernel over some images.
#[derive(Clone, Copy)]
pub(in super::super) struct KernelGradient<'a> {
    pub geometry: &'a Geometry,
    pub images: usize,
    pub input: ReadPointer,
    /// Of the output.
    pub gradient: ReadPointer,
    /// (3, 3, channels, filters)
    pub to: WritePointer,
    /// The first channel, and how many: a block.
    pub channels: (usize, usize),
    pub filters: (usize, usize),
}

/// Such a pass with memory for its planes.
pub(super) struct InRoom<'a>(pub KernelGradient<'a>, pub Room);

impl Kernel for InRoom<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self(pass, room) = self;
        let (g, (filter, filters), (channel, channels)) = (pass.geometry, pass.filters, pass.channels);
        let block = room.block::<V>(channels, filters, usize::MAX);
        let (kernel, image, output) = (room.kernel(&block), room.image(&block), room.output(&block));
        let (down, across) = grid(g);
        let tiles = pass.images * down * across;
        let most = even(tiles, block.tiles);
        for first in (0..tiles).step_by(most) {
            let some = (first, most.min(tiles - first));
            let start = if first == 0 { Start::Zero } else { Start::Output };
            // SAFETY: the room has a block's planes; the images, and the gradient, have these tiles.
            unsafe {
                spread_image::<V>(g, pass.input, some, pass.channels, image);
                spread_output_gradient::<V>(g, pass.gradient, some, pass.filters, output);
                products::<V>((image, 1, image.row), output, kernel, (channels, some.1, block.filters), start);
            }
        }
        for row in 0..channels {
            for offset in (0..filters).step_by(V::LANES) {
                let count = V::LANES.min(filters - offset);
                // SAFETY: the planes have these channels, with whole vectors of filters.
                let taps = gather_taps(unsafe { kernel.load::<V>(row, offset) });
                for (y, line) in taps.iter().enumerate() {
                    for (x, value) in line.iter().enumerate() {
                        let to = ((3 * y + x) * g.channels + channel + row) * g.filters + filter + offset;
                        let to = pass.to.get().wrapping_add(to);
                        // SAFETY: the kernel has this tap, channel and filters, which no other thread touches.
                        unsafe { store_some(load_some::<V>(to, count) + *value, to, count) };
                    }
                }
            }
        }
    }
}

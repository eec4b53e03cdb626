//! The pieces of a batch over which the gradient of a kernel is summed apart.
//!
//! A sum over all pixels of a large batch would lose digits (`sums`). So it is a sum of sums: some hundred pixels in registers
//! (each kernel's business), some hundred of those in a piece, and the pieces. They are also what threads share, and the same for
//! any number of threads.

use super::planar::batch_slices;
use crate::kernels::geometry::{Axis, Geometry};
use crate::kernels::tile::even;

/// Pixels of a piece, at least, if there are several: fewer do not pay for adding it up.
const SHORT: usize = 2048;
/// Pixels of a piece, at most.
pub(super) const LONG: usize = 1 << 16;

/// A batch in pieces of several images, or of a part of one: some of its lines or, of a single line, some of its columns.
pub(super) struct Pieces<'a> {
    geometry: &'a Geometry,
    batch: usize,
    /// Images of a piece.
    images: usize,
    /// Rows and columns of the output of a piece.
    part: (usize, usize),
}

/// A piece, as a batch.
pub(super) struct Piece<'a> {
    pub geometry: Geometry,
    pub images: usize,
    pub input: &'a [f32],
    /// Of the output.
    pub gradient: &'a [f32],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(geometry: &'a Geometry, batch: usize) -> Self {
        let g = geometry;
        let (height, width) = (g.y.output, g.x.output);
        let pixels = height * width;
        // Matrix products cut their sums themselves.
        let most = if g.is_pointwise() { usize::MAX } else { LONG };
        let slices = batch_slices(g).min((batch * pixels).div_ceil(SHORT)).max(1);
        let images = batch.div_ceil(slices).min(most / pixels.max(1)).max(1);
        let part = if pixels <= most {
            (height, width)
        } else if height == 1 && g.y.input == 1 {
            (1, even(width, most))
        } else {
            (even(height, (most / width.max(1)).max(1)), width)
        };
        Self { geometry, batch, images, part }
    }

    /// Parts of an image, down and across.
    fn parts(&self) -> (usize, usize) {
        let (y, x) = (self.geometry.y.output, self.geometry.x.output);
        (y.div_ceil(self.part.0.max(1)).max(1), x.div_ceil(self.part.1.max(1)).max(1))
    }

    pub(super) fn count(&self) -> usize {
        let (down, across) = self.parts();
        self.batch.div_ceil(self.images) * down * across
    }

    /// A piece of a batch of these images and gradients.
    pub(super) fn get<'b>(&self, at: usize, input: &'b [f32], gradient: &'b [f32]) -> Option<Piece<'b>> {
        let g = self.geometry;
        let (down, across) = self.parts();
        let (image, row, column) = (at / (down * across).max(1) * self.images, at / across % down, at % across);
        if down * across == 1 {
            let end = (image + self.images).min(self.batch);
            let input = input.get(image * g.input_len()..end * g.input_len())?;
            let gradient = gradient.get(image * g.output_len()..end * g.output_len())?;
            return Some(Piece { geometry: *g, images: end - image, input, gradient });
        }
        let some = |axis: &Axis, at: usize, length: usize| {
            let first = at * length;
            (first, axis.part(first, length.min(axis.output.saturating_sub(first))))
        };
        let (first_y, (y, skipped_y)) = some(&g.y, row, self.part.0);
        // Whole lines stay as long as they lie in memory, though windows may not reach their ends.
        let (first_x, (x, skipped_x)) = if across == 1 { (0, (g.x, 0)) } else { some(&g.x, column, self.part.1) };
        let geometry = Geometry { y, x, ..*g };
        let input = input.get(image * g.input_len() + (skipped_y * g.x.input + skipped_x) * g.channels..)?;
        let gradient = gradient.get(image * g.output_len() + (first_y * g.x.output + first_x) * g.filters..)?;
        let (input, gradient) = (input.get(..geometry.input_len())?, gradient.get(..geometry.output_len())?);
        Some(Piece { geometry, images: 1, input, gradient })
    }
}

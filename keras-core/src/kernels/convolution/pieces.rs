//! The pieces of a batch over which the gradient of a kernel is summed apart.
//!
//! A sum over all pixels of a large batch would lose digits (`sums`). So it is a sum of sums: some hundred pixels in registers
//! (each kernel's business), some hundred of those in a piece, and the pieces. They are also what threads share, and the same for
//! any number of threads.

use super::planar::batch_slices;
use crate::kernels::geometry::{Axis, Geometry};
use crate::kernels::tile::even;

/// Pixels of a piece, at least, if there are several: fewer do not pay for adding it up.
const FEWEST_PIXELS: usize = 2048;
/// Pixels of a piece, at most.
pub(super) const MOST_PIXELS: usize = 1 << 16;

/// A batch in pieces of several images, or of a part of one: some of its lines or, if windows lie in a single line, some of its columns.
/// Where the only line of the output has windows of several lines, [`LinesOfTaps`] are what is cut.
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
        let most = if g.is_pointwise() { usize::MAX } else { MOST_PIXELS };
        let slices = batch_slices(g).min((batch * pixels).div_ceil(FEWEST_PIXELS)).max(1);
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

/// The lines of a kernel, each the kernel of a convolution of one line.
///
/// A piece is contiguous, as far as lines go. So a single long line of the output, whose windows have several lines, cannot be cut; but
/// what each line of a window meets can.
pub(super) struct LinesOfTaps<'a> {
    geometry: &'a Geometry,
    /// That of a line.
    pub line: Geometry,
}

impl<'a> LinesOfTaps<'a> {
    /// Those of a geometry whose pieces would be too long.
    pub(super) fn of(geometry: &'a Geometry) -> Option<Self> {
        let is_long = geometry.y.output == 1 && geometry.y.input > 1 && geometry.x.output > MOST_PIXELS;
        is_long.then_some(Self { geometry, line: Geometry { y: Axis::ONE, ..*geometry } })
    }

    /// The floats of the input that a line of taps meets in an image.
    pub(super) fn input<'b>(&self, tap: usize, image: usize, input: &'b [f32]) -> Option<&'b [f32]> {
        let axis = &self.geometry.y;
        if !axis.taps(0).contains(&tap) {
            return None;
        }
        let length = self.line.input_len();
        let start = (image * axis.input + axis.place(0, tap)) * length;
        input.get(start..start + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_the_whole_batch(
            batch in 1usize..40, (height, width) in prop_oneof![(1usize..600, 1usize..600), (Just(1usize), 1usize..400_000)],
            window in (1usize..4, 1usize..4), stride in 1usize..3, same: bool, channels in 1usize..3, filters in 1usize..40,
        ) {
            let axis = |output: usize, window: usize| {
                let (before, input) = if same { (window / 2, output * stride) } else { (0, (output - 1) * stride + window) };
                Axis { input, window, stride, before, output, ..Axis::ONE }
            };
            let g = Geometry::convolution(&[axis(height, window.0), axis(width, window.1)], channels, filters, 1);
            // Only lengths count: nothing of it is read.
            let batch = batch.min((1 << 22) / (g.input_len() + g.output_len())).max(1);
            let (input, gradient) = (vec![0.0; batch * g.input_len()], vec![0.0; batch * g.output_len()]);
            let pieces = Pieces::new(&g, batch);
            let mut pixels = 0;
            for at in 0..pieces.count() {
                let piece = pieces.get(at, &input, &gradient).expect("every piece lies in the batch");
                prop_assert_eq!(piece.input.len(), piece.images * piece.geometry.input_len());
                prop_assert_eq!(piece.gradient.len(), piece.images * piece.geometry.output_len());
                let of_piece = piece.images * piece.geometry.windows();
                prop_assert!(of_piece <= MOST_PIXELS || g.is_pointwise() || LinesOfTaps::of(&g).is_some(), "{of_piece} pixels");
                pixels += of_piece;
            }
            prop_assert_eq!(pixels, batch * g.windows());
        }
    }
}

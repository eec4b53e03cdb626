//! Images made larger: bilinear interpolation between the centres of pixels.

use super::{
    ensure,
    sums::{Columns, PIECE},
};

/// The sizes of an enlargement.
///
/// ```
/// use keras_core::kernels::resize::{self, Enlargement};
///
/// let sizes = Enlargement { height: 1, width: 2, channels: 1, factors: (1, 2) };
/// let mut output = [0.0; 4];
/// resize::bilinear(&sizes, &[0.0, 4.0], &mut output);
/// assert_eq!(output, [0.0, 1.0, 3.0, 4.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Enlargement {
    /// Rows of an input image.
    pub height: usize,
    /// Columns of an input image.
    pub width: usize,
    /// Channels of an image.
    pub channels: usize,
    /// How many rows are made of one, and how many columns.
    pub factors: (usize, usize),
}

/// Between which two elements of an axis a new one lies, and how far from the first.
#[derive(Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    share: f32,
}

/// Where the element `at` of an axis made `factor` times as long lies, by the centres of the elements.
fn between(at: usize, factor: usize, length: usize) -> Between {
    // The centre of a new element, in steps of half of one: an exact whole number. Outside the centres of the first and
    // the last element, these repeat.
    let (doubled, step) = (2 * at + 1, (2 * factor).max(1));
    let Some(inside) = doubled.checked_sub(factor) else { return Between { first: 0, second: 0, share: 0.0 } };
    let (first, last) = (inside / step, length.saturating_sub(1));
    Between { first: first.min(last), second: (first + 1).min(last), share: (inside % step) as f32 / step as f32 }
}

/// The elements of the longer axis that one of the shorter axis has a share in, and this.
fn shares(element: usize, factor: usize, length: usize) -> impl Iterator<Item = (usize, f32)> {
    let near = element.saturating_sub(1) * factor..(element + 2).min(length) * factor;
    near.map(move |at| {
        let place = between(at, factor, length);
        let first = if place.first == element { 1.0 - place.share } else { 0.0 };
        (at, first + if place.second == element { place.share } else { 0.0 })
    })
}

impl Enlargement {
    fn input_size(&self) -> usize {
        self.height * self.width * self.channels
    }

    fn output_size(&self) -> usize {
        self.input_size() * self.factors.0 * self.factors.1
    }

    fn rows(&self) -> impl Iterator<Item = Between> {
        let (factor, length) = (self.factors.0, self.height);
        (0..factor * length).map(move |at| between(at, factor, length))
    }

    fn columns(&self) -> impl Iterator<Item = Between> {
        let (factor, length) = (self.factors.1, self.width);
        (0..factor * length).map(move |at| between(at, factor, length))
    }

    /// A row of an image.
    fn row<'a>(&self, image: &'a [f32], row: usize) -> &'a [f32] {
        let length = self.width * self.channels;
        image.get(row * length..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }

    /// A pixel of a row.
    fn pixel<'a>(&self, row: &'a [f32], column: usize) -> &'a [f32] {
        row.get(column * self.channels..).and_then(|rest| rest.get(..self.channels)).unwrap_or_default()
    }

    /// The gradient of an image pixel by pixel, in sums of any length.
    fn sums_of_pixels(&self, gradient: &[f32], image: &mut [f32]) {
        let channels = self.channels.max(1);
        for (at, pixel) in image.chunks_exact_mut(channels).enumerate() {
            let (row, column) = (at / self.width.max(1), at % self.width.max(1));
            for (strip, to) in pixel.chunks_mut(Columns::MOST).enumerate() {
                let mut sums = Columns::zero();
                for (y, of_row) in shares(row, self.factors.0, self.height) {
                    for (x, of_column) in shares(column, self.factors.1, self.width) {
                        let start = (y * self.width * self.factors.1 + x) * channels + strip * Columns::MOST;
                        let from = gradient.get(start..).unwrap_or_default().iter().take(to.len());
                        sums.add(from.map(|gradient| of_row * of_column * gradient));
                    }
                }
                for (to, sum) in to.iter_mut().zip(sums.totals()) {
                    *to = sum as f32;
                }
            }
        }
    }

    /// Adds a share of a pixel's gradient to where it came from.
    fn add(&self, image: &mut [f32], row: usize, column: usize, share: f32, gradient: &[f32]) {
        let start = (row * self.width + column) * self.channels;
        let to = image.get_mut(start..).unwrap_or_default();
        for (to, from) in to.iter_mut().zip(gradient) {
            *to += share * *from;
        }
    }
}

/// output = input with more rows and columns, interpolated.
///
/// # Shapes
/// input: (batch, height, width, channels), output: (batch, height·factor, width·factor, channels).
///
/// ```
/// use keras_core::kernels::resize::{self, Enlargement};
///
/// // Two rows out of one: there is nothing to go between.
/// let sizes = Enlargement { height: 1, width: 1, channels: 2, factors: (2, 1) };
/// let mut output = [0.0; 4];
/// resize::bilinear(&sizes, &[1.0, 2.0], &mut output);
/// assert_eq!(output, [1.0, 2.0, 1.0, 2.0]);
/// ```
pub fn bilinear(sizes: &Enlargement, input: &[f32], output: &mut [f32]) {
    let (from, to) = (sizes.input_size().max(1), sizes.output_size().max(1));
    ensure!(input.len() / from == output.len() / to);
    let width = (sizes.width * sizes.factors.1 * sizes.channels).max(1);
    for (image, output) in input.chunks_exact(from).zip(output.chunks_exact_mut(to)) {
        for (y, output) in sizes.rows().zip(output.chunks_exact_mut(width)) {
            let (above, below) = (sizes.row(image, y.first), sizes.row(image, y.second));
            for (x, output) in sizes.columns().zip(output.chunks_exact_mut(sizes.channels.max(1))) {
                let above = sizes.pixel(above, x.first).iter().zip(sizes.pixel(above, x.second));
                let below = sizes.pixel(below, x.first).iter().zip(sizes.pixel(below, x.second));
                for ((to, (a, b)), (c, d)) in output.iter_mut().zip(above).zip(below) {
                    let (above, below) = (a + (b - a) * x.share, c + (d - c) * x.share);
                    *to = above + (below - above) * y.share;
                }
            }
        }
    }
}

/// The gradient of [`bilinear`].
///
/// ```
/// use keras_core::kernels::resize::{self, Enlargement};
///
/// let sizes = Enlargement { height: 1, width: 2, channels: 1, factors: (1, 2) };
/// let mut gradient = [0.0; 2];
/// resize::bilinear_backward(&sizes, &[1.0; 4], &mut gradient);
/// assert_eq!(gradient, [2.0, 2.0]);
/// ```
pub fn bilinear_backward(sizes: &Enlargement, output_gradient: &[f32], input_gradient: &mut [f32]) {
    let (from, to) = (sizes.output_size().max(1), sizes.input_size().max(1));
    ensure!(output_gradient.len() / from == input_gradient.len() / to);
    let width = (sizes.width * sizes.factors.1 * sizes.channels).max(1);
    // At most this many output pixels contribute to one input pixel.
    if 4 * sizes.factors.0 * sizes.factors.1 > PIECE {
        for (gradient, image) in output_gradient.chunks_exact(from).zip(input_gradient.chunks_exact_mut(to)) {
            sizes.sums_of_pixels(gradient, image);
        }
        return;
    }
    input_gradient.fill(0.0);
    for (gradient, image) in output_gradient.chunks_exact(from).zip(input_gradient.chunks_exact_mut(to)) {
        for (y, gradient) in sizes.rows().zip(gradient.chunks_exact(width)) {
            for (x, gradient) in sizes.columns().zip(gradient.chunks_exact(sizes.channels.max(1))) {
                for (row, of_row) in [(y.first, 1.0 - y.share), (y.second, y.share)] {
                    for (column, of_column) in [(x.first, 1.0 - x.share), (x.second, x.share)] {
                        sizes.add(image, row, column, of_row * of_column, gradient);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_between_centres() {
        let sizes = Enlargement { height: 1, width: 4, channels: 1, factors: (1, 2) };
        let mut output = [0.0; 8];
        bilinear(&sizes, &[0.0, 1.0, 2.0, 3.0], &mut output);
        assert_eq!(output, [0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]);
    }

    #[test]
    fn backward_is_the_transpose() {
        check(Enlargement { height: 3, width: 2, channels: 2, factors: (2, 3) });
        check(Enlargement { height: 2, width: 3, channels: 1, factors: (6, 7) });
    }

    fn check(sizes: Enlargement) {
        let unit = |length: usize, one: usize| (0..length).map(|at| f32::from(at == one)).collect::<Vec<_>>();
        let (inputs, outputs) = (sizes.input_size(), sizes.output_size());
        for at in 0..inputs {
            let mut forward = vec![f32::NAN; outputs];
            bilinear(&sizes, &unit(inputs, at), &mut forward);
            for (to, value) in forward.iter().enumerate() {
                let mut backward = vec![f32::NAN; inputs];
                bilinear_backward(&sizes, &unit(outputs, to), &mut backward);
                assert!((backward[at] - value).abs() < 1e-6, "{at} {to}");
            }
        }
    }
}

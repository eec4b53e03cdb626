//! Passes over samples with a number for each element of a sample, or for each channel of its pixels.

use super::{
    ensure,
    sums::{Columns, PIECE},
};

/// Whether samples of a length are whole, and there are as many numbers as elements of one.
fn fits(values: &[f32], length: usize, numbers: &[&[f32]]) -> bool {
    values.len().is_multiple_of(length) && numbers.iter().all(|numbers| numbers.len() == length)
}

/// output = input · factors, image by image: each has a factor for each of its channels.
///
/// # Shapes
/// input, output: (images, pixels, channels); factors: (images, channels).
pub(crate) fn scale_channels(pixels: usize, channels: usize, factors: &[f32], input: &[f32], output: &mut [f32]) {
    let (channels, size) = (channels.max(1), pixels.saturating_mul(channels).max(1));
    ensure!(input.len() == output.len() && input.len() / size <= factors.len() / channels);
    let images = input.chunks_exact(size).zip(output.chunks_exact_mut(size));
    for ((input, output), factors) in images.zip(factors.chunks_exact(channels)) {
        for (input, output) in input.chunks_exact(channels).zip(output.chunks_exact_mut(channels)) {
            for ((to, from), factor) in output.iter_mut().zip(input).zip(factors) {
                *to = *from * *factor;
            }
        }
    }
}

/// The maxima of each image's channels; NaN, where there is one.
///
/// # Shapes
/// input: (images, pixels, channels); maxima: (images, channels).
pub(crate) fn maxima(pixels: usize, channels: usize, input: &[f32], maxima: &mut [f32]) {
    let (channels, size) = (channels.max(1), pixels.saturating_mul(channels).max(1));
    for (image, maxima) in input.chunks_exact(size).zip(maxima.chunks_exact_mut(channels)) {
        maxima.fill(f32::NEG_INFINITY);
        for pixel in image.chunks_exact(channels) {
            for (maximum, &x) in maxima.iter_mut().zip(pixel) {
                *maximum = if x > *maximum || x.is_nan() { x } else { *maximum };
            }
        }
    }
}

/// The gradient of [`maxima`]: all pixels that have the maximum share it evenly.
pub(crate) fn maxima_backward(
    pixels: usize,
    channels: usize,
    input: &[f32],
    maxima: &[f32],
    gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let (channels, size) = (channels.max(1), pixels.saturating_mul(channels).max(1));
    let images = input.chunks_exact(size).zip(input_gradient.chunks_exact_mut(size));
    let results = maxima.chunks_exact(channels).zip(gradient.chunks_exact(channels));
    for ((image, input_gradient), (maxima, gradient)) in images.zip(results) {
        let strips = maxima.chunks(Columns::MOST).zip(gradient.chunks(Columns::MOST));
        for (strip, (maxima, gradient)) in strips.enumerate() {
            let places = strip * Columns::MOST..strip * Columns::MOST + maxima.len();
            let mut counts = Columns::zero();
            for pixel in image.chunks_exact(channels) {
                let pixel = pixel.get(places.clone()).unwrap_or_default();
                counts.add(pixel.iter().zip(maxima).map(|(x, maximum)| if x == maximum { 1.0 } else { 0.0 }));
            }
            let mut shares = [0.0; Columns::MOST];
            for (share, (gradient, count)) in shares.iter_mut().zip(gradient.iter().zip(counts.totals())) {
                *share = gradient / count as f32;
            }
            for (pixel, to) in image.chunks_exact(channels).zip(input_gradient.chunks_exact_mut(channels)) {
                let pixel = pixel.get(places.clone()).unwrap_or_default();
                let to = to.get_mut(places.clone()).unwrap_or_default();
                for (((to, x), maximum), share) in to.iter_mut().zip(pixel).zip(maxima).zip(&shares) {
                    *to = if x == maximum { *share } else { 0.0 };
                }
            }
        }
    }
}

/// output = (input - means) / deviations, element by element of each sample; inverted, means + input · deviations.
pub(crate) fn standardize(invert: bool, means: &[f32], deviations: &[f32], input: &[f32], output: &mut [f32]) {
    let size = means.len().max(1);
    ensure!(fits(input, means.len(), &[means, deviations]) && input.len() == output.len());
    for (input, output) in input.chunks_exact(size).zip(output.chunks_exact_mut(size)) {
        for ((to, x), (mean, deviation)) in output.iter_mut().zip(input).zip(means.iter().zip(deviations)) {
            *to = if invert { mean + x * deviation } else { (x - mean) / deviation };
        }
    }
}

/// The gradient of [`standardize`].
pub(crate) fn standardize_backward(invert: bool, deviations: &[f32], gradient: &[f32], to: &mut [f32]) {
    let size = deviations.len().max(1);
    ensure!(fits(gradient, deviations.len(), &[deviations]) && gradient.len() == to.len());
    for (to, from) in to.chunks_exact_mut(size).zip(gradient.chunks_exact(size)) {
        for ((to, gradient), deviation) in to.iter_mut().zip(from).zip(deviations) {
            *to = if invert { gradient * deviation } else { gradient / deviation };
        }
    }
}

/// output = input where it is positive, else input · slopes, element by element of each sample.
pub(crate) fn leak(slopes: &[f32], input: &[f32], output: &mut [f32]) {
    let size = slopes.len().max(1);
    ensure!(fits(input, slopes.len(), &[slopes]) && input.len() == output.len());
    for (output, input) in output.chunks_exact_mut(size).zip(input.chunks_exact(size)) {
        for ((to, &x), &slope) in output.iter_mut().zip(input).zip(slopes) {
            *to = if x > 0.0 { x } else { slope * x };
        }
    }
}

/// The gradient of [`leak`] by its input. As in Keras, the slope at 0 itself is 0.
pub(crate) fn leak_backward(slopes: &[f32], input: &[f32], gradient: &[f32], to: &mut [f32]) {
    let size = slopes.len().max(1);
    ensure!(fits(input, slopes.len(), &[slopes]) && input.len() == to.len() && gradient.len() == to.len());
    let samples = to.chunks_exact_mut(size).zip(gradient.chunks_exact(size));
    for ((to, gradient), input) in samples.zip(input.chunks_exact(size)) {
        for (((to, from), &x), slope) in to.iter_mut().zip(gradient).zip(input).zip(slopes) {
            *to = from
                * if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    *slope
                } else {
                    0.0
                };
        }
    }
}

/// The gradient of [`leak`] by its slopes.
pub(crate) fn leak_backward_slopes(input: &[f32], gradient: &[f32], sums: &mut [f32]) {
    let size = sums.len().max(1);
    ensure!(fits(input, sums.len(), &[]) && input.len() == gradient.len());
    let samples = || gradient.chunks_exact(size).zip(input.chunks_exact(size));
    let slope = |(from, &x): (&f32, &f32)| if x < 0.0 { from * x } else { 0.0 };
    if gradient.len() / size <= PIECE {
        sums.fill(0.0);
        for (gradient, input) in samples() {
            for (sum, pair) in sums.iter_mut().zip(gradient.iter().zip(input)) {
                *sum += slope(pair);
            }
        }
        return;
    }
    for (strip, sums) in sums.chunks_mut(Columns::MOST).enumerate() {
        let places = strip * Columns::MOST..strip * Columns::MOST + sums.len();
        let mut columns = Columns::zero();
        for (gradient, input) in samples() {
            let (gradient, input) = (gradient.get(places.clone()), input.get(places.clone()));
            columns.add(gradient.unwrap_or_default().iter().zip(input.unwrap_or_default()).map(slope));
        }
        for (sum, total) in sums.iter_mut().zip(columns.totals()) {
            *sum = total as f32;
        }
    }
}

/// The scale and the offset of each element of a row, either over and over.
fn numbers<'a>(length: usize, scales: &'a [f32], offsets: &'a [f32]) -> impl Iterator<Item = (f32, f32)> + use<'a> {
    let row = core::iter::repeat_n((), length);
    row.zip(scales.iter().copied().cycle().zip(offsets.iter().copied().cycle())).map(|((), numbers)| numbers)
}

/// output = input · scale + offset: one of each for all elements, or for each of a row of `length`.
pub(crate) fn rescale(
    length: usize,
    (scales, offsets): (&[f32], &[f32]),
    mut input: impl Iterator<Item = f32>,
    output: &mut [f32],
) {
    if let ([scale], [offset]) = (scales, offsets) {
        for (to, from) in output.iter_mut().zip(input) {
            *to = from * scale + offset;
        }
        return;
    }
    let length = length.max(1);
    for to in output.chunks_exact_mut(length) {
        for ((to, from), (scale, offset)) in to.iter_mut().zip(&mut input).zip(numbers(length, scales, offsets)) {
            *to = from * scale + offset;
        }
    }
}

/// The gradient of [`rescale`].
pub(crate) fn rescale_backward(length: usize, scales: &[f32], gradient: &[f32], to: &mut [f32]) {
    ensure!(gradient.len() == to.len());
    if let [scale] = scales {
        for (to, from) in to.iter_mut().zip(gradient) {
            *to = *from * scale;
        }
        return;
    }
    let length = length.max(1);
    for (to, from) in to.chunks_exact_mut(length).zip(gradient.chunks_exact(length)) {
        for ((to, from), scale) in to.iter_mut().zip(from).zip(scales.iter().cycle()) {
            *to = from * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_factors_of_their_own() {
        let mut output = [f32::NAN; 8];
        scale_channels(2, 2, &[1.0, 10.0, 0.0, 2.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &mut output);
        assert_eq!(output, [1.0, 20.0, 3.0, 40.0, 0.0, 12.0, 0.0, 16.0]);
    }

    #[test]
    fn equal_maxima_share_their_gradient() {
        let input = [1.0, 9.0, 4.0, 9.0, 4.0, f32::NAN];
        let (mut found, mut to) = ([0.0; 2], [f32::NAN; 6]);
        maxima(3, 2, &input, &mut found);
        assert_eq!(found[0], 4.0);
        assert!(found[1].is_nan());
        let input = [1.0, 9.0, 4.0, 9.0, 4.0, 2.0];
        maxima(3, 2, &input, &mut found);
        maxima_backward(3, 2, &input, &found, &[6.0, 8.0], &mut to);
        assert_eq!((found, to), ([4.0, 9.0], [0.0, 4.0, 3.0, 4.0, 3.0, 0.0]));
    }

    #[test]
    fn standardization_is_undone_by_its_inverse() {
        let (means, deviations, input) = ([1.0, -2.0], [2.0, 4.0], [3.0, 2.0, -1.0, -2.0]);
        let (mut output, mut back, mut to) = ([f32::NAN; 4], [f32::NAN; 4], [f32::NAN; 4]);
        standardize(false, &means, &deviations, &input, &mut output);
        assert_eq!(output, [1.0, 1.0, -1.0, 0.0]);
        standardize(true, &means, &deviations, &output, &mut back);
        assert_eq!(back, input);
        standardize_backward(false, &deviations, &[8.0; 4], &mut to);
        assert_eq!(to, [4.0, 2.0, 4.0, 2.0]);
        standardize_backward(true, &deviations, &[1.0; 4], &mut to);
        assert_eq!(to, [2.0, 4.0, 2.0, 4.0]);
    }

    #[test]
    fn elements_are_rescaled_alone_or_by_their_place_in_a_row() {
        let input = [1.0, 2.0, 3.0, 4.0];
        let (mut output, mut to) = ([f32::NAN; 4], [f32::NAN; 4]);
        rescale(2, (&[2.0], &[1.0]), input.into_iter(), &mut output);
        assert_eq!(output, [3.0, 5.0, 7.0, 9.0]);
        rescale(2, (&[1.0, 10.0], &[0.5]), input.into_iter(), &mut output);
        assert_eq!(output, [1.5, 20.5, 3.5, 40.5]);
        rescale_backward(2, &[1.0, 10.0], &input, &mut to);
        assert_eq!(to, [1.0, 20.0, 3.0, 40.0]);
        rescale_backward(2, &[2.0], &input, &mut to);
        assert_eq!(to, [2.0, 4.0, 6.0, 8.0]);
    }

    #[test]
    fn slopes_hold_below_zero() {
        let (slopes, input, gradient) = ([0.5, 3.0], [-2.0, 1.0, 0.0, -1.0], [10.0; 4]);
        let (mut output, mut to, mut sums) = ([f32::NAN; 4], [f32::NAN; 4], [f32::NAN; 2]);
        leak(&slopes, &input, &mut output);
        assert_eq!(output, [-1.0, 1.0, 0.0, -3.0]);
        leak_backward(&slopes, &input, &gradient, &mut to);
        assert_eq!(to, [5.0, 10.0, 0.0, 30.0]);
        leak_backward_slopes(&input, &gradient, &mut sums);
        assert_eq!(sums, [-20.0, -10.0]);
    }
}

//! Images made larger.

use super::{assert_close, cases, numbers, some_size, unwritten};
use crate::kernels::resize::{Enlargement, bilinear, bilinear_backward};
use proptest::prelude::*;

/// The pixels of an axis that a new one lies between, each with its share: the definition, by the centres of pixels.
fn between(at: usize, factor: usize, length: usize) -> [(usize, f64); 2] {
    let place = ((at as f64 + 0.5) / factor as f64 - 0.5).clamp(0.0, (length - 1) as f64);
    let first = place.floor();
    [(first as usize, 1.0 - (place - first)), ((first as usize + 1).min(length - 1), place - first)]
}

fn check(sizes: &Enlargement, batch: usize) {
    let Enlargement { height, width, channels, factors } = *sizes;
    let (from, to) = (height * width * channels, height * factors.0 * width * factors.1 * channels);
    let (input, gradient) = (numbers(batch * from, 1), numbers(batch * to, 2));
    let (mut output, mut to_input) = (vec![0.0; batch * to], vec![0.0; batch * from]);
    for at in 0..batch * to {
        let (pixel, channel) = (at / channels, at % channels);
        let (line, x) = (pixel / (width * factors.1), pixel % (width * factors.1));
        let (image, y) = (line / (height * factors.0), line % (height * factors.0));
        for (row, of_row) in between(y, factors.0, height) {
            for (column, of_column) in between(x, factors.1, width) {
                let from = ((image * height + row) * width + column) * channels + channel;
                output[at] += of_row * of_column * f64::from(input[from]);
                to_input[from] += of_row * of_column * f64::from(gradient[at]);
            }
        }
    }
    let mut found = unwritten(output.len());
    bilinear(sizes, &input, &mut found);
    assert_close(&format!("{sizes:?}"), &found, &output, 2e-6);
    let mut found = unwritten(input.len());
    bilinear_backward(sizes, &gradient, &mut found);
    assert_close(&format!("gradient of {sizes:?}"), &found, &to_input, 1e-5);
}

proptest! {
    #![proptest_config(cases(96))]
    #[test]
    fn enlargements_equal_their_definition(
        batch in 0usize..3, size in (1usize..8, 1usize..8), channels in some_size(), factors in (1usize..8, 1usize..8),
    ) {
        check(&Enlargement { height: size.0, width: size.1, channels, factors }, batch);
    }
}

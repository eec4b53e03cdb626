//! Normalizations of rows: what is special stays in its row, and threads do not show.

use super::{assert_same_on_threads, bits, cases, numbers, some_size, unwritten};
use crate::kernels::{
    layer_normalization::{backward_input, backward_weights, forward},
    simd::tests::each_isa,
};
use proptest::{prelude::*, sample::select};

const EPSILON: f32 = 1e-3;

/// The outputs, the gradients of the inputs, and those of γ and β.
fn run(length: usize, input: &[f32], gradient: &[f32]) -> [Vec<f32>; 3] {
    let rows = input.len() / length;
    let (gamma, beta) = (numbers(length, 7), numbers(length, 8));
    let (mut output, mut means, mut inverses) = (unwritten(input.len()), unwritten(rows), unwritten(rows));
    forward(length, EPSILON, input, &gamma, &beta, &mut output, &mut means, &mut inverses);
    let (mut dx, mut to_gamma, mut to_beta) = (unwritten(input.len()), unwritten(length), unwritten(length));
    backward_input(length, input, &gamma, &means, &inverses, gradient, &mut dx);
    backward_weights(length, input, &means, &inverses, gradient, &mut to_gamma, &mut to_beta, false);
    [output.to_vec(), dx.to_vec(), [&to_gamma[..], &to_beta[..]].concat()]
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn what_is_not_finite_stays_in_its_row(
        rows in some_size(), length in some_size(), at in 0usize..10_000,
        value in select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]), seed in 0u32..1000,
    ) {
        let (mut input, gradient) = (numbers(rows * length, seed), numbers(rows * length, seed + 1));
        each_isa(|| {
            let [plain, slopes, _] = run(length, &input, &gradient);
            let at = at % input.len();
            let before = std::mem::replace(&mut input[at], value);
            let [output, dx, _] = run(length, &input, &gradient);
            input[at] = before;
            let own = at / length * length..(at / length + 1) * length;
            for other in 0..rows * length {
                if own.contains(&other) {
                    assert!(output[other].is_nan() && dx[other].is_nan(), "[{other}]: {}, {}", output[other], dx[other]);
                } else {
                    assert_eq!((output[other], dx[other]), (plain[other], slopes[other]), "[{other}]");
                }
            }
        });
    }

    #[test]
    fn subnormals_are_numbers(length in some_size(), tiny in 1u32..0x0080_0000) {
        // Their mean and variance vanish beside ε, so that the slope is that of a division by √ε.
        let input: Vec<f32> = (0..length).map(|at| if at % 2 == 0 { f32::from_bits(tiny) } else { 0.0 }).collect();
        each_isa(|| {
            let (mut output, mut means, mut inverses) = (unwritten(length), unwritten(1), unwritten(1));
            forward(length, EPSILON, &input, &[], &[], &mut output, &mut means, &mut inverses);
            let mean = input.iter().map(|&x| f64::from(x)).sum::<f64>() / length as f64;
            for (x, y) in input.iter().zip(output.iter()) {
                let exact = (f64::from(*x) - mean) / f64::from(EPSILON).sqrt();
                // A step of the smallest subnormal in the mean, and rounding.
                assert!((f64::from(*y) - exact).abs() <= 1e-43 + 1e-6 * exact.abs(), "{y:e}, not {exact:e}");
            }
        });
    }
}

#[test]
fn threads_do_not_change_a_row() {
    for (rows, length) in [(2003, 37), (41, 1031), (16_411, 4), (40_009, 1)] {
        let (input, gradient) = (numbers(rows * length, 1), numbers(rows * length, 2));
        assert_same_on_threads(|| run(length, &input, &gradient).concat());
    }
    // A row is the same alone.
    each_isa(|| {
        for length in (1..=17).chain([37]) {
            let (input, gradient) = (numbers(19 * length, 1), numbers(19 * length, 2));
            let [output, slopes, _] = run(length, &input, &gradient);
            for row in [0, 3, 16, 18].map(|row| row * length..(row + 1) * length) {
                let [alone, slopes_alone, _] = run(length, &input[row.clone()], &gradient[row.clone()]);
                assert_eq!(bits(&output[row.clone()]), bits(&alone), "{length}");
                assert_eq!(bits(&slopes[row]), bits(&slopes_alone), "{length}");
            }
        }
    });
}

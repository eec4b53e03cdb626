//! Pools beside their definition.

use super::*;
use crate::kernels::matmul::tests::noise;
use crate::kernels::properties::{cases, pools::windows};
use crate::kernels::simd::tests::each_isa;
use proptest::prelude::*;

fn check(g: &Geometry, batch: usize) {
    // Few distinct values, so that there are ties.
    let input: Vec<f32> = noise(batch * g.input_len(), 1).iter().map(|x| (x * 3.0).round()).collect();
    let gradient = noise(batch * g.output_len(), 2);
    let (mut max, mut average) = (vec![0.0f32; gradient.len()], vec![0.0f32; gradient.len()]);
    let (mut max_back, mut average_back) = (vec![0.0f32; input.len()], vec![0.0f32; input.len()]);
    for (at, places) in windows(g, batch).iter().enumerate() {
        let first = places.iter().copied().reduce(|a, b| if input[b] > input[a] { b } else { a }).unwrap();
        max[at] = input[first];
        max_back[first] += gradient[at];
        average[at] = places.iter().map(|p| input[*p]).sum::<f32>() / places.len() as f32;
        for p in places {
            average_back[*p] += gradient[at] / places.len() as f32;
        }
    }
    each_isa(|| {
        let (mut out, mut back) = (vec![f32::NAN; max.len()], vec![f32::NAN; input.len()]);
        max_forward(g, batch, &input, &mut out);
        assert_eq!(out, max);
        max_backward(g, batch, &input, &max, &gradient, &mut back);
        // Where windows overlap, the order of the sums is open.
        assert!(back.iter().zip(&max_back).all(|(a, b)| (a - b).abs() < 1e-5));
        average_forward(g, batch, &input, &mut out);
        assert!(out.iter().zip(&average).all(|(a, b)| (a - b).abs() < 1e-6));
        average_backward(g, batch, &gradient, &mut back);
        assert!(back.iter().zip(&average_back).all(|(a, b)| (a - b).abs() < 1e-5));
    });
}

/// One axis of a pool, whose windows all have an element: inside, or over the borders.
fn axis(longest: usize) -> impl Strategy<Value = Axis> {
    (1..=longest, 1usize..4, 1usize..5, any::<bool>(), 0usize..3).prop_map(|(input, window, stride, same, pad)| {
        let window = window.min(input);
        let (before, output) = if same {
            let output = input.div_ceil(stride);
            (((output - 1) * stride + window).saturating_sub(input) / 2, output)
        } else {
            // No window lies in the padding alone.
            let before = pad.min(window - 1);
            (before, (before + input - window) / stride + 1)
        };
        Axis { input, window, stride, dilation: 1, before, output }
    })
}

proptest! {
    #![proptest_config(cases(96))]
    #[test]
    fn one_axis_two_and_three_equal_the_definition(
        batch in 0usize..4, axes in prop_oneof![
            prop::collection::vec(axis(17), 1..=1), prop::collection::vec(axis(9), 2..=2), prop::collection::vec(axis(6), 3..=3),
        ],
        channels in 1usize..36,
    ) {
        check(&Geometry::pool(&axes, channels), batch);
    }
}

#[test]
fn a_volume_of_quarters() {
    let (one, half) =
        (Axis { input: 3, output: 3, ..Axis::ONE }, Axis { input: 5, window: 2, stride: 2, output: 2, ..Axis::ONE });
    check(&Geometry::pool(&[one, half, half], 19), 2);
    check(&Geometry::pool(&[half; 3], 19), 2);
}

#[test]
fn quarters_are_windows_too() {
    for (height, width, channels) in [(6, 8, 32), (7, 5, 6), (2, 2, 1), (5, 4, 19), (3, 9, 40)] {
        check(&quarters(height, width, channels), 3);
    }
}

fn quarters(height: usize, width: usize, channels: usize) -> Geometry {
    let halved = |input: usize| Axis { input, window: 2, stride: 2, output: input / 2, ..Axis::ONE };
    Geometry::pool(&[halved(height), halved(width)], channels)
}

/// One window over everything.
fn global(pixels: usize, channels: usize) -> Geometry {
    Geometry::pool(&[Axis { input: pixels, window: pixels, ..Axis::ONE }], channels)
}

#[test]
fn nan_in_a_quarter() {
    each_isa(|| {
        for at in 0..4 {
            let mut input = [1.0, 2.0, 4.0, 3.0];
            input[at] = f32::NAN;
            let (mut out, mut back) = ([0.0], [0.0; 4]);
            max_forward(&quarters(2, 2, 1), 1, &input, &mut out);
            assert!(out[0].is_nan());
            max_backward(&quarters(2, 2, 1), 1, &input, &out, &[5.0], &mut back);
            assert_eq!(back[at], 5.0);
            assert_eq!(back.iter().sum::<f32>(), 5.0);
        }
    });
}

#[test]
fn nothing_to_do() {
    let nothing = Geometry::pool(&[Axis { input: 4, window: 5, output: 0, ..Axis::ONE }], 3);
    max_forward(&nothing, 2, &[0.0; 24], &mut []);
    let mut back = [7.0; 24];
    average_backward(&nothing, 2, &[], &mut back);
    assert_eq!(back, [0.0; 24]);
    average_forward(&global(4, 0), 2, &[], &mut []);
    average_forward(&global(4, 3), 0, &[], &mut []);
}

#[test]
fn nan_wins_and_takes_the_gradient() {
    each_isa(|| {
        for at in 0..3 {
            let mut input = [1.0, 2.0, 3.0];
            input[at] = f32::NAN;
            let (mut out, mut back) = ([0.0], [0.0; 3]);
            max_forward(&global(3, 1), 1, &input, &mut out);
            assert!(out[0].is_nan());
            max_backward(&global(3, 1), 1, &input, &out, &[5.0], &mut back);
            assert_eq!(back[at], 5.0);
            assert_eq!(back.iter().sum::<f32>(), 5.0);
        }
    });
}

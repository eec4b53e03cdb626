//! Maximum and average pooling.

use super::{assert_close, assert_same_on_threads, cases, guarded, numbers, size, unwritten};
use crate::kernels::{
    geometry::{Axis, Geometry},
    matmul::tests::noise,
    pooling::{average_backward, average_forward, max_backward, max_forward},
    simd::tests::each_isa,
};
use proptest::{prelude::*, sample::select};

/// The elements of each window, by output element: the definition of a pool.
pub(crate) fn windows(g: &Geometry, batch: usize) -> Vec<Vec<usize>> {
    let elements = |axis: Axis, window: usize| {
        let padded = window * axis.stride..window * axis.stride + axis.window;
        padded.filter_map(move |at| at.checked_sub(axis.before)).filter(move |at| *at < axis.input)
    };
    let window = |at: usize| {
        let (channel, pixel) = (at % g.channels, at / g.channels);
        let (out_x, line) = (pixel % g.x.output, pixel / g.x.output);
        let (out_y, plane) = (line % g.y.output, line / g.y.output);
        let (out_z, image) = (plane % g.z.output, plane / g.z.output);
        let mut window = Vec::new();
        for z in elements(g.z, out_z) {
            for y in elements(g.y, out_y) {
                for x in elements(g.x, out_x) {
                    let pixel = ((image * g.z.input + z) * g.y.input + y) * g.x.input + x;
                    window.push(pixel * g.channels + channel);
                }
            }
        }
        window
    };
    (0..batch * g.output_len()).map(window).collect()
}

/// The window's maximum: its first NaN or, without one, the first of its largest numbers.
fn highest(input: &[f32], window: &[usize]) -> usize {
    let nan = window.iter().copied().find(|at| input[*at].is_nan());
    nan.unwrap_or_else(|| window.iter().copied().reduce(|a, b| if input[b] > input[a] { b } else { a }).unwrap())
}

/// Compares a pool over `input` with its definition.
fn check(g: &Geometry, batch: usize, input: &[f32]) {
    let (input, gradient) = (guarded(input), numbers(batch * g.output_len(), 2));
    let windows = windows(g, batch);
    let places: Vec<usize> = windows.iter().map(|window| highest(&input, window)).collect();
    let maxima: Vec<f32> = places.iter().map(|at| input[*at]).collect();
    let mut to_maxima = vec![0.0; input.len()];
    places.iter().zip(gradient.iter()).for_each(|(at, gradient)| to_maxima[*at] += f64::from(*gradient));
    let mut means = Vec::new();
    let mut to_all = vec![0.0; input.len()];
    for (window, gradient) in windows.iter().zip(gradient.iter()) {
        let count = window.len() as f64;
        means.push(window.iter().map(|at| f64::from(input[*at])).sum::<f64>() / count);
        window.iter().for_each(|at| to_all[*at] += f64::from(*gradient) / count);
    }
    // Sums of many windows go up and down.
    let tolerance = if g.taps() > 49 { 2e-5 } else { 1e-6 };
    each_isa(|| {
        let about = |what: &str| format!("{what} of {batch} with {g:?}");
        let mut found = unwritten(maxima.len());
        max_forward(g, batch, &input, &mut found);
        let same = |(found, expected): (&f32, &f32)| found == expected || found.is_nan() && expected.is_nan();
        assert!(found.iter().zip(&maxima).all(same), "{}: {:?} is not {maxima:?}", about("max"), &found[..]);
        let mut back = unwritten(input.len());
        max_backward(g, batch, &input, &found, &gradient, &mut back);
        assert_close(&about("max_backward"), &back, &to_maxima, tolerance);
        let mut found = unwritten(means.len());
        average_forward(g, batch, &input, &mut found);
        assert_close(&about("average"), &found, &means, 1e-6);
        let mut back = unwritten(input.len());
        average_backward(g, batch, &gradient, &mut back);
        assert_close(&about("average_backward"), &back, &to_all, tolerance);
    });
}

/// One axis of a pool.
fn axis(longest: usize) -> impl Strategy<Value = Axis> {
    (1..=longest, select(vec![1usize, 2, 2, 3, 5, 7]), 1usize..6, any::<bool>()).prop_map(
        |(input, window, stride, same)| {
            let input = if same { input } else { input.max(window) };
            let output = if same { input.div_ceil(stride) } else { (input - window) / stride + 1 };
            let before = if same { ((output - 1) * stride + window).saturating_sub(input) / 2 } else { 0 };
            Axis { input, window, stride, dilation: 1, before, output }
        },
    )
}

/// An axis of long windows that overlap.
fn overlapping(longest: usize) -> impl Strategy<Value = Axis> {
    (1..=longest, 1..=longest, 1usize..3, 0..=longest).prop_map(|(input, window, stride, before)| {
        let before = before.min(window - 1);
        let output = (input + 2 * before).max(window).saturating_sub(window) / stride + 1;
        // Each window has an element.
        let output = output.min((before + input - 1) / stride + 1);
        Axis { input, window, stride, dilation: 1, before, output }
    })
}

/// An axis of windows of two, side by side.
fn halved(input: usize) -> Axis {
    Axis { input, window: 2, stride: 2, output: input / 2, ..Axis::ONE }
}

/// Few numbers, so that there are ties, and among them those of `special`.
fn values(len: usize, seed: u32, special: &[f32]) -> Vec<f32> {
    let numbers = noise(len, seed).into_iter().zip(noise(len, seed + 1));
    let pick = |(number, other): (f32, f32)| match ((other + 1.0) * 12.0) as usize {
        at if at < special.len() => special[at],
        _ => (number * 3.0).round(),
    };
    numbers.map(pick).collect()
}

proptest! {
    #![proptest_config(cases(96))]
    #[test]
    fn pools_equal_their_definition(
        batch in 0usize..4, y in axis(11), x in axis(11), channels in size(), seed in 0u32..1000,
    ) {
        let g = Geometry::pool(&[y, x], channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[]));
    }

    #[test]
    fn quarters_equal_their_definition(
        batch in 1usize..4, height in 2usize..9, width in 2usize..9, channels in size(), seed in 0u32..1000,
    ) {
        let g = Geometry::pool(&[halved(height), halved(width)], channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[]));
    }

    #[test]
    fn pools_of_volumes_equal_their_definition(
        batch in 1usize..3, axes in prop::collection::vec(axis(6), 3..=3), channels in size(), seed in 0u32..1000,
    ) {
        let g = Geometry::pool(&axes, channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[]));
    }

    #[test]
    fn a_nan_is_the_maximum_and_infinities_are_numbers(
        batch in 1usize..3, y in axis(7), x in axis(7), quarters: bool, channels in size(), seed in 0u32..1000,
    ) {
        let axis = |axis: Axis| if quarters { halved(axis.input.max(2)) } else { axis };
        let g = Geometry::pool(&[axis(y), axis(x)], channels);
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -1e-40];
        check(&g, batch, &values(batch * g.input_len(), seed, &special));
        // A window of nothing but -∞.
        check(&g, batch, &vec![f32::NEG_INFINITY; batch * g.input_len()]);
    }

    #[test]
    fn global_pools_equal_their_definition(
        batch in 0usize..4, pixels in prop::collection::vec(1usize..7, 1..=3), channels in size(), seed in 0u32..1000,
    ) {
        let axes: Vec<Axis> = pixels.iter().map(|&input| Axis { input, window: input, ..Axis::ONE }).collect();
        let g = Geometry::pool(&axes, channels);
        check(&g, batch, &numbers(batch * g.input_len(), seed));
    }
}

proptest! {
    #![proptest_config(cases(12))]
    #[test]
    fn pools_of_many_windows_over_an_element_equal_their_definition(
        batch in 1usize..3, axes in prop_oneof![
            prop::collection::vec(overlapping(1200), 1..=1), prop::collection::vec(overlapping(48), 2..=2),
            prop::collection::vec(overlapping(14), 3..=3),
        ],
        channels in 1usize..4, seed in 0u32..1000,
    ) {
        let g = Geometry::pool(&axes, channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]));
    }
}

#[test]
fn threads_do_not_change_a_pool() {
    let threes = |input: usize, before: usize| Axis { input, window: 3, stride: 2, before, output: 15, ..Axis::ONE };
    for g in [
        Geometry::pool(&[threes(31, 0), threes(29, 1)], 37),
        Geometry::pool(&[halved(31), halved(29)], 37),
        Geometry::pool(&[halved(7), threes(31, 0), halved(9)], 37),
        // More than 512 windows over an element.
        Geometry::pool(&[Axis { input: 1200, window: 601, output: 600, ..Axis::ONE }], 17),
    ] {
        let batch = 7;
        let (input, gradient) = (noise(batch * g.input_len(), 1), noise(batch * g.output_len(), 2));
        assert_same_on_threads(|| {
            let (mut maxima, mut back) = (unwritten(gradient.len()), unwritten(input.len()));
            max_forward(&g, batch, &input, &mut maxima);
            max_backward(&g, batch, &input, &maxima, &gradient, &mut back);
            [&maxima[..], &back[..]].concat()
        });
        assert_same_on_threads(|| {
            let (mut means, mut back) = (unwritten(gradient.len()), unwritten(input.len()));
            average_forward(&g, batch, &input, &mut means);
            average_backward(&g, batch, &gradient, &mut back);
            [&means[..], &back[..]].concat()
        });
    }
}

//! Maximum and average pooling.

use super::{assert_close, assert_same_on_threads, bits, cases, guarded, numbers, size, unwritten};
use crate::kernels::{
    matmul::tests::noise,
    pool2d::{
        Pool2DGeometry, average_backward, average_forward, global, global_average_backward, global_average_forward,
        max_backward, max_forward,
    },
    simd::tests::each_isa,
};
use proptest::{prelude::*, sample::select};

/// The elements of each window, by output element.
fn windows(g: &Pool2DGeometry, batch: usize) -> Vec<Vec<usize>> {
    (0..batch * g.output_len())
        .map(|at| {
            let (channel, pixel) = (at % g.channels, at / g.channels);
            let (x, line) = (pixel % g.output_width, pixel / g.output_width);
            let (y, image) = (line % g.output_height, line / g.output_height);
            let rows = (y * g.stride_y..y * g.stride_y + g.pool_height).filter_map(|y| y.checked_sub(g.pad_top));
            let columns = |_: &usize| {
                (x * g.stride_x..x * g.stride_x + g.pool_width)
                    .filter_map(|x| x.checked_sub(g.pad_left))
                    .filter(|x| *x < g.width)
            };
            let rows = rows.filter(|y| *y < g.height);
            rows.flat_map(|y| columns(&y).map(move |x| ((image * g.height + y) * g.width + x) * g.channels + channel))
                .collect()
        })
        .collect()
}

/// The window's maximum: its first NaN or, without one, the first of its largest numbers.
fn highest(input: &[f32], window: &[usize]) -> usize {
    let nan = window.iter().copied().find(|at| input[*at].is_nan());
    nan.unwrap_or_else(|| window.iter().copied().reduce(|a, b| if input[b] > input[a] { b } else { a }).unwrap())
}

/// Compares a pool over `input` with its definition.
fn check(g: &Pool2DGeometry, batch: usize, input: &[f32]) {
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
    each_isa(|| {
        let about = |what: &str| format!("{what} of {batch} with {g:?}");
        let mut found = unwritten(maxima.len());
        max_forward(g, batch, &input, &mut found);
        let same = |(found, expected): (&f32, &f32)| found == expected || found.is_nan() && expected.is_nan();
        assert!(found.iter().zip(&maxima).all(same), "{}: {:?} is not {maxima:?}", about("max"), &found[..]);
        let mut back = unwritten(input.len());
        max_backward(g, batch, &input, &found, &gradient, &mut back);
        assert_close(&about("max_backward"), &back, &to_maxima, 1e-6);
        let mut found = unwritten(means.len());
        average_forward(g, batch, &input, &mut found);
        assert_close(&about("average"), &found, &means, 1e-6);
        let mut back = unwritten(input.len());
        average_backward(g, batch, &gradient, &mut back);
        assert_close(&about("average_backward"), &back, &to_all, 1e-6);
    });
}

/// One axis: input, pool, stride, padding, output.
fn axis(longest: usize) -> impl Strategy<Value = [usize; 5]> {
    (1..=longest, select(vec![1usize, 2, 2, 3, 5, 7]), 1usize..6, any::<bool>()).prop_map(
        |(input, pool, stride, same)| {
            if same {
                let output = input.div_ceil(stride);
                [input, pool, stride, ((output - 1) * stride + pool).saturating_sub(input) / 2, output]
            } else {
                [input.max(pool), pool, stride, 0, (input.max(pool) - pool) / stride + 1]
            }
        },
    )
}

fn geometry(y: [usize; 5], x: [usize; 5], channels: usize) -> Pool2DGeometry {
    let [height, pool_height, stride_y, pad_top, output_height] = y;
    let [width, pool_width, stride_x, pad_left, output_width] = x;
    Pool2DGeometry {
        height,
        width,
        channels,
        pool_height,
        pool_width,
        stride_y,
        stride_x,
        pad_top,
        pad_left,
        output_height,
        output_width,
    }
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
        let g = geometry(y, x, channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[]));
    }

    #[test]
    fn quarters_equal_their_definition(
        batch in 1usize..4, height in 2usize..9, width in 2usize..9, channels in size(), seed in 0u32..1000,
    ) {
        let g = geometry([height, 2, 2, 0, height / 2], [width, 2, 2, 0, width / 2], channels);
        check(&g, batch, &noise(batch * g.input_len(), seed));
        check(&g, batch, &values(batch * g.input_len(), seed, &[]));
    }

    #[test]
    fn a_nan_is_the_maximum_and_infinities_are_numbers(
        batch in 1usize..3, y in axis(7), x in axis(7), quarters: bool, channels in size(), seed in 0u32..1000,
    ) {
        let axis = |axis: [usize; 5]| [axis[0].max(2), 2, 2, 0, axis[0].max(2) / 2];
        let g = if quarters { geometry(axis(y), axis(x), channels) } else { geometry(y, x, channels) };
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -1e-40];
        check(&g, batch, &values(batch * g.input_len(), seed, &special));
        // A window of nothing but -∞.
        check(&g, batch, &vec![f32::NEG_INFINITY; batch * g.input_len()]);
    }

    #[test]
    fn global_pools_are_pools(batch in 0usize..4, pixels in 1usize..40, channels in size(), seed in 0u32..1000) {
        let input = numbers(batch * pixels * channels, seed);
        let gradient = numbers(batch * channels, seed + 1);
        check(&global(pixels, channels), batch, &input);
        each_isa(|| {
            let (mut means, mut back) = (unwritten(gradient.len()), unwritten(input.len()));
            global_average_forward(batch, pixels, channels, &input, &mut means);
            global_average_backward(batch, pixels, channels, &gradient, &mut back);
            let mut expected = [unwritten(gradient.len()), unwritten(input.len())];
            average_forward(&global(pixels, channels), batch, &input, &mut expected[0]);
            average_backward(&global(pixels, channels), batch, &gradient, &mut expected[1]);
            assert_eq!((bits(&means), bits(&back)), (bits(&expected[0]), bits(&expected[1])));
        });
    }
}

#[test]
fn threads_do_not_change_a_pool() {
    for g in [geometry([31, 3, 2, 0, 15], [29, 3, 2, 1, 15], 37), geometry([31, 2, 2, 0, 15], [29, 2, 2, 0, 14], 37)] {
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

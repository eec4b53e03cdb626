//! NaN, infinities and subnormals: what IEEE 754 says of the definition holds of the kernel.

use super::{cases, guarded, numbers, some_size, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue,
        activation::{backward, forward},
        convolution::{self, backward_kernel_scratch},
        elementwise::{add, column_sums, multiply, sum, sum_of_squares},
        geometry::{Axis, Geometry},
        matmul::{Product, matmul, tests::noise},
        pooling::{average_forward, max_forward},
        simd::tests::each_isa,
    },
};
use proptest::{prelude::*, sample::select};

/// Small numbers, a few of which are something else.
fn sprinkled(len: usize, specials: &[(usize, f32)], seed: u32) -> Vec<f32> {
    let mut values = noise(len, seed);
    for (at, value) in specials {
        if let Some(place) = (at % len.max(1)..).next().and_then(|at| values.get_mut(at)) {
            *place = *value;
        }
    }
    values
}

/// An axis of windows of 3, as many as elements.
fn same(input: usize) -> Axis {
    Axis { input, window: 3, before: 1, output: input, ..Axis::ONE }
}

fn specials() -> impl Strategy<Value = Vec<(usize, f32)>> {
    let value = select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0]);
    prop::collection::vec((0usize..10_000, value), 0..4)
}

/// Asserts that a number is the same NaN, infinity or finite number (within rounding) as in exact arithmetic. The order of
/// a sum does not matter: no finite number here is large.
#[track_caller]
fn assert_kind(found: &[f32], expected: &[f64]) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (found, expected) = (f64::from(*found), *expected);
        let same = if expected.is_finite() {
            (found - expected).abs() < 1e-4 * (1.0 + expected.abs())
        } else {
            found == expected
        };
        assert!(same || found.is_nan() && expected.is_nan(), "[{at}]: {found}, not {expected}");
    }
}

proptest! {
    #![proptest_config(cases(128))]
    #[test]
    fn a_product_spreads_them_along_rows_and_columns(
        m in some_size(), n in some_size(), k in some_size(), transpose_a: bool, transpose_b: bool, in_a in specials(),
        in_b in specials(), seed in 0u32..1000,
    ) {
        let product = Product { m, n, k, transpose_a, transpose_b, accumulate: false };
        let (a, b) = (guarded(&sprinkled(m * k, &in_a, seed)), guarded(&sprinkled(k * n, &in_b, seed + 1)));
        let mut exact = vec![0.0; m * n];
        for (at, sum) in exact.iter_mut().enumerate() {
            let (i, j) = (at / n, at % n);
            for p in 0..k {
                let a = a[if transpose_a { p * m + i } else { i * k + p }];
                *sum += f64::from(a) * f64::from(b[if transpose_b { j * k + p } else { p * n + j }]);
            }
        }
        each_isa(|| {
            let mut c = unwritten(m * n);
            matmul(product, &a, &b, &mut c);
            assert_kind(&c, &exact);
        });
    }

    #[test]
    fn a_convolution_spreads_them_over_its_windows(
        (height, width) in (3usize..8, 3usize..14), channels in select(vec![1usize, 2, 3, 5]),
        filters in select(vec![1usize, 3, 8, 17, 33]), depthwise: bool, in_input in specials(), in_gradient in specials(),
        seed in 0u32..1000,
    ) {
        let (groups, filters) = if depthwise { (channels, channels) } else { (1, filters) };
        let g = Geometry::convolution(&[same(height), same(width)], channels, filters, groups);
        let input = guarded(&sprinkled(g.input_len(), &in_input, seed));
        let (kernel, gradient) = (numbers(g.kernel_len(), seed + 1), numbers(g.output_len(), seed + 2));
        let special = guarded(&sprinkled(g.output_len(), &in_gradient, seed + 2));
        let (mut output, mut to_kernel) = (vec![0.0; gradient.len()], vec![0.0; kernel.len()]);
        let (mut to_input, mut of_special) = (vec![0.0; input.len()], vec![0.0; kernel.len()]);
        // Where an infinite gradient or a NaN meets padding, it may be multiplied by zero.
        let mut padded = vec![false; kernel.len()];
        let plain = numbers(g.input_len(), seed);
        let inside = channels / groups;
        for (pixel, tap) in (0..height * width).flat_map(|pixel| (0..9).map(move |tap| (pixel, tap))) {
            let (y, x) = ((pixel / width + tap / 3).wrapping_sub(1), (pixel % width + tap % 3).wrapping_sub(1));
            for (filter, channel) in (0..filters).flat_map(|filter| (0..inside).map(move |channel| (filter, channel))) {
                let (weight, to) = ((tap * inside + channel) * filters + filter, pixel * filters + filter);
                if y >= height || x >= width {
                    padded[weight] |= !special[to].is_finite();
                    continue;
                }
                let from = (y * width + x) * channels + filter * groups / filters * inside + channel;
                to_input[from] += f64::from(special[to]) * f64::from(kernel[weight]);
                of_special[weight] += f64::from(plain[from]) * f64::from(special[to]);
                output[to] += f64::from(input[from]) * f64::from(kernel[weight]);
                to_kernel[weight] += f64::from(input[from]) * f64::from(gradient[to]);
            }
        }
        each_isa(|| {
            let mut found = unwritten(output.len());
            convolution::forward(&g, 1, &input, &kernel, Epilogue::NONE, &mut found);
            assert_kind(&found, &output);
            let (mut found, mut scratch) = (unwritten(kernel.len()), unwritten(backward_kernel_scratch(&g)));
            convolution::backward_kernel(&g, 1, &input, &gradient, &mut found, false, &mut scratch);
            assert_kind(&found, &to_kernel);
            convolution::backward_kernel(&g, 1, &plain, &special, &mut found, false, &mut scratch);
            for (at, (found, expected)) in found.iter().zip(&of_special).enumerate() {
                if !(padded[at] && found.is_nan()) {
                    assert_kind(&[*found], &[*expected]);
                }
            }
            let mut found = unwritten(to_input.len());
            convolution::backward_input(&g, 1, &special, &kernel, &mut found);
            assert_kind(&found, &to_input);
        });
    }

    /// By tiles, an infinite number becomes infinite or NaN, but in the same places.
    #[test]
    fn a_convolution_by_tiles_spreads_them_over_its_windows(
        size in 7usize..10, filters in select(vec![16usize, 33]), in_input in specials(), seed in 0u32..1000,
    ) {
        let g = Geometry::convolution(&[same(size), same(size)], 16, filters, 1);
        let input = guarded(&sprinkled(g.input_len(), &in_input, seed));
        let kernel = numbers(g.kernel_len(), seed + 1);
        let mut finite = vec![true; g.output_len()];
        for (pixel, tap) in (0..size * size).flat_map(|pixel| (0..9).map(move |tap| (pixel, tap))) {
            let (y, x) = ((pixel / size + tap / 3).wrapping_sub(1), (pixel % size + tap % 3).wrapping_sub(1));
            if y < size && x < size {
                let reached = input[(y * size + x) * 16..][..16].iter().all(|value| value.is_finite());
                finite[pixel * filters..][..filters].iter_mut().for_each(|finite| *finite &= reached);
            }
        }
        each_isa(|| {
            let mut found = unwritten(finite.len());
            convolution::forward(&g, 1, &input, &kernel, Epilogue::NONE, &mut found);
            let found: Vec<bool> = found.iter().map(|value| value.is_finite()).collect();
            assert_eq!(found, finite);
        });
    }

    /// Keras multiplies padding too, so that an infinite weight makes NaN of it. Here a kernel may do that or skip it: what lies
    /// within the image is infinite, and where the weight meets padding, it is NaN or as if the weight were not there.
    #[test]
    fn an_infinite_weight_counts_where_there_is_an_image(
        (height, width) in (3usize..9, 3usize..14), channels in select(vec![1usize, 2, 3]), filters in select(vec![1usize, 3, 8, 17]),
        tap in 0usize..9, seed in 0u32..1000,
    ) {
        let g = Geometry::convolution(&[same(height), same(width)], channels, filters, 1);
        // No zeros: zero times infinity is NaN within the image as well.
        let input: Vec<f32> = noise(g.input_len(), seed).iter().map(|value| value.abs() + 0.5).collect();
        let mut kernel = noise(g.kernel_len(), seed + 1);
        let convolve = |kernel: &[f32]| {
            let mut found = unwritten(g.output_len());
            convolution::forward(&g, 1, &guarded(&input), &guarded(kernel), Epilogue::NONE, &mut found);
            found.to_vec()
        };
        let (place, filter) = (tap * channels * filters, 0);
        each_isa(|| {
            let weight = std::mem::replace(&mut kernel[place + filter], 0.0);
            let without = convolve(&kernel);
            kernel[place + filter] = f32::INFINITY;
            let found = convolve(&kernel);
            kernel[place + filter] = weight;
            for (at, (found, without)) in found.iter().zip(&without).enumerate() {
                let (pixel, is_near) = (at / filters, (found - without).abs() <= 1e-4 * (1.0 + without.abs()));
                let (y, x) = ((pixel / width + tap / 3).wrapping_sub(1), (pixel % width + tap % 3).wrapping_sub(1));
                let expected = match (at % filters == filter, y < height && x < width) {
                    (false, _) => is_near,
                    (true, true) => *found == f32::INFINITY,
                    (true, false) => found.is_nan() || is_near,
                };
                assert!(expected, "[{at}]: {found}, without the weight {without}");
            }
        });
    }

    #[test]
    fn a_sum_of_columns_keeps_them_in_theirs(
        rows in some_size(), columns in some_size(), places in specials(), seed in 0u32..1000,
    ) {
        let values = guarded(&sprinkled(rows * columns, &places, seed));
        let mut exact = vec![0.0; columns];
        values.iter().enumerate().for_each(|(at, value)| exact[at % columns] += f64::from(*value));
        each_isa(|| {
            let mut sums = unwritten(columns);
            column_sums(&values, &mut sums, false);
            assert_kind(&sums, &exact);
        });
        assert_kind(&[sum(&values)], &[exact.iter().sum()]);
        let squares = values.iter().map(|value| f64::from(*value).powi(2)).sum();
        assert_kind(&[sum_of_squares(&values)], &[squares]);
    }

    #[test]
    fn subnormals_are_not_flushed(len in some_size(), bits in 1u32..0x0080_0000, other in 1u32..0x0080_0000) {
        let (tiny, other) = (f32::from_bits(bits), -f32::from_bits(other));
        let (a, b) = (guarded(&vec![tiny; len]), guarded(&vec![other; len]));
        each_isa(|| {
            let mut out = unwritten(len);
            add(&a, &b, &mut out);
            assert!(out.iter().all(|sum| sum.to_bits() == (tiny + other).to_bits()));
            multiply(&a, &vec![0.5; len], &mut out);
            assert!(out.iter().all(|half| half.to_bits() == (tiny * 0.5).to_bits()));
            // Times one, and nothing else: a product, a convolution and its gradients, a pool.
            let identity: Vec<f32> = (0..len * len).map(|at| f32::from(at % (len + 1) == 0)).collect();
            matmul(Product { m: 1, n: len, k: len, ..Product::default() }, &a, &identity, &mut out);
            assert!(out.iter().all(|value| value.to_bits() == bits));
            for filters in [1, 9] {
                let g = Geometry::convolution(&[Axis { input: len, output: len, ..Axis::ONE }], 1, filters, 1);
                let (ones, mut spread) = (vec![1.0; filters], unwritten(len * filters));
                convolution::forward(&g, 1, &a, &ones, Epilogue::NONE, &mut spread);
                assert!(spread.iter().all(|value| value.to_bits() == bits));
                let only: Vec<f32> = (0..len * filters).map(|at| f32::from(at % filters == 0)).collect();
                let alone: Vec<f32> = only.iter().map(|one| one * tiny).collect();
                convolution::backward_input(&g, 1, &alone, &ones, &mut out);
                assert!(out.iter().all(|value| value.to_bits() == bits));
                let (mut to_kernel, mut scratch) = (unwritten(filters), unwritten(backward_kernel_scratch(&g)));
                let first: Vec<f32> = (0..len * filters).map(|at| f32::from(at < filters)).collect();
                convolution::backward_kernel(&g, 1, &a, &first, &mut to_kernel, false, &mut scratch);
                assert!(to_kernel.iter().all(|value| value.to_bits() == bits));
            }
            let alone = Geometry::pool(&[Axis::ONE], len);
            max_forward(&alone, 1, &a, &mut out);
            assert!(out.iter().all(|value| value.to_bits() == bits));
            average_forward(&alone, 1, &b, &mut out);
            assert!(out.iter().all(|value| value.to_bits() == other.to_bits()));
            for function in [Activation::Relu, Activation::Linear, Activation::Relu6, Activation::Elu] {
                forward(function, 1, &a, &mut out);
                assert!(out.iter().all(|value| value.to_bits() == bits), "{function:?}");
            }
        });
    }
}

/// The function and its slope at NaN, ∞, -∞, 0, -0 and ±3·10³⁸, as TensorFlow gives them through Keras 3.
#[rustfmt::skip]
const AT_SPECIALS: [(Activation, [f32; 7], [f32; 7]); 15] = {
    use Activation::*;
    const N: f32 = f32::NAN;
    const I: f32 = f32::INFINITY;
    const L: f32 = core::f32::consts::LN_2;
    [
        (Relu, [N, I, 0.0, 0.0, 0.0, 3e38, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        (Relu6, [N, 6.0, 0.0, 0.0, 0.0, 6.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (LeakyRelu, [N, I, -I, 0.0, 0.0, 3e38, -6e37], [0.2, 1.0, 0.2, 0.2, 0.2, 1.0, 0.2]),
        (Elu, [N, I, -1.0, 0.0, 0.0, 3e38, -1.0], [1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0]),
        (Selu, [N, I, -1.758_099_3, 0.0, 0.0, 3e38 * 1.050_701, -1.758_099_3],
            [1.050_701, 1.050_701, 0.0, 1.050_701, 1.050_701, 1.050_701, 0.0]),
        (Gelu, [N, I, N, 0.0, 0.0, 3e38, 0.0], [N, N, N, 0.5, 0.5, 1.0, 0.0]),
        (Sigmoid, [N, 1.0, 0.0, 0.5, 0.5, 1.0, 0.0], [N, 0.0, 0.0, 0.25, 0.25, 0.0, 0.0]),
        (HardSigmoid, [N, 1.0, 0.0, 0.5, 0.5, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0 / 6.0, 1.0 / 6.0, 0.0, 0.0]),
        (LogSigmoid, [N, 0.0, -I, -L, -L, 0.0, -3e38], [N, 0.0, 1.0, 0.5, 0.5, 0.0, 1.0]),
        (Silu, [N, I, N, 0.0, 0.0, 3e38, 0.0], [N, N, N, 0.5, 0.5, 1.0, 0.0]),
        (HardSilu, [N, I, N, 0.0, 0.0, 3e38, 0.0], [N, N, N, 0.5, 0.5, 1.0, 0.0]),
        (Tanh, [N, 1.0, -1.0, 0.0, 0.0, 1.0, -1.0], [N, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
        (Softplus, [N, I, 0.0, L, L, 3e38, 0.0], [N, 1.0, 0.0, 0.5, 0.5, 1.0, 0.0]),
        (Softsign, [N, N, N, 0.0, 0.0, 1.0, -1.0], [N, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
        (Mish, [N, I, N, 0.0, 0.0, 3e38, 0.0], [N, N, N, 0.6, 0.6, 1.0, 0.0]),
    ]
};

#[test]
fn activations_of_special_values_are_keras_own() {
    let input = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 3e38, -3e38];
    let same = |a: f32, b: f32| a.is_nan() && b.is_nan() || a == b || (a - b).abs() <= 1e-6 * b.abs();
    let mut different = Vec::new();
    each_isa(|| {
        for (function, values, slopes) in AT_SPECIALS {
            let (mut output, mut back) = ([f32::NAN; 7], [f32::NAN; 7]);
            forward(function, 1, &input, &mut output);
            backward(function, 1, &input, &output, &[1.0; 7], &mut back);
            for at in 0..7 {
                if !same(output[at], values[at]) || !same(back[at], slopes[at]) {
                    let (found, expected) = ((output[at], back[at]), (values[at], slopes[at]));
                    different.push(format!("{function:?} at {}: {found:?}, not {expected:?}", input[at]));
                }
            }
        }
    });
    assert!(different.is_empty(), "{}", different.join("\n"));
}

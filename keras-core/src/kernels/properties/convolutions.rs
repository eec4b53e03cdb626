//! Convolutions and their gradients.

use super::{assert_close, assert_same_on_threads, cases, guarded, numbers, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue,
        convolution::{self, backward_kernel_scratch},
        geometry::{Axis, Geometry},
        matmul::tests::noise,
        simd::tests::each_isa,
    },
};
use proptest::{prelude::*, sample::select};

/// The products that a convolution is the sum of, as indices of input, kernel and output: its definition.
pub(crate) fn products(g: &Geometry, batch: usize) -> Vec<(usize, usize, usize)> {
    let (channels, filters) = (g.channels / g.groups, g.filters / g.groups);
    let meets = |axis: Axis, window: usize, tap: usize| {
        let element = (window * axis.stride + tap * axis.dilation).checked_sub(axis.before)?;
        (element < axis.input).then_some(element)
    };
    let mut products = Vec::new();
    for image in 0..batch {
        for (out_z, out_y, out_x) in grid(g.z.output, g.y.output, g.x.output) {
            for (tap_z, tap_y, tap_x) in grid(g.z.window, g.y.window, g.x.window) {
                let elements = (meets(g.z, out_z, tap_z), meets(g.y, out_y, tap_y), meets(g.x, out_x, tap_x));
                let (Some(z), Some(y), Some(x)) = elements else { continue };
                let from = ((image * g.z.input + z) * g.y.input + y) * g.x.input + x;
                let tap = (tap_z * g.y.window + tap_y) * g.x.window + tap_x;
                let to = ((image * g.z.output + out_z) * g.y.output + out_y) * g.x.output + out_x;
                for (_, filter, channel) in grid(1, g.filters, channels) {
                    products.push((
                        from * g.channels + filter / filters * channels + channel,
                        (tap * channels + channel) * g.filters + filter,
                        to * g.filters + filter,
                    ));
                }
            }
        }
    }
    products
}

fn grid(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a * b * c).map(move |at| (at / (b * c), at / c % b, at % c))
}

fn check(g: &Geometry, batch: usize) {
    let (input, kernel, bias) = (numbers(batch * g.input_len(), 1), numbers(g.kernel_len(), 2), numbers(g.filters, 3));
    let gradient = numbers(batch * g.output_len(), 4);
    let before = noise(kernel.len(), 5);
    let mut output: Vec<f64> = (0..gradient.len()).map(|at| f64::from(bias[at % g.filters])).collect();
    let (mut to_input, mut to_kernel) = (vec![0.0; input.len()], vec![0.0; kernel.len()]);
    for (x, w, y) in products(g, batch) {
        output[y] += f64::from(input[x]) * f64::from(kernel[w]);
        to_input[x] += f64::from(gradient[y]) * f64::from(kernel[w]);
        to_kernel[w] += f64::from(gradient[y]) * f64::from(input[x]);
    }
    // Of sums of this number of products.
    let tolerance = |terms: usize| 2e-5 * (terms as f64 / 500.0).sqrt().max(1.0);
    let added: Vec<f64> = to_kernel.iter().zip(&before).map(|(a, b)| a + f64::from(*b)).collect();
    each_isa(|| {
        let about = |what: &str| format!("{what} of {batch} with {g:?}");
        let mut found = unwritten(output.len());
        convolution::forward(g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Linear), &mut found);
        assert_close(&about("forward"), &found, &output, tolerance(g.depth()));
        let mut found = unwritten(input.len());
        convolution::backward_input(g, batch, &gradient, &kernel, &mut found);
        assert_close(&about("backward_input"), &found, &to_input, tolerance(g.taps() * g.filters));
        let mut scratch = unwritten(backward_kernel_scratch(g));
        let mut found = unwritten(kernel.len());
        convolution::backward_kernel(g, batch, &input, &gradient, &mut found, false, &mut scratch);
        assert_close(&about("backward_kernel"), &found, &to_kernel, 5e-5);
        let mut found = guarded(&before);
        convolution::backward_kernel(g, batch, &input, &gradient, &mut found, true, &mut scratch);
        assert_close(&about("backward_kernel, added"), &found, &added, 5e-5);
    });
}

/// An axis as `padding = "valid"` or `"same"` has it, of a kernel that may be longer than the input, with steps that may
/// be longer than the kernel.
fn axis(longest: usize) -> impl Strategy<Value = Axis> {
    let input = 1..=longest;
    let steps = prop_oneof![3 => Just((1usize, 1usize)), 2 => (2usize..7).prop_map(|stride| (stride, 1)),
        2 => (2usize..6).prop_map(|dilation| (1, dilation))];
    (input, select(vec![1usize, 1, 2, 3, 3, 4, 5, 7]), steps, any::<bool>()).prop_map(
        |(input, kernel, (stride, dilation), same)| {
            let reach = (kernel - 1) * dilation + 1;
            let output = if same { input.div_ceil(stride) } else { (input + stride).saturating_sub(reach) / stride };
            let padding = (output.max(1) - 1) * stride + reach;
            let before = if same { padding.saturating_sub(input) / 2 } else { 0 };
            Axis { input, window: kernel, stride, dilation, before, output }
        },
    )
}

fn geometry(y: Axis, x: Axis, (groups, channels, filters): (usize, usize, usize)) -> Geometry {
    Geometry::convolution(&[y, x], channels * groups, filters * groups, groups)
}

/// Groups, and channels and filters of each.
fn groups() -> impl Strategy<Value = (usize, usize, usize)> {
    prop_oneof![
        4 => (Just(1usize), select(vec![1usize, 2, 3, 5, 8, 17]), select(vec![1usize, 2, 7, 8, 16, 17, 31, 32, 33, 40])),
        2 => (2usize..5, select(vec![1usize, 2, 3, 5]), select(vec![1usize, 2, 3, 9])),
        1 => (select(vec![2usize, 3, 7, 8, 15, 16, 17, 33]), Just(1usize), Just(1usize)),
    ]
}

proptest! {
    #![proptest_config(cases(128))]
    #[test]
    fn convolutions_equal_their_definition(batch in 0usize..4, y in axis(9), x in axis(19), parts in groups()) {
        check(&geometry(y, x, parts), batch);
    }
}

/// An axis with any padding, strides and dilations, also together.
fn any_axis(longest: usize) -> impl Strategy<Value = Axis> {
    let steps = (prop_oneof![3 => Just(1usize), 2 => 2usize..5], prop_oneof![3 => Just(1usize), 2 => 2usize..4]);
    let paddings = prop_oneof![2 => Just((0usize, 0usize)), 2 => Just((1, 1)), 3 => (0usize..6, 0usize..6)];
    (1..=longest, select(vec![1usize, 2, 3, 3, 3, 4, 5, 7]), steps, paddings).prop_map(
        |(input, window, (stride, dilation), (before, after))| {
            let (padded, reach) = (before + input + after, (window - 1) * dilation + 1);
            let output = if padded < reach { 0 } else { (padded - reach) / stride + 1 };
            Axis { input, window, stride, dilation, before, output }
        },
    )
}

/// Several groups: each a channel, with or without a multiplier, or narrow ones, or wide ones.
fn many_groups() -> impl Strategy<Value = (usize, usize, usize)> {
    prop_oneof![
        3 => (select(vec![2usize, 3, 7, 8, 15, 16, 17, 24, 31, 32, 33, 48, 67]), Just(1usize), Just(1usize)),
        2 => (2usize..20, Just(1usize), select(vec![2usize, 3, 5, 7, 8, 9, 15, 16, 17])),
        3 => (2usize..12, 1usize..9, 1usize..9),
        1 => (2usize..5, 1usize..20, 1usize..36),
    ]
}

proptest! {
    #![proptest_config(cases(192))]
    #[test]
    fn convolutions_of_groups_equal_their_definition(
        batch in 1usize..3, y in any_axis(9), x in any_axis(23), parts in many_groups(),
    ) {
        check(&geometry(y, x, parts), batch);
    }
}

/// Channels and filters of one group: of few channels, of few filters, and of both in blocks.
fn one_group() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![
        2 => (1usize..9, select(vec![3usize, 8, 16, 17, 24, 33, 48, 64, 65])),
        2 => (select(vec![4usize, 9, 16, 31, 40]), 1usize..6),
        1 => (select(vec![15usize, 16, 33, 48]), select(vec![16usize, 31, 32, 65])),
    ]
}

proptest! {
    #![proptest_config(cases(96))]
    #[test]
    fn convolutions_of_one_group_equal_their_definition(
        batch in 1usize..3, y in any_axis(11), x in any_axis(23), (channels, filters) in one_group(),
    ) {
        check(&geometry(y, x, (1, channels, filters)), batch);
    }

    #[test]
    fn windows_of_one_pixel_equal_their_definition(
        batch in 1usize..4, size in (1usize..13, 1usize..19), stride in (1usize..5, 1usize..5), (channels, filters) in one_group(),
    ) {
        let axis = |input: usize, stride: usize| Axis { input, stride, output: input.div_ceil(stride), ..Axis::ONE };
        check(&geometry(axis(size.0, stride.0), axis(size.1, stride.1), (1, channels, filters)), batch);
    }

    #[test]
    fn convolutions_of_volumes_equal_their_definition(
        batch in 1usize..3, axes in prop::collection::vec(any_axis(5), 3..=3), parts in prop_oneof![
            2 => (Just(1usize), 1usize..9, select(vec![1usize, 2, 7, 16, 17, 33])), 1 => many_groups(),
        ],
    ) {
        let (groups, channels, filters) = parts;
        check(&Geometry::convolution(&axes, channels * groups, filters * groups, groups), batch);
    }
}

fn plain(size: (usize, usize), kernel: (usize, usize), same: bool, parts: (usize, usize, usize)) -> Geometry {
    let axis = |input: usize, kernel: usize| {
        let (output, before) = if same { (input, (kernel - 1) / 2) } else { (input + 1 - kernel, 0) };
        Axis { input, window: kernel, before, output, ..Axis::ONE }
    };
    geometry(axis(size.0, kernel.0), axis(size.1, kernel.1), parts)
}

#[test]
fn images_larger_than_what_is_packed_at_once() {
    // Filters that fill no vector, so that gradients are packed: an image by itself, then many together.
    check(&plain((31, 37), (3, 3), true, (1, 3, 5)), 2);
    check(&plain((3, 211), (3, 5), true, (1, 2, 17)), 2);
    check(&plain((6, 7), (3, 3), false, (1, 4, 19)), 67);
    // Lines in parts.
    check(&plain((1, 401), (1, 3), true, (1, 5, 26)), 7);
    check(&plain((3, 401), (3, 3), true, (1, 2, 19)), 2);
    // One channel, and several groups of one.
    check(&plain((29, 31), (5, 5), true, (1, 1, 6)), 2);
    check(&plain((13, 17), (3, 3), true, (3, 1, 4)), 5);
    // Narrow groups, whose lines are spread in parts; depthwise ones, whose sums have several pieces.
    check(&plain((5, 150), (3, 3), true, (5, 4, 4)), 2);
    check(&plain((9, 33), (5, 7), true, (3, 7, 2)), 1);
    check(&plain((37, 41), (3, 3), true, (17, 1, 1)), 2);
    // A patch longer than the depth of a block.
    check(&plain((5, 6), (3, 3), true, (1, 67, 3)), 2);
    check(&plain((3, 4), (3, 3), true, (1, 131, 33)), 1);
}

#[test]
fn nothing_to_convolve() {
    let g = plain((4, 5), (3, 3), true, (1, 2, 3));
    check(&g, 0);
    // The gradient of no image is zero.
    let (mut to_kernel, mut scratch) = (unwritten(g.kernel_len()), unwritten(backward_kernel_scratch(&g)));
    convolution::backward_kernel(&g, 0, &[], &[], &mut to_kernel, false, &mut scratch);
    assert!(to_kernel.iter().all(|value| *value == 0.0));
    // A kernel that fits nowhere makes no output, and passes no gradient on.
    let none = |input: usize| Axis { input, window: 9, output: 0, ..Axis::ONE };
    check(&Geometry { y: none(4), x: none(5), ..g }, 2);
    check(&Geometry { x: none(5), ..g }, 2);
    check(&Geometry { z: none(2), ..g }, 2);
    // Without taps, or without channels, the output is the bias.
    for parts in [(1, 1, 3), (1, 2, 3)] {
        check(
            &Geometry { y: Axis { input: 4, window: 0, output: 4, ..Axis::ONE }, ..plain((4, 9), (3, 3), true, parts) },
            2,
        );
    }
    check(&plain((4, 9), (3, 3), true, (1, 0, 3)), 2);
}

#[test]
fn threads_do_not_change_a_convolution() {
    for g in [
        plain((13, 17), (3, 3), true, (1, 6, 19)),
        plain((13, 17), (3, 3), true, (1, 1, 40)),
        plain((13, 17), (3, 3), true, (3, 4, 7)),
        plain((13, 17), (3, 3), true, (67, 1, 1)),
        plain((13, 17), (5, 3), true, (32, 1, 2)),
        plain((13, 17), (3, 3), true, (9, 3, 5)),
        plain((13, 17), (3, 3), true, (3, 17, 20)),
        Geometry {
            y: Axis { input: 13, window: 3, stride: 2, before: 1, output: 7, ..Axis::ONE },
            x: Axis { input: 17, window: 3, dilation: 2, before: 2, output: 17, ..Axis::ONE },
            ..plain((13, 17), (3, 3), true, (48, 1, 1))
        },
        Geometry {
            x: Axis { input: 17, window: 3, stride: 2, before: 1, output: 9, ..Axis::ONE },
            ..plain((13, 17), (3, 3), true, (1, 6, 19))
        },
        Geometry {
            x: Axis { input: 17, window: 3, dilation: 2, before: 2, output: 17, ..Axis::ONE },
            ..plain((13, 17), (3, 3), true, (1, 6, 19))
        },
        // The kernel's gradient of one channel by few filters, and of one channel and tap by many.
        plain((13, 17), (3, 3), true, (1, 1, 5)),
        plain((13, 17), (1, 1), true, (1, 1, 331)),
        // Eleven rows, of which a thread may get a single one.
        plain((3, 7), (3, 7), false, (1, 67, 47)),
        // Few channels of the input by many filters, and windows of one pixel with strides.
        plain((33, 37), (3, 3), true, (1, 3, 64)),
        Geometry {
            y: Axis { input: 13, stride: 2, output: 7, ..Axis::ONE },
            x: Axis { input: 17, stride: 2, output: 9, ..Axis::ONE },
            ..plain((13, 17), (1, 1), true, (1, 64, 90))
        },
        // Winograd's tiles.
        plain((13, 17), (3, 3), true, (1, 16, 16)),
        plain((13, 17), (3, 3), true, (1, 70, 90)),
        // Three axes.
        Geometry {
            z: Axis { input: 7, window: 3, stride: 2, before: 1, output: 4, ..Axis::ONE },
            ..plain((9, 11), (3, 3), true, (1, 6, 19))
        },
        Geometry {
            z: Axis { input: 5, window: 3, before: 1, output: 5, ..Axis::ONE },
            ..plain((9, 11), (3, 3), true, (67, 1, 1))
        },
        Geometry {
            z: Axis { input: 5, window: 3, before: 1, output: 5, ..Axis::ONE },
            ..plain((9, 11), (3, 3), true, (3, 5, 4))
        },
    ] {
        let batch = 11;
        let (input, kernel, bias) = (noise(batch * g.input_len(), 1), noise(g.kernel_len(), 2), noise(g.filters, 3));
        let gradient = noise(batch * g.output_len(), 4);
        assert_same_on_threads(|| {
            let mut output = unwritten(gradient.len());
            convolution::forward(&g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Relu), &mut output);
            output.to_vec()
        });
        assert_same_on_threads(|| {
            let mut to_input = unwritten(input.len());
            convolution::backward_input(&g, batch, &gradient, &kernel, &mut to_input);
            to_input.to_vec()
        });
        assert_same_on_threads(|| {
            let (mut to_kernel, mut scratch) = (unwritten(kernel.len()), unwritten(backward_kernel_scratch(&g)));
            convolution::backward_kernel(&g, batch, &input, &gradient, &mut to_kernel, false, &mut scratch);
            to_kernel.to_vec()
        });
    }
}

//! Convolutions and their gradients.

use super::{assert_close, assert_same_on_threads, cases, guarded, numbers, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue,
        conv2d::{self, Conv2DGeometry, backward_kernel_scratch},
        matmul::tests::noise,
        simd::tests::each_isa,
    },
};
use proptest::{prelude::*, sample::select};

/// The products that a convolution is the sum of: (input, kernel, output) as indices.
fn products(g: &Conv2DGeometry, batch: usize) -> Vec<(usize, usize, usize)> {
    let (channels, filters) = (g.channels / g.groups, g.filters / g.groups);
    let mut products = Vec::new();
    for (image, out_y, out_x) in grid(batch, g.output_height, g.output_width) {
        for (tap_y, tap_x, filter) in grid(g.kernel_height, g.kernel_width, g.filters) {
            let y = (out_y * g.stride_y + tap_y * g.dilation_y).checked_sub(g.pad_top);
            let x = (out_x * g.stride_x + tap_x * g.dilation_x).checked_sub(g.pad_left);
            let (Some(y), Some(x)) = (y.filter(|y| *y < g.height), x.filter(|x| *x < g.width)) else { continue };
            for channel in 0..channels {
                products.push((
                    ((image * g.height + y) * g.width + x) * g.channels + filter / filters * channels + channel,
                    ((tap_y * g.kernel_width + tap_x) * channels + channel) * g.filters + filter,
                    ((image * g.output_height + out_y) * g.output_width + out_x) * g.filters + filter,
                ));
            }
        }
    }
    products
}

fn grid(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..a * b * c).map(move |at| (at / (b * c), at / c % b, at % c))
}

fn check(g: &Conv2DGeometry, batch: usize) {
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
    let added: Vec<f64> = to_kernel.iter().zip(&before).map(|(a, b)| a + f64::from(*b)).collect();
    let mut to_bias: Vec<f64> = bias.iter().map(|bias| f64::from(*bias)).collect();
    gradient.iter().enumerate().for_each(|(at, value)| to_bias[at % g.filters] += f64::from(*value));
    each_isa(|| {
        let about = |what: &str| format!("{what} of {batch} with {g:?}");
        let mut found = unwritten(output.len());
        conv2d::forward(g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Linear), &mut found);
        assert_close(&about("forward"), &found, &output, 2e-5);
        let mut found = unwritten(input.len());
        conv2d::backward_input(g, batch, &gradient, &kernel, &mut found);
        assert_close(&about("backward_input"), &found, &to_input, 2e-5);
        let mut scratch = unwritten(backward_kernel_scratch(g));
        let mut found = unwritten(kernel.len());
        conv2d::backward_kernel(g, batch, &input, &gradient, &mut found, false, &mut scratch);
        assert_close(&about("backward_kernel"), &found, &to_kernel, 5e-5);
        let mut found = guarded(&before);
        conv2d::backward_kernel(g, batch, &input, &gradient, &mut found, true, &mut scratch);
        assert_close(&about("backward_kernel, added"), &found, &added, 5e-5);
        let mut found = guarded(&bias);
        conv2d::backward_bias(&gradient, &mut found, true);
        assert_close(&about("backward_bias"), &found, &to_bias, 5e-5);
    });
}

/// One axis of a convolution.
#[derive(Clone, Copy, Debug)]
struct Axis {
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    output: usize,
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
            let pad = if same { padding.saturating_sub(input) / 2 } else { 0 };
            Axis { input, kernel, stride, dilation, pad, output }
        },
    )
}

fn geometry(y: Axis, x: Axis, (groups, channels, filters): (usize, usize, usize)) -> Conv2DGeometry {
    Conv2DGeometry {
        height: y.input,
        width: x.input,
        channels: channels * groups,
        kernel_height: y.kernel,
        kernel_width: x.kernel,
        filters: filters * groups,
        stride_y: y.stride,
        stride_x: x.stride,
        dilation_y: y.dilation,
        dilation_x: x.dilation,
        groups,
        pad_top: y.pad,
        pad_left: x.pad,
        output_height: y.output,
        output_width: x.output,
    }
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

fn plain(size: (usize, usize), kernel: (usize, usize), same: bool, parts: (usize, usize, usize)) -> Conv2DGeometry {
    let axis = |input: usize, kernel: usize| {
        let (output, pad) = if same { (input, (kernel - 1) / 2) } else { (input + 1 - kernel, 0) };
        Axis { input, kernel, stride: 1, dilation: 1, pad, output }
    };
    geometry(axis(size.0, kernel.0), axis(size.1, kernel.1), parts)
}

#[test]
fn images_larger_than_what_is_packed_at_once() {
    // Filters that fill no vector, so that gradients are packed: an image by itself, then many together.
    check(&plain((31, 37), (3, 3), true, (1, 3, 5)), 2);
    check(&plain((3, 211), (3, 5), true, (1, 2, 17)), 2);
    check(&plain((6, 7), (3, 3), false, (1, 4, 19)), 67);
    // One channel, and several groups of one.
    check(&plain((29, 31), (5, 5), true, (1, 1, 6)), 2);
    check(&plain((13, 17), (3, 3), true, (3, 1, 4)), 5);
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
    conv2d::backward_kernel(&g, 0, &[], &[], &mut to_kernel, false, &mut scratch);
    assert!(to_kernel.iter().all(|value| *value == 0.0));
    // A kernel that fits nowhere makes no output, and passes no gradient on.
    let none = Conv2DGeometry { output_height: 0, output_width: 0, kernel_height: 9, kernel_width: 9, ..g };
    check(&Conv2DGeometry { pad_top: 0, pad_left: 0, ..none }, 2);
    check(&Conv2DGeometry { output_width: 0, pad_left: 0, kernel_width: 9, ..g }, 2);
    // Without taps, or without channels, the output is the bias.
    for parts in [(1, 1, 3), (1, 2, 3)] {
        check(&Conv2DGeometry { kernel_height: 0, pad_top: 0, ..plain((4, 9), (3, 3), true, parts) }, 2);
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
        Conv2DGeometry { stride_x: 2, output_width: 9, ..plain((13, 17), (3, 3), true, (1, 6, 19)) },
        Conv2DGeometry { dilation_x: 2, pad_left: 2, ..plain((13, 17), (3, 3), true, (1, 6, 19)) },
        // The kernel's gradient of one channel by few filters, and of one channel and tap by many.
        plain((13, 17), (3, 3), true, (1, 1, 5)),
        plain((13, 17), (1, 1), true, (1, 1, 331)),
        // Eleven rows, of which a thread may get a single one.
        plain((3, 7), (3, 7), false, (1, 67, 47)),
        // Winograd's tiles.
        plain((13, 17), (3, 3), true, (1, 16, 16)),
    ] {
        let batch = 11;
        let (input, kernel, bias) = (noise(batch * g.input_len(), 1), noise(g.kernel_len(), 2), noise(g.filters, 3));
        let gradient = noise(batch * g.output_len(), 4);
        assert_same_on_threads(|| {
            let mut output = unwritten(gradient.len());
            conv2d::forward(&g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Relu), &mut output);
            output.to_vec()
        });
        assert_same_on_threads(|| {
            let mut to_input = unwritten(input.len());
            conv2d::backward_input(&g, batch, &gradient, &kernel, &mut to_input);
            to_input.to_vec()
        });
        assert_same_on_threads(|| {
            let (mut to_kernel, mut scratch) = (unwritten(kernel.len()), unwritten(backward_kernel_scratch(&g)));
            conv2d::backward_kernel(&g, batch, &input, &gradient, &mut to_kernel, false, &mut scratch);
            to_kernel.to_vec()
        });
    }
}

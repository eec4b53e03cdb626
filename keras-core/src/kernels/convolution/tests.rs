//! Every kernel against the definition, in plain loops.

use super::*;
use crate::activations::Activation;
use crate::kernels::{
    geometry::Axis,
    matmul::tests::noise,
    parallel::Work,
    properties::{cases, convolutions::products},
    simd::tests::each_isa,
};
use proptest::prelude::*;

/// Asserts that sums of this number of products are as expected, up to rounding.
fn close(got: &[f32], want: &[f64], terms: usize, what: &str, g: &Geometry) {
    let tolerance = 1e-6 * (40.0 + 2.0 * (terms as f64).sqrt());
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((*got as f64 - want).abs() < tolerance * (1.0 + want.abs()), "{what} {g:?} [{i}] {got} {want}");
    }
}

fn check(g: &Geometry, batch: usize) {
    let input = noise(batch * g.input_len(), 1);
    let (kernel, bias, scale) = (noise(g.kernel_len(), 2), noise(g.filters, 3), noise(g.filters, 5));
    let gradient = noise(batch * g.output_len(), 4);
    let mut output = vec![0.0; batch * g.output_len()];
    let (mut dx, mut dk) = (vec![0.0; input.len()], vec![0.0; kernel.len()]);
    for (x, k, y) in products(g, batch) {
        output[y] += input[x] as f64 * kernel[k] as f64;
        dx[x] += gradient[y] as f64 * kernel[k] as f64;
        dk[k] += gradient[y] as f64 * input[x] as f64;
    }
    let scaled = |(i, sum): (usize, &f64)| (sum * scale[i % g.filters] as f64 + bias[i % g.filters] as f64).max(0.0);
    let scaled: Vec<f64> = output.iter().enumerate().map(scaled).collect();
    output.iter_mut().enumerate().for_each(|(i, sum)| *sum = (*sum + bias[i % g.filters] as f64).max(0.0));
    each_isa(|| {
        let mut got = vec![f32::NAN; output.len()];
        forward(g, batch, &input, &kernel, Epilogue::new(&bias, Activation::Relu), &mut got);
        close(&got, &output, g.depth(), "forward", g);
        let epilogue = Epilogue { scale: &scale, ..Epilogue::new(&bias, Activation::Relu) };
        forward(g, batch, &input, &kernel, epilogue, &mut got);
        close(&got, &scaled, g.depth(), "scaled", g);
        let mut got = vec![f32::NAN; dx.len()];
        backward_input(g, batch, &gradient, &kernel, &mut got);
        close(&got, &dx, g.taps() * g.filters, "backward_input", g);
        let mut scratch = vec![f32::NAN; backward_kernel_scratch(g)];
        let mut got = vec![f32::NAN; dk.len()];
        backward_kernel(g, batch, &input, &gradient, &mut got, false, &mut scratch);
        close(&got, &dk, batch * g.windows(), "backward_kernel", g);
        got.fill(0.0);
        backward_kernel(g, batch, &input, &gradient, &mut got, true, &mut scratch);
        close(&got, &dk, batch * g.windows(), "backward_kernel", g);
    });
}

/// A convolution of 3×3 taps whose output is as large as its input.
fn of_nine_taps((height, width): (usize, usize), channels: usize, filters: usize) -> Geometry {
    Geometry::convolution(&[height, width].map(|length| axis(length, 3, (1, 1), true)), channels, filters, 1)
}

/// An axis whose windows cover the input, or stay inside.
fn axis(input: usize, window: usize, (stride, dilation): (usize, usize), same: bool) -> Axis {
    let reach = (window - 1) * dilation + 1;
    let output = match same {
        true => input.div_ceil(stride),
        false if input < reach => 0,
        false => (input - reach) / stride + 1,
    };
    let before = if same { ((output.max(1) - 1) * stride + reach).saturating_sub(input) / 2 } else { 0 };
    Axis { input, window, stride, dilation, before, output }
}

/// One axis of a random geometry: with padding as it comes, windows beyond it, and steps longer than a window.
fn any_axis(longest: usize) -> impl Strategy<Value = Axis> {
    (1..=longest, 1usize..4, (1usize..5, 1usize..3), (0usize..4, 0usize..3)).prop_map(
        |(input, window, (stride, dilation), (before, after))| {
            let (padded, reach) = (before + input + after, (window - 1) * dilation + 1);
            let output = if padded < reach { 0 } else { (padded - reach) / stride + 1 };
            Axis { input, window, stride, dilation, before, output }
        },
    )
}

/// With fewer columns in a group than lanes in a vector, a vector of the kernel's last row would end behind it: the address sanitizer
/// sees a kernel that is read too far.
#[test]
fn images_that_are_cut_have_lines_that_no_window_reaches_the_end_of() {
    for (length, window) in [(520, 3), (514, 1)] {
        let axes = [axis(length, window, (2, 1), false); 2];
        check(&Geometry::convolution(&axes, 2, 3, 1), 1);
    }
}

#[test]
fn no_vector_of_a_group_ends_behind_the_kernel() {
    for filters in [2, 4, 8] {
        for channels in [4, 8, 16] {
            let axes = [9, 11].map(|length| axis(length, 3, (1, 1), true));
            check(&Geometry::convolution(&axes, 2 * channels, 2 * filters, 2), 2);
        }
    }
}

proptest! {
    #![proptest_config(cases(192))]
    #[test]
    fn one_axis_two_and_three_equal_the_definition(
        batch in 0usize..3, axes in prop_oneof![
            1 => prop::collection::vec(any_axis(17), 1..=1), 1 => prop::collection::vec(any_axis(8), 2..=2),
            2 => prop::collection::vec(any_axis(5), 3..=3),
        ],
        (groups, channels, filters) in prop_oneof![
            3 => (Just(1usize), 1usize..6, 1usize..20),
            1 => (1usize..4, 1usize..3, 1usize..4),
            1 => (1usize..19, Just(1usize), Just(1usize)),
        ],
    ) {
        check(&Geometry::convolution(&axes, channels * groups, filters * groups, groups), batch);
    }
}

proptest! {
    #![proptest_config(cases(160))]
    #[test]
    fn equals_the_definition(
        batch in 0usize..4, size in (1usize..12, 1usize..18), kernel in (1usize..5, 1usize..5),
        stride in (1usize..4, 1usize..4), dilation in (1usize..3, 1usize..3), same: bool,
        (groups, channels, filters) in prop_oneof![
            3 => (Just(1usize), 1usize..6, 1usize..40),
            1 => (1usize..4, 1usize..3, 1usize..4),
            1 => (1usize..35, Just(1usize), Just(1usize)),
        ],
    ) {
        let y = axis(size.0, kernel.0, (stride.0, dilation.0), same);
        let x = axis(size.1, kernel.1, (stride.1, dilation.1), same);
        check(&Geometry::convolution(&[y, x], channels * groups, filters * groups, groups), batch);
    }
}

proptest! {
    #![proptest_config(cases(6))]
    /// Patches of more elements than are packed at once, in each way of cutting them.
    #[test]
    fn deep_patches_equal_the_definition(
        batch in 1usize..3, size in (3usize..6, 8usize..24), kernel in (1usize..4, 2usize..4), stride in 1usize..3, dilation in 1usize..3,
        channels in prop_oneof![100usize..130, 300usize..330, 650usize..670], filters in 1usize..50, same: bool,
    ) {
        let y = axis(size.0, kernel.0, (stride, 1), same);
        let x = axis(size.1, kernel.1, (stride, dilation), same);
        check(&Geometry::convolution(&[y, x], channels, filters, 1), batch);
    }
}

/// The only line of the output is cut where it is too long for one sum: by the lines of its taps, of which some lie outside.
#[test]
fn a_long_line_of_windows_of_several_lines() {
    let y = Axis { input: 2, window: 4, dilation: 1, before: 1, ..Axis::ONE };
    for (groups, channels, filters) in [(1, 1, 1), (1, 2, 3), (2, 2, 2)] {
        check(&Geometry::convolution(&[y, axis(66_000, 3, (1, 1), true)], channels, filters, groups), 2);
    }
}

#[test]
fn lines_longer_than_what_is_packed() {
    for filters in [5, 32, 37] {
        check(&Geometry::convolution(&[axis(1500, 3, (1, 1), true)], 4, filters, 1), 2);
    }
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn tiles_equal_the_definition(
        batch in 1usize..3, size in (7usize..13, 7usize..13), pad in (0usize..3, 0usize..3),
        channels in prop_oneof![Just(16usize), Just(32), 16usize..70, Just(128), Just(130)],
        filters in prop_oneof![Just(16usize), Just(64), 16usize..70],
    ) {
        let axis = |input: usize, before: usize| Axis { before, output: input + 2 * before - 2, ..axis(input, 3, (1, 1), true) };
        check(&Geometry::convolution(&[axis(size.0, pad.0), axis(size.1, pad.1)], channels, filters, 1), batch);
    }
}

proptest! {
    #![proptest_config(cases(48))]
    #[test]
    fn one_channel_equals_the_definition(
        batch in 1usize..4, size in prop_oneof![(1usize..14, 8usize..40), (1usize..3, 500usize..600)], kernel in (1usize..6, 1usize..6),
        stride_y in 1usize..3, dilation in (1usize..3, 1usize..3), filters in 1usize..9, same: bool,
    ) {
        let y = axis(size.0, kernel.0, (stride_y, dilation.0), same);
        let x = axis(size.1, kernel.1, (1, dilation.1), same);
        check(&Geometry::convolution(&[y, x], 1, filters, 1), batch);
    }
}

proptest! {
    #![proptest_config(cases(48))]
    /// A product of one row reads its right side beyond the group's filters: what lies there shows nowhere. Buffers end with
    /// their last float, as far as a sanitizer sees.
    #[test]
    fn a_group_keeps_to_its_filters(
        size in (1usize..4, 1usize..5), groups in 1usize..5, channels in 1usize..4, filters in 1usize..70, pixels in 1usize..3,
    ) {
        let (channels, filters) = (channels * groups, filters * groups);
        // A patch is the whole image; or a tap is, and a kernel of one channel has a gradient of one row.
        let of_one_tap = [size.0, size.1].map(|length| axis(length, 1, (1, 1), false));
        let of_one_pixel = [size.0, size.1].map(|length| axis(length, length, (1, 1), false));
        for axes in [of_one_tap, of_one_pixel] {
            let g = Geometry::convolution(&axes, channels, filters, groups);
            check(&g, pixels);
            let (input, kernel) = (noise(g.input_len(), 1), noise(g.kernel_len(), 2));
            let gradient = noise(g.output_len(), 3);
            let run = |kernel: &[f32], gradient: &[f32]| {
                let (mut output, mut to_kernel) = (vec![0.0; g.output_len()], vec![0.0; g.kernel_len()]);
                forward(&g, 1, &input, kernel, Epilogue::NONE, &mut output);
                backward_kernel(
                    &g, 1, &input, gradient, &mut to_kernel, false, &mut vec![0.0; backward_kernel_scratch(&g)],
                );
                [output, to_kernel].concat()
            };
            each_isa(|| {
                let expected = run(&kernel, &gradient);
                for group in 0..groups {
                    let ours = |at: usize| at % filters / (filters / groups) == group;
                    let spoil = |values: &[f32]| -> Vec<f32> {
                        values.iter().enumerate().map(|(at, value)| if ours(at) { *value } else { f32::NAN }).collect()
                    };
                    let found = run(&spoil(&kernel), &spoil(&gradient));
                    for (at, (found, expected)) in found.iter().zip(&expected).enumerate().filter(|(at, _)| ours(*at)) {
                        assert_eq!(found, expected, "{g:?} [{at}]");
                    }
                }
            });
        }
    }
}

/// Threads have little stack, and a fork within a fork has what its parents have on theirs.
#[test]
fn many_threads_need_little_stack() {
    let g = of_nine_taps((13, 13), 40, 72);
    let work = Work::Multiplications { all: 4 * g.output_len() * g.depth(), parts: 1 };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert!(winograd::pays(&g) && pool.install(|| work.threads()) == 2);
    let (input, kernel, gradient) =
        (noise(4 * g.input_len(), 1), noise(g.kernel_len(), 2), noise(4 * g.output_len(), 3));
    let run = || {
        let (mut output, mut to_input) = (vec![0.0; gradient.len()], vec![0.0; input.len()]);
        forward(&g, 4, &input, &kernel, Epilogue::NONE, &mut output);
        backward_input(&g, 4, &gradient, &kernel, &mut to_input);
        let (mut to_kernel, mut scratch) = (vec![0.0; kernel.len()], vec![0.0; backward_kernel_scratch(&g)]);
        backward_kernel(&g, 4, &input, &gradient, &mut to_kernel, false, &mut scratch);
        (output, to_input, to_kernel)
    };
    let expected = run();
    for threads in [1, 8, 32] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(1 << 20).build().unwrap();
        assert!(pool.install(run) == expected);
    }
}

#[test]
fn tiles_are_taken_where_they_are_shorter() {
    let of = |height, channels, filters| of_nine_taps((height, height), channels, filters);
    for (geometry, expected) in [
        (of(32, 16, 16), true),
        (of(8, 64, 64), true),
        (of(28, 1, 32), false),
        (of(28, 32, 3), false),
        (of(14, 512, 512), true),
        (of(4, 64, 64), true),
        (of(3, 256, 256), false),
        (Geometry { x: axis(32, 3, (2, 1), true), ..of(32, 16, 16) }, false),
    ] {
        assert_eq!(winograd::pays(&geometry), expected && cfg!(feature = "std"), "{geometry:?}");
    }
}

proptest! {
    #![proptest_config(cases(3))]
    #[test]
    fn tiles_of_several_blocks(
        size in (7usize..12, 7usize..12), channels in 60usize..150, filters in 60usize..150,
        before in (0usize..3, 0usize..3), batch in 1usize..4,
    ) {
        // Windows that begin up to two pixels outside, and end inside or one pixel outside.
        let axis = |input: usize, before: usize| Axis { input, window: 3, before, output: input + before - 1, ..Axis::ONE };
        let g = Geometry::convolution(&[axis(size.0, before.0), axis(size.1, before.1)], channels, filters, 1);
        prop_assert!(winograd::pays(&g) || size.0.min(size.1) < 9);
        check(&g, batch);
    }
}

#[test]
fn large_convolutions_take_the_parallel_path() {
    check(&of_nine_taps((13, 13), 24, 40), 9);
}

#[test]
fn an_image_of_one_pixel_meets_the_taps_that_reach_it() {
    for count in 1..=3 {
        // Windows of 3 with a distance of 2, and steps longer than a window.
        let axis = Axis { input: 1, window: 3, stride: 4, dilation: 2, before: 4, output: 2 };
        for parts in [(1, 1, 1), (1, 3, 5), (2, 4, 6), (9, 9, 9)] {
            check(&Geometry::convolution(&[axis; 3][..count], parts.1, parts.2, parts.0), 1);
        }
    }
}

#[test]
fn planes_that_are_images_by_themselves() {
    let z = Axis { input: 3, output: 3, ..Axis::ONE };
    for (channels, filters) in [(1, 5), (3, 7), (16, 16)] {
        let flat = of_nine_taps((9, 11), channels, filters);
        let g = Geometry { z, ..flat };
        check(&g, 2);
        let (input, kernel) = (noise(2 * g.input_len(), 1), noise(g.kernel_len(), 2));
        let (mut of_volumes, mut of_images) = (vec![0.0; 2 * g.output_len()], vec![0.0; 2 * g.output_len()]);
        forward(&g, 2, &input, &kernel, Epilogue::NONE, &mut of_volumes);
        forward(&flat, 6, &input, &kernel, Epilogue::NONE, &mut of_images);
        assert_eq!(of_volumes, of_images);
    }
}

#[test]
fn a_plane_that_no_tap_meets_is_the_bias() {
    // Three planes of padding before the only one of the input.
    let z = Axis { window: 2, before: 3, output: 4, ..Axis::ONE };
    let g = Geometry::convolution(&[z, Axis::ONE, Axis::ONE], 1, 2, 1);
    let epilogue = Epilogue { scale: &[2.0, 2.0], ..Epilogue::new(&[1.0, -1.0], Activation::Relu) };
    each_isa(|| {
        let mut output = [f32::NAN; 8];
        forward(&g, 1, &[10.0], &[1.0, 2.0, 3.0, 4.0], epilogue, &mut output);
        assert_eq!(output, [1.0, 0.0, 1.0, 0.0, 61.0, 79.0, 21.0, 39.0]);
    });
}

#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "lengths do not fit"))]
fn padding_beyond_all_memory_fits_nothing() {
    let x = Axis { window: 2, before: 1 << (usize::BITS - 1), output: 0, ..Axis::ONE };
    let g = Geometry::convolution(&[Axis::ONE, x], 1, 1, 1);
    assert!(!g.is_computable());
    let mut to_input = [7.0];
    backward_input(&g, 1, &[], &[1.0, 2.0], &mut to_input);
    assert_eq!(to_input, [7.0], "nothing is done");
}

/// Batches of one, along three axes: planes are what threads share.
#[test]
fn a_large_volume_takes_the_parallel_path() {
    check(&Geometry::convolution(&[axis(9, 3, (1, 1), true); 3], 8, 24, 1), 1);
    check(
        &Geometry::convolution(
            &[axis(11, 3, (2, 1), true), axis(7, 3, (1, 1), true), axis(9, 2, (1, 2), false)],
            6,
            20,
            2,
        ),
        1,
    );
}

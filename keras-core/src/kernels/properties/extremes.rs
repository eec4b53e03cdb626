//! Geometries beyond all memory, some of them with slices of no floats that fit their product: nothing is read or written where
//! it must not be, and nothing overflows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{GUARD, cases, numbers, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue,
        convolution::{self, backward_kernel_scratch},
        geometry::{Axis, Geometry},
        pooling,
    },
};
use proptest::{prelude::*, sample::select};

/// A size: most of them small, so that some geometries fit.
fn any_size() -> impl Strategy<Value = usize> {
    let extreme = [
        1 << 16,
        1 << (usize::BITS / 2 - 1),
        1 << (usize::BITS / 2),
        isize::MAX as usize / 2,
        isize::MAX as usize,
        1 << (usize::BITS - 1),
        usize::MAX - 1,
        usize::MAX,
    ];
    prop_oneof![2 => Just(0usize), 24 => 1usize..4, 3 => select(extreme.to_vec())]
}

/// The length of a slice for this number of floats: the number itself, unless it exceeds what a test can allocate.
fn affordable(floats: usize) -> usize {
    if floats <= 1 << 12 { floats } else { 3 }
}

/// Runs a kernel that must do all if the sizes fit, and otherwise nothing but say so in debug builds.
fn run(fits: bool, kernel: impl FnOnce()) {
    match catch_unwind(AssertUnwindSafe(kernel)) {
        Ok(()) => assert!(fits || !cfg!(debug_assertions), "sizes that do not fit pass unnoticed"),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map_or_else(
                || panic.downcast_ref::<&str>().copied().unwrap_or_default().to_owned(),
                |message| message.clone(),
            );
            assert!(!fits && message.starts_with("lengths do not fit"), "{message}");
        }
    }
}

/// Whether a buffer is written as a kernel must.
fn written(fits: bool, values: &[f32]) -> bool {
    values.iter().all(|value| (value.to_bits() == GUARD.to_bits()) != fits)
}

fn convolve(g: &Geometry, batch: usize) {
    let images = |len: usize| affordable(batch.saturating_mul(len));
    let (input, kernel) = (numbers(images(g.input_len()), 1), numbers(affordable(g.kernel_len()), 2));
    let (gradient, bias) = (numbers(images(g.output_len()), 3), numbers(affordable(g.filters), 4));
    let fits = g.fits(batch, input.len(), gradient.len()) && g.fits_kernel(kernel.len());
    let mut output = unwritten(gradient.len());
    let epilogue = Epilogue::new(&bias, Activation::Relu);
    let epilogue_fits = bias.len() == g.filters;
    run(fits && epilogue_fits, || convolution::forward(g, batch, &input, &kernel, epilogue, &mut output));
    assert!(written(fits && epilogue_fits, &output), "forward of {batch} with {g:?}");
    let mut to_input = unwritten(input.len());
    run(fits, || convolution::backward_input(g, batch, &gradient, &kernel, &mut to_input));
    assert!(written(fits, &to_input), "backward_input of {batch} with {g:?}");
    let mut scratch = unwritten(affordable(backward_kernel_scratch(g)));
    let mut to_kernel = unwritten(kernel.len());
    let fits = fits && scratch.len() >= backward_kernel_scratch(g);
    run(fits, || convolution::backward_kernel(g, batch, &input, &gradient, &mut to_kernel, false, &mut scratch));
    assert!(written(fits, &to_kernel), "backward_kernel of {batch} with {g:?}");
}

fn pool(g: &Geometry, batch: usize) {
    let images = |len: usize| affordable(batch.saturating_mul(len));
    let (input, gradient) = (numbers(images(g.input_len()), 1), numbers(images(g.output_len()), 2));
    let fits = pooling::fits(g, batch, input.len(), gradient.len());
    let (mut output, mut to_input) = (unwritten(gradient.len()), unwritten(input.len()));
    run(fits, || pooling::max_forward(g, batch, &input, &mut output));
    assert!(written(fits, &output), "max_forward of {batch} with {g:?}");
    run(fits, || pooling::max_backward(g, batch, &input, &output, &gradient, &mut to_input));
    assert!(written(fits, &to_input), "max_backward of {batch} with {g:?}");
    let (mut output, mut to_input) = (unwritten(gradient.len()), unwritten(input.len()));
    run(fits, || pooling::average_forward(g, batch, &input, &mut output));
    assert!(written(fits, &output), "average_forward of {batch} with {g:?}");
    run(fits, || pooling::average_backward(g, batch, &gradient, &mut to_input));
    assert!(written(fits, &to_input), "average_backward of {batch} with {g:?}");
}

fn fits(g: &Geometry) -> bool {
    g.fits(1, g.input_len(), g.output_len()) && g.fits_kernel(g.kernel_len())
}

#[test]
fn padding_that_wraps_around_is_refused() {
    let x = Axis { window: 2, before: 1 << (usize::BITS - 1), output: 0, ..Axis::ONE };
    for axes in [&[x][..], &[Axis::ONE, x], &[x, Axis::ONE], &[x, Axis::ONE, Axis::ONE]] {
        let g = Geometry::convolution(axes, 1, 1, 1);
        assert!(!fits(&g));
        convolve(&g, 1);
    }
}

#[test]
fn axes_of_no_elements_do_not_hide_those_beyond_all_memory() {
    let (one, half) = (Axis::ONE, 1 << (usize::BITS / 2));
    // No floats at all; and as many as fit, of which none is ever reached.
    for (axis, channels, filters) in [
        (Axis { input: half, ..one }, 0, 0),
        (Axis { output: half, ..one }, 0, 0),
        (Axis { window: half, ..one }, 0, 1),
    ] {
        for axes in [&[axis, axis][..], &[axis, one, axis], &[axis, axis, one]] {
            let g = Geometry::convolution(axes, channels, filters, 1);
            convolve(&g, 1);
            assert!(!fits(&g), "{g:?}");
        }
    }
    for axis in [Axis { dilation: usize::MAX, window: 2, ..one }, Axis { stride: usize::MAX, output: 2, ..one }] {
        for axes in [&[axis][..], &[axis, one], &[axis, one, one]] {
            let g = Geometry::convolution(axes, 1, 1, 1);
            convolve(&g, 1);
            assert!(!fits(&g), "{g:?}");
        }
    }
    let g = Geometry::convolution(&[one], 1, 1, 1);
    assert!(fits(&g) && !g.fits(usize::MAX, usize::MAX, usize::MAX));
}

#[test]
fn rows_without_columns_are_not_walked_down() {
    let rows = isize::MAX as usize / 8;
    let (down, none) = (Axis { input: rows, window: rows, ..Axis::ONE }, Axis { input: 0, ..Axis::ONE });
    for axes in [&[down, none][..], &[down, none, Axis::ONE], &[down, Axis::ONE, none]] {
        let g = Geometry::pool(axes, 1);
        assert!(pooling::fits(&g, 1, 0, 1));
        pool(&g, 1);
    }
}

/// One, two or three axes of any sizes.
fn any_axes() -> impl Strategy<Value = Vec<Axis>> {
    let axis = (any_size(), any_size(), any_size(), any_size(), any_size(), any_size()).prop_map(
        |(input, window, stride, dilation, before, output)| Axis { input, window, stride, dilation, before, output },
    );
    prop::collection::vec(axis, 1..=3)
}

proptest! {
    #![proptest_config(cases(2048))]
    #[test]
    fn any_convolution_keeps_to_its_slices(
        batch in any_size(), axes in any_axes(), (groups, channels, filters) in (any_size(), any_size(), any_size()),
    ) {
        let of_groups = |each: usize| each.saturating_mul(groups.max(1));
        convolve(&Geometry::convolution(&axes, of_groups(channels), of_groups(filters), groups), batch);
    }

    #[test]
    fn any_pool_keeps_to_its_slices(batch in any_size(), axes in any_axes(), channels in any_size()) {
        let dense: Vec<Axis> = axes.into_iter().map(|axis| Axis { dilation: 1, ..axis }).collect();
        pool(&Geometry::pool(&dense, channels), batch);
    }
}

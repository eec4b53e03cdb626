//! Geometries beyond all memory, some of them with slices of no floats that fit their product: nothing is read or written where
//! it must not be, and nothing overflows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{GUARD, cases, numbers, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue,
        conv2d::{self, Conv2DGeometry, backward_kernel_scratch},
        pool2d::{self, Pool2DGeometry},
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

/// The length of a slice for so many floats: their number, unless no test can have it.
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

fn convolve(g: &Conv2DGeometry, batch: usize) {
    let images = |len: usize| affordable(batch.saturating_mul(len));
    let (input, kernel) = (numbers(images(g.input_len()), 1), numbers(affordable(g.kernel_len()), 2));
    let (gradient, bias) = (numbers(images(g.output_len()), 3), numbers(affordable(g.filters), 4));
    let fits = g.fits(batch, input.len(), kernel.len(), gradient.len());
    let mut output = unwritten(gradient.len());
    let epilogue = Epilogue::new(&bias, Activation::Relu);
    let epilogue_fits = bias.len() == g.filters;
    run(fits && epilogue_fits, || conv2d::forward(g, batch, &input, &kernel, epilogue, &mut output));
    assert!(written(fits && epilogue_fits, &output), "forward of {batch} with {g:?}");
    let mut to_input = unwritten(input.len());
    run(fits, || conv2d::backward_input(g, batch, &gradient, &kernel, &mut to_input));
    assert!(written(fits, &to_input), "backward_input of {batch} with {g:?}");
    let mut scratch = unwritten(affordable(backward_kernel_scratch(g)));
    let mut to_kernel = unwritten(kernel.len());
    let fits = fits && scratch.len() >= backward_kernel_scratch(g);
    run(fits, || conv2d::backward_kernel(g, batch, &input, &gradient, &mut to_kernel, false, &mut scratch));
    assert!(written(fits, &to_kernel), "backward_kernel of {batch} with {g:?}");
}

fn pool(g: &Pool2DGeometry, batch: usize) {
    let images = |len: usize| affordable(batch.saturating_mul(len));
    let (input, gradient) = (numbers(images(g.input_len()), 1), numbers(images(g.output_len()), 2));
    let fits = g.fits(batch, input.len(), gradient.len());
    let (mut output, mut to_input) = (unwritten(gradient.len()), unwritten(input.len()));
    run(fits, || pool2d::max_forward(g, batch, &input, &mut output));
    assert!(written(fits, &output), "max_forward of {batch} with {g:?}");
    run(fits, || pool2d::max_backward(g, batch, &input, &output, &gradient, &mut to_input));
    assert!(written(fits, &to_input), "max_backward of {batch} with {g:?}");
    let (mut output, mut to_input) = (unwritten(gradient.len()), unwritten(input.len()));
    run(fits, || pool2d::average_forward(g, batch, &input, &mut output));
    assert!(written(fits, &output), "average_forward of {batch} with {g:?}");
    run(fits, || pool2d::average_backward(g, batch, &gradient, &mut to_input));
    assert!(written(fits, &to_input), "average_backward of {batch} with {g:?}");
}

/// One of each size.
const ONE: Conv2DGeometry = Conv2DGeometry {
    height: 1,
    width: 1,
    channels: 1,
    kernel_height: 1,
    kernel_width: 1,
    filters: 1,
    stride_y: 1,
    stride_x: 1,
    dilation_y: 1,
    dilation_x: 1,
    groups: 1,
    pad_top: 0,
    pad_left: 0,
    output_height: 1,
    output_width: 1,
};

#[test]
fn padding_that_wraps_around_is_refused() {
    let g = Conv2DGeometry { kernel_width: 2, pad_left: 1 << (usize::BITS - 1), output_width: 0, ..ONE };
    assert!(!g.fits(1, 1, 2, 0));
    convolve(&g, 1);
}

#[test]
fn axes_of_no_elements_do_not_hide_those_beyond_all_memory() {
    let half = 1 << (usize::BITS / 2);
    // No floats at all; and as many as fit, of which none is ever reached.
    for g in [
        Conv2DGeometry { height: half, width: half, channels: 0, filters: 0, ..ONE },
        Conv2DGeometry { output_height: half, output_width: half, channels: 0, filters: 0, ..ONE },
        Conv2DGeometry { kernel_height: half, kernel_width: half, channels: 0, ..ONE },
        Conv2DGeometry { dilation_x: usize::MAX, kernel_width: 2, ..ONE },
        Conv2DGeometry { stride_x: usize::MAX, output_width: 2, ..ONE },
    ] {
        convolve(&g, 1);
        assert!(!g.fits(1, g.input_len(), g.kernel_len(), g.output_len()), "{g:?}");
    }
    assert!(ONE.fits(1, 1, 1, 1) && !ONE.fits(usize::MAX, usize::MAX, 1, usize::MAX));
}

#[test]
fn rows_without_columns_are_not_walked_down() {
    let rows = isize::MAX as usize / 8;
    let g = Pool2DGeometry { height: rows, width: 0, pool_height: rows, ..pool2d::global(1, 1) };
    assert!(g.fits(1, 0, 1));
    pool(&g, 1);
}

proptest! {
    #![proptest_config(cases(2048))]
    #[test]
    fn any_convolution_keeps_to_its_slices(
        batch in any_size(), size in (any_size(), any_size()), kernel in (any_size(), any_size()),
        stride in (any_size(), any_size()), dilation in (any_size(), any_size()), pad in (any_size(), any_size()),
        output in (any_size(), any_size()), (groups, channels, filters) in (any_size(), any_size(), any_size()),
    ) {
        convolve(&Conv2DGeometry {
            height: size.0, width: size.1, channels: channels.saturating_mul(groups.max(1)), kernel_height: kernel.0,
            kernel_width: kernel.1, filters: filters.saturating_mul(groups.max(1)), stride_y: stride.0, stride_x: stride.1,
            dilation_y: dilation.0, dilation_x: dilation.1, groups, pad_top: pad.0, pad_left: pad.1,
            output_height: output.0, output_width: output.1,
        }, batch);
    }

    #[test]
    fn any_pool_keeps_to_its_slices(
        batch in any_size(), size in (any_size(), any_size()), channels in any_size(), pool_size in (any_size(), any_size()),
        stride in (any_size(), any_size()), pad in (any_size(), any_size()), output in (any_size(), any_size()),
    ) {
        pool(&Pool2DGeometry {
            height: size.0, width: size.1, channels, pool_height: pool_size.0, pool_width: pool_size.1, stride_y: stride.0,
            stride_x: stride.1, pad_top: pad.0, pad_left: pad.1, output_height: output.0, output_width: output.1,
        }, batch);
    }
}

//! Softmax and its logarithm along an axis.

use super::{assert_close, assert_same_on_threads, bits, cases, guarded, numbers, size, some_size, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        activation::{backward, backward_in_place, forward, forward_in_place},
        matmul::tests::noise,
        simd::tests::each_isa,
        softmax::{softmax, softmax_backward},
    },
};
use proptest::{prelude::*, sample::select};

/// Calls `visit` with the offsets of each row along the axis.
fn rows(outer: usize, axis: usize, inner: usize) -> Vec<Vec<usize>> {
    let start = |row: usize| row / inner * axis * inner + row % inner;
    (0..outer * inner).map(|row| (0..axis).map(|at| start(row) + at * inner).collect()).collect()
}

/// Softmax, its logarithm, and both gradients, for every row.
fn exact(rows: &[Vec<usize>], x: &[f32], g: &[f32]) -> [Vec<f64>; 4] {
    let mut exact = [const { Vec::new() }; 4].map(|_: Vec<f64>| vec![0.0; x.len()]);
    for row in rows {
        let highest = row.iter().map(|at| f64::from(x[*at])).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|at| (f64::from(x[*at]) - highest).exp()).sum();
        let log = |at: usize| f64::from(x[at]) - highest - sum.ln();
        let dot: f64 = row.iter().map(|at| log(*at).exp() * f64::from(g[*at])).sum();
        let all: f64 = row.iter().map(|at| f64::from(g[*at])).sum();
        for at in row {
            let y = log(*at).exp();
            exact[0][*at] = y;
            exact[1][*at] = log(*at);
            exact[2][*at] = y * (f64::from(g[*at]) - dot);
            exact[3][*at] = f64::from(g[*at]) - y * all;
        }
    }
    exact
}

fn check((outer, axis, inner): (usize, usize, usize), scale: f32, seed: u32) {
    let len = outer * axis * inner;
    let input = guarded(&noise(len, seed).iter().map(|x| x * scale).collect::<Vec<_>>());
    let gradient = numbers(len, seed + 1);
    let [soft, log, soft_back, log_back] = exact(&rows(outer, axis, inner), &input, &gradient);
    each_isa(|| {
        let (mut output, mut back) = (unwritten(len), unwritten(len));
        softmax(outer, axis, inner, &input, &mut output);
        assert_close("softmax", &output, &soft, 2e-6);
        softmax_backward(outer, axis, inner, &output, &gradient, &mut back);
        assert_close("softmax_backward", &back, &soft_back, 4e-6);
        if inner != 1 {
            return;
        }
        for (function, forward_exact, backward_exact) in
            [(Activation::Softmax, &soft, &soft_back), (Activation::LogSoftmax, &log, &log_back)]
        {
            let (mut output, mut back) = (unwritten(len), unwritten(len));
            forward(function, axis, &input, &mut output);
            assert_close("forward", &output, forward_exact, 4e-6);
            backward(function, axis, &[], &output, &gradient, &mut back);
            assert_close("backward", &back, backward_exact, 1e-5);
            let (mut in_place, mut in_place_back) = (guarded(&input), guarded(&gradient));
            forward_in_place(function, axis, &mut in_place);
            backward_in_place(function, axis, &[], &in_place, &mut in_place_back);
            assert_eq!((bits(&in_place), bits(&in_place_back)), (bits(&output), bits(&back)));
        }
    });
}

proptest! {
    #![proptest_config(cases(128))]
    #[test]
    fn softmax_equals_its_definition(
        outer in 0usize..5, axis in some_size(), inner in prop_oneof![3 => Just(1), 2 => size()],
        scale in select(vec![1.0f32, 30.0, 1e4]), seed in 0u32..1000,
    ) {
        check((outer, axis, inner), scale, seed);
    }

    #[test]
    fn what_is_masked_out_has_no_share(axis in 2usize..40, kept in 0usize..40, inner in 1usize..20, seed in 0u32..1000) {
        // -∞ everywhere but in one place, and then in two.
        let (kept, other) = (kept % axis, (kept + 1) % axis);
        let mut input = guarded(&vec![f32::NEG_INFINITY; axis * inner]);
        for at in 0..inner {
            input[kept * inner + at] = noise(1, seed)[0] * 100.0;
        }
        each_isa(|| {
            let mut output = unwritten(axis * inner);
            softmax(1, axis, inner, &input, &mut output);
            for (at, share) in output.iter().enumerate() {
                assert_eq!(*share, f32::from(at / inner == kept));
            }
        });
        for at in 0..inner {
            input[other * inner + at] = input[kept * inner + at];
        }
        each_isa(|| {
            let mut output = unwritten(axis * inner);
            softmax(1, axis, inner, &input, &mut output);
            for (at, share) in output.iter().enumerate() {
                assert_eq!(*share, if at / inner == kept || at / inner == other { 0.5 } else { 0.0 });
            }
        });
    }

    #[test]
    fn rows_without_a_distribution_are_nan(
        axis in 1usize..40, at in 0usize..40, inner in 1usize..20, lane in 0usize..20,
        value in select(vec![f32::NAN, f32::INFINITY]), seed in 0u32..1000,
    ) {
        // One row has a NaN or ∞ - ∞; its neighbours have not.
        let (at, lane) = (at % axis, lane % inner);
        let mut input = numbers(axis * inner, seed);
        input[at * inner + lane] = value;
        each_isa(|| {
            let mut output = unwritten(axis * inner);
            softmax(1, axis, inner, &input, &mut output);
            for (at, share) in output.iter().enumerate() {
                assert_eq!(share.is_nan(), at % inner == lane, "{at}: {share}");
            }
            if inner == 1 {
                let mut output = unwritten(axis);
                forward(Activation::LogSoftmax, axis, &input, &mut output);
                assert!(output.iter().all(|log| log.is_nan()));
            }
        });
    }
}

#[test]
fn a_row_of_negative_infinity_is_nan() {
    each_isa(|| {
        for axis in [1, 2, 7, 16, 33] {
            for function in [Activation::Softmax, Activation::LogSoftmax] {
                let mut values = guarded(&vec![f32::NEG_INFINITY; axis]);
                forward_in_place(function, axis, &mut values);
                assert!(values.iter().all(|value| value.is_nan()), "{function:?} of {axis}");
            }
        }
    });
}

#[test]
fn threads_do_not_change_a_row() {
    for (outer, axis, inner) in [(4001, 11, 1), (7, 1009, 13), (3, 40_009, 1)] {
        let len = outer * axis * inner;
        let (input, gradient) = (noise(len, 1), noise(len, 2));
        assert_same_on_threads(|| {
            let (mut output, mut back) = (unwritten(len), unwritten(len));
            softmax(outer, axis, inner, &input, &mut output);
            softmax_backward(outer, axis, inner, &output, &gradient, &mut back);
            [&output[..], &back[..]].concat()
        });
    }
}

//! Element-wise passes, sums of columns, copies of blocks, and dropout.

use super::{assert_close, assert_same_on_threads, bits, cases, guarded, numbers, size, some_size, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        activation::{backward, backward_in_place, forward, forward_in_place},
        elementwise::{
            add, add_all, add_assign, axpy, column_sums, concatenate, concatenate_backward, copy, copy_blocks,
            multiply, scale, subtract, sum, sum_of_squares,
        },
        matmul::tests::noise,
        random::{Random, dropout},
        simd::tests::each_isa,
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn every_element_is_the_scalar_one(len in size(), factor in -3.0f32..3.0, seed in 0u32..1000) {
        let (a, b, c) = (numbers(len, seed), numbers(len, seed + 1), numbers(len, seed + 2));
        let each = |of: fn(f32, f32) -> f32| a.iter().zip(b.iter()).map(|(a, b)| of(*a, *b)).collect::<Vec<_>>();
        each_isa(|| {
            let mut out = unwritten(len);
            add(&a, &b, &mut out);
            assert_eq!(out[..], each(|a, b| a + b));
            subtract(&a, &b, &mut out);
            assert_eq!(out[..], each(|a, b| a - b));
            multiply(&a, &b, &mut out);
            assert_eq!(out[..], each(|a, b| a * b));
            copy(&a, &mut out);
            assert_eq!(out[..], a[..]);
            add_assign(&mut out, &b);
            assert_eq!(out[..], each(|a, b| a + b));
            for (count, inputs) in [&a[..], &b, &c].iter().enumerate().map(|(at, _)| (at, [&a[..], &b, &c])) {
                let mut out = unwritten(len);
                add_all(&inputs[..=count], &mut out);
                for (at, found) in out.iter().enumerate() {
                    let rest = inputs[1..=count].iter().fold(inputs[0][at], |sum, input| sum + input[at]);
                    assert_eq!(*found, rest);
                }
            }
            let mut out = unwritten(len);
            add_all(&[], &mut out);
            assert!(out.iter().all(|zero| *zero == 0.0));
            let mut scaled = guarded(&a);
            scale(factor, &mut scaled);
            assert!(scaled.iter().zip(a.iter()).all(|(scaled, a)| *scaled == a * factor));
            let (mut out, exact) = (guarded(&a), each(|a, b| a + b));
            axpy(1.0, &b, &mut out);
            assert_eq!(out[..], exact);
            axpy(factor, &b, &mut out);
            let exact: Vec<f64> = (0..len).map(|at| f64::from(exact[at]) + f64::from(factor * b[at])).collect();
            assert_close("axpy", &out, &exact, 1e-6);
        });
    }

    #[test]
    fn activations_take_each_element_by_itself(
        len in size(), seed in 0u32..1000,
        function in select(&[Activation::Relu, Activation::Elu, Activation::Gelu, Activation::Sigmoid, Activation::Mish]),
    ) {
        let (input, gradient) = (numbers(len, seed), numbers(len, seed + 1));
        each_isa(|| {
            let (mut output, mut back) = (unwritten(len), unwritten(len));
            forward(function, 1, &input, &mut output);
            backward(function, 1, &input, &output, &gradient, &mut back);
            let (mut in_place, mut in_place_back) = (guarded(&input), guarded(&gradient));
            forward_in_place(function, 1, &mut in_place);
            backward_in_place(function, 1, &input, &in_place, &mut in_place_back);
            assert_eq!((bits(&output), bits(&back)), (bits(&in_place), bits(&in_place_back)));
            for at in 0..len {
                let (mut one, mut one_back) = ([f32::NAN], [f32::NAN]);
                forward(function, 1, &input[at..=at], &mut one);
                backward(function, 1, &input[at..=at], &one, &gradient[at..=at], &mut one_back);
                assert_eq!((one[0].to_bits(), one_back[0].to_bits()), (output[at].to_bits(), back[at].to_bits()));
            }
        });
    }

    #[test]
    fn columns_equal_their_sum(
        rows in prop_oneof![4 => size(), 1 => select(vec![127usize, 128, 129, 300])], columns in some_size(),
        accumulate: bool, seed in 0u32..1000,
    ) {
        let (values, before) = (numbers(rows * columns, seed), noise(columns, seed + 1));
        let column = |column: usize| values.iter().skip(column).step_by(columns).map(|value| f64::from(*value));
        let start = |column: usize| if accumulate { f64::from(before[column]) } else { 0.0 };
        let exact: Vec<f64> = (0..columns).map(|at| start(at) + column(at).sum::<f64>()).collect();
        each_isa(|| {
            let mut sums = if accumulate { guarded(&before) } else { unwritten(columns) };
            column_sums(&values, &mut sums, accumulate);
            assert_close("sums", &sums, &exact, 2e-5);
        });
    }

    #[test]
    fn sums_equal_theirs(len in prop_oneof![size(), 0usize..10_000], seed in 0u32..1000) {
        let values = numbers(len, seed);
        let exact = |of: fn(f64) -> f64| values.iter().map(|value| of(f64::from(*value))).sum::<f64>();
        assert_close("sum", &[sum(&values)], &[exact(|value| value)], 1e-4);
        assert_close("squares", &[sum_of_squares(&values)], &[exact(|value| value * value)], 1e-5);
    }

    #[test]
    fn blocks_go_to_their_places(
        count in 0usize..6, len in size(), spare in (0usize..7, 0usize..7), accumulate: bool, seed in 0u32..1000,
    ) {
        let (from_stride, to_stride) = (len + spare.0, len + spare.1);
        let from = numbers((count * from_stride).saturating_sub(spare.0), seed);
        let before = noise((count * to_stride).saturating_sub(spare.1), seed + 1);
        let mut exact = before.clone();
        for block in 0..count {
            for at in 0..len {
                let (from, to) = (from[block * from_stride + at], &mut exact[block * to_stride + at]);
                *to = if accumulate { *to + from } else { from };
            }
        }
        let mut to = guarded(&before);
        copy_blocks(count, len, &from, from_stride, &mut to, to_stride, accumulate);
        prop_assert_eq!(&to[..], &exact[..]);
    }

    #[test]
    fn a_concatenation_comes_apart_again(rows in 0usize..5, lens in vec(size(), 1..5), seed in 0u32..1000) {
        let inputs: Vec<_> = (0..).zip(&lens).map(|(at, len)| numbers(rows * len, seed + at)).collect();
        let (inputs, total): (Vec<&[f32]>, usize) = (inputs.iter().map(|input| &input[..]).collect(), lens.iter().sum());
        let mut output = unwritten(rows * total);
        concatenate(&inputs, &lens, &mut output);
        let row = |row: usize| inputs.iter().zip(&lens).flat_map(move |(input, len)| &input[row * len..(row + 1) * len]);
        prop_assert_eq!(output.to_vec(), (0..rows).flat_map(row).copied().collect::<Vec<_>>());
        let mut offset = 0;
        for (input, len) in inputs.iter().zip(&lens) {
            let mut back = unwritten(input.len());
            concatenate_backward(&output, total, offset, *len, &mut back, false);
            prop_assert_eq!(&back[..], *input);
            concatenate_backward(&output, total, offset, *len, &mut back, true);
            prop_assert!(back.iter().zip(*input).all(|(twice, once)| *twice == once + once));
            offset += len;
        }
    }

    #[test]
    fn dropout_depends_on_nothing_but_the_index(len in prop_oneof![size(), 0usize..700], rate in 0.0f32..1.0, seed: u64) {
        let input = guarded(&vec![1.0; len]);
        let random = Random::new(seed, 3);
        let mut longer = unwritten(1000);
        dropout(rate, random, &[1.0; 1000], &mut longer);
        each_isa(|| {
            let mut output = unwritten(len);
            dropout(rate, random, &input, &mut output);
            assert_eq!(bits(&output), bits(&longer[..len]));
            assert!(output.iter().all(|value| *value == 0.0 || *value == 1.0 / (1.0 - rate)));
        });
    }
}

#[test]
fn dropout_of_nothing_and_of_everything() {
    each_isa(|| {
        let (input, mut output) = (numbers(333, 1), unwritten(333));
        dropout(0.0, Random::new(1, 2), &input, &mut output);
        assert_eq!(output[..], input[..]);
        dropout(1.0, Random::new(1, 2), &input, &mut output);
        assert_eq!(output[..], [0.0; 333]);
    });
}

#[test]
fn threads_do_not_change_an_element() {
    let (a, b) = (noise(150_001, 1), noise(150_001, 2));
    assert_same_on_threads(|| {
        let mut out = unwritten(a.len());
        add(&a, &b, &mut out);
        axpy(0.3, &b, &mut out);
        forward_in_place(Activation::Gelu, 1, &mut out);
        out.to_vec()
    });
    assert_same_on_threads(|| {
        let mut out = unwritten(a.len());
        dropout(0.3, Random::new(1, 2), &a, &mut out);
        out.to_vec()
    });
    for columns in [11, 13_636] {
        assert_same_on_threads(|| {
            let mut sums = unwritten(columns);
            column_sums(&a[..columns * 11], &mut sums, false);
            sums.to_vec()
        });
    }
    let (rows, columns) = (13_001, 11);
    assert_same_on_threads(|| {
        let mut sums = unwritten(columns);
        column_sums(&a[..rows * columns], &mut sums, false);
        sums.to_vec()
    });
}

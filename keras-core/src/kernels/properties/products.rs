//! Matrix products.

use super::{assert_close, assert_same_on_threads, bits, cases, guarded, numbers, size, unwritten};
use crate::{
    activations::Activation,
    kernels::{
        Epilogue, activation,
        matmul::{Product, dense, matmul, tests::noise},
        simd::tests::each_isa,
    },
};
use proptest::{prelude::*, sample::select};

/// C = op(A)·op(B), plus what it starts from.
fn exact(product: Product, a: &[f32], b: &[f32], start: impl Fn(usize, usize) -> f32) -> Vec<f64> {
    let Product { m, n, k, transpose_a, transpose_b, .. } = product;
    let mut c = Vec::new();
    for i in 0..m {
        for j in 0..n {
            let mut sum = f64::from(start(i, j));
            for p in 0..k {
                let a = a[if transpose_a { p * m + i } else { i * k + p }];
                let b = b[if transpose_b { j * k + p } else { p * n + j }];
                sum += f64::from(a) * f64::from(b);
            }
            c.push(sum);
        }
    }
    c
}

fn check(product: Product, biased: bool, seed: u32) {
    let Product { m, n, k, accumulate, .. } = product;
    let (a, b) = (numbers(m * k, seed), numbers(k * n, seed + 1));
    let bias = numbers(if biased { n } else { 0 }, seed + 2);
    let before = noise(m * n, seed + 3);
    let expected = exact(product, &a, &b, |i, j| match accumulate {
        true => before[i * n + j],
        false => bias.get(j).copied().unwrap_or(0.0),
    });
    each_isa(|| {
        let mut c = if accumulate { guarded(&before) } else { unwritten(m * n) };
        if accumulate {
            matmul(product, &a, &b, &mut c);
        } else {
            dense(product, &a, &b, Epilogue::new(&bias, Activation::Linear), &mut c);
        }
        assert_close(&format!("{product:?}"), &c, &expected, 4e-6 * (k as f64 + 1.0).sqrt());
    });
}

/// Compares the first and last rows and columns, and elements here and there: all of them take long.
fn check_some(product: Product, seed: u32) {
    let Product { m, n, k, transpose_a, transpose_b, accumulate } = product;
    let (a, b, before) = (numbers(m * k, seed), numbers(k * n, seed + 1), noise(m * n, seed + 2));
    let edge = |at: usize| [0, m - 1].contains(&(at / n)) || [0, n - 1].contains(&(at % n));
    let some: Vec<_> = (0..m * n).filter(|&at| edge(at) || at % 509 == seed as usize % 509).collect();
    let expected: Vec<_> = some
        .iter()
        .map(|&at| {
            let products = (0..k).map(|p| {
                let a = a[if transpose_a { p * m + at / n } else { at / n * k + p }];
                let b = b[if transpose_b { at % n * k + p } else { p * n + at % n }];
                f64::from(a) * f64::from(b)
            });
            products.sum::<f64>() + if accumulate { f64::from(before[at]) } else { 0.0 }
        })
        .collect();
    each_isa(|| {
        let mut c = if accumulate { guarded(&before) } else { unwritten(m * n) };
        matmul(product, &a, &b, &mut c);
        let c: Vec<_> = some.iter().map(|&at| c[at]).collect();
        assert_close(&format!("{product:?}"), &c, &expected, 4e-6 * (k as f64 + 1.0).sqrt());
    });
}

proptest! {
    #![proptest_config(cases(128))]
    #[test]
    fn products_equal_their_definition(
        m in size(), n in size(), k in size(), deep in prop::bool::weighted(0.1), transpose_a: bool, transpose_b: bool,
        accumulate: bool, biased: bool, seed in 0u32..1000,
    ) {
        // Beyond the depth of one block, and of two.
        let k = if deep { k * 11 } else { k };
        check(Product { m, n, k, transpose_a, transpose_b, accumulate }, biased, seed);
    }

    #[test]
    fn a_fused_activation_is_the_activation_of_the_product(
        m in size(), n in size(), k in size(), biased: bool,
        function in select(&[Activation::Relu, Activation::Tanh, Activation::Softmax, Activation::Gelu]), seed in 0u32..1000,
    ) {
        let product = Product { m, n, k, ..Product::default() };
        let (a, b, bias) = (numbers(m * k, seed), numbers(k * n, seed + 1), numbers(if biased { n } else { 0 }, seed + 2));
        each_isa(|| {
            let (mut fused, mut apart) = (unwritten(m * n), unwritten(m * n));
            dense(product, &a, &b, Epilogue::new(&bias, function), &mut fused);
            dense(product, &a, &b, Epilogue::new(&bias, Activation::Linear), &mut apart);
            activation::forward_in_place(function, n.max(1), &mut apart);
            assert_eq!(bits(&fused), bits(&apart), "{function:?}");
        });
    }
}

proptest! {
    #![proptest_config(cases(12))]
    #[test]
    fn large_products_equal_their_definition(
        // About the tiles of rows up to which a large B is read in place, for each instruction set, and beyond.
        m in prop_oneof![1usize..8, select(&[16usize, 17, 24, 25, 48, 49, 56, 57, 73, 145, 169])],
        // About the depths of a line, of a block, and of two; B is about as large as in place and packed differ by.
        k in prop_oneof![
            120usize..140, select(&[7usize, 8, 9, 15, 16, 17]).prop_map(|over| over + 256), Just(512),
        ],
        wide in -40isize..80, transpose_a: bool, transpose_b in prop::bool::weighted(0.2), accumulate: bool, seed in 0u32..1000,
    ) {
        let n = ((1usize << 17) / k).saturating_add_signed(wide);
        check_some(Product { m, n, k, transpose_a, transpose_b, accumulate }, seed);
    }

    #[test]
    fn products_of_far_depths_equal_their_definition(
        m in 950usize..980, n in 60usize..140, k in prop_oneof![1usize..40, 125usize..132, 250usize..262], seed in 0u32..1000,
    ) {
        check_some(Product { m, n, k, transpose_a: true, ..Product::default() }, seed);
    }
}

#[test]
fn nothing_times_something() {
    each_isa(|| {
        // A sum of no products is what it starts from.
        let product = Product { m: 3, n: 2, k: 0, ..Product::default() };
        let mut c = unwritten(6);
        matmul(product, &[], &[], &mut c);
        assert_eq!(c[..], [0.0; 6]);
        dense(product, &[], &[], Epilogue::new(&[1.0, -2.0], Activation::Relu), &mut c);
        assert_eq!(c[..], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        matmul(Product { accumulate: true, ..product }, &[], &[], &mut c);
        assert_eq!(c[..], [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    });
}

#[test]
fn threads_do_not_change_a_product() {
    let sizes = [
        (509, 37, 61),
        (37, 509, 61),
        (67, 71, 300),
        (2, 2003, 331),
        // A single row, whose columns are shared out, and rows of which a thread may get a single one.
        (1, 707, 1009),
        (3, 37, 5003),
        // A large B, which few rows read in place and more rows pack, on each thread; depths of A on pages of their own.
        (5, 110, 1201),
        (58, 110, 1201),
        (1001, 131, 139),
    ];
    for (m, n, k) in sizes {
        for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let (a, b, bias) = (noise(m * k, 1), noise(k * n, 2), noise(n, 3));
            let product = Product { m, n, k, transpose_a, transpose_b, accumulate: false };
            for function in [Activation::Relu, Activation::Softmax] {
                assert_same_on_threads(|| {
                    let mut c = unwritten(m * n);
                    dense(product, &a, &b, Epilogue::new(&bias, function), &mut c);
                    c.to_vec()
                });
            }
        }
    }
}

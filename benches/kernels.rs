//! Kernels at the workloads' shapes: `cargo bench --bench kernels`, or `cargo bench --bench kernels -- matmul`.
//!
//! Where operations are counted, a billion elements a second is a GFLOP/s. Products run beside the crates `gemm` and
//! `matrixmultiply` (that one with one thread only). All but products take one thread. `RAYON_NUM_THREADS=1` for one thread.

#![allow(missing_docs, reason = "`criterion_group!` makes a function without any")]

use std::{hint::black_box, time::Duration};

use benches::{PRODUCTS, noise, operations, product};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use keras::optimizers::*;
use keras_core::{
    activations::Activation,
    kernels::{
        Epilogue, activation, convolution,
        geometry::{Axis, Geometry},
        matmul::{Product, matmul},
        normalization, pooling,
        random::{Random, dropout},
    },
};

/// Images of a batch, of convolutions and pools.
const BATCH: usize = 32;

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("matmul");
    for written in PRODUCTS {
        let product = product(written).expect("a product");
        let (a, b) = (noise(product.m * product.k, 1), noise(product.k * product.n, 2));
        let mut c = vec![0.0; product.m * product.n];
        group.throughput(Throughput::Elements(operations(product)));
        group.bench_function(format!("{written}/keras"), |bencher| {
            // As a step does it: in the pool, so that there are threads to share it with.
            bencher.iter(|| rayon::join(|| matmul(product, black_box(&a), black_box(&b), &mut c), || ()));
        });
        let ours = c.clone();
        group.bench_function(format!("{written}/gemm"), |bencher| {
            bencher.iter(|| by_gemm(product, black_box(&a), black_box(&b), &mut c));
        });
        assert_close(&c, &ours);
        if rayon::current_num_threads() == 1 {
            group.bench_function(format!("{written}/matrixmultiply"), |bencher| {
                bencher.iter(|| by_matrixmultiply(product, black_box(&a), black_box(&b), &mut c));
            });
            assert_close(&c, &ours);
        }
    }
}

/// A wide layer's products: forward, and the gradients of its input and of its kernel, at a stride of B that is a power of two
/// and at its neighbours.
fn wide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wide");
    for (inputs, outputs) in [(1024, 1000), (1024, 1024), (1024, 1040), (2048, 2048), (4096, 4096)] {
        let kernel = noise(inputs * outputs, 1);
        for samples in [1, 2, 4, 7, 16, 32, 64, 128, 256] {
            let (input, gradient) = (noise(samples * inputs, 2), noise(samples * outputs, 3));
            let forward = Product { m: samples, n: outputs, k: inputs, ..Product::default() };
            let to_input = Product { m: samples, n: inputs, k: outputs, transpose_b: true, ..Product::default() };
            let to_kernel = Product { m: inputs, n: outputs, k: samples, transpose_a: true, ..Product::default() };
            for (name, product, a, b) in [
                ("forward", forward, &input, &kernel),
                ("input gradient", to_input, &gradient, &kernel),
                ("kernel gradient", to_kernel, &input, &gradient),
            ] {
                let mut c = vec![0.0; product.m * product.n];
                group.throughput(Throughput::Elements(operations(product)));
                group.bench_function(format!("{samples} samples, {inputs}x{outputs}, {name}"), |bencher| {
                    bencher.iter(|| rayon::join(|| matmul(product, black_box(a), black_box(b), &mut c), || ()));
                });
            }
        }
    }
}

/// Strides of a matrix of so many columns, by row and by column; of a transposed one, of so many rows.
fn strides(columns: usize, rows: usize, transposed: bool) -> (isize, isize) {
    if transposed { (1, rows as isize) } else { (columns as isize, 1) }
}

fn by_gemm(product: Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let Product { m, n, k, transpose_a, transpose_b, .. } = product;
    let ((a_row, a_column), (b_row, b_column)) = (strides(k, m, transpose_a), strides(n, k, transpose_b));
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let threads = match rayon::current_num_threads() {
        1 => gemm::Parallelism::None,
        threads => gemm::Parallelism::Rayon(threads),
    };
    // SAFETY: the lengths of the matrices are those of the product.
    unsafe {
        gemm::gemm(
            m, n, k, c, 1, n as isize, false, a, a_column, a_row, b, b_column, b_row, 0.0, 1.0, false, false, false,
            threads,
        );
    }
}

fn by_matrixmultiply(product: Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let Product { m, n, k, transpose_a, transpose_b, .. } = product;
    let ((a_row, a_column), (b_row, b_column)) = (strides(k, m, transpose_a), strides(n, k, transpose_b));
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    // SAFETY: the lengths of the matrices are those of the product.
    unsafe { matrixmultiply::sgemm(m, k, n, 1.0, a, a_row, a_column, b, b_row, b_column, 0.0, c, n as isize, 1) }
}

fn assert_close(theirs: &[f32], ours: &[f32]) {
    assert!(theirs.iter().zip(ours).all(|(x, y)| (x - y).abs() <= 1e-3 * y.abs().max(1.0)), "another product");
}

/// An axis of windows; `same` for its padding.
fn axis(input: usize, window: usize, stride: usize, same: bool) -> Axis {
    let output = if same { input.div_ceil(stride) } else { (input - window) / stride + 1 };
    let before = if same { ((output - 1) * stride + window).saturating_sub(input) / 2 } else { 0 };
    Axis { input, window, stride, dilation: 1, before, output }
}

/// A square convolution of a workload; `same` for its padding.
fn square(size: usize, channels: usize, filters: usize, kernel: usize, stride: usize, same: bool) -> Geometry {
    Geometry::convolution(&[axis(size, kernel, stride, same); 2], channels, filters, 1)
}

fn convolutions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("conv2d");
    for (workload, g) in [
        ("T3", square(32, 1, 6, 3, 1, false)),
        ("T3", square(15, 6, 16, 3, 1, false)),
        ("T4", square(28, 1, 32, 3, 1, false)),
        ("T4", square(13, 32, 64, 3, 1, false)),
        ("T5", square(32, 3, 16, 3, 1, true)),
        ("T5", square(32, 16, 16, 3, 1, true)),
        ("T5", square(32, 16, 32, 3, 2, true)),
        ("T5", square(32, 16, 32, 1, 2, true)),
        ("T5", square(16, 32, 32, 3, 1, true)),
        ("T5", square(16, 32, 64, 3, 2, true)),
        ("T5", square(8, 64, 64, 3, 1, true)),
    ] {
        let name = format!("{workload} {}", described(&g));
        convolution(&mut group, &name, g);
    }
    group.finish();

    // Those of MobileNet at a width of 112, then odd channels, a multiplier, dilation; groups from narrow to wide.
    let mut group = criterion.benchmark_group("groups");
    let of_groups = |size, channels, filters, kernel, stride, groups| Geometry {
        groups,
        ..square(size, channels, filters, kernel, stride, true)
    };
    let depthwise = |size, channels, kernel, stride| of_groups(size, channels, channels, kernel, stride, channels);
    let dilated = Axis { dilation: 2, before: 2, ..axis(32, 3, 1, true) };
    for g in [
        depthwise(56, 32, 3, 1),
        depthwise(56, 64, 3, 2),
        depthwise(28, 128, 3, 1),
        depthwise(14, 256, 3, 1),
        depthwise(7, 512, 3, 1),
        depthwise(4, 1024, 3, 1),
        depthwise(28, 96, 5, 1),
        depthwise(32, 8, 3, 1),
        depthwise(32, 40, 3, 1),
        depthwise(32, 67, 3, 1),
        of_groups(32, 32, 64, 3, 1, 32),
        of_groups(32, 3, 96, 3, 1, 3),
        Geometry { y: dilated, x: dilated, ..depthwise(32, 64, 3, 1) },
        of_groups(32, 64, 64, 3, 1, 32),
        of_groups(32, 64, 64, 3, 1, 16),
        of_groups(32, 64, 64, 3, 1, 8),
        of_groups(32, 64, 64, 3, 1, 4),
        of_groups(32, 64, 64, 3, 1, 2),
        of_groups(32, 60, 60, 3, 1, 12),
        of_groups(32, 64, 64, 1, 1, 4),
        of_groups(32, 64, 64, 3, 2, 16),
        Geometry { y: dilated, x: dilated, ..square(32, 64, 64, 3, 1, true) },
    ] {
        convolution(&mut group, &described(&g), g);
    }
}

fn described(g: &Geometry) -> String {
    let Geometry { y, x, channels, filters, groups, .. } = g;
    let parts = [(*groups, " groups "), (y.dilation, " dilation ")];
    let [of_groups, apart] =
        parts.map(|(number, words)| if number == 1 { String::new() } else { format!("{words}{number}") });
    format!(
        "{}x{}x{channels} to {filters} by {}x{}/{}{of_groups}{apart}",
        y.input, x.input, y.window, x.window, y.stride
    )
}

fn convolution(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, g: Geometry) {
    let (image, kernel) = (noise(BATCH * g.input_len(), 1), noise(g.kernel_len(), 2));
    let (bias, gradient) = (noise(g.filters, 3), noise(BATCH * g.output_len(), 4));
    let pixels = BATCH * g.y.output * g.x.output;
    group.throughput(Throughput::Elements(2 * (pixels * g.kernel_len()) as u64));
    let mut output = vec![0.0; gradient.len()];
    group.bench_function(format!("{name}/forward"), |bencher| {
        bencher.iter(|| {
            convolution::forward(
                &g,
                BATCH,
                black_box(&image),
                &kernel,
                Epilogue::new(&bias, Activation::Relu),
                &mut output,
            )
        });
    });
    let mut image_gradient = vec![0.0; image.len()];
    group.bench_function(format!("{name}/input gradient"), |bencher| {
        bencher.iter(|| convolution::backward_input(&g, BATCH, black_box(&gradient), &kernel, &mut image_gradient));
    });
    let mut scratch = vec![0.0; convolution::backward_kernel_scratch(&g)];
    let mut kernel_gradient = vec![0.0; kernel.len()];
    group.bench_function(format!("{name}/kernel gradient"), |bencher| {
        bencher.iter(|| {
            let (image, to) = (black_box(&image), &mut kernel_gradient);
            convolution::backward_kernel(&g, BATCH, image, &gradient, to, false, &mut scratch);
        });
    });
}

/// A pool of windows of 2 × 2.
fn pool(size: usize, channels: usize) -> Geometry {
    Geometry::pool(&[axis(size, 2, 2, false); 2], channels)
}

fn pools(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pool2d");
    for (name, g) in [("T3 30x30x6", pool(30, 6)), ("T4 26x26x32", pool(26, 32)), ("T4 11x11x64", pool(11, 64))] {
        let (image, gradient) = (noise(BATCH * g.input_len(), 1), noise(BATCH * g.output_len(), 2));
        let (mut output, mut image_gradient) = (vec![0.0; gradient.len()], vec![0.0; image.len()]);
        group.throughput(Throughput::Elements(image.len() as u64));
        group.bench_function(format!("{name}/average"), |bencher| {
            bencher.iter(|| pooling::average_forward(&g, BATCH, black_box(&image), &mut output));
        });
        group.bench_function(format!("{name}/average, gradient"), |bencher| {
            bencher.iter(|| pooling::average_backward(&g, BATCH, black_box(&gradient), &mut image_gradient));
        });
        group.bench_function(format!("{name}/max"), |bencher| {
            bencher.iter(|| pooling::max_forward(&g, BATCH, black_box(&image), &mut output));
        });
        group.bench_function(format!("{name}/max, gradient"), |bencher| {
            bencher.iter(|| {
                pooling::max_backward(&g, BATCH, black_box(&image), &output, &gradient, &mut image_gradient);
            });
        });
    }
}

/// Floats that the first-level cache holds, and so does the second with their gradients: 16 KB.
const ELEMENTS: usize = 1 << 12;

fn activations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("activation");
    group.throughput(Throughput::Elements(ELEMENTS as u64));
    // Softmax of ten classes needs whole rows.
    let length = ELEMENTS / 10 * 10;
    let (input, gradient) = (noise(length, 1), noise(length, 2));
    let (mut output, mut input_gradient) = (vec![0.0; length], vec![0.0; length]);
    for function in [
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Elu,
        Activation::Selu,
        Activation::Gelu,
        Activation::Sigmoid,
        Activation::Silu,
        Activation::Tanh,
        Activation::Softplus,
        Activation::Exponential,
        Activation::Mish,
        Activation::Softmax,
        Activation::LogSoftmax,
    ] {
        group.bench_function(format!("{function:?}"), |bencher| {
            bencher.iter(|| activation::forward(function, 10, black_box(&input), &mut output));
        });
        group.bench_function(format!("{function:?}, gradient"), |bencher| {
            bencher.iter(|| {
                activation::backward(function, 10, &input, &output, black_box(&gradient), &mut input_gradient);
            });
        });
    }
}

fn elementwise(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dropout");
    let (input, mut output) = (noise(128 * 128, 1), vec![0.0; 128 * 128]);
    group.throughput(Throughput::Elements(input.len() as u64));
    group.bench_function("T1 128x128", |bencher| {
        bencher.iter(|| dropout(0.2, Random::new(1, 2), black_box(&input), &mut output));
    });
    group.finish();

    let mut group = criterion.benchmark_group("batch normalization");
    for (name, pixels, channels) in [("T5 32x32x16", 1024, 16), ("T5 16x16x32", 256, 32), ("T5 8x8x64", 64, 64)] {
        let length = BATCH * pixels * channels;
        let (input, gradient) = (noise(length, 1), noise(length, 2));
        let (mut output, mut input_gradient) = (vec![0.0; length], vec![0.0; length]);
        let [gamma, beta] = [1.0, 0.0].map(|value| vec![value; channels]);
        let [mut moving_mean, mut moving_variance, mut mean, mut inverse_std, mut gamma_gradient, mut beta_gradient] =
            [(); 6].map(|()| vec![0.0; channels]);
        let mut scratch = vec![0.0; normalization::backward_scratch(channels)];
        group.throughput(Throughput::Elements(length as u64));
        group.bench_function(format!("{name}/forward"), |bencher| {
            bencher.iter(|| {
                normalization::batch_forward(
                    channels,
                    1e-3,
                    0.99,
                    black_box(&input),
                    &gamma,
                    &beta,
                    &mut moving_mean,
                    &mut moving_variance,
                    &mut output,
                    &mut mean,
                    &mut inverse_std,
                    false,
                );
            });
        });
        group.bench_function(format!("{name}/gradients"), |bencher| {
            bencher.iter(|| {
                normalization::batch_backward(
                    channels,
                    black_box(&input),
                    &gamma,
                    &mean,
                    &inverse_std,
                    &gradient,
                    &mut input_gradient,
                    &mut gamma_gradient,
                    &mut beta_gradient,
                    &mut scratch,
                    None,
                );
            });
        });
    }
}

fn optimizer(group: &mut BenchmarkGroup<'_, WallTime>, mut optimizer: impl Optimizer, more: &str) {
    // As many as T2 has.
    let (mut weights, gradients) = (noise(669_706, 1), noise(669_706, 2));
    group.throughput(Throughput::Elements(weights.len() as u64));
    group.bench_function(format!("{}{more}", optimizer.name()), |bencher| {
        bencher.iter(|| optimizer.step(&mut weights, black_box(&gradients)).expect("as many gradients as weights"));
    });
}

fn optimizers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("optimizer");
    optimizer(&mut group, SGD::default(), "");
    optimizer(&mut group, SGD::default().momentum(0.9), ", momentum");
    optimizer(&mut group, RMSprop::default(), "");
    optimizer(&mut group, Adam::default(), "");
    optimizer(&mut group, Adam::default().amsgrad(true), ", amsgrad");
    optimizer(&mut group, Adam::default().clipnorm(1.0), ", clipnorm");
    optimizer(&mut group, AdamW::default(), "");
    optimizer(&mut group, Adamax::default(), "");
    optimizer(&mut group, Nadam::default(), "");
    optimizer(&mut group, Adagrad::default(), "");
    optimizer(&mut group, Adadelta::default(), "");
    optimizer(&mut group, Adafactor::default(), "");
    optimizer(&mut group, Lion::default(), "");
    optimizer(&mut group, Lamb::default(), "");
    optimizer(&mut group, Ftrl::default(), "");
}

/// Short measurements: there are many, and what a shared machine adds to a long one is no better.
fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

criterion_group!(name = benches; config = short();
    targets = products, wide, convolutions, pools, activations, elementwise, optimizers);
criterion_main!(benches);

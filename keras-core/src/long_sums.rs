//! Every reduction of the crate, over a series so long that a sum in a single `f32` is off: a million times the same number, and
//! with optimization more of them than a float can count.

use crate::{
    activations::Activation,
    constraints::Constraint,
    kernels::{
        Epilogue, activation, channels, convolution, elementwise,
        geometry::{Axis, Geometry},
        layer_normalization, masks,
        matmul::{self, Product},
        normalization::{self, backward_scratch},
        panels, pooling,
        reductions::{self, Reduction},
        softmax, unit_vectors,
    },
    layers::*,
    losses::{Loss, Prediction, TargetView},
    metrics::{self, Metric},
    ops,
    optimizers::{Adafactor, Lamb, Optimizer, SGD},
    regularizers::{Mode, Regularizer},
    shape::Dims,
};

/// The terms of a series.
const TERMS: usize = if cfg!(debug_assertions) { 1 << 19 } else { (1 << 24) + 16 };
/// Fewer terms, of what costs more: with the length of a piece, enough to be off.
const FEWER: usize = if cfg!(debug_assertions) { 1 << 17 } else { 1 << 21 };
/// The number that a series repeats.
const TERM: f32 = 0.1;

#[track_caller]
fn expect(what: &str, found: f32, exact: f64) {
    let error = (f64::from(found) - exact).abs() / exact.abs();
    assert!(error < 1e-5, "{what}: {found} instead of {exact}, {error:.1e} off");
}

/// Asserts that the difference of two equal sums is small beside them.
#[track_caller]
fn expect_nothing(what: &str, found: f32, beside: f32) {
    assert!(found.abs() < 1e-5 * beside.abs(), "{what}: {found} beside {beside}");
}

fn series() -> Vec<f32> {
    vec![TERM; TERMS]
}

/// `TERM` and its negative by turns: of mean 0 and variance `TERM²`.
fn alternating(terms: usize) -> Vec<f32> {
    (0..terms).map(|at| if at % 2 == 0 { TERM } else { -TERM }).collect()
}

fn exact(terms: usize) -> f64 {
    f64::from(TERM) * terms as f64
}

#[test]
fn sums_and_columns() {
    let values = series();
    expect("sum", elementwise::sum(&values), exact(TERMS));
    expect("sum of squares", elementwise::sum_of_squares(&values), exact(TERMS) * f64::from(TERM));
    for columns in [1, 16] {
        let mut sums = vec![0.0; columns];
        elementwise::column_sums(&values, &mut sums, false);
        sums.iter().for_each(|sum| expect("column sums", *sum, exact(TERMS / columns)));
    }
    let mut output = [0.0];
    for (reduction, exact) in [(Reduction::Sum, exact(TERMS)), (Reduction::Mean, f64::from(TERM))] {
        reductions::forward(reduction, TERMS, &values, &mut output);
        expect("a reduction", output[0], exact);
    }
}

#[test]
fn batch_normalization() {
    let (mut mean, mut variance) = ([0.0], [0.0]);
    normalization::statistics(1, &series(), &mut mean, &mut variance);
    expect("a mean", mean[0], TERM.into());
    let input = alternating(TERMS);
    normalization::statistics(1, &input, &mut mean, &mut variance);
    expect("a variance", variance[0], f64::from(TERM).powi(2));
    let (mut dx, mut of_gamma, mut of_beta) = (vec![0.0; TERMS], [0.0], [0.0]);
    let mut scratch = vec![0.0; backward_scratch(1)];
    let gradient: Vec<f32> = input.iter().map(|x| TERM + x).collect();
    normalization::batch_backward(
        1,
        &input,
        &[],
        &[0.0],
        &[1.0 / TERM],
        &gradient,
        &mut dx,
        &mut of_gamma,
        &mut of_beta,
        &mut scratch,
        None,
    );
    expect("of beta", of_beta[0], exact(TERMS));
    expect("of gamma", of_gamma[0], exact(TERMS));
    // The gradient is a constant and what lies along the input: nothing of it is left.
    expect_nothing("of the input", dx[0], 1.0);
}

#[test]
fn layer_normalization_of_a_long_row_and_of_many_rows() {
    let input = alternating(TERMS);
    let (mut output, mut mean, mut inverse) = (vec![0.0; TERMS], [0.0], [0.0]);
    layer_normalization::forward(TERMS, 0.0, &series(), &[], &[], &mut output, &mut mean, &mut inverse);
    expect("a mean", mean[0], TERM.into());
    layer_normalization::forward(TERMS, 0.0, &input, &[], &[], &mut output, &mut mean, &mut inverse);
    expect("a deviation", inverse[0], 1.0 / f64::from(TERM));
    let gradient: Vec<f32> = input.iter().map(|x| TERM + x).collect();
    layer_normalization::backward_input(TERMS, &input, &[], &[0.0], &[1.0 / TERM], &gradient, &mut output);
    expect_nothing("of the input", output[0], 1.0);
    for length in [1, 16] {
        let rows = TERMS / length;
        let (means, inverses, values) = (vec![0.0; rows], vec![1.0; rows], series());
        let (mut of_gamma, mut of_beta) = (vec![0.0; length], vec![0.0; length]);
        layer_normalization::backward_weights(
            length,
            &values,
            &means,
            &inverses,
            &values,
            &mut of_gamma,
            &mut of_beta,
            false,
        );
        expect("of gamma", of_gamma[0], exact(rows) * f64::from(TERM));
        expect("of beta", of_beta[0], exact(rows));
    }
    // Along another axis than the last, samples are taken one by one.
    let layer = LayerNormalization::layer().axis(&[1]);
    let dims = Dims::new(&[2, 1]);
    let mut alone = Standalone::new(layer, layer.build(dims).unwrap(), &[dims], 7).unwrap();
    let samples = FEWER / 2;
    alone.forward(&[&alternating(2 * samples)]).unwrap();
    let gradients = alone.backward(&vec![TERM; 2 * samples]).unwrap();
    let [of_gamma, _, of_beta, _] = gradients.weights[..] else { panic!("two weights of two numbers") };
    expect("of beta by samples", of_beta, exact(samples));
    expect("of gamma by samples", of_gamma, exact(samples) * f64::from(TERM) / (0.01f64 + 1e-3).sqrt());
}

#[test]
fn softmax_along_a_row_and_across() {
    let share = 1.0 / TERMS as f64;
    for inner in [1, 2] {
        let (input, mut output) = (vec![TERM; TERMS * inner], vec![0.0; TERMS * inner]);
        softmax::softmax(1, TERMS, inner, &input, &mut output);
        expect("softmax", output[0], share);
        output.fill(share as f32);
        let mut gradient = vec![0.0; TERMS * inner];
        softmax::softmax_backward(1, TERMS, inner, &output, &input, &mut gradient);
        expect_nothing("its gradient", gradient[0], share as f32 * TERM);
    }
    let (input, mut output, mut gradient) = (series(), vec![0.0; TERMS], vec![0.0; TERMS]);
    activation::forward(Activation::LogSoftmax, TERMS, &input, &mut output);
    expect("its logarithm", output[0], share.ln());
    output.fill(share.ln() as f32);
    activation::backward(Activation::LogSoftmax, TERMS, &[], &output, &input, &mut gradient);
    expect_nothing("the gradient of its logarithm", gradient[0], TERM);
}

#[test]
fn pools() {
    let values = series();
    let mut output = [0.0];
    let whole = Geometry::pool(&[Axis { input: TERMS, window: TERMS, ..Axis::ONE }], 1);
    pooling::average_forward(&whole, 1, &values, &mut output);
    expect("an average", output[0], TERM.into());
    masks::mean(TERMS, 1, &values, None, &mut output);
    expect("a mean of steps", output[0], TERM.into());
    masks::mean(TERMS, 1, &values, Some(&vec![1.0; TERMS]), &mut output);
    expect("a mean of valid steps", output[0], TERM.into());
    let mut gradient = vec![0.0; TERMS];
    channels::maxima_backward(TERMS, 1, &values, &[TERM], &[TERM], &mut gradient);
    expect("a share of equal maxima", gradient[0], f64::from(TERM) / TERMS as f64);
}

#[test]
fn pools_of_windows_that_overlap() {
    // The element in the middle belongs to every window.
    for sides in [&[2048][..], &[40, 40], &[12, 12, 12]] {
        let axes: Vec<Axis> =
            sides.iter().map(|&side| Axis { input: 2 * side - 1, window: side, output: side, ..Axis::ONE }).collect();
        let g = Geometry::pool(&axes, 1);
        let (windows, middle) = (g.output_len(), g.input_len() / 2);
        let (gradient, mut to) = (vec![TERM; windows], vec![0.0; g.input_len()]);
        pooling::average_backward(&g, 1, &gradient, &mut to);
        expect("a share of many means", to[middle], TERM.into());
        let (mut input, mut maxima) = (vec![0.0; g.input_len()], vec![0.0; windows]);
        input[middle] = 1.0;
        pooling::max_forward(&g, 1, &input, &mut maxima);
        pooling::max_backward(&g, 1, &input, &maxima, &gradient, &mut to);
        expect("a maximum of many windows", to[middle], exact(windows));
    }
}

#[test]
fn a_row_times_a_matrix() {
    let epilogue = Epilogue::NONE;
    // Columns of less than a vector, of one or more, and of a matrix that is read in the order of memory.
    for (columns, terms) in [(1, TERMS), (3, FEWER), (40, FEWER), (128, 1 << 17)] {
        let (row, matrix, mut sums) = (vec![1.0; terms], vec![TERM; terms * columns], vec![f32::NAN; columns]);
        let product = Product { m: 1, n: columns, k: terms, ..Product::default() };
        matmul::dense(product, &row, &matrix, epilogue, &mut sums);
        sums.iter().for_each(|sum| expect(&format!("{terms} rows of {columns}"), *sum, exact(terms)));
    }
    // The longest sums for which panels are made.
    let (columns, terms) = (40, 1 << 16);
    assert!(panels::pays(terms, columns) && !panels::pays(terms + 1, columns));
    let (row, matrix, mut sums) = (vec![1.0; terms], vec![TERM; terms * columns], vec![f32::NAN; columns]);
    let mut in_panels = matrix.clone();
    panels::interleave(terms, columns, &matrix, &mut in_panels);
    matmul::dense_in_panels((1, columns, terms), &row, &in_panels, epilogue, &mut sums);
    sums.iter().for_each(|sum| expect("a row in panels", *sum, exact(terms)));
}

/// Asserts that the gradient of a kernel whose taps meet all pixels of the output is their sum.
fn expect_kernel(
    batch: usize,
    axes: &[(usize, usize)],
    stride: usize,
    (groups, channels, filters): (usize, usize, usize),
) {
    let axis = |&(output, window): &(usize, usize)| Axis {
        input: (output - 1) * stride + window,
        window,
        stride,
        output,
        ..Axis::ONE
    };
    let axes: Vec<Axis> = axes.iter().map(axis).collect();
    let g = Geometry::convolution(&axes, groups * channels, groups * filters, groups);
    let (input, gradient) = (vec![TERM; batch * g.input_len()], vec![1.0; batch * g.output_len()]);
    let mut scratch = vec![0.0; convolution::backward_kernel_scratch(&g)];
    let mut found = vec![0.0; g.kernel_len()];
    convolution::backward_kernel(&g, batch, &input, &gradient, &mut found, false, &mut scratch);
    let pixels = gradient.len() / g.filters;
    found.iter().for_each(|found| expect(&format!("a kernel of {batch} {g:?}"), *found, exact(pixels)));
}

#[test]
fn kernels_of_convolutions() {
    let side = if cfg!(debug_assertions) { 360 } else { 1448 };
    let whole = [(side, 3), (side, 3)];
    // One channel by few filters, and by many; few channels, whole vectors of them, and several groups.
    for parts in
        [(1, 1, 2), (1, 1, 16), (1, 2, 3), (1, 3, 16), (1, 16, 16), (2, 3, 16), (3, 2, 2), (16, 1, 1), (2, 8, 8)]
    {
        expect_kernel(1, &whole, 1, parts);
    }
    for parts in [(1, 1, 2), (1, 1, 16), (1, 2, 3), (2, 3, 16), (16, 1, 1)] {
        // A line, many images, and windows with strides.
        expect_kernel(1, &[(FEWER, 3)], 1, parts);
        // One by windows of several lines.
        expect_kernel(1, &[(1, 3), (FEWER, 2)], 1, parts);
        expect_kernel(FEWER / 64, &[(8, 3), (8, 3)], 1, parts);
        expect_kernel(1, &[(side, 3), (side / 2, 2)], 2, parts);
        // Planes of volumes.
        expect_kernel(2, &[(FEWER / 512, 2), (16, 3), (16, 3)], 1, parts);
    }
    // Windows of one pixel.
    for stride in [1, 2] {
        expect_kernel(1, &[(side, 1), (side, 1)], stride, (1, 4, 16));
    }
}

#[test]
fn vectors_of_length_one() {
    let (mut vector, mut factors) = (series(), [0.0]);
    unit_vectors::normalize(TERMS, &mut vector, &mut factors);
    let length = (exact(TERMS) * f64::from(TERM)).sqrt();
    expect("a length", factors[0], 1.0 / length);
    vector.fill((f64::from(TERM) / length) as f32);
    let mut gradient = series();
    unit_vectors::normalize_backward(TERMS, &vector, &factors, &mut gradient);
    expect_nothing("of a vector", gradient[0], factors[0] * TERM);
}

/// The gradient by the weights and the first input of a layer, whose output has a gradient of `TERM` everywhere.
fn gradients<L: Layer>(layer: L, built: Built, dims: &[Dims], inputs: &[&[f32]]) -> (Vec<f32>, Vec<f32>) {
    let mut alone = Standalone::new(layer, built, dims, 7).unwrap();
    let output = alone.forward(inputs).unwrap();
    let mut gradients = alone.backward(&vec![TERM; output.len()]).unwrap();
    (gradients.weights, gradients.inputs.swap_remove(0))
}

macro_rules! gradients {
    ($layer:expr, $dims:expr, $input:expr) => {{
        let (layer, dims) = ($layer, Dims::new(&$dims));
        gradients(layer, layer.build(dims).unwrap(), &[dims], &[&$input])
    }};
}

#[test]
fn an_id_and_other_ids_that_repeat() {
    let mut ids = vec![3.0; TERMS];
    let (weights, _) = gradients!(Embedding::layer(8, 1), [1], ids);
    expect("of an embedding", weights[3], exact(TERMS));
    ids.iter_mut().enumerate().for_each(|(at, id)| *id = (at % 2) as f32);
    let (weights, _) = gradients!(Embedding::layer(8, 2), [16], ids);
    weights[..4].iter().for_each(|weight| expect("of two embeddings", *weight, exact(TERMS / 2)));
}

#[test]
fn weights_that_many_elements_share() {
    let input = vec![-TERM; FEWER];
    let exact = -exact(FEWER) * f64::from(TERM);
    expect("of slopes by samples", gradients!(PReLU::layer(), [1], input).0[0], exact);
    expect("of slopes by elements", gradients!(PReLU::layer().shared_axes(&[1]), [FEWER, 1], input).0[0], exact);
    let (weights, _) = gradients!(Dense::layer(1), [1], input);
    expect("of a bias", weights[1], exact / f64::from(-TERM));
    expect("of a kernel", weights[0], exact);
}

#[test]
fn elements_that_are_repeated() {
    expect("of a repetition", gradients!(RepeatVector::layer(TERMS), [1], [0.0]).1[0], exact(TERMS));
    let many = gradients!(RepeatVector::layer(TERMS / 4), [3], [0.0; 3]).1;
    many.iter().for_each(|found| expect("of a repeated vector", *found, exact(TERMS / 4)));
    let side = 1 << 10;
    let (_, of_pixel) = gradients!(UpSampling2D::layer().size((side, side)), [1, 1, 1], [0.0]);
    expect("of a pixel made larger", of_pixel[0], exact(side * side));
    let interpolated = UpSampling2D::layer().size((side, side)).interpolation(Interpolation::Bilinear);
    expect("of a pixel interpolated", gradients!(interpolated, [1, 1, 1], [0.0]).1[0], exact(side * side));
    for dims in [&[1][..], &[1, 2], &[3, 1]] {
        let output = [TERMS / 4, if dims == [3, 1] { 3 } else { 1 }, if dims == [1, 2] { 2 } else { 1 }];
        let (first, second) = (Dims::new(dims), Dims::new(&output));
        let built = Add::layer().build(&[first, second]).unwrap();
        let inputs = [&[TERM; 3][..first.size()], &vec![TERM; second.size()]];
        let (_, found) = gradients(Add::layer(), built, &[first, second], &inputs);
        found.iter().for_each(|found| expect("of what is broadcast", *found, exact(TERMS / 4)));
    }
    let (_, summed) = gradients!(ops::Sum::layer(&[1]), [3, 2], [0.0; 6]);
    assert_eq!(summed, [TERM; 6]);
}

#[test]
fn penalties_and_constraints() {
    let (weight, matrix, row) = (series(), Dims::new(&[TERMS, 1]), Dims::new(&[1, TERMS]));
    let square = exact(TERMS) * f64::from(TERM);
    expect("l1", Regularizer::l1(1.0).value(matrix, &weight), exact(TERMS));
    expect("l2", Regularizer::l2(1.0).value(matrix, &weight), square);
    expect("l1 and l2", Regularizer::l1_l2(1.0, 1.0).value(matrix, &weight), exact(TERMS) + square);
    for (dims, mode) in [(Dims::new(&[2, TERMS / 2]), Mode::Rows), (Dims::new(&[TERMS / 2, 2]), Mode::Columns)] {
        expect("orthogonal", Regularizer::orthogonal_regularizer(1.0, mode).value(dims, &weight), 1.0);
    }
    for (dims, axis) in [(matrix, 0), (row, 1)] {
        let mut weight = series();
        Constraint::unit_norm(&[axis]).apply(dims, &mut weight);
        expect("unit norm", weight[0], f64::from(TERM) / square.sqrt());
    }
}

#[test]
fn norms_of_optimizers() {
    let (gradients, square) = (series(), exact(TERMS) * f64::from(TERM));
    let mut weights = vec![0.0; TERMS];
    SGD::new(1.0).clipnorm(1.0).step(&mut weights, &gradients).unwrap();
    expect("a clipped step", weights[0], -f64::from(TERM) / square.sqrt());
    let mut weights = vec![TERM; TERMS];
    Lamb::new(0.5).step(&mut weights, &gradients).unwrap();
    expect("a trusted step", weights[0], 0.5 * f64::from(TERM));
    let mut weights = vec![TERM; TERMS];
    Adafactor::new(0.5).step(&mut weights, &gradients).unwrap();
    expect("a step by the scale of weights", weights[0], 0.5 * f64::from(TERM));
}

fn of_batch<L: Loss>(loss: &L, target: TargetView<'_>, values: &[f32], last: usize) -> f32 {
    let prediction = Prediction { values, dims: Dims::new(&[last]), count: values.len() / last, logits: None };
    loss.evaluate(target, &prediction, None, None).unwrap().0
}

#[test]
fn losses_of_a_long_row_and_of_many_rows() {
    use crate::losses::*;
    let (zeros, values) = (vec![0.0; FEWER], vec![TERM; FEWER]);
    let target = TargetView::Values(&zeros);
    let (term, count) = (f64::from(TERM), FEWER as f64);
    for last in [1, FEWER] {
        expect("squared", of_batch(&MeanSquaredError::default(), target, &values, last), term * term);
        expect("absolute", of_batch(&MeanAbsoluteError::default(), target, &values, last), term);
        expect("log-cosh", of_batch(&LogCosh::default(), target, &values, last), term.cosh().ln());
        expect("Huber", of_batch(&Huber::default(), target, &values, last), term * term / 2.0);
        expect("binary", of_batch(&BinaryCrossentropy::default(), target, &values, last), -(1.0 - term).ln());
        let summed = MeanSquaredError::default().reduction(Reduction::Sum);
        expect("summed", of_batch(&summed, target, &values, last), term * term * count / last as f64);
    }
    let of_term = TargetView::Values(&values);
    // The largest of the others, less what is right, and one.
    let below = vec![-TERM; FEWER];
    let hinge = of_batch(&CategoricalHinge::default(), of_term, &below, FEWER);
    expect("hinge", hinge, -(1.0 - term) * term + term * term * count + 1.0);
    let halves: Vec<f32> = (0..FEWER).map(|at| if at % 2 == 0 { TERM } else { 0.2 }).collect();
    let apart = of_batch(&KLDivergence::default(), of_term, &halves, FEWER);
    expect("divergence", apart, term * (0.5f64).ln() * count / 2.0);
    expect("cosine", of_batch(&CosineSimilarity::default(), of_term, &values, FEWER), -1.0);
    expect("dice", of_batch(&Dice::default(), of_term, &values, FEWER), 1.0 - term);
    let labels = TargetView::Labels(&[5]);
    for from_logits in [false, true] {
        let loss = SparseCategoricalCrossentropy::default().from_logits(from_logits);
        expect("of a label", of_batch(&loss, labels, &values, FEWER), count.ln());
    }
    let loss = CategoricalCrossentropy::default().from_logits(true);
    expect("of logits", of_batch(&loss, of_term, &values, FEWER), term * count * count.ln());
    let least = -(1.0f64 / count).max(1e-7).ln();
    let loss = CategoricalCrossentropy::default();
    expect("of probabilities", of_batch(&loss, of_term, &values, FEWER), term * count * least);
    let focal = CategoricalFocalCrossentropy::default().alpha(1.0).gamma(0.0);
    expect("focal", of_batch(&focal, of_term, &values, FEWER), term * count * least);
    expect("focal, of logits", of_batch(&focal.from_logits(true), of_term, &values, FEWER), term * count * count.ln());
}

#[test]
fn metrics_of_many_rows() {
    let (ones, values) = (vec![1.0; FEWER], vec![TERM; FEWER]);
    let prediction = Prediction { values: &values, dims: Dims::new(&[1]), count: FEWER, logits: None };
    let term = f64::from(TERM);
    let measure = |metric: &mut dyn Metric| {
        metric.update(TargetView::Values(&ones), &prediction, None).unwrap();
        metric.result()
    };
    expect("an error", measure(&mut metrics::MeanSquaredError::default()), (1.0 - term).powi(2));
    expect("its root", measure(&mut metrics::RootMeanSquaredError::default()), 1.0 - term);
    expect("negatives", measure(&mut metrics::FalseNegatives::default()), FEWER as f64);
    let mut sum = metrics::Sum::default();
    let mut mean = metrics::Mean::default();
    for _ in 0..FEWER {
        sum.update(TERM, 1.0);
        mean.update(TERM, TERM);
    }
    expect("a sum", sum.result(), exact(FEWER));
    expect("a mean", mean.result(), term);
}

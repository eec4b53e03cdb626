//! Batch normalization.

use super::{Guarded, assert_close, assert_same_on_threads, cases, guarded, numbers, some_size, unwritten};
use crate::kernels::{
    matmul::tests::noise,
    normalization::{
        backward_scratch, batch_backward, batch_forward, inference_backward, inference_forward, statistics,
    },
    simd::tests::each_isa,
};
use proptest::{prelude::*, sample::select};

const EPSILON: f32 = 1e-3;
const MOMENTUM: f32 = 0.9;

/// Means and biased variances of the columns.
fn moments(channels: usize, x: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let rows = (x.len() / channels) as f64;
    let column = |channel: usize| x.iter().skip(channel).step_by(channels).map(|x| f64::from(*x));
    let mean: Vec<f64> = (0..channels).map(|channel| column(channel).sum::<f64>() / rows).collect();
    let variance = |channel: usize| column(channel).map(|x| (x - mean[channel]).powi(2)).sum::<f64>() / rows;
    let variances = (0..channels).map(variance).collect();
    (mean, variances)
}

/// What one pass of training computes.
struct Trained {
    output: Guarded,
    mean: Guarded,
    inverse: Guarded,
    moving: [Guarded; 2],
}

fn train(channels: usize, input: &[f32], gamma: &[f32], beta: &[f32], moving: [&[f32]; 2]) -> Trained {
    let (output, mean, inverse) = (unwritten(input.len()), unwritten(channels), unwritten(channels));
    let mut trained = Trained { output, mean, inverse, moving: moving.map(guarded) };
    let Trained { output, mean, inverse, moving: [moving_mean, moving_variance] } = &mut trained;
    batch_forward(
        channels,
        EPSILON,
        MOMENTUM,
        input,
        gamma,
        beta,
        moving_mean,
        moving_variance,
        output,
        mean,
        inverse,
        false,
    );
    trained
}

fn check(rows: usize, channels: usize, shift: f32, (scaled, centred): (bool, bool), seed: u32) {
    let len = rows * channels;
    let input = guarded(&noise(len, seed).iter().map(|x| x * 2.0 + shift).collect::<Vec<_>>());
    let gamma = numbers(if scaled { channels } else { 0 }, seed + 1);
    let beta = numbers(if centred { channels } else { 0 }, seed + 2);
    let gradient = numbers(len, seed + 3);
    let (old_mean, old_variance) = (numbers(channels, seed + 4), guarded(&vec![1.5; channels]));
    let (mean, variance) = moments(channels, &input);
    let gamma_of = |channel: usize| gamma.get(channel).map_or(1.0, |gamma| f64::from(*gamma));
    let beta_of = |channel: usize| beta.get(channel).map_or(0.0, |beta| f64::from(*beta));
    let inverse: Vec<f64> = variance.iter().map(|variance| 1.0 / (variance + f64::from(EPSILON)).sqrt()).collect();
    let normal: Vec<f64> =
        (0..len).map(|at| (f64::from(input[at]) - mean[at % channels]) * inverse[at % channels]).collect();
    let output: Vec<f64> = (0..len).map(|at| normal[at] * gamma_of(at % channels) + beta_of(at % channels)).collect();
    let (mut to_beta, mut to_gamma) = (vec![0.0; channels], vec![0.0; channels]);
    for (at, dy) in gradient.iter().enumerate() {
        to_beta[at % channels] += f64::from(*dy);
        to_gamma[at % channels] += f64::from(*dy) * normal[at];
    }
    let to_input = |at: usize| {
        let channel = at % channels;
        let through = (to_beta[channel] + normal[at] * to_gamma[channel]) / rows as f64;
        gamma_of(channel) * inverse[channel] * (f64::from(gradient[at]) - through)
    };
    let to_input: Vec<f64> = (0..len).map(to_input).collect();
    // What subtracting a mean far from zero loses, and the division by a small deviation makes larger.
    let lost = f64::from(shift.abs()) * 1e-7;
    let worst = inverse.iter().fold(1.0f64, |worst, inverse| worst.max(*inverse));
    let tolerance = (2e-5 + 10.0 * lost) * worst;
    each_isa(|| {
        let trained = train(channels, &input, &gamma, &beta, [&old_mean, &old_variance]);
        assert_close("mean", &trained.mean, &mean, 1e-5);
        assert_close("inverse", &trained.inverse, &inverse, tolerance);
        assert_close("output", &trained.output, &output, tolerance);
        let moved = |old: &[f32], new: &[f64]| -> Vec<f64> {
            let (kept, rest) = (f64::from(MOMENTUM), f64::from(1.0 - MOMENTUM));
            old.iter().zip(new).map(|(old, new)| f64::from(*old) * kept + new * rest).collect()
        };
        assert_close("moving mean", &trained.moving[0], &moved(&old_mean, &mean), 1e-5);
        assert_close("moving variance", &trained.moving[1], &moved(&old_variance, &variance), 1e-5);

        let mut back = [unwritten(len), unwritten(gamma.len()), unwritten(beta.len())];
        let [dx, dg, db] = &mut back;
        let mut scratch = unwritten(backward_scratch(channels));
        let (at, about) = (&trained.mean, &trained.inverse);
        batch_backward(channels, &input, &gamma, at, about, &gradient, dx, dg, db, &mut scratch, None);
        assert_close("input", dx, &to_input, tolerance * 4.0);
        assert_close("gamma", dg, &to_gamma[..gamma.len()], tolerance * 4.0 * (rows as f64).sqrt());
        assert_close("beta", db, &to_beta[..beta.len()], 1e-5 * (rows as f64).sqrt());

        // With these statistics given, inference computes the same, and its gradient goes straight through.
        let variance = guarded(&variance.iter().map(|variance| *variance as f32).collect::<Vec<_>>());
        let mut same = unwritten(len);
        inference_forward(channels, EPSILON, &input, &gamma, &beta, &trained.mean, &variance, &mut same, false);
        assert_close("inference", &same, &output, tolerance);
        let straight: Vec<f64> =
            (0..len).map(|at| f64::from(gradient[at]) * gamma_of(at % channels) * inverse[at % channels]).collect();
        let (mut dx, mean) = (unwritten(len), &trained.mean);
        let nothing = (&mut [][..], &mut [][..]);
        inference_backward(
            channels,
            EPSILON,
            &input,
            &gamma,
            mean,
            &variance,
            &gradient,
            &mut dx,
            nothing.0,
            nothing.1,
            &mut scratch,
            None,
        );
        assert_close("inference, input", &dx, &straight, tolerance);
    });
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn normalization_equals_its_definition(
        rows in some_size(), channels in prop_oneof![4 => some_size(), 1 => select(vec![127usize, 128, 129, 257])],
        shift in select(vec![0.0f32, -3.0, 100.0]), parts: (bool, bool), seed in 0u32..1000,
    ) {
        check(rows, channels, shift, parts, seed);
    }

    #[test]
    fn a_nan_stays_in_its_channel(
        rows in some_size(), channels in some_size(), at in 0usize..10_000, value in select(vec![f32::NAN, f32::INFINITY]),
        seed in 0u32..1000,
    ) {
        let mut input = numbers(rows * channels, seed);
        let at = at % input.len();
        input[at] = value;
        each_isa(|| {
            let trained = train(channels, &input, &[], &[], [&vec![0.0; channels], &vec![1.0; channels]]);
            for (other, output) in trained.output.iter().enumerate() {
                assert_eq!(output.is_nan(), other % channels == at % channels);
            }
        });
    }
}

#[test]
fn more_rows_than_are_summed_at_once() {
    check(1000, 5, 1.0, (true, true), 1);
    check(257, 70, -1.0, (true, false), 2);
}

#[test]
fn a_constant_has_no_variance() {
    each_isa(|| {
        for value in [0.0f32, 1.0, -3.5, 0.1, 1e6] {
            let input = guarded(&[value; 8 * 5]);
            let (mut mean, mut variance) = (unwritten(5), unwritten(5));
            statistics(5, &input, &mut mean, &mut variance);
            // But for what rounding the mean leaves.
            let rounding = f32::EPSILON * value.abs();
            assert!(mean.iter().all(|mean| (mean - value).abs() <= rounding), "{value}: {:?}", &mean[..]);
            assert!(variance.iter().all(|variance| *variance <= rounding * rounding), "{value}: {:?}", &variance[..]);
        }
    });
}

#[test]
fn threads_do_not_change_a_normalization() {
    for (rows, channels) in [(5003, 17), (67, 1031)] {
        let (input, gamma, gradient) = (noise(rows * channels, 1), noise(channels, 2), noise(rows * channels, 3));
        assert_same_on_threads(|| {
            let trained = train(channels, &input, &gamma, &[], [&vec![0.0; channels], &vec![1.0; channels]]);
            let (mut dx, mut dg) = (unwritten(input.len()), unwritten(channels));
            let mut scratch = unwritten(backward_scratch(channels));
            let (mean, inverse) = (&trained.mean, &trained.inverse);
            batch_backward(
                channels,
                &input,
                &gamma,
                mean,
                inverse,
                &gradient,
                &mut dx,
                &mut dg,
                &mut [],
                &mut scratch,
                None,
            );
            [&trained.output[..], &dx[..], &dg[..]].concat()
        });
    }
}

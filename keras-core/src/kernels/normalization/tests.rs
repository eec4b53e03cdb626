//! Batch normalisation beside its definition.

use super::*;
use crate::kernels::matmul::tests::noise;
use crate::kernels::simd::tests::each_isa;

/// γ·(x - mean)/√(var + ε) + β in `f64`.
fn exact(channels: usize, x: &[f64], gamma: &[f32], beta: &[f32]) -> Vec<f64> {
    let rows = x.len() / channels;
    let mut out = vec![0.0; x.len()];
    for c in 0..channels {
        let column = || (0..rows).map(|r| x[r * channels + c]);
        let mean = column().sum::<f64>() / rows as f64;
        let variance = column().map(|x| (x - mean).powi(2)).sum::<f64>() / rows as f64;
        for r in 0..rows {
            out[r * channels + c] =
                (x[r * channels + c] - mean) / (variance + 1e-3).sqrt() * gamma[c] as f64 + beta[c] as f64;
        }
    }
    out
}

#[test]
fn a_rectifier_after_it_gives_the_same_as_in_a_pass_of_its_own() {
    use crate::{activations::Activation, kernels::activation};
    for (rows, channels) in [(5, 3), (7, 16), (3, 131), (300, 2), (200, 70)] {
        let len = rows * channels;
        let (mut input, mut dy) = (noise(len, 1), noise(len, 4));
        (input[1], dy[2], dy[3]) = (input[0], f32::MIN_POSITIVE, f32::NAN);
        let (gamma, beta) = (noise(channels, 2), noise(channels, 3));
        each_isa(|| {
            for (gamma, beta) in [(&gamma[..], &beta[..]), (&[], &[]), (&gamma, &[]), (&[], &beta)] {
                let forward = |rectified: bool| {
                    let [mut moving_mean, mut moving_variance, mut mean, mut inverse] =
                        [(); 4].map(|()| vec![1.0; channels]);
                    let mut out = vec![0.0; len];
                    let (moving, given) = ((&mut moving_mean, &mut moving_variance), (&mut mean, &mut inverse));
                    batch_forward(
                        channels, 1e-3, 0.5, &input, gamma, beta, moving.0, moving.1, &mut out, given.0, given.1,
                        rectified,
                    );
                    let mut same = vec![0.0; len];
                    inference_forward(
                        channels,
                        1e-3,
                        &input,
                        gamma,
                        beta,
                        &moving_mean,
                        &moving_variance,
                        &mut same,
                        rectified,
                    );
                    (out, same, mean, inverse)
                };
                let (mut out, mut same, mean, inverse) = forward(false);
                let mut gradient = dy.clone();
                activation::forward_in_place(Activation::Relu, channels, &mut out);
                activation::forward_in_place(Activation::Relu, channels, &mut same);
                activation::backward_in_place(Activation::Relu, channels, &[], &out, &mut gradient);
                let (rectified, also, ..) = forward(true);
                assert_eq!((out, same), (rectified, also));
                let backward = |gradient: &[f32], rectified: Option<&[f32]>| {
                    let (mut dx, mut dg, mut db) = (vec![0.0; len], vec![0.0; channels], vec![0.0; channels]);
                    let mut scratch = vec![0.0; backward_scratch(channels)];
                    batch_backward(
                        channels,
                        &input,
                        gamma,
                        &mean,
                        &inverse,
                        gradient,
                        &mut dx,
                        &mut dg,
                        &mut db,
                        &mut scratch,
                        rectified,
                    );
                    [dx, dg, db].concat().iter().map(|number| number.to_bits()).collect::<Vec<_>>()
                };
                assert_eq!(backward(&dy, Some(beta)), backward(&gradient, None));
            }
        });
    }
}

#[test]
fn forward_and_backward() {
    for (rows, channels) in [(5, 3), (7, 16), (3, 131), (300, 2), (2000, 70)] {
        let input: Vec<f32> = noise(rows * channels, 1).iter().map(|x| x * 3.0 + 1.0).collect();
        let (gamma, beta, dy) = (noise(channels, 2), noise(channels, 3), noise(rows * channels, 4));
        let x: Vec<f64> = input.iter().map(|x| *x as f64).collect();
        let want = exact(channels, &x, &gamma, &beta);
        each_isa(|| {
            let new = |value: f32, len| vec![value; len];
            let (mut mm, mut mv) = (new(0.0, channels), new(1.0, channels));
            let (mut mean, mut inverse, mut out) = (new(0.0, channels), new(0.0, channels), new(0.0, x.len()));
            batch_forward(
                channels,
                1e-3,
                0.0,
                &input,
                &gamma,
                &beta,
                &mut mm,
                &mut mv,
                &mut out,
                &mut mean,
                &mut inverse,
                false,
            );
            assert!(out.iter().zip(&want).all(|(a, b)| (*a as f64 - b).abs() < 2e-5));
            let mut same = new(0.0, x.len());
            inference_forward(channels, 1e-3, &input, &gamma, &beta, &mm, &mv, &mut same, false);
            assert!(same.iter().zip(&want).all(|(a, b)| (*a as f64 - b).abs() < 2e-5));
            let (mut dx, mut dg, mut db) = (new(0.0, x.len()), new(0.0, channels), new(0.0, channels));
            let mut scratch = new(0.0, backward_scratch(channels));
            batch_backward(
                channels,
                &input,
                &gamma,
                &mean,
                &inverse,
                &dy,
                &mut dx,
                &mut dg,
                &mut db,
                &mut scratch,
                None,
            );
            // Central differences of Σ dy·y at a few elements.
            for at in [0, 1, x.len() / 2, x.len() - 1] {
                let loss = |h: f64| {
                    let mut x = x.clone();
                    x[at] += h;
                    let y = exact(channels, &x, &gamma, &beta);
                    y.iter().zip(&dy).map(|(y, d)| y * *d as f64).sum::<f64>()
                };
                let want = (loss(1e-4) - loss(-1e-4)) / 2e-4;
                assert!((dx[at] as f64 - want).abs() < 1e-4, "{rows}x{channels} [{at}] {} {want}", dx[at]);
            }
            for c in 0..channels {
                let sum: f64 = (0..rows).map(|r| dy[r * channels + c] as f64).sum();
                assert!((db[c] as f64 - sum).abs() < 1e-3);
                let sum: f64 = (0..rows)
                    .map(|r| {
                        let at = r * channels + c;
                        dy[at] as f64 * (x[at] - mean[c] as f64) * inverse[c] as f64
                    })
                    .sum();
                assert!((dg[c] as f64 - sum).abs() < 1e-3);
            }
            inference_backward(
                channels,
                1e-3,
                &input,
                &gamma,
                &mm,
                &mv,
                &dy,
                &mut dx,
                &mut dg,
                &mut [],
                &mut scratch,
                None,
            );
            for (at, dx) in dx.iter().enumerate() {
                let want = dy[at] * gamma[at % channels] * inverse[at % channels];
                assert!((dx - want).abs() < 1e-5 * (1.0 + want.abs()));
            }
        });
    }
}

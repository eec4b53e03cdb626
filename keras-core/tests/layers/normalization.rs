//! Batch normalization: over all axes but the last, with the batch's own statistics or the moving ones.

use keras_core::{layers::BatchNormalization, shape::Dims};
use proptest::prelude::*;

use crate::pass::{Pass, Wanted, close, noise};

const EPSILON: f64 = 1e-3;

/// What the definition of the batch's own statistics gives: output, gradients of input, gamma and beta, mean, variance.
struct Defined {
    output: Vec<f64>,
    dx: Vec<f64>,
    dgamma: Vec<f64>,
    dbeta: Vec<f64>,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

/// With `moving` statistics these are constants; without, they depend on the input.
fn define(
    channels: usize,
    input: &[f32],
    gamma: &[f32],
    beta: &[f32],
    gradient: &[f32],
    moving: Option<[&[f32]; 2]>,
) -> Defined {
    let rows = (input.len() / channels) as f64;
    let columns = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..channels).map(|channel| (channel..input.len()).step_by(channels).map(of).sum::<f64>()).collect()
    };
    let wide = |values: &[f32]| -> Vec<f64> { values.iter().copied().map(f64::from).collect() };
    let (mean, variance) = match moving {
        Some([mean, variance]) => (wide(mean), wide(variance)),
        None => {
            let mean: Vec<f64> = columns(&|at| f64::from(input[at])).iter().map(|sum| sum / rows).collect();
            let squares = columns(&|at| (f64::from(input[at]) - mean[at % channels]).powi(2));
            let variance = squares.iter().map(|sum| sum / rows).collect();
            (mean, variance)
        }
    };
    let normal = |at: usize| (f64::from(input[at]) - mean[at % channels]) / (variance[at % channels] + EPSILON).sqrt();
    let scale = |channel: usize| gamma.get(channel).map_or(1.0, |&gamma| f64::from(gamma));
    let shift = |channel: usize| beta.get(channel).map_or(0.0, |&beta| f64::from(beta));
    let dbeta = columns(&|at| f64::from(gradient[at]));
    let dgamma = columns(&|at| f64::from(gradient[at]) * normal(at));
    let slope = |at: usize| {
        let channel = at % channels;
        let own = if moving.is_some() { 0.0 } else { (dbeta[channel] + normal(at) * dgamma[channel]) / rows };
        scale(channel) / (variance[channel] + EPSILON).sqrt() * (f64::from(gradient[at]) - own)
    };
    Defined {
        output: (0..input.len()).map(|at| normal(at) * scale(at % channels) + shift(at % channels)).collect(),
        dx: (0..input.len()).map(slope).collect(),
        dgamma,
        dbeta,
        mean,
        variance,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_size(
        batch in 1usize..6, lengths in prop::collection::vec(1usize..7, 0..4), channels in 1usize..40, scale: bool, center: bool,
    ) {
        let dims = [Dims::new(&[&lengths[..], &[channels]].concat())];
        let layer = BatchNormalization::layer().scale(scale).center(center).momentum(0.75);
        let built = layer.build(dims[0]).unwrap();
        let mut pass = Pass::new(layer, &built, batch, &dims, 30);
        pass.state[1].iter_mut().for_each(|variance| *variance = variance.abs() + 0.1);
        let input = &pass.inputs[0];
        let gradient = noise(input.len(), 29);
        let gamma = if scale { &pass.weights[0][..] } else { &[] };
        let beta = if center { pass.weights.last().unwrap() } else { &[][..] };
        let what = (batch, dims[0], scale, center);

        let moving = define(channels, input, gamma, beta, &gradient, Some([&pass.state[0], &pass.state[1]]));
        close(&pass.infer(), &moving.output, "output at inference", &what);
        let frozen = pass.train(&gradient, Wanted::Inputs);
        close(&frozen.output, &moving.output, "output of a frozen layer", &what);
        close(&frozen.input_gradients[0], &moving.dx, "gradient of a frozen layer", &what);
        prop_assert_eq!(&frozen.state, &pass.state);

        let own = define(channels, input, gamma, beta, &gradient, None);
        for wanted in [Wanted::All, Wanted::Weights, Wanted::Accumulated] {
            let trained = pass.train(&gradient, wanted);
            close(&trained.output, &own.output, "output", &what);
            if wanted != Wanted::Weights {
                close(&trained.input_gradients[0], &own.dx, "gradient of the input", &what);
            }
            let start = if wanted == Wanted::Accumulated { 1.0 } else { 0.0 };
            let added = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| value + start).collect() };
            if scale {
                close(&trained.weight_gradients[0], &added(&own.dgamma), "gradient of gamma", &what);
            }
            if center {
                close(trained.weight_gradients.last().unwrap(), &added(&own.dbeta), "gradient of beta", &what);
            }
            let updated = |at: usize, of: &[f64]| -> Vec<f64> {
                pass.state[at].iter().zip(of).map(|(&old, new)| f64::from(old) * 0.75 + new * 0.25).collect()
            };
            close(&trained.state[0], &updated(0, &own.mean), "moving mean", &what);
            close(&trained.state[1], &updated(1, &own.variance), "moving variance", &what);
        }
    }
}

/// The mean of numbers far from 0 must not drown their variance.
#[test]
fn numbers_far_from_zero_keep_their_variance() {
    let dims = [Dims::new(&[2])];
    let layer = BatchNormalization::layer();
    let built = layer.build(dims[0]).unwrap();
    let mut pass = Pass::new(layer, &built, 64, &dims, 30);
    pass.inputs[0] = (0..128).map(|at| if at % 2 == 0 { 10_000.0 } else { -3000.0 } + (at / 2 % 4) as f32).collect();
    pass.weights = vec![vec![1.0; 2], vec![0.0; 2]];
    let trained = pass.train(&[0.0; 128], Wanted::All);
    let expected: Vec<f64> = (0..128).map(|at| ((at / 2 % 4) as f64 - 1.5) / (1.25f64 + EPSILON).sqrt()).collect();
    close(&trained.output, &expected, "output", &"far from zero");
}

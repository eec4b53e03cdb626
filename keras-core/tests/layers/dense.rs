//! Products: `Dense` over inputs of any rank.

use keras_core::{activations::Activation, layers::Dense, shape::Dims};
use proptest::prelude::*;

use crate::pass::{Expected, Pass, noise};

/// An activation whose slope follows from its output.
fn apply(activation: Activation, value: f64) -> (f64, f64) {
    match activation {
        Activation::Relu => (value.max(0.0), if value > 0.0 { 1.0 } else { 0.0 }),
        Activation::Tanh => (value.tanh(), 1.0 - value.tanh().powi(2)),
        Activation::Sigmoid => {
            let output = 1.0 / (1.0 + (-value).exp());
            (output, output * (1.0 - output))
        }
        _ => (value, 1.0),
    }
}

pub fn activation() -> impl Strategy<Value = Activation> {
    prop_oneof![Just(Activation::Linear), Just(Activation::Relu), Just(Activation::Tanh), Just(Activation::Sigmoid)]
}

/// Turns sums into outputs, and gradients of outputs into gradients of sums.
pub fn activate(activation: Activation, sums: &mut [f64], gradient: &[f32]) -> Vec<f64> {
    let slopes = sums.iter_mut().zip(gradient).map(|(sum, &gradient)| {
        let (output, slope) = apply(activation, *sum);
        *sum = output;
        slope * f64::from(gradient)
    });
    slopes.collect()
}

fn check(batch: usize, lengths: &[usize], units: usize, bias: bool, activation: Activation) {
    let dims = [Dims::new(lengths)];
    let layer = Dense::layer(units).use_bias(bias).activation(activation);
    let built = layer.build(dims[0]).unwrap();
    let pass = Pass::new(layer, &built, batch, &dims, 1);
    let gradient = noise(batch * built.output().size(), 2);
    let length = dims[0].last();
    let (input, kernel) = (&pass.inputs[0], &pass.weights[0]);
    let rows = input.len() / length;
    let mut output = vec![0.0; rows * units];
    for row in 0..rows {
        for unit in 0..units {
            let products =
                (0..length).map(|at| f64::from(input[row * length + at]) * f64::from(kernel[at * units + unit]));
            output[row * units + unit] =
                products.sum::<f64>() + if bias { f64::from(pass.weights[1][unit]) } else { 0.0 };
        }
    }
    let slopes = activate(activation, &mut output, &gradient);
    let mut expected = Expected { output, ..Expected::default() };
    let (mut dx, mut dk, mut db) = (vec![0.0; input.len()], vec![0.0; kernel.len()], vec![0.0; units]);
    for row in 0..rows {
        for unit in 0..units {
            let slope = slopes[row * units + unit];
            for at in 0..length {
                dx[row * length + at] += slope * f64::from(kernel[at * units + unit]);
                dk[at * units + unit] += slope * f64::from(input[row * length + at]);
            }
            db[unit] += slope;
        }
    }
    expected.input_gradients = vec![dx];
    expected.weight_gradients = if bias { vec![dk, db] } else { vec![dk] };
    pass.check(&gradient, &expected, &(batch, lengths, units, bias, activation));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_size(
        batch in 0usize..6, lengths in prop::collection::vec(1usize..8, 0..3), last in 1usize..40, units in 1usize..40,
        bias: bool, activation in activation(),
    ) {
        check(batch, &[&lengths[..], &[last]].concat(), units, bias, activation);
    }
}

#[test]
fn sizes_around_those_of_blocks() {
    for (batch, length, units) in
        [(1, 1, 1), (33, 31, 17), (64, 64, 64), (65, 63, 65), (7, 257, 3), (3, 5, 257), (131, 2, 1)]
    {
        check(batch, &[length], units, true, Activation::Relu);
    }
}

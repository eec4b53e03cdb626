//! Layers of several inputs, and those that only give a sample other axes.

use keras_core::{
    layers::{Add, Built, Concatenate, Flatten, Layer, Multiply, Reshape, Subtract},
    shape::Dims,
};
use proptest::prelude::*;

use crate::pass::{Expected, Pass, indices, noise, place};

fn check(
    layer: impl Layer,
    built: &Built,
    batch: usize,
    dims: &[Dims],
    define: impl Fn(&[Vec<f32>], &[f32]) -> Expected,
) {
    let pass = Pass::new(layer, built, batch, dims, 20);
    let gradient = noise(batch * built.output().size(), 19);
    pass.check(&gradient, &define(&pass.inputs, &gradient), &(batch, dims));
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn concatenate_joins_along_any_axis(
        batch in 0usize..4, lengths in prop::collection::vec(1usize..5, 1..=5), axis in 0usize..5,
        along in prop::collection::vec(1usize..6, 2..5),
    ) {
        let axis = axis % lengths.len();
        let all: Vec<Vec<usize>> = along.iter().map(|&length| {
            let mut lengths = lengths.clone();
            lengths[axis] = length;
            lengths
        }).collect();
        let dims: Vec<Dims> = all.iter().map(|lengths| Dims::new(lengths)).collect();
        let layer = Concatenate::layer().axis(axis as isize + 1);
        let built = layer.build(&dims).unwrap();
        let output: Vec<usize> = built.output().lengths().collect();
        check(layer, &built, batch, &dims, |inputs, gradient| {
            let mut expected = Expected { output: vec![f64::NAN; gradient.len()], ..Expected::default() };
            let mut offset = 0;
            for (input, lengths) in inputs.iter().zip(&all) {
                let mut slopes = vec![f64::NAN; input.len()];
                for index in indices(batch, lengths) {
                    let mut shifted = index.clone();
                    shifted[axis + 1] += offset;
                    let (from, to) = (place(&index, lengths), place(&shifted, &output));
                    expected.output[to] = f64::from(input[from]);
                    slopes[from] = f64::from(gradient[to]);
                }
                expected.input_gradients.push(slopes);
                offset += lengths[axis];
            }
            expected
        });
    }

    #[test]
    fn arithmetic_is_element_by_element(
        batch in 0usize..4, lengths in prop::collection::vec(1usize..6, 0..=5), count in 2usize..5,
    ) {
        let dims = vec![Dims::new(&lengths); count];
        let built = Add::layer().build(&dims).unwrap();
        check(Add::layer(), &built, batch, &dims, |inputs, gradient| Expected {
            output: (0..gradient.len()).map(|at| inputs.iter().map(|input| f64::from(input[at])).sum()).collect(),
            input_gradients: vec![wide(gradient); count],
            ..Expected::default()
        });
        let built = Multiply::layer().build(&dims).unwrap();
        check(Multiply::layer(), &built, batch, &dims, |inputs, gradient| {
            let product = |at: usize, without: usize| -> f64 {
                let others = inputs.iter().enumerate().filter(|(input, _)| *input != without);
                others.map(|(_, input)| f64::from(input[at])).product()
            };
            let slopes = |of: usize| (0..gradient.len()).map(|at| product(at, of) * f64::from(gradient[at])).collect();
            Expected {
                output: (0..gradient.len()).map(|at| product(at, count)).collect(),
                input_gradients: (0..count).map(slopes).collect(),
                ..Expected::default()
            }
        });
        let built = Subtract::layer().build(&dims[..2]).unwrap();
        check(Subtract::layer(), &built, batch, &dims[..2], |inputs, gradient| Expected {
            output: (0..gradient.len()).map(|at| f64::from(inputs[0][at]) - f64::from(inputs[1][at])).collect(),
            input_gradients: vec![wide(gradient), wide(gradient).iter().map(|slope| -slope).collect()],
            ..Expected::default()
        });
    }

    #[test]
    fn other_axes_are_the_same_elements(batch in 0usize..4, lengths in prop::collection::vec(1usize..6, 0..=4)) {
        let dims = [Dims::new(&lengths)];
        let same = |inputs: &[Vec<f32>], gradient: &[f32]| Expected {
            output: wide(&inputs[0]),
            input_gradients: vec![wide(gradient)],
            ..Expected::default()
        };
        let layer = Flatten::layer();
        check(layer, &layer.build(dims[0]).unwrap(), batch, &dims, same);
        let layer = Reshape::layer(&[1, -1]);
        check(layer, &layer.build(dims[0]).unwrap(), batch, &dims, same);
    }
}

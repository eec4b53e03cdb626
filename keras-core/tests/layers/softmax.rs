//! Softmax along any axis.

use keras_core::{
    activations::Activation as Function,
    layers::{Activation, Softmax},
    shape::Dims,
};
use proptest::prelude::*;

use crate::pass::{Expected, Pass, noise};

/// The places of the elements of each run along an axis, the batch being one more axis in front.
fn runs(batch: usize, dims: Dims, axis: usize) -> Vec<Vec<usize>> {
    let (length, stride) = (dims.length(axis), dims.after(axis).size());
    let starts = (0..batch * dims.size()).filter(|at| at / stride % length == 0);
    starts.map(|start| (0..length).map(|at| start + at * stride).collect()).collect()
}

fn expect(input: &[f32], gradient: &[f32], runs: &[Vec<usize>]) -> Expected {
    let (mut output, mut slopes) = (vec![f64::NAN; input.len()], vec![f64::NAN; input.len()]);
    for run in runs {
        let sum: f64 = run.iter().map(|&at| f64::from(input[at]).exp()).sum();
        run.iter().for_each(|&at| output[at] = f64::from(input[at]).exp() / sum);
        let mean: f64 = run.iter().map(|&at| output[at] * f64::from(gradient[at])).sum();
        run.iter().for_each(|&at| slopes[at] = output[at] * (f64::from(gradient[at]) - mean));
    }
    Expected { output, input_gradients: vec![slopes], ..Expected::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn along_any_axis(
        batch in 0usize..4, lengths in prop::collection::vec(1usize..7, 1..5), last in 1usize..40, axis in 0usize..5,
    ) {
        let lengths = [&lengths[..], &[last]].concat();
        let axis = axis % lengths.len();
        let dims = [Dims::new(&lengths)];
        let layer = Softmax::layer().axis(axis as isize - lengths.len() as isize);
        let built = layer.build(dims[0]).unwrap();
        let pass = Pass::new(layer, &built, batch, &dims, 9);
        let gradient = noise(pass.inputs[0].len(), 10);
        pass.check(&gradient, &expect(&pass.inputs[0], &gradient, &runs(batch, dims[0], axis)), &(batch, &lengths, axis));
        if axis + 1 == lengths.len() {
            let layer = Activation::layer(Function::Softmax);
            let built = layer.build(dims[0]).unwrap();
            let pass = Pass::new(layer, &built, batch, &dims, 9);
            let expected = expect(&pass.inputs[0], &gradient, &runs(batch, dims[0], axis));
            pass.check(&gradient, &expected, &("activation", batch, &lengths));
        }
    }
}

#[test]
fn large_numbers_do_not_overflow() {
    let dims = [Dims::new(&[3])];
    let layer = Softmax::layer();
    let built = layer.build(dims[0]).unwrap();
    let mut pass = Pass::new(layer, &built, 2, &dims, 1);
    pass.inputs[0] = vec![1000.0, 1000.0, -1000.0, -3e38, -3e38, 3e38];
    assert_eq!(pass.infer(), [0.5, 0.5, 0.0, 0.0, 0.0, 1.0]);
}

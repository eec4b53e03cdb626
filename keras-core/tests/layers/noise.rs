//! Layers of random numbers: each is a straight line of its input, whose slope its gradient is.

use keras_core::{
    Random,
    layers::{
        AlphaDropout, Built, Dropout, GaussianDropout, GaussianNoise, Layer, SpatialDropout2D,
        runner::{Mode, Runner, Wanted},
    },
    shape::Dims,
};

use crate::pass::noise;

const BATCH: usize = 3;
const DIMS: Dims = Dims::new(&[3, 2, 50]);

/// The output of a training step, and the gradient of its input.
fn train(layer: impl Layer, built: &Built, random: Random, input: &[f32], gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let inputs = [input];
    let runner =
        Runner { layer, built, input_dims: &[DIMS], inputs: &inputs, batch: BATCH, random, unwritten: f32::NAN };
    let step = runner.forward(Mode::Training, &[], &mut []);
    let output = step.outputs.concat();
    (output, runner.backward(step, &[gradient], Wanted::All, &[], &[]).inputs.concat())
}

/// Compares the gradient with the difference of two outputs under the same random numbers; gives the slopes.
fn slopes(layer: impl Layer, built: &Built) -> Vec<f32> {
    let (length, random) = (BATCH * DIMS.size(), Random::new(3, 4));
    let (input, gradient) = (noise(length, 1), noise(length, 2));
    let (output, input_gradient) = train(layer, built, random, &input, &gradient);
    let moved: Vec<f32> = input.iter().map(|x| x + 1.0).collect();
    let (again, same_gradient) = train(layer, built, random, &moved, &gradient);
    assert_eq!(input_gradient, same_gradient, "the slope does not depend on the input");
    for (at, (after, before)) in again.iter().zip(&output).enumerate() {
        let expected = (after - before) * gradient[at];
        assert!((input_gradient[at] - expected).abs() < 1e-4, "at {at}: {} is not {expected}", input_gradient[at]);
    }
    let (other, _) = train(layer, built, Random::new(3, 5), &input, &gradient);
    assert_ne!(output, other, "another step has other random numbers");
    again.iter().zip(&output).map(|(after, before)| after - before).collect()
}

#[test]
fn gradients_are_the_slopes() {
    let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
    let layer = Dropout::layer(0.5);
    assert!(slopes(layer, &layer.build(DIMS).unwrap()).iter().all(|&slope| near(slope, 0.0) || near(slope, 2.0)));
    let layer = GaussianNoise::layer(0.5);
    assert!(slopes(layer, &layer.build(DIMS).unwrap()).iter().all(|&slope| near(slope, 1.0)));
    let layer = GaussianDropout::layer(0.5);
    assert!(slopes(layer, &layer.build(DIMS).unwrap()).iter().any(|&slope| !near(slope, 1.0)));
    let layer = AlphaDropout::layer(0.5);
    let slopes_of_alpha = slopes(layer, &layer.build(DIMS).unwrap());
    let kept = slopes_of_alpha.iter().copied().fold(0.0, f32::max);
    assert!(slopes_of_alpha.iter().all(|&slope| near(slope, 0.0) || near(slope, kept)));
    let layer = SpatialDropout2D::layer(0.5);
    let slopes_of_channels = slopes(layer, &layer.build(DIMS).unwrap());
    for image in slopes_of_channels.chunks(DIMS.size()) {
        let first = &image[..50];
        assert!(first.iter().any(|&slope| near(slope, 0.0)) && first.iter().any(|&slope| near(slope, 2.0)));
        assert!(image.chunks(50).all(|pixel| pixel.iter().zip(first).all(|(a, b)| near(*a, *b))));
    }
}

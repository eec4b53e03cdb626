//! Gradients at inference, and what lies between the layers of a model.

use keras::{layer_output, prelude::*, training::LayerOutputs};

sequential! { struct Block { Input(6, 6, 3), Conv2D(4, 3), BatchNormalization(), ReLU(), Dropout(0.5) } }
model! {
    struct Net(image: Input(8, 8, 1), numbers: Input(4)) {
        let x = Conv2D(3, 3, name = "first")(image);
        let x = BatchNormalization(name = "norm")(x);
        let x = ReLU(name = "rectified")(x);
        let x = Block(name = "block")(x);
        let x = x + Conv2D(4, 1, name = "skipped")(x);
        let features = GlobalAveragePooling2D(name = "features")(x);
        let other = Dense(4, activation = "tanh", name = "other", activity_regularizer = "l2")(numbers);
        let joined = Concatenate(name = "joined")([features, GaussianNoise(0.3)(other)]);
        let hidden = Dense(5, activation = "tanh", name = "hidden")(Dropout(0.3)(joined));
        (Dense(2, activation = "softmax", name = "class")(hidden), Dense(1, name = "score")(hidden))
    }
}

type Image = Tensor<Shape3<8, 8, 1>>;
type Numbers = Tensor<Shape1<4>>;

/// Numbers that are neither regular nor near the kinks of a rectifier.
fn numbers(count: usize, seed: f32) -> Vec<f32> {
    (0..count).map(|at| ((at as f32 * 0.618_034 + seed).fract() - 0.5) * 2.0).collect()
}

fn net() -> Net {
    let mut net = Net::with_seed(3);
    net.norm_mut().moving_mean().fill(0.1);
    net.norm_mut().moving_variance().fill(0.7);
    net.block_mut().batch_normalization_mut().moving_mean().fill(-0.2);
    net.block_mut().batch_normalization_mut().beta().fill(0.4);
    net
}

fn data() -> (Image, Numbers) {
    (Tensor::from_vec(numbers(3 * 64, 0.2)).unwrap(), Tensor::from_vec(numbers(3 * 4, 0.7)).unwrap())
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32], limit: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= limit * (1.0 + expected.abs()), "{found} instead of {expected}");
    }
}

#[test]
fn the_product_is_that_of_what_predict_computes() {
    let (mut net, (mut image, mut other)) = (net(), data());
    let gradients = (Tensor::from_vec(numbers(3 * 2, 0.1)).unwrap(), Tensor::from_vec(numbers(3, 0.5)).unwrap());
    let (outputs, by_weights, by_inputs) = net.vjp((&image, &other), &gradients).unwrap();
    let predicted = net.predict((&image, &other)).unwrap();
    assert_close(outputs.0.values(), predicted.0.values(), 1e-5);
    assert_close(outputs.1.values(), predicted.1.values(), 1e-5);

    let value = |net: &Net, image: &Image, other: &Numbers| {
        let (class, score) = net.predict((image, other)).unwrap();
        let sum = |values: &[f32], weights: &[f32]| {
            values.iter().zip(weights).map(|(value, weight)| f64::from(value * weight)).sum::<f64>()
        };
        sum(class.values(), gradients.0.values()) + sum(score.values(), gradients.1.values())
    };
    const STEP: f32 = 1e-3; // few rectified values change their sign
    let slope = |more: f64, less: f64| ((more - less) / (2.0 * f64::from(STEP))) as f32;
    for at in (0..image.values().len()).step_by(7) {
        let start = image.values()[at];
        image.values_mut()[at] = start + STEP;
        let more = value(&net, &image, &other);
        image.values_mut()[at] = start - STEP;
        let less = value(&net, &image, &other);
        image.values_mut()[at] = start;
        assert_close(&[by_inputs.0.values()[at]], &[slope(more, less)], 3e-3);
    }
    for at in 0..other.values().len() {
        let start = other.values()[at];
        other.values_mut()[at] = start + STEP;
        let more = value(&net, &image, &other);
        other.values_mut()[at] = start - STEP;
        let less = value(&net, &image, &other);
        other.values_mut()[at] = start;
        assert_close(&[by_inputs.1.values()[at]], &[slope(more, less)], 3e-3);
    }
    for at in (0..Net::TRAINABLE_PARAMETERS).step_by(5) {
        let start = net.weights()[at];
        net.weights_mut()[at] = start + STEP;
        let more = value(&net, &image, &other);
        net.weights_mut()[at] = start - STEP;
        let less = value(&net, &image, &other);
        net.weights_mut()[at] = start;
        assert_close(&[by_weights.values()[at]], &[slope(more, less)], 5e-3);
    }
}

#[test]
fn nothing_of_the_model_changes_and_frozen_layers_have_no_gradient() {
    let (mut net, (image, other)) = (net(), data());
    net.freeze("block").unwrap();
    let before = net.weights().to_vec();
    let gradients = (Tensor::from_vec(vec![1.0; 6]).unwrap(), Tensor::from_vec(vec![1.0; 3]).unwrap());
    let (_, by_weights, _) = net.vjp((&image, &other), &gradients).unwrap();
    assert_eq!(net.weights(), before);
    assert!(by_weights.of("block").unwrap().iter().all(|gradient| *gradient == 0.0));
    assert!(by_weights.of("first").unwrap().iter().any(|gradient| *gradient != 0.0));
    let few = (Tensor::from_vec(vec![1.0; 4]).unwrap(), Tensor::from_vec(vec![1.0; 2]).unwrap());
    let error = net.vjp((&image, &other), &few).unwrap_err().to_string();
    assert_eq!(error, "there are 3 samples, but 2 gradients");
}

sequential! { struct First { Input(8, 8, 1), Conv2D(3, 3, name = "first") } }
sequential! { struct Normed { Input(8, 8, 1), Conv2D(3, 3, name = "first"), BatchNormalization(name = "norm") } }
model! {
    struct Features(image: Input(8, 8, 1)) {
        let x = ReLU(name = "rectified")(BatchNormalization(name = "norm")(Conv2D(3, 3, name = "first")(image)));
        let x = Block(name = "block")(x);
        GlobalAveragePooling2D(name = "features")(x + Conv2D(4, 1, name = "skipped")(x))
    }
}

/// The values are those of a model that ends there, with the same weights; also where inference and training fuse layers.
#[test]
fn layers_give_what_a_model_that_ends_there_predicts() {
    let (net, (image, other)) = (net(), data());
    let layers = (layer_output!(Net, "first"), layer_output!(Net, "norm"), layer_output!(Net, "features"));
    let (first, norm, features) = layers.predict(&net, (&image, &other)).unwrap();
    let (mut to_first, mut to_norm, mut to_features) = (First::new(), Normed::new(), Features::new());
    keras::saving::Load::new(&mut to_first).by_name(true).run_on_model(&net).unwrap();
    keras::saving::Load::new(&mut to_norm).by_name(true).run_on_model(&net).unwrap();
    let loaded = keras::saving::Load::new(&mut to_features).by_name(true).run_on_model(&net).unwrap();
    assert_eq!(loaded.names().len(), Features::DESCRIPTION.named_weights().count());
    assert_close(first.values(), to_first.predict(&image).unwrap().values(), 1e-5);
    assert_close(norm.values(), to_norm.predict(&image).unwrap().values(), 1e-5);
    assert!(norm.values().iter().any(|value| *value < 0.0), "it is not rectified");
    assert_close(features.values(), to_features.predict(&image).unwrap().values(), 1e-5);
    let rectified = layer_output!(Net, "rectified").predict(&net, (&image, &other)).unwrap();
    let expected: Vec<f32> = norm.values().iter().map(|value| value.max(0.0)).collect();
    assert_close(rectified.values(), &expected, 1e-5);
}

/// More samples than fit in a batch.
#[test]
fn samples_are_taken_in_batches() {
    let net = net();
    let images: Image = Tensor::from_vec(numbers(70 * 64, 0.2)).unwrap();
    let others: Numbers = Tensor::from_vec(numbers(70 * 4, 0.7)).unwrap();
    let layer = layer_output!(Net, "hidden");
    let hidden = layer.predict(&net, (&images, &others)).unwrap();
    assert_eq!(hidden.len(), 70);
    let (class, score) = layer.predict_rest(&net, &hidden).unwrap();
    let expected = net.predict((&images, &others)).unwrap();
    assert_close(class.values(), expected.0.values(), 1e-5);
    assert_close(score.values(), expected.1.values(), 1e-5);
}

#[test]
fn gradients_of_a_layer_are_those_of_the_rest() {
    let (net, (image, other)) = (net(), data());
    let gradients = (Tensor::from_vec(numbers(3 * 2, 0.1)).unwrap(), Tensor::from_vec(numbers(3, 0.5)).unwrap());
    let layer = layer_output!(Net, "joined");
    let (outputs, mut joined, gradient) = layer.gradients(&net, (&image, &other), &gradients).unwrap();
    assert_close(outputs.0.values(), net.predict((&image, &other)).unwrap().0.values(), 1e-5);
    let value = |joined: &Tensor<Shape1<8>>| {
        let (class, score) = layer.predict_rest(&net, joined).unwrap();
        let pairs = class.values().iter().zip(gradients.0.values());
        let pairs = pairs.chain(score.values().iter().zip(gradients.1.values()));
        pairs.map(|(value, weight)| f64::from(value * weight)).sum::<f64>()
    };
    for at in 0..joined.values().len() {
        let start = joined.values()[at];
        joined.values_mut()[at] = start + 1e-2;
        let more = value(&joined);
        joined.values_mut()[at] = start - 1e-2;
        let less = value(&joined);
        joined.values_mut()[at] = start;
        assert_close(&[gradient.values()[at]], &[((more - less) / 2e-2) as f32], 2e-3);
    }
}

/// The model up to a layer has the gradients of the model that ends there, also if a tensor has readers before and after it.
#[test]
fn the_product_up_to_a_layer_is_that_of_a_model_that_ends_there() {
    let (net, (image, other)) = (net(), data());
    let mut features = Features::new();
    keras::saving::Load::new(&mut features).by_name(true).run_on_model(&net).unwrap();
    let gradient = Tensor::from_vec(numbers(3 * 4, 0.3)).unwrap();
    let (values, by_weights, by_inputs) =
        layer_output!(Net, "features").vjp(&net, (&image, &other), &gradient).unwrap();
    let (expected, expected_by_weights, expected_by_image) = features.vjp(&image, &gradient).unwrap();
    assert_close(values.values(), expected.values(), 1e-5);
    assert_close(by_inputs.0.values(), expected_by_image.values(), 1e-4);
    assert!(by_inputs.1.values().iter().all(|gradient| *gradient == 0.0));
    for layer in ["first", "norm", "block", "skipped"] {
        assert_close(by_weights.of(layer).unwrap(), expected_by_weights.of(layer).unwrap(), 1e-4);
    }
    assert!(by_weights.of("hidden").unwrap().iter().all(|gradient| *gradient == 0.0));
}

#[test]
fn layers_of_an_inner_model_are_reached_through_it() {
    let net = net();
    let image: Tensor<Shape3<6, 6, 3>> = Tensor::from_vec(numbers(108, 0.4)).unwrap();
    let conv = layer_output!(Block, "conv2d").predict(&net.block(), &image).unwrap();
    assert_eq!(conv.len(), 1);
    let (_, _, by_image) = net.block().vjp(&image, &Tensor::from_vec(vec![1.0; 64]).unwrap()).unwrap();
    assert!(by_image.values().iter().any(|gradient| *gradient != 0.0));
}

#[test]
fn what_is_rectified_in_place_cannot_be_replaced() {
    let (net, (image, other)) = (net(), data());
    let gradient = Tensor::from_vec(vec![1.0; 3 * 108]).unwrap();
    let error = layer_output!(Net, "norm").vjp(&net, (&image, &other), &gradient).unwrap_err().to_string();
    assert!(error.starts_with("`layer_output` is `norm`, but must be another one"), "{error}");
}

//! Freezing is effective at once, whichever way a layer is named.

use keras::prelude::*;

sequential! {
    struct Small { Input(3), Dense(4, activation = "tanh"), Dense(2, name = "head") }
}
sequential! {
    struct Encoder { Input(3), Dense(4, activation = "tanh", kernel_regularizer = "l2"), BatchNormalization() }
}
sequential! {
    struct Deep { Input(3), Encoder(), Dense(3), Encoder(name = "second", trainable = false) }
}
sequential! {
    struct Model { Input(3), Deep(), Dense(2, name = "head") }
}

fn data() -> (Tensor<Shape1<3>>, Tensor<Shape1<2>>) {
    let x = Tensor::from([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0], [0.5, 0.5, -2.0]]);
    (x, Tensor::from([[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]]))
}

#[test]
fn freezing_is_effective_at_once() {
    let (x, y) = data();
    let mut model = Small::with_seed(1);
    let before = (model.dense().kernel().to_owned(), model.head().kernel().to_owned());
    let mut compiled = model.compile(SGD::new(0.1), MeanSquaredError::default(), ());
    compiled.model().freeze("dense").unwrap();
    compiled.train_on_batch(&x, &y).unwrap();
    assert_eq!(compiled.model().dense().kernel(), before.0);
    assert_ne!(compiled.model().head().kernel(), before.1);
    compiled.model().dense_mut().unfreeze();
    compiled.train_on_batch(&x, &y).unwrap();
    assert_ne!(compiled.model().dense().kernel(), before.0);
}

/// Trains a step and gives which weights it changed, by their full names.
fn changed(model: &mut Model) -> Vec<String> {
    let (x, y) = data();
    let before = model.weights().to_vec();
    model.compile(SGD::new(0.1), MeanSquaredError::default(), ()).train_on_batch(&x, &y).unwrap();
    let weights = <Model as keras::__private::Model>::DESCRIPTION.named_weights();
    let moved = weights.filter(|weight| {
        let range = weight.offset..weight.offset + weight.dims.size();
        model.weights()[range.clone()] != before[range]
    });
    moved.map(|weight| weight.name.to_string()).collect()
}

const DENSE: [&str; 2] = ["deep/encoder/dense/kernel", "deep/encoder/dense/bias"];
const NORM: [&str; 4] = [
    "deep/encoder/batch_normalization/gamma",
    "deep/encoder/batch_normalization/beta",
    "deep/encoder/batch_normalization/moving_mean",
    "deep/encoder/batch_normalization/moving_variance",
];
const BETWEEN: [&str; 2] = ["deep/dense/kernel", "deep/dense/bias"];
const SECOND_DENSE: [&str; 2] = ["deep/second/dense/kernel", "deep/second/dense/bias"];
const HEAD: [&str; 2] = ["head/kernel", "head/bias"];

#[test]
fn a_layer_of_an_inner_model_has_a_path() {
    let mut model = Model::with_seed(4);
    assert_eq!(changed(&mut model), [&DENSE[..], &NORM, &BETWEEN, &HEAD].concat());
    model.freeze("deep/encoder/batch_normalization").unwrap();
    assert_eq!(changed(&mut model), [&DENSE[..], &BETWEEN, &HEAD].concat());
    model.freeze("deep/encoder").unwrap();
    assert_eq!(changed(&mut model), [&BETWEEN[..], &HEAD].concat());
    // As in Keras, what counts is the layer's own flag.
    model.unfreeze("deep/encoder/dense").unwrap();
    model.unfreeze("deep/second/dense").unwrap();
    assert_eq!(changed(&mut model), [&DENSE[..], &BETWEEN, &SECOND_DENSE, &HEAD].concat());
}

#[test]
fn an_inner_model_is_frozen_as_a_whole() {
    let mut model = Model::with_seed(4);
    assert!(!model.deep().is_frozen());
    model.deep_mut().freeze();
    assert!(model.deep().is_frozen());
    assert_eq!(changed(&mut model), HEAD);
    model.deep_mut().unfreeze();
    assert_eq!(changed(&mut model).len(), 2 + 4 + 2 + 2 + 4 + 2);
}

#[test]
fn a_frozen_layer_costs_no_penalty() {
    let (x, y) = data();
    let mut model = Model::with_seed(4);
    let loss = |model: &mut Model| {
        model.compile(SGD::new(0.1), MeanSquaredError::default(), ()).evaluate(&x, &y).unwrap().loss
    };
    let with_penalty = loss(&mut model);
    model.freeze("deep/encoder/dense").unwrap();
    let squares: f32 =
        model.deep().weight(DENSE[0].strip_prefix("deep/").unwrap()).unwrap().0.iter().map(|w| w * w).sum();
    assert!((with_penalty - loss(&mut model) - f64::from(0.01 * squares)).abs() < 1e-6);
}

/// Total, trainable and other parameters.
fn counts(summary: keras::Summary) -> [String; 3] {
    let text = summary.to_string();
    let mut lines =
        text.lines().rev().map(|line| line.split_once(": ").unwrap().1.split_once(' ').unwrap().0.to_owned());
    let [other, trainable, total] = [(); 3].map(|()| lines.next().unwrap());
    [total, trainable, other]
}

#[test]
fn the_summary_counts_what_is_trainable_now() {
    let mut model = Model::with_seed(4);
    assert_eq!(Model::TRAINABLE_PARAMETERS, 16 + 8 + 15 + 10);
    assert_eq!(counts(Model::summary()), ["89", "49", "40"]);
    assert_eq!(counts(model.summary()), ["89", "49", "40"]);
    model.freeze("deep/encoder/dense").unwrap();
    assert_eq!(counts(model.summary()), ["89", "33", "56"]);
    model.freeze("deep").unwrap();
    assert_eq!(counts(model.summary()), ["89", "10", "79"]);
    model.unfreeze("deep").unwrap();
    assert_eq!(counts(model.summary()), ["89", "73", "16"]);
    assert_eq!(counts(Model::summary()), ["89", "49", "40"]);
    model.freeze("deep/dense").unwrap();
    let table = model.summary().expand_nested(true).show_trainable(true).line_length(140).to_string();
    let flags: Vec<(&str, char)> = table
        .lines()
        .filter_map(|line| {
            Some((line.split_once(" (")?.0.rsplit(' ').next()?, line.trim_end_matches([' ', '│']).chars().last()?))
        })
        .filter(|(_, flag)| matches!(flag, 'Y' | 'N'))
        .collect();
    let (y, n) = ('Y', 'N');
    let expected = [("deep", y), ("encoder", y), ("dense", y), ("batch_normalization", y), ("dense", n), ("second", y)];
    assert_eq!(flags[..6], expected);
    assert_eq!(flags[6..], [("dense", y), ("batch_normalization", y), ("head", y)]);
}

#[test]
fn a_layer_that_does_not_exist_is_a_typed_error() {
    let mut model = Model::with_seed(1);
    let error = model.freeze("deep/encoder/dens").unwrap_err();
    assert!(matches!(&error, keras::Error::UnknownLayer { name, .. } if name == "deep/encoder/dens"));
    assert_eq!(error.to_string(), "the model has no layer `deep/encoder/dens`; did you mean `deep/encoder/dense`?");
    let error = model.unfreeze("batch_normalization").unwrap_err().to_string();
    assert_eq!(error, "the model has no layer `batch_normalization`; did you mean `deep/encoder/batch_normalization`?");
    let error = Small::with_seed(1).freeze("output").unwrap_err().to_string();
    assert_eq!(error, "the model has no layer `output`; available: dense, head");
}

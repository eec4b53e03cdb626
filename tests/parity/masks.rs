//! Masks: through layers, down to losses and metrics, with and without sample weights.

use keras::{data::SampleWeight, losses::Reduction, metrics, prelude::*};

use crate::support::{Case, FORWARD, GRADIENT, compare_group};

sequential! {
    struct Bag {
        Input(6, dtype = "int32"),
        Embedding(12, 4, mask_zero = true),
        GlobalAveragePooling1D(),
        Dense(1),
    }
}
sequential! {
    struct Through {
        Input(6, 3),
        Masking(),
        Dense(4, activation = "tanh"),
        LayerNormalization(name = "norm"),
        Dropout(0.0),
        Dense(2, name = "scores"),
    }
}
sequential! { struct Reduced { Input(6, 3), Masking(), Dense(2) } }
model! {
    struct Merged(a: Input(6, 3), b: Input(6, 3)) {
        let (left, right) = (Masking()(a), Masking()(b));
        Dense(2)(Concatenate()([Add()([left, right]), right]))
    }
}
model! {
    struct Follow(a: Input(6, 3), b: Input(2, 3)) {
        Dense(2)(Concatenate(axis = 1)([Masking()(a), b]))
    }
}
sequential! {
    struct Steps {
        Input(6, 3),
        Masking(),
        TimeDistributed(Dense(4, activation = "tanh", name = "hidden"), name = "first"),
        TimeDistributed(Dense(2, name = "scores"), name = "last"),
    }
}
sequential! {
    struct Texts {
        Input(2, 3, dtype = "int32"),
        Embedding(12, 4, mask_zero = true),
        TimeDistributed(GlobalAveragePooling1D()),
        Flatten(),
        Dense(1),
    }
}
sequential! {
    struct Tags {
        Input(6, dtype = "int32"),
        Embedding(12, 4, mask_zero = true),
        Dense(3, activation = "softmax"),
    }
}

/// Compares a model's output, its loss, its metric and its gradients; weights are called `<layer>.<weight>`.
macro_rules! compare {
    ($case:ident, $model:ident, $x:expr, $y:expr, $loss:expr, $metric:expr, $name:literal) => {{
        let (case, x, y) = ($case, $x, $y);
        let mut model = $model::new();
        let weights: Vec<_> = $model::DESCRIPTION.named_weights().collect();
        let range = |at: usize| weights[at].offset..weights[at].offset + weights[at].dims.size();
        for (at, weight) in weights.iter().enumerate() {
            let recorded = case.values(&weight.name.to_string().replace('/', "."));
            model.weights_mut()[range(at)].copy_from_slice(recorded);
        }
        case.check("output", model.predict(x).unwrap().values(), FORWARD);
        let (loss, gradients) = model.loss_and_gradients(x, y, &$loss).unwrap();
        case.check("loss", &[loss], FORWARD);
        for (at, weight) in weights.iter().enumerate() {
            let name = format!("{}_gradient", weight.name.to_string().replace('/', "."));
            case.check(&name, &gradients.values()[range(at)], GRADIENT);
        }
        let sample_weight = sample_weight(case);
        let mut compiled = model.compile(SGD::new(0.0), $loss, ($metric,)).weighted_metrics(($metric,));
        let plain = compiled.test_on_batch(x, y).unwrap();
        case.check_against("loss at inference", &[plain.loss as f32], case.values("loss"), FORWARD);
        case.check("metric", &[plain[$name] as f32], FORWARD);
        let weighted = TestOnBatch::new(&mut compiled).sample_weight(sample_weight.clone()).run(x, y).unwrap();
        case.check("weighted_loss", &[weighted.loss as f32], FORWARD);
        case.check("weighted_metric", &[weighted[concat!("weighted_", $name)] as f32], FORWARD);
        let trained = TrainOnBatch::new(&mut compiled).sample_weight(sample_weight).run(x, y).unwrap();
        case.check_against("weighted loss in training", &[trained.loss], case.values("weighted_loss"), FORWARD);
    }};
}

/// Weights of samples, or of their positions.
fn sample_weight(case: &Case<'_>) -> SampleWeight<'static> {
    let values = case.values("sample_weight").to_vec();
    match case.samples("sample_weight").1.size() {
        1 => SampleWeight::from(values),
        6 => SampleWeight::from(&*Box::leak(Box::new(Tensor::<Shape1<6>>::from_vec(values).unwrap()))),
        _ => SampleWeight::from(&*Box::leak(Box::new(Tensor::<Shape1<8>>::from_vec(values).unwrap()))),
    }
}

fn ids<S: Shape>(case: &Case<'_>) -> Tensor<S, i32> {
    Tensor::from_vec(case.values("x_0").iter().map(|&id| id as i32).collect()).unwrap()
}

fn steps<S: Shape>(case: &Case<'_>, name: &str) -> Tensor<S> {
    Tensor::from_vec(case.values(name).to_vec()).unwrap()
}

#[test]
fn masks_are_those_of_keras() {
    let error = metrics::MeanAbsoluteError::default;
    compare_group("masks", &[], |case| {
        match case.name.split('.').next().unwrap() {
            "Bag" => {
                let y = steps::<Shape1<1>>(case, "y");
                compare!(
                    case,
                    Bag,
                    &ids::<Shape1<6>>(case),
                    &y,
                    MeanSquaredError::default(),
                    error(),
                    "mean_absolute_error"
                );
            }
            "Through" => {
                let (x, y) = (steps::<Shape2<6, 3>>(case, "x_0"), steps::<Shape2<6, 2>>(case, "y"));
                compare!(case, Through, &x, &y, MeanSquaredError::default(), error(), "mean_absolute_error");
            }
            "Reduced" => {
                let reduction = match case.name {
                    "Reduced.sum" => Reduction::Sum,
                    _ => Reduction::MeanWithSampleWeight,
                };
                let loss = || MeanSquaredError::default().reduction(reduction);
                let (x, y) = (steps::<Shape2<6, 3>>(case, "x_0"), steps::<Shape2<6, 2>>(case, "y"));
                compare!(case, Reduced, &x, &y, loss(), error(), "mean_absolute_error");
            }
            "Merged" if case.has("x_1") && case.samples("x_1").1.length(0) == 6 => {
                let x = (steps::<Shape2<6, 3>>(case, "x_0"), steps::<Shape2<6, 3>>(case, "x_1"));
                let y = steps::<Shape2<6, 2>>(case, "y");
                compare!(case, Merged, &x, &y, MeanSquaredError::default(), error(), "mean_absolute_error");
            }
            "Merged" => {
                let x = (steps::<Shape2<6, 3>>(case, "x_0"), steps::<Shape2<2, 3>>(case, "x_1"));
                let y = steps::<Shape2<8, 2>>(case, "y");
                compare!(case, Follow, &x, &y, MeanSquaredError::default(), error(), "mean_absolute_error");
            }
            "Steps" => {
                let (x, y) = (steps::<Shape2<6, 3>>(case, "x_0"), steps::<Shape2<6, 2>>(case, "y"));
                compare!(case, Steps, &x, &y, MeanSquaredError::default(), error(), "mean_absolute_error");
            }
            "Texts" => {
                let (x, y) = (ids::<Shape2<2, 3>>(case), steps::<Shape1<1>>(case, "y"));
                compare!(case, Texts, &x, &y, MeanSquaredError::default(), error(), "mean_absolute_error");
            }
            "Tags" => {
                let y = Labels::<Shape1<6>>::from_shape_vec(case.labels("y")).unwrap();
                let loss = SparseCategoricalCrossentropy::default;
                let accuracy = SparseCategoricalAccuracy::default;
                compare!(case, Tags, &ids::<Shape1<6>>(case), &y, loss(), accuracy(), "sparse_categorical_accuracy");
            }
            _ => return false,
        }
        // The description of a case is Keras' own listing, and its arguments are those above.
        case.heeded();
        true
    });
}

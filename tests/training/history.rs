//! Names, order and files of what a run reports.

use keras::{
    metrics::{MeanAbsoluteError as MAE, MeanSquaredError as MSE},
    prelude::*,
};
use serde_json::Value;

use crate::support::{Net, TwoHeads, assert_close, classes};

#[test]
fn a_history_is_alphabetical_and_an_evaluation_as_compiled() {
    let (x, y) = classes(20);
    let mut model = Net::with_seed(1);
    let mut compiled = model.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    let history = compiled.fit(&x, &y).epochs(2).validation_data(&x, &y).verbose(0).run().unwrap();
    assert_eq!(history.names().collect::<Vec<_>>(), ["accuracy", "loss", "val_accuracy", "val_loss"]);
    assert_eq!(history.epochs(), 2);
    assert!(history.names().all(|name| history[name].len() == 2));
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    assert_eq!(evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["loss", "accuracy"]);
    assert_close(&[evaluation["loss"], evaluation["accuracy"]], &[history["val_loss"][1], history["val_accuracy"][1]]);
    assert_eq!(evaluation["loss"], evaluation.loss);
    assert_eq!(evaluation.get("auc"), None);
}

#[test]
fn several_outputs_have_their_names_in_front() {
    let (x, class) = classes(20);
    let score = Tensor::<Shape1<1>>::from_vec((0..20).map(|at| at as f32 / 20.0).collect()).unwrap();
    let mut model = TwoHeads::with_seed(1);
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let metrics = ((Accuracy::default(),), (keras::metrics::MeanAbsoluteError::default(),));
    let mut compiled = model.compile(SGD::new(0.0), losses, metrics).loss_weights([2.0, 0.5]);
    let history = compiled.fit(&x, (&class, &score)).batch_size(6).validation_split(0.5).verbose(0).run().unwrap();
    let names = ["class_accuracy", "class_loss", "loss", "score_loss", "score_mean_absolute_error"];
    let all: Vec<String> =
        names.iter().map(|name| name.to_string()).chain(names.map(|name| format!("val_{name}"))).collect();
    assert_eq!(history.names().collect::<Vec<_>>(), all);
    for prefix in ["", "val_"] {
        let figure = |name: &str| history[&format!("{prefix}{name}")][0];
        assert_close(&[figure("loss")], &[2.0 * figure("class_loss") + 0.5 * figure("score_loss")]);
    }
    let evaluation = compiled.evaluate(&x, (&class, &score)).unwrap();
    assert_eq!(
        evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["loss", "class_loss", "score_loss", "class_accuracy", "score_mean_absolute_error"]
    );
}

#[test]
fn a_metric_that_is_there_twice_has_a_number() {
    sequential! { struct Yes { Input(1), Dense(1, activation = "sigmoid") } }
    let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[0.0], [1.0]]));
    let mut model = Yes::with_seed(1);
    let metrics = (Precision::default(), Precision::default().thresholds(0.9), Recall::default(), Precision::default());
    let mut compiled = model.compile(SGD::new(0.0), BinaryCrossentropy::default(), metrics);
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    assert_eq!(
        evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["loss", "precision", "precision_1", "recall", "precision_2"]
    );
}

model! { struct One(x: Input(3)) { Dense(1, activation = "sigmoid", name = "score")(x) } }
model! { struct Two(x: Input(3)) { (Dense(1, name = "class")(x), Dense(1, name = "reg")(x)) } }
model! { struct Close(x: Input(3)) { (Dense(1, name = "a")(x), Dense(1, name = "a_b")(x)) } }
model! { struct Three(x: Input(3)) { (Dense(1, name = "c")(x), Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
model! {
    struct Shared(x: Input(3)) {
        let twice = Dense(3, name = "twice");
        let hidden = twice(x);
        (hidden, twice(hidden))
    }
}
model! {
    struct Unnamed(x: Input(3)) {
        let hidden = Dense(3)(x);
        (Activation("relu")(Dense(3)(hidden)), Add()([Dense(3)(hidden), hidden]))
    }
}

#[test]
fn short_names_stand_for_long_ones() {
    let x = Tensor::<Shape1<3>>::from_vec(vec![0.5; 12]).unwrap();
    let y = Tensor::from([[0.0], [1.0], [0.0], [1.0]]);
    let mut model = One::with_seed(1);
    let metrics = (MAE::default(), BinaryAccuracy::default().named("accuracy"), AUC::default());
    let mut compiled = model.compile(SGD::new(0.0), MeanSquaredError::default(), metrics);
    let mut stopping = EarlyStopping::new("val_acc"); // whose direction is that of the accuracy
    let fit = compiled.fit(&x, &y).epochs(3).validation_data(&x, &y);
    let history = fit.callbacks((&mut stopping,)).verbose(0).run().unwrap();
    assert_eq!((history.epochs(), stopping.best()), (2, Some(history["val_accuracy"][0])));
    for (short, long) in [("mae", "mean_absolute_error"), ("val_MAE", "val_mean_absolute_error"), ("AUC", "auc")] {
        assert_eq!(history[short], history[long]);
    }
    let evaluation = compiled.evaluate(&x, &y).unwrap();
    assert_eq!((evaluation["MAE"], evaluation["acc"]), (evaluation["mean_absolute_error"], evaluation["accuracy"]));
    assert_eq!((history.get("mse"), evaluation.get("mse")), (None, None));
}

/// Compares the names of a run's figures with those that `tools/record_history.py` recorded of Keras.
#[test]
fn figures_have_the_names_of_keras() {
    let recorded: Value = serde_json::from_str(include_str!("../recordings/history.json")).unwrap();
    let mut left: Vec<&str> = recorded.as_object().unwrap().keys().map(String::as_str).collect();
    left.retain(|&name| name != "keras");
    let x = Tensor::<Shape1<3>>::from_vec(vec![0.0; 12]).unwrap();
    let (one, row) = (Tensor::from([[0.0]; 4]), Tensor::from([[0.0; 3]; 4]));
    let mse = MeanSquaredError::default;
    let short = || MAE::default().named("mae");
    let square = || MSE::default().named("mse");
    macro_rules! check {
        ($case:literal, $model:ident, $loss:expr, $y:expr, $metrics:expr, $weighted:expr) => {{
            let mut model = $model::with_seed(1);
            let mut compiled = model.compile(SGD::default(), $loss, $metrics).weighted_metrics($weighted);
            let history = compiled.fit(&x, $y).validation_data(&x, $y).verbose(0).run().unwrap();
            let evaluation = compiled.evaluate(&x, $y).unwrap();
            let expected = |kind: &str| recorded[$case][kind].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
            assert!(history.names().eq(expected("history")), "{}: {:?}", $case, history.names().collect::<Vec<_>>());
            let mut names: Vec<&str> = evaluation.iter().map(|(name, _)| name).collect();
            assert_eq!(names[0], "loss");
            names.sort_unstable();
            assert_eq!(names, expected("evaluate").collect::<Vec<_>>(), "{}", $case);
            left.retain(|case| *case != $case);
        }};
    }
    let named = (short(), Accuracy::default().named("acc"), AUC::default().named("AUC"));
    check!("strings", One, mse(), &one, named, ());
    check!("full_strings", One, mse(), &one, (MAE::default(), Accuracy::default()), ());
    check!("objects", One, mse(), &one, (MAE::default(), Precision::default(), BinaryIoU::default()), ());
    check!("named_objects", One, mse(), &one, (short(), Recall::default().named("found")), ());
    check!("one_string_thrice", One, mse(), &one, (square(), square(), square()), ());
    let precisions = (Precision::default(), Precision::default(), Precision::default());
    check!("one_object_thrice", One, mse(), &one, precisions, ());
    let weighted = (short(), short(), Accuracy::default().named("acc"));
    check!("weighted", One, mse(), &one, (short(), square()), weighted);
    check!("weighted_twice", One, mse(), &one, (short(), short()), (short(), short(), short()));
    check!("weighted_alone", One, mse(), &one, (), (short(), short()));
    let (two, losses) = ((&one, &one), || (mse(), mse()));
    let accuracy = Accuracy::default().named("acc");
    check!("two_outputs", Two, losses(), two, ((accuracy,), (short(), square())), ());
    check!("two_outputs_by_name", Two, losses(), two, ((), (short(),)), ());
    check!("two_outputs_without", Two, losses(), two, (), ());
    let twice = || ((short(), short()), (short(),));
    check!("two_outputs_weighted", Two, losses(), two, twice(), twice());
    let close = ((MAE::default().named("b_mae"),), (short(),));
    check!("names_that_run_together", Close, losses(), two, close, ());
    let three = (&one, &one, &one);
    check!("three_outputs", Three, (mse(), mse(), mse()), three, ((short(),), (), (square(),)), ());
    check!("without_names", Unnamed, losses(), (&row, &row), ((short(),), (short(),)), ());
    // A documented difference: Keras gives both outputs of a shared layer one name, and shows the loss of the last one only.
    assert_eq!(left, ["shared_layer"]);
    let mut shared = Shared::with_seed(1);
    let mut compiled = shared.compile(SGD::default(), losses(), ((short(),), (short(),)));
    let evaluation = compiled.evaluate(&x, (&row, &row)).unwrap();
    let names = ["loss", "twice_loss", "twice_1_loss", "twice_mae", "twice_1_mae"];
    assert_eq!(evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
}

#[test]
fn tables_are_written() {
    let mut history = History::default();
    for (loss, odd) in [(0.5, f64::NAN), (0.25, f64::INFINITY)] {
        history.record("loss", loss);
        history.record("a \"name\", odd", odd);
    }
    assert_eq!(history.to_csv(), "epoch,\"a \"\"name\"\", odd\",loss\n0,NaN,0.5\n1,inf,0.25\n");
    assert_eq!(history.to_json(), r#"{"a \"name\", odd":[null,null],"loss":[0.5,0.25]}"#);
    let folder = std::env::temp_dir().join(format!("keras-history-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    history.save_csv(folder.join("history.csv")).unwrap();
    history.save_json(folder.join("history.json")).unwrap();
    assert_eq!(std::fs::read_to_string(folder.join("history.csv")).unwrap(), history.to_csv());
    assert_eq!(std::fs::read_to_string(folder.join("history.json")).unwrap(), history.to_json());
    let nowhere = folder.join("none").join("history.csv");
    let error = history.save_csv(&nowhere).unwrap_err();
    assert!(matches!(&error, keras::Error::Io { path, .. } if *path == nowhere), "{error}");
    assert!(error.to_string().contains("history.csv"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[should_panic = "the history has no `acc`; available: loss"]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let mut history = History::default();
    history.record("loss", 1.0);
    let _ = &history["acc"];
}

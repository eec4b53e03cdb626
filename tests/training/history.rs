//! Names, order and files of what a run reports.

use keras::prelude::*;

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
    let mut compiled = model.compile(SGD::new(0.0), losses, metrics).loss_weights(&[2.0, 0.5]);
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
#[should_panic = "the history has no `acc`; it has loss"]
fn a_name_that_is_not_there_is_answered_with_those_that_are() {
    let mut history = History::default();
    history.record("loss", 1.0);
    let _ = &history["acc"];
}

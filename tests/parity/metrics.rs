//! Metrics: after each of three batches.

use keras::{
    losses::{Loss, MeanSquaredError, Prediction, TargetView},
    metrics::{Accuracy, Mean, MeanAbsoluteError, Metric, Precision, Recall},
    prelude::*,
};

use crate::support::{Case, FORWARD, compare_group};

const NOT_COMPARED: &[(&str, &str)] = &[
    ("binary_accuracy.threshold", "Accuracy has no threshold but 0.5"),
    ("binary_accuracy.threshold_weighted", "as binary_accuracy.threshold"),
    ("binary_accuracy.table", "Accuracy takes several values for classes, as Keras' \"accuracy\" does"),
    ("binary_accuracy.table_weighted", "as binary_accuracy.table"),
    ("loss.evaluate_weighted", "evaluate takes no sample weights"),
];

#[test]
fn metrics() {
    compare_group("metrics", NOT_COMPARED, |case| {
        let threshold = case.number("thresholds").unwrap_or(0.5);
        match case.item {
            "SparseCategoricalAccuracy" => batches(case, Accuracy::default(), true),
            "CategoricalAccuracy" | "BinaryAccuracy" => batches(case, Accuracy::default(), false),
            "MeanAbsoluteError" => batches(case, MeanAbsoluteError::default(), false),
            "Precision" => batches(case, Precision::default().thresholds(threshold), false),
            "Recall" => batches(case, Recall::default().thresholds(threshold), false),
            "Mean" => means(case),
            _ if case.name == "loss.evaluate" => evaluation(case),
            _ => return false,
        }
        true
    });
}

fn batches(case: &Case<'_>, mut metric: impl Metric, classes: bool) {
    for batch in 0..3 {
        let named = |tensor: &str| format!("{tensor}_{batch}");
        let (count, dims) = case.samples(&named("prediction"));
        let prediction = Prediction { values: case.values(&named("prediction")), dims, count, logits: None };
        let labels = case.labels(&named("target"));
        let target = if classes { TargetView::Labels(&labels) } else { case.values(&named("target")).into() };
        metric.update(target, &prediction, case.get(&named("sample_weight")));
        case.check(&named("result"), &[metric.result()], FORWARD);
    }
}

fn means(case: &Case<'_>) {
    let mut mean = Mean::default();
    for batch in 0..3 {
        let values = case.values(&format!("values_{batch}"));
        let weights = case.get(&format!("sample_weight_{batch}"));
        for (at, value) in values.iter().enumerate() {
            mean.add(*value, weights.map_or(1.0, |weights| weights[at]));
        }
        case.check(&format!("result_{batch}"), &[mean.result()], FORWARD);
    }
}

sequential! {
    /// Gives what it gets.
    struct Identity {
        Input(3),
        Activation("linear"),
    }
}

/// A whole evaluation. Its `mse` is one of Keras' `weighted_metrics`: without weights it is the loss.
fn evaluation(case: &Case<'_>) {
    let (prediction, target) = (case.values("prediction"), case.values("target"));
    let x = Tensor::<Shape1<3>>::from_slice(prediction).unwrap();
    let y = Tensor::<Shape1<3>>::from_slice(target).unwrap();
    let mut model = Identity::new();
    let evaluation = model
        .compile(Adam::default(), MeanSquaredError::default(), (MeanAbsoluteError::default(),))
        .evaluate(&x, &y)
        .unwrap();
    case.check("loss", &[evaluation.loss as f32], FORWARD);
    case.check("mse", &[evaluation.loss as f32], FORWARD);
    case.check("mae", &[evaluation["mean_absolute_error"] as f32], FORWARD);
    let dims = case.samples("prediction").1;
    let steps = prediction.chunks(4 * 3).zip(target.chunks(4 * 3)).map(|(prediction, target)| {
        let prediction = Prediction { values: prediction, dims, count: prediction.len() / 3, logits: None };
        MeanSquaredError::default().evaluate(target.into(), &prediction, None, None).unwrap().0
    });
    case.check("step_loss", &steps.collect::<Vec<_>>(), FORWARD);
}

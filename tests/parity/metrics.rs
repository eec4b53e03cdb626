//! Metrics: after each of three batches.

use keras::{
    losses::{Loss, MeanSquaredError, Prediction, TargetView},
    metrics::{
        self, Average, ClassAggregation, Curve, ExactAccuracy, Mean, MeanAbsoluteError, Metric, Sum, SummationMethod,
    },
    prelude::*,
};

use crate::support::{Case, FORWARD, compare_group};

/// A metric with the arguments that a case gives: numbers by keyword, all of one type.
macro_rules! build {
    ($case:expr, $metric:expr, { $($argument:ident)* }) => {{
        #[allow(unused_mut, reason = "without arguments")]
        let mut metric = $metric;
        $(if let Some(source) = $case.keyword(stringify!($argument)) {
            metric = metric.$argument(source.parse().unwrap());
        })*
        metric
    }};
}

/// A metric with the threshold, or the list of them, that a case gives.
macro_rules! with_thresholds {
    ($case:expr, $metric:expr) => {
        match $case.keyword("thresholds") {
            Some(list) if list.starts_with('[') => $metric.thresholds($case.numbers("thresholds").unwrap()),
            Some(threshold) => $metric.thresholds(threshold.parse::<f32>().unwrap()),
            None => $metric,
        }
    };
}

#[test]
fn metrics() {
    compare_group("metrics", &[], |case| {
        if let Some(dtype) = case.keyword("dtype") {
            assert_eq!(dtype, "'float32'");
        }
        let from_logits = case.flag("from_logits", false);
        match case.item {
            "SparseCategoricalAccuracy" => {
                batches(case, Accuracy::default(), true);
                batches(case, SparseCategoricalAccuracy::default(), true);
            }
            "CategoricalAccuracy" => {
                batches(case, Accuracy::default(), false);
                batches(case, CategoricalAccuracy::default(), false);
            }
            "BinaryAccuracy" => {
                // Accuracy takes several values for classes, as Keras' "accuracy" does, and has no threshold but 0.5.
                if case.keyword("threshold").is_none() && case.samples("prediction_0").1.last() == 1 {
                    batches(case, Accuracy::default(), false);
                }
                batches(case, build!(case, BinaryAccuracy::default(), { threshold }), false);
            }
            "TopKCategoricalAccuracy" => {
                batches(case, build!(case, TopKCategoricalAccuracy::default(), { k }), false);
            }
            "SparseTopKCategoricalAccuracy" => {
                batches(case, build!(case, SparseTopKCategoricalAccuracy::default(), { k }), true);
            }
            "Precision" => {
                of_thresholds(case, with_thresholds!(case, build!(case, Precision::default(), { top_k class_id })))
            }
            "Recall" => {
                of_thresholds(case, with_thresholds!(case, build!(case, Recall::default(), { top_k class_id })))
            }
            "TruePositives" => of_thresholds(case, with_thresholds!(case, TruePositives::default())),
            "TrueNegatives" => of_thresholds(case, with_thresholds!(case, TrueNegatives::default())),
            "FalsePositives" => of_thresholds(case, with_thresholds!(case, FalsePositives::default())),
            "FalseNegatives" => of_thresholds(case, with_thresholds!(case, FalseNegatives::default())),
            "Accuracy" => batches(case, ExactAccuracy::default(), false),
            "F1Score" => {
                let score = build!(case, F1Score::default(), { threshold });
                match average(case) {
                    Some(average) => batches(case, score.average(average), false),
                    None => batches_by(case, score, false, F1Score::scores),
                }
            }
            "FBetaScore" => {
                let score = build!(case, FBetaScore::default(), { beta threshold });
                match average(case) {
                    Some(average) => batches(case, score.average(average), false),
                    None => batches_by(case, score, false, FBetaScore::scores),
                }
            }
            "AUC" => batches(case, auc(case).from_logits(from_logits), false),
            "SensitivityAtSpecificity" => {
                let metric = SensitivityAtSpecificity::new(first(case));
                batches(case, build!(case, metric, { num_thresholds class_id }), false);
            }
            "SpecificityAtSensitivity" => {
                let metric = SpecificityAtSensitivity::new(first(case));
                batches(case, build!(case, metric, { num_thresholds class_id }), false);
            }
            "PrecisionAtRecall" => {
                let metric = PrecisionAtRecall::new(first(case));
                batches(case, build!(case, metric, { num_thresholds class_id }), false);
            }
            "RecallAtPrecision" => {
                let metric = RecallAtPrecision::new(first(case));
                batches(case, build!(case, metric, { num_thresholds class_id }), false);
            }
            "IoU" => {
                let iou = IoU::new(first(case), &classes(case).unwrap());
                batches(case, iou.sparse_y_pred(case.flag("sparse_y_pred", true)), true);
            }
            "MeanIoU" => {
                let sparse = case.flag("sparse_y_true", true);
                let iou = MeanIoU::new(first(case)).sparse_y_true(sparse);
                let iou = build!(case, iou, { ignore_class }).sparse_y_pred(case.flag("sparse_y_pred", true));
                batches(case, iou, sparse);
            }
            "BinaryIoU" => {
                let mut iou = BinaryIoU::default();
                if let Some(classes) = classes(case) {
                    iou = iou.target_class_ids(&classes);
                }
                batches(case, build!(case, iou, { threshold }), false);
            }
            "OneHotIoU" => {
                let iou = OneHotIoU::new(first(case), &classes(case).unwrap());
                let iou = iou.sparse_y_pred(case.flag("sparse_y_pred", false));
                batches(case, build!(case, iou, { ignore_class }), false);
            }
            "OneHotMeanIoU" => {
                let iou = OneHotMeanIoU::new(first(case));
                batches(case, iou.sparse_y_pred(case.flag("sparse_y_pred", false)), false);
            }
            "MeanSquaredError" => batches(case, metrics::MeanSquaredError::default(), false),
            "RootMeanSquaredError" => batches(case, RootMeanSquaredError::default(), false),
            "MeanAbsoluteError" => batches(case, MeanAbsoluteError::default(), false),
            "MeanAbsolutePercentageError" => batches(case, metrics::MeanAbsolutePercentageError::default(), false),
            "MeanSquaredLogarithmicError" => batches(case, metrics::MeanSquaredLogarithmicError::default(), false),
            "LogCoshError" => batches(case, LogCoshError::default(), false),
            "CosineSimilarity" => batches(case, metrics::CosineSimilarity::default(), false),
            "PearsonCorrelation" => batches(case, PearsonCorrelation::default(), false),
            "ConcordanceCorrelation" => batches(case, ConcordanceCorrelation::default(), false),
            "R2Score" => {
                let score = build!(case, R2Score::default(), { num_regressors });
                match case.keyword("class_aggregation") {
                    None => batches(case, score, false),
                    Some("None") => batches_by(case, score, false, R2Score::scores),
                    Some("'variance_weighted_average'") => {
                        batches(case, score.class_aggregation(ClassAggregation::VarianceWeightedAverage), false);
                    }
                    Some(_) => return false,
                }
            }
            "Poisson" => batches(case, metrics::Poisson::default(), false),
            "KLDivergence" => batches(case, metrics::KLDivergence::default(), false),
            "Hinge" => batches(case, metrics::Hinge::default(), false),
            "SquaredHinge" => batches(case, metrics::SquaredHinge::default(), false),
            "CategoricalHinge" => batches(case, metrics::CategoricalHinge::default(), false),
            "BinaryCrossentropy" => {
                let entropy = build!(case, metrics::BinaryCrossentropy::default(), { label_smoothing });
                batches(case, entropy.from_logits(from_logits), false);
            }
            "CategoricalCrossentropy" => {
                let entropy = build!(case, metrics::CategoricalCrossentropy::default(), { label_smoothing });
                batches(case, entropy.from_logits(from_logits), false);
            }
            "SparseCategoricalCrossentropy" => {
                let entropy = build!(case, metrics::SparseCategoricalCrossentropy::default(), { ignore_class });
                batches(case, entropy.from_logits(from_logits), true);
            }
            "Mean" => numbers(case, Mean::default(), Mean::update, Mean::result),
            "Sum" => numbers(case, Sum::default(), Sum::update, Sum::result),
            _ if case.name.starts_with("loss.evaluate") => evaluation(case),
            _ => return false,
        }
        true
    });
}

/// Batches of a metric with a result for each threshold.
fn of_thresholds<M: Metric>(case: &Case<'_>, metric: M) {
    batches_by(case, metric, false, |metric| metric.results().into_iter().map(|(_, result)| result).collect());
}

/// The first positional argument.
fn first<T: std::str::FromStr<Err: std::fmt::Debug>>(case: &Case<'_>) -> T {
    case.positional(0).unwrap().parse().unwrap()
}

/// How the scores of classes become one number; nothing if they are all asked for.
fn average(case: &Case<'_>) -> Option<Average> {
    match case.keyword("average") {
        Some("'micro'") => Some(Average::Micro),
        Some("'macro'") => Some(Average::Macro),
        Some("'weighted'") => Some(Average::Weighted),
        _ => None,
    }
}

/// The classes of a mean.
fn classes(case: &Case<'_>) -> Option<Vec<usize>> {
    case.numbers("target_class_ids").map(|classes| classes.iter().map(|&class| class as usize).collect())
}

fn auc(case: &Case<'_>) -> AUC {
    let mut auc = build!(case, AUC::default(), { num_thresholds });
    if let Some(thresholds) = case.numbers("thresholds") {
        auc = auc.thresholds(&thresholds);
    }
    if let Some(weights) = case.numbers("label_weights") {
        auc = auc.label_weights(&weights);
    }
    auc = build!(case, auc.multi_label(case.flag("multi_label", false)), { num_labels });
    auc = auc.curve(match case.keyword("curve") {
        Some("'PR'") => Curve::PR,
        Some("'PRGAIN'") => Curve::PRGain,
        _ => Curve::ROC,
    });
    auc.summation_method(match case.keyword("summation_method") {
        Some("'minoring'") => SummationMethod::Minoring,
        Some("'majoring'") => SummationMethod::Majoring,
        _ => SummationMethod::Interpolation,
    })
}

fn batches(case: &Case<'_>, metric: impl Metric, classes: bool) {
    batches_by(case, metric, classes, |metric| vec![metric.result()]);
}

/// Three batches, after each of which the results are compared.
fn batches_by<M: Metric>(case: &Case<'_>, mut metric: M, classes: bool, results: impl Fn(&M) -> Vec<f32>) {
    for batch in 0..3 {
        let named = |tensor: &str| format!("{tensor}_{batch}");
        let (count, dims) = case.samples(&named("prediction"));
        let prediction = Prediction { values: case.values(&named("prediction")), dims, count, logits: None };
        let labels = case.labels(&named("target"));
        let target = if classes { TargetView::Labels(&labels) } else { case.values(&named("target")).into() };
        // A mask is the same as weights of 0 and 1.
        let weights = case.get(&named("sample_weight")).or_else(|| case.get(&named("mask")));
        metric.update(target, &prediction, weights).unwrap();
        let (result, recorded) = (results(&metric), case.values(&named("result")));
        if recorded.iter().all(|score| score.is_nan()) {
            // A documented difference: of no weight at all, R2Score is 0, as it is before the first batch, and not NaN.
            assert!(case.name.starts_with("r2_score"));
            case.check_against(&named("result"), &result, &vec![0.0; recorded.len()], FORWARD);
        } else {
            case.check(&named("result"), &result, FORWARD);
        }
    }
}

/// Numbers, not of predictions.
fn numbers<T>(case: &Case<'_>, mut metric: T, add: impl Fn(&mut T, f32, f32), result: impl Fn(&T) -> f32) {
    for batch in 0..3 {
        let values = case.values(&format!("values_{batch}"));
        let weights = case.get(&format!("sample_weight_{batch}"));
        for (at, value) in values.iter().enumerate() {
            add(&mut metric, *value, weights.map_or(1.0, |weights| weights[at]));
        }
        case.check(&format!("result_{batch}"), &[result(&metric)], FORWARD);
    }
}

sequential! {
    /// Gives what it gets.
    struct Identity {
        Input(3),
        Activation("linear"),
    }
}

/// A whole evaluation: `mae` is one of the metrics, which see no weights, and `mse` one of the weighted ones.
fn evaluation(case: &Case<'_>) {
    let (prediction, target, weights) = (case.values("prediction"), case.values("target"), case.get("sample_weight"));
    let x = Tensor::<Shape1<3>>::from_slice(prediction).unwrap();
    let y = Tensor::<Shape1<3>>::from_slice(target).unwrap();
    let mut model = Identity::new();
    let mut compiled = model
        .compile(Adam::default(), MeanSquaredError::default(), (MeanAbsoluteError::default(),))
        .weighted_metrics((metrics::MeanSquaredError::default(),));
    let mut evaluate = Evaluate::new(&mut compiled).batch_size(4);
    if let Some(weights) = weights {
        evaluate = evaluate.sample_weight(weights);
    }
    let evaluation = evaluate.run(&x, &y).unwrap();
    case.check("loss", &[evaluation.loss as f32], FORWARD);
    case.check("mse", &[evaluation["mean_squared_error"] as f32], FORWARD);
    case.check("mae", &[evaluation["mean_absolute_error"] as f32], FORWARD);
    let dims = case.samples("prediction").1;
    let steps = prediction.chunks(4 * 3).zip(target.chunks(4 * 3)).enumerate().map(|(at, (prediction, target))| {
        let prediction = Prediction { values: prediction, dims, count: prediction.len() / 3, logits: None };
        let weights = weights.map(|weights| &weights[at * 4..][..prediction.count]);
        MeanSquaredError::default().evaluate(target.into(), &prediction, weights, None).unwrap().0
    });
    case.check("step_loss", &steps.collect::<Vec<_>>(), FORWARD);
}

//! Losses and their gradients, on probabilities and on logits.

use keras::losses::{
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy, CategoricalHinge, CosineSimilarity, Dice, GradientAt, Hinge, Huber,
    KLDivergence, LogCosh, Logits, Loss, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
    MeanSquaredLogarithmicError, Poisson, Prediction, Reduction, SparseCategoricalCrossentropy, SquaredHinge,
    TargetView, Tversky,
};

use crate::support::{Case, FORWARD, GRADIENT, compare_group};

/// A documented difference: Keras clips the probabilities of a softmax before this loss, so that a class that is certain and
/// wrong costs 16 at most, and has no gradient.
const NOT_COMPARED: [(&str, &str); 1] =
    [("categorical_focal_crossentropy.extreme_logits", "computed from the logits, as the other crossentropies are")];

#[test]
fn losses() {
    compare_group("losses", &NOT_COMPARED, |case| {
        let from_logits = case.flag("from_logits", false);
        let smoothing = case.number("label_smoothing").unwrap_or(0.0);
        let reduction = match case.keyword("reduction") {
            // What a mask does in Keras: the mean over the positions that it keeps. There, weights of 0 and 1 do it.
            None if case.has("mask") => Reduction::MeanWithSampleWeight,
            None | Some("'sum_over_batch_size'") => Reduction::SumOverBatchSize,
            // Each value is asked for; the gradient is that of their weighted sum.
            Some("'sum'" | "None") => Reduction::Sum,
            Some("'mean_with_sample_weight'") => Reduction::MeanWithSampleWeight,
            Some(_) => return false,
        };
        match case.item {
            "SparseCategoricalCrossentropy" => {
                let mut loss = SparseCategoricalCrossentropy::default().from_logits(from_logits).reduction(reduction);
                if let Some(ignored) = case.keyword("ignore_class") {
                    loss = loss.ignore_class(ignored.parse().unwrap());
                }
                compare(case, &loss, TargetView::Labels(&case.labels("target")));
            }
            "CategoricalGeneralizedCrossEntropy" => {
                let loss = CategoricalGeneralizedCrossEntropy::default().q(case.number("q").unwrap_or(0.5));
                compare(case, &loss.reduction(reduction), TargetView::Labels(&case.labels("target")));
            }
            "CategoricalCrossentropy" => {
                let loss = CategoricalCrossentropy::default().from_logits(from_logits).label_smoothing(smoothing);
                compare(case, &loss.reduction(reduction), numbers(case));
            }
            "CategoricalFocalCrossentropy" => {
                let mut loss = CategoricalFocalCrossentropy::default().from_logits(from_logits);
                if let Some(alpha) = case.numbers("alpha") {
                    loss = if let [alpha] = alpha[..] { loss.alpha(alpha) } else { loss.alpha(alpha) };
                }
                if let Some(gamma) = case.number("gamma") {
                    loss = loss.gamma(gamma);
                }
                compare(case, &loss.label_smoothing(smoothing).reduction(reduction), numbers(case));
            }
            "BinaryCrossentropy" => {
                let loss = BinaryCrossentropy::default().from_logits(from_logits).label_smoothing(smoothing);
                compare(case, &loss.reduction(reduction), numbers(case));
            }
            "BinaryFocalCrossentropy" => {
                let balanced = case.flag("apply_class_balancing", false);
                let mut loss = BinaryFocalCrossentropy::default().apply_class_balancing(balanced);
                if let Some(alpha) = case.number("alpha") {
                    loss = loss.alpha(alpha);
                }
                if let Some(gamma) = case.number("gamma") {
                    loss = loss.gamma(gamma);
                }
                let loss = loss.from_logits(from_logits).label_smoothing(smoothing).reduction(reduction);
                compare(case, &loss, numbers(case));
            }
            "MeanSquaredError" => compare(case, &MeanSquaredError::default().reduction(reduction), numbers(case)),
            "MeanAbsoluteError" => compare(case, &MeanAbsoluteError::default().reduction(reduction), numbers(case)),
            "MeanAbsolutePercentageError" => {
                compare(case, &MeanAbsolutePercentageError::default().reduction(reduction), numbers(case));
            }
            "MeanSquaredLogarithmicError" => {
                compare(case, &MeanSquaredLogarithmicError::default().reduction(reduction), numbers(case));
            }
            "Huber" => {
                let loss = Huber::default().delta(case.number("delta").unwrap_or(1.0));
                compare(case, &loss.reduction(reduction), numbers(case));
            }
            "LogCosh" => compare(case, &LogCosh::default().reduction(reduction), numbers(case)),
            "Poisson" => compare(case, &Poisson::default().reduction(reduction), numbers(case)),
            "KLDivergence" => compare(case, &KLDivergence::default().reduction(reduction), numbers(case)),
            "CosineSimilarity" => compare(case, &CosineSimilarity::default().reduction(reduction), numbers(case)),
            "Hinge" => compare(case, &Hinge::default().reduction(reduction), numbers(case)),
            "SquaredHinge" => compare(case, &SquaredHinge::default().reduction(reduction), numbers(case)),
            "CategoricalHinge" => compare(case, &CategoricalHinge::default().reduction(reduction), numbers(case)),
            "Dice" => {
                let mut loss = Dice::default().reduction(reduction);
                if let Some(axes) = axes(case) {
                    loss = loss.axis(&axes);
                }
                compare(case, &loss, numbers(case));
            }
            "Tversky" => {
                let mut loss = Tversky::default().reduction(reduction);
                if let (Some(alpha), Some(beta)) = (case.number("alpha"), case.number("beta")) {
                    loss = loss.alpha(alpha).beta(beta);
                }
                if let Some(axes) = axes(case) {
                    loss = loss.axis(&axes);
                }
                compare(case, &loss, numbers(case));
            }
            _ => return false,
        }
        true
    });
}

/// The axes that a loss of regions sums over.
fn axes(case: &Case<'_>) -> Option<Vec<i32>> {
    case.numbers("axis").map(|axes| axes.iter().map(|&axis| axis as i32).collect())
}

fn numbers<'a>(case: &Case<'a>) -> TargetView<'a> {
    TargetView::Values(case.values("target"))
}

fn compare(case: &Case<'_>, loss: &impl Loss, target: TargetView<'_>) {
    let each = case.keyword("reduction") == Some("None");
    let fused = case.name.starts_with("fused_");
    let from = if fused { "logits" } else { "prediction" };
    let (count, dims) = case.samples(from);
    let recorded = case.values(from);
    let kind = if case.item.starts_with("Binary") { Logits::Sigmoid } else { Logits::Softmax };
    let activated = match kind {
        _ if !fused => recorded.to_vec(),
        Logits::Sigmoid => recorded.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        Logits::Softmax => recorded.chunks(dims.last()).flat_map(softmax).collect(),
    };
    let logits = fused.then_some((kind, recorded));
    let prediction = Prediction { values: &activated, dims, count, logits };
    let weights = case.get("sample_weight").or_else(|| case.get("mask"));

    // The gradient where every value is asked for is that of Σ value · value_gradient, another set of weights.
    let value_gradient = case.get("value_gradient").map(|gradients| match weights {
        Some(weights) => weights.iter().zip(gradients).map(|(weight, gradient)| weight * gradient).collect(),
        None => gradients.to_vec(),
    });
    let mut gradient = vec![f32::NAN; recorded.len()];
    let all = value_gradient.as_deref().or(weights);
    let (value, at) = loss.evaluate(target, &prediction, all, Some(&mut gradient)).unwrap();
    assert_eq!(at, if fused { GradientAt::Logits } else { GradientAt::Output });
    let mut values = vec![value];
    if each {
        values = loss.evaluate_each(target, &prediction, weights).unwrap();
    } else {
        let (without_gradient, _) = loss.evaluate(target, &prediction, weights, None).unwrap();
        assert_eq!(without_gradient, value, "the value does not depend on whether a gradient is asked for");
    }
    if case.name.ends_with("weighted_by_image_mean") {
        // A documented difference: Keras divides by the sum of the two weights, we by what they count for, at each of the
        // positions of an image.
        let positions = prediction.positions() as f32;
        values.iter_mut().chain(&mut gradient).for_each(|value| *value *= positions);
    }
    case.check("value", &values, FORWARD);
    case.check(&format!("{from}_gradient"), &gradient, GRADIENT);
}

/// In `f64`: the reference for what goes into a fused loss.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials = logits.iter().map(|&z| f64::from(z - largest).exp());
    let sum: f64 = exponentials.clone().sum();
    exponentials.map(|e| (e / sum) as f32).collect()
}

//! Losses and their gradients, on probabilities and on logits.

use keras::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, GradientAt, Logits, Loss, MeanAbsoluteError, MeanSquaredError,
    Prediction, Reduction, SparseCategoricalCrossentropy, TargetView,
};

use crate::support::{Case, FORWARD, GRADIENT, compare_group};

#[test]
fn losses() {
    compare_group("losses", &[], |case| {
        let from_logits = case.flag("from_logits", false);
        let smoothing = case.number("label_smoothing").unwrap_or(0.0);
        let each = case.keyword("reduction") == Some("None");
        let reduction = match case.keyword("reduction") {
            None | Some("'sum_over_batch_size'") => Reduction::SumOverBatchSize,
            // Each value is asked for; the gradient is that of their weighted sum.
            Some("'sum'" | "None") => Reduction::Sum,
            Some("'mean_with_sample_weight'") => Reduction::MeanWithSampleWeight,
            Some(_) => return false,
        };
        match case.item {
            "SparseCategoricalCrossentropy" => {
                let loss = SparseCategoricalCrossentropy::default().from_logits(from_logits).reduction(reduction);
                compare(case, &loss, each, TargetView::Labels(&case.labels("target")));
            }
            "CategoricalCrossentropy" => {
                let loss = CategoricalCrossentropy::default().from_logits(from_logits).label_smoothing(smoothing);
                compare(case, &loss.reduction(reduction), each, numbers(case));
            }
            "BinaryCrossentropy" => {
                let loss = BinaryCrossentropy::default().from_logits(from_logits).label_smoothing(smoothing);
                compare(case, &loss.reduction(reduction), each, numbers(case));
            }
            "MeanSquaredError" => {
                compare(case, &MeanSquaredError::default().reduction(reduction), each, numbers(case));
            }
            "MeanAbsoluteError" => {
                compare(case, &MeanAbsoluteError::default().reduction(reduction), each, numbers(case));
            }
            _ => return false,
        }
        true
    });
}

fn numbers<'a>(case: &Case<'a>) -> TargetView<'a> {
    TargetView::Values(case.values("target"))
}

fn compare(case: &Case<'_>, loss: &impl Loss, each: bool, target: TargetView<'_>) {
    let fused = case.name.starts_with("fused_");
    let from = if fused { "logits" } else { "prediction" };
    let (count, dims) = case.samples(from);
    let recorded = case.values(from);
    let kind = if case.item == "BinaryCrossentropy" { Logits::Sigmoid } else { Logits::Softmax };
    let activated = match kind {
        _ if !fused => recorded.to_vec(),
        Logits::Sigmoid => recorded.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        Logits::Softmax => recorded.chunks(dims.last()).flat_map(softmax).collect(),
    };
    let logits = fused.then_some((kind, recorded));
    let prediction = Prediction { values: &activated, dims, count, logits };
    let weights = case.get("sample_weight");

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
        values = vec![f32::NAN; case.values("value").len()];
        loss.values(target, &prediction, weights, &mut values).unwrap();
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

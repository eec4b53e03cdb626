//! Gradients against finite differences, for the tests of every loss.

use super::{GradientAt, Logits, Loss, Prediction, TargetView};
use crate::shape::Dims;

const STEP: f32 = 5e-3;

/// Checks the gradient at the output, unweighted, with a weight for each sample, and as one sample of several positions.
pub(super) fn check_gradient<L: Loss>(loss: &L, target: TargetView<'_>, values: &[f32], last: usize) {
    let rows = values.len() / last;
    let weights: Vec<f32> = (0..rows).map(|row| 0.5 + row as f32).collect();
    for (dims, count) in [(Dims::new(&[last]), rows), (Dims::new(&[rows, last]), 1)] {
        for weights in [None, Some(&weights[..]), Some(&weights[..count])] {
            let evaluate = |values: &[f32], gradient: Option<&mut [f32]>| {
                let prediction = Prediction { values, dims, count, logits: None };
                loss.evaluate(target, &prediction, weights, gradient).unwrap()
            };
            compare(values, GradientAt::Output, evaluate);
        }
    }
}

/// Checks the gradient of a loss whose samples are not apart: unweighted, with a weight for each sample, and as one sample
/// of several positions.
pub(super) fn check_region_gradient<L: Loss>(loss: &L, target: TargetView<'_>, values: &[f32], last: usize) {
    let rows = values.len() / last;
    let weights: Vec<f32> = (0..rows).map(|row| 0.5 + row as f32).collect();
    for (dims, count) in [(Dims::new(&[last]), rows), (Dims::new(&[rows, last]), 1)] {
        for weights in [None, Some(&weights[..count])] {
            let evaluate = |values: &[f32], gradient: Option<&mut [f32]>| {
                let prediction = Prediction { values, dims, count, logits: None };
                loss.evaluate(target, &prediction, weights, gradient).unwrap()
            };
            compare(values, GradientAt::Output, evaluate);
        }
    }
}

/// Checks the gradient at the logits, for a loss that fuses with an activation.
pub(super) fn check_fused_gradient<L: Loss>(loss: &L, target: TargetView<'_>, logits: &[f32], last: usize) {
    let count = logits.len() / last;
    let weights: Vec<f32> = (0..count).map(|row| 0.5 + row as f32).collect();
    for weights in [None, Some(&weights[..])] {
        let evaluate = |logits: &[f32], gradient: Option<&mut [f32]>| {
            let kind = L::FUSES.unwrap();
            let values: Vec<f32> = logits.chunks(last).flat_map(|row| activate(kind, row)).collect();
            let logits = Some((kind, logits));
            let prediction = Prediction { values: &values, dims: Dims::new(&[last]), count, logits };
            loss.evaluate(target, &prediction, weights, gradient).unwrap()
        };
        compare(logits, GradientAt::Logits, evaluate);
    }
}

fn activate(kind: Logits, row: &[f32]) -> Vec<f32> {
    match kind {
        Logits::Sigmoid => row.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect(),
        Logits::Softmax => {
            let sum: f32 = row.iter().map(|z| z.exp()).sum();
            row.iter().map(|z| z.exp() / sum).collect()
        }
    }
}

fn compare(at: &[f32], expected: GradientAt, evaluate: impl Fn(&[f32], Option<&mut [f32]>) -> (f32, GradientAt)) {
    let mut gradient = vec![f32::NAN; at.len()];
    let (value, gradient_at) = evaluate(at, Some(&mut gradient));
    assert_eq!(gradient_at, expected);
    assert_eq!(value, evaluate(at, None).0, "the loss does not depend on whether a gradient is asked for");
    for index in 0..at.len() {
        let moved = |by: f32| {
            let mut moved = at.to_vec();
            moved[index] += by;
            f64::from(evaluate(&moved, None).0)
        };
        // fourth order: (8·(f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h
        let difference = 8.0 * (moved(STEP) - moved(-STEP)) - (moved(2.0 * STEP) - moved(-2.0 * STEP));
        let slope = difference / (12.0 * f64::from(STEP));
        let found = f64::from(gradient[index]);
        assert!((found - slope).abs() < 1e-3 * slope.abs().max(0.2), "{index}: {found} is not {slope}");
    }
}

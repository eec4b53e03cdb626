//! Moments of a row of targets and predictions.

use crate::losses::TargetView;

/// The means, variances and the covariance of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub target_mean: f64,
    pub prediction_mean: f64,
    pub target_variance: f64,
    pub prediction_variance: f64,
    pub covariance: f64,
}

impl Moments {
    pub fn new(target: TargetView<'_>, values: &[f32]) -> Self {
        let count = values.len().max(1) as f64;
        let pairs = || values.iter().enumerate().map(|(at, &p)| (f64::from(target.number(at)), f64::from(p)));
        let target_mean = pairs().map(|(y, _)| y).sum::<f64>() / count;
        let prediction_mean = pairs().map(|(_, p)| p).sum::<f64>() / count;
        let mean = |term: &dyn Fn(f64, f64) -> f64| {
            pairs().map(|(y, p)| term(y - target_mean, p - prediction_mean)).sum::<f64>() / count
        };
        Self {
            target_mean,
            prediction_mean,
            target_variance: mean(&|y, _| y * y),
            prediction_variance: mean(&|_, p| p * p),
            covariance: mean(&|y, p| y * p),
        }
    }
}

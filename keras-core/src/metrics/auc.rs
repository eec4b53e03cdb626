//! Area under a curve, over all thresholds.

use std::mem;

use super::{
    Metric, MetricError,
    buckets::{Buckets, Counts, Lowest, Thresholds, ratio},
    declare::{Batch, Gather, metric},
};
use crate::{
    config::{Config, ConfigError, ConfigValue, FromConfig, text_values},
    losses::{Prediction, TargetView},
};

/// The curve of an [`AUC`], over all thresholds.
///
/// ```
/// use keras::{metrics::Curve, prelude::*};
///
/// let mut auc = AUC::default().curve(Curve::PR);
/// auc.update_arrays(&[[0.0], [1.0]], &[[0.2], [0.9]])?;
/// assert!((auc.result() - 1.0).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Curve {
    /// The receiver operating characteristic: the true positive rate against the false positive rate.
    #[default]
    ROC,
    /// Precision against recall.
    PR,
    /// Precision gain against recall gain:
    /// [Flach and Kull 2015](https://papers.nips.cc/paper/5867-precision-recall-gain-curves-pr-analysis-done-right).
    PRGain,
}

/// Numerical integration between two thresholds.
///
/// ```
/// use keras::{metrics::SummationMethod, prelude::*};
///
/// let area = |method| {
///     let mut auc = AUC::default().num_thresholds(3).summation_method(method);
///     auc.update_arrays(&[[0.0], [0.0], [1.0], [1.0]], &[[0.0], [0.5], [0.3], [0.9]])?;
///     Ok::<_, keras::metrics::MetricError>(auc.result())
/// };
/// assert!((area(SummationMethod::Interpolation)? - 0.75).abs() < 1e-6);
/// assert!((area(SummationMethod::Minoring)? - 0.5).abs() < 1e-6);
/// assert!((area(SummationMethod::Majoring)? - 1.0).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SummationMethod {
    /// The mean of both heights; for [`Curve::PR`], the interpolation of
    /// [Davis and Goadrich 2006](https://minds.wisconsin.edu/bitstream/handle/1793/60482/TR1551.pdf).
    #[default]
    Interpolation,
    /// The lower height.
    Minoring,
    /// The higher height.
    Majoring,
}

text_values!(Curve {
    ROC = "ROC",
    PR = "PR",
    PRGain = "PRGAIN",
});

text_values!(SummationMethod {
    Interpolation = "interpolation",
    Minoring = "minoring",
    Majoring = "majoring",
});

metric! {
    /// Area under the ROC or the precision-recall curve, approximated at a number of thresholds. With [`Curve::ROC`], it is
    /// the probability that a positive target is predicted higher than a negative one.
    /// [Keras' `AUC`](https://keras.io/api/metrics/classification_metrics/#auc-class).
    ///
    /// Predictions are probabilities: those below 0 or above 1 count as 0 or 1.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut auc = AUC::default();
    /// auc.update_arrays(&[[0.0], [0.0], [1.0], [1.0]], &[[0.0], [0.5], [0.3], [0.9]])?;
    /// assert!((auc.result() - 0.75).abs() < 1e-6);
    ///
    /// sequential! { struct Or { Input(2), Dense(1, activation = "sigmoid") } }
    /// let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    /// let y = Tensor::from([0.0, 1.0, 1.0, 1.0]);
    /// let mut or = Or::with_seed(1);
    /// let mut compiled = or.compile(Adam::new(0.1), BinaryCrossentropy::default(), (AUC::default(),));
    /// compiled.fit(&x, &y).epochs(100).verbose(0).run()?;
    /// assert!(compiled.evaluate(&x, &y)?["auc"] > 0.99);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub struct AUC("auc", Maximize) {
        /// The number of thresholds, at least 2: evenly spaced, the first below 0 and the last above 1.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// // With 3, there is only the one of 0.5 between: 0.6 and 0.9 are the same.
        /// let mut auc = AUC::default().num_thresholds(3);
        /// auc.update_arrays(&[[0.0], [1.0]], &[[0.6], [0.9]])?;
        /// assert_eq!(auc.result(), 0.5);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        num_thresholds: usize = 200,
        /// The curve.
        ///
        /// ```
        /// use keras::{metrics::Curve, prelude::*};
        ///
        /// let mut auc = AUC::default().curve(Curve::PR);
        /// auc.update_arrays(&[[0.0], [1.0]], &[[0.9], [0.2]])?;
        /// assert!(auc.result() < 0.5);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        curve: Curve = Curve::ROC,
        /// Numerical integration between two thresholds.
        ///
        /// ```
        /// use keras::{metrics::SummationMethod, prelude::*};
        ///
        /// let mut auc = AUC::default().num_thresholds(3).summation_method(SummationMethod::Majoring);
        /// auc.update_arrays(&[[0.0], [1.0]], &[[0.6], [0.9]])?;
        /// assert_eq!(auc.result(), 1.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        summation_method: SummationMethod = SummationMethod::Interpolation,
        /// The thresholds, in any order, to which one below 0 and one above 1 are added (default: `num_thresholds`).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut auc = AUC::default().thresholds(&[0.75]);
        /// auc.update_arrays(&[[0.0], [1.0]], &[[0.6], [0.9]])?;
        /// assert_eq!(auc.result(), 1.0);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        thresholds: &[f32] => GivenThresholds,
        /// Whether each index of the last axis has an area of its own, whose mean is the result.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut auc = AUC::default().multi_label(true);
        /// auc.update_arrays(&[[0.0, 0.0], [1.0, 1.0]], &[[0.1, 0.9], [0.2, 0.8]])?; // right, wrong
        /// assert!((auc.result() - 0.5).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        multi_label: bool = false,
        /// The number of labels with `multi_label`: the length of the last axis (default: that of the first batch).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut auc = AUC::default().multi_label(true).num_labels(2);
        /// auc.update_arrays(&[[0.0, 0.0], [1.0, 1.0]], &[[0.1, 0.9], [0.2, 0.8]])?; // right, wrong
        /// assert!((auc.result() - 0.5).abs() < 1e-6);
        /// assert!(auc.update_arrays(&[[0.0]], &[[0.1]]).is_err());
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        num_labels: usize,
        /// The weight of each index of the last axis: of its area with `multi_label`, otherwise of its values (default: 1).
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut auc = AUC::default().multi_label(true).label_weights(&[3.0, 1.0]);
        /// auc.update_arrays(&[[0.0, 0.0], [1.0, 1.0]], &[[0.1, 0.9], [0.2, 0.8]])?; // right, wrong
        /// assert!((auc.result() - 0.75).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        label_weights: &[f32] => Vec<f32>,
        /// Whether the predictions are logits, which have not passed a sigmoid.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let mut auc = AUC::default().from_logits(true);
        /// auc.update_arrays(&[[0.0], [1.0]], &[[2.0], [3.0]])?;
        /// assert!((auc.result() - 1.0).abs() < 1e-6);
        /// # Ok::<(), keras::metrics::MetricError>(())
        /// ```
        from_logits: bool = false,
    }
    keeps { buckets: Buckets }
}

/// Thresholds in ascending order, among them one below 0 and one above 1.
#[derive(Clone, Debug)]
struct GivenThresholds(Vec<f32>);

impl From<&[f32]> for GivenThresholds {
    fn from(thresholds: &[f32]) -> Self {
        let mut inner = thresholds.to_vec();
        inner.sort_by(f32::total_cmp);
        Self([&[-1e-7], &inner[..], &[1.0 + 1e-7]].concat())
    }
}

impl GivenThresholds {
    /// Those that were given.
    fn inner(&self) -> &[f32] {
        &self.0[1..self.0.len() - 1]
    }

    /// Whether they are evenly spaced.
    fn are_even(&self) -> bool {
        let step = 1.0 / (self.0.len() - 1) as f32;
        let is_even = |(at, threshold): (usize, &f32)| {
            let even = (at + 1) as f32 * step;
            (threshold - even).abs() <= 1e-7 + 1e-5 * even
        };
        !self.inner().is_empty() && self.inner().iter().enumerate().all(is_even)
    }
}

impl FromConfig for GivenThresholds {
    const EXPECTED: &'static str = "a list of numbers";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        Ok(Vec::from_config(value)?.map(|given: Vec<f32>| Self::from(&given[..])))
    }
}

impl From<GivenThresholds> for ConfigValue {
    fn from(thresholds: GivenThresholds) -> Self {
        thresholds.inner().to_vec().into()
    }
}

impl AUC {
    fn all_thresholds(&self) -> Thresholds<'_> {
        match &self.thresholds {
            None => Thresholds::Even(self.num_thresholds, Lowest::BelowZero),
            Some(given) if given.are_even() => Thresholds::Even(given.0.len(), Lowest::BelowZero),
            Some(given) => Thresholds::Given(&given.0),
        }
    }

    /// The weight of an index of the last axis.
    fn label_weight(&self, label: usize) -> f32 {
        self.label_weights.as_ref().and_then(|weights| weights.get(label)).copied().unwrap_or(1.0)
    }

    fn area(&self, counts: &Counts) -> f64 {
        let Counts { true_positives: tp, false_positives: fp, true_negatives: tn, false_negatives: fn_ } = counts;
        if self.curve == Curve::PR && self.summation_method == SummationMethod::Interpolation {
            return interpolated_precision(tp, fp, fn_);
        }
        let point = |at: usize| match self.curve {
            Curve::ROC => (ratio(fp[at], fp[at] + tn[at]), ratio(tp[at], tp[at] + fn_[at])),
            Curve::PR => (ratio(tp[at], tp[at] + fn_[at]), ratio(tp[at], tp[at] + fp[at])),
            Curve::PRGain if tp[at] == 0.0 => (0.0, 1.0),
            Curve::PRGain => {
                let scale = ratio(tp[at] + fn_[at], tn[at] + fp[at]);
                ((1.0 - scale * fn_[at] / tp[at]).max(0.0), 1.0 - scale * fp[at] / tp[at])
            }
        };
        let between = |at: usize| {
            let ((right, high), (left, low)) = (point(at), point(at + 1));
            let height = match self.summation_method {
                SummationMethod::Interpolation => (high + low) / 2.0,
                SummationMethod::Minoring => high.min(low),
                SummationMethod::Majoring => high.max(low),
            };
            (right - left) * height
        };
        (0..tp.len() - 1).map(between).sum()
    }
}

/// The area under precision against recall, the true positives taken to grow evenly with all positives between thresholds.
fn interpolated_precision(tp: &[f64], fp: &[f64], fn_: &[f64]) -> f64 {
    let between = |at: usize| {
        let (positives, next) = (tp[at] + fp[at], tp[at + 1] + fp[at + 1]);
        let grown = tp[at] - tp[at + 1];
        let slope = ratio(grown, (positives - next).max(0.0));
        let intercept = tp[at + 1] - slope * next;
        let growth = if positives > 0.0 && next > 0.0 { positives / next } else { 1.0 };
        ratio(slope * (grown + intercept * growth.ln()), tp[at + 1] + fn_[at + 1])
    };
    (0..tp.len() - 1).map(between).sum()
}

impl Gather for AUC {
    fn fits(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let last = prediction.dims.last();
        for &threshold in self.thresholds.iter().flat_map(GivenThresholds::inner) {
            let right = (0.0..=1.0).contains(&threshold);
            MetricError::expect(right, self.name(), "thresholds", f64::from(threshold), "from 0 to 1")?;
        }
        self.all_thresholds().check(self.name(), 2, if self.multi_label { last } else { 1 })?;
        if let Some(weights) = &self.label_weights {
            let (found, expected) = (weights.len(), format!("as many as the last axis is long, {last}"));
            MetricError::expect(found == last, self.name(), "label_weights", found as f64, &expected)?;
        }
        if let Some(labels) = self.num_labels {
            let found = labels as f64;
            MetricError::expect(self.multi_label, self.name(), "num_labels", found, "given with `multi_label` only")?;
            let expected = format!("the length of the last axis, {last}");
            MetricError::expect(labels == last, self.name(), "num_labels", found, &expected)?;
        }
        if self.multi_label {
            MetricError::expect_width(self.name(), self.buckets.labels(), last)?;
        }
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn gather(&mut self, batch: Batch<'_>) -> Result<(), MetricError> {
        let probabilities: Vec<f32>;
        let mut prediction = *batch.prediction;
        if self.from_logits {
            probabilities = prediction.values.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
            prediction.values = &probabilities;
        }
        let mut buckets = mem::take(&mut self.buckets);
        let labels = if self.multi_label { batch.last } else { 1 };
        buckets.add(self.all_thresholds(), labels, Batch { prediction: &prediction, ..batch }, |at| {
            Some(if self.multi_label { (at, 1.0) } else { (0, self.label_weight(at)) })
        });
        self.buckets = buckets;
        Ok(())
    }

    fn summary(&self) -> f32 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for label in 0..self.buckets.labels() {
            let weight = if self.multi_label { f64::from(self.label_weight(label)) } else { 1.0 };
            sum += self.area(&self.buckets.counts(label)) * weight;
            weights += weight;
        }
        ratio(sum, weights) as f32
    }

    fn adjust(&self, config: Config) -> Config {
        match &self.thresholds {
            Some(given) => config.with("num_thresholds", given.0.len()),
            None => config,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_class_has_no_area() {
        for curve in [Curve::ROC, Curve::PR, Curve::PRGain] {
            for targets in [[[0.0], [0.0]], [[1.0], [1.0]]] {
                let mut auc = AUC::default().curve(curve);
                assert_eq!(auc.result(), 0.0);
                auc.update_arrays(&targets, &[[0.2], [0.8]]).unwrap();
                assert!(auc.result().is_finite(), "{curve:?}, {targets:?}");
                auc.reset();
                assert_eq!(auc.result(), 0.0);
            }
        }
    }

    #[test]
    fn arguments_are_checked() {
        let update = |mut auc: AUC| auc.update_arrays(&[[0.0, 1.0]], &[[0.2, 0.8]]).map_err(|error| error.to_string());
        assert_eq!(
            update(AUC::default().num_thresholds(1)).unwrap_err(),
            "auc's `num_thresholds` is 1, but must be at least 2"
        );
        assert_eq!(
            update(AUC::default().label_weights(&[1.0])).unwrap_err(),
            "auc's `label_weights` is 1, but must be as many as the last axis is long, 2"
        );
        assert_eq!(
            update(AUC::default().num_labels(2)).unwrap_err(),
            "auc's `num_labels` is 2, but must be given with `multi_label` only"
        );
        assert_eq!(
            update(AUC::default().multi_label(true).num_labels(3)).unwrap_err(),
            "auc's `num_labels` is 3, but must be the length of the last axis, 2"
        );
        let mut auc = AUC::default().multi_label(true);
        auc.update_arrays(&[[0.0, 1.0]], &[[0.2, 0.8]]).unwrap();
        let error = auc.update_arrays(&[[0.0]], &[[0.2]]).unwrap_err();
        assert_eq!(error.to_string(), "auc has seen 2 values at each position, but there are 1 now");
    }
}

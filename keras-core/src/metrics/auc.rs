//! The area under a curve of right against wrong positives.

use super::{
    Direction, Metric, MetricError,
    buckets::{Buckets, Counts, Thresholds, ratio},
};
use crate::losses::{Prediction, TargetView};

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
    /// The part of the positives that is found against the part of the negatives that is taken for positive.
    #[default]
    ROC,
    /// Precision against recall.
    PR,
    /// Precision gain against recall gain:
    /// [Flach and Kull 2015](https://papers.nips.cc/paper/5867-precision-recall-gain-curves-pr-analysis-done-right).
    PRGain,
}

/// How the area between two thresholds is taken.
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

/// The area under a curve of right against wrong positives, over thresholds: how likely a positive target is predicted higher
/// than another, if the curve is [`Curve::ROC`]. [Keras' `AUC`](https://keras.io/api/metrics/classification_metrics/#auc-class).
///
/// The area is approximated at the thresholds, whose number is chosen, not at all predictions. They are probabilities: what
/// is below 0 or above 1 counts as that.
///
/// | argument | default | |
/// |---|---|---|
/// | [`num_thresholds`](Self::num_thresholds) | 200 | from 0 to 1 in equal steps |
/// | [`curve`](Self::curve) | [`Curve::ROC`] | |
/// | [`summation_method`](Self::summation_method) | [`SummationMethod::Interpolation`] | |
/// | [`thresholds`](Self::thresholds) | none | these instead, and one below 0 and one above 1 |
/// | [`multi_label`](Self::multi_label) | `false` | whether each place of the last axis has an area of its own |
/// | [`label_weights`](Self::label_weights) | 1 each | |
/// | [`from_logits`](Self::from_logits) | `false` | whether the output has had no sigmoid |
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
#[derive(Clone, Debug)]
pub struct AUC {
    curve: Curve,
    summation_method: SummationMethod,
    multi_label: bool,
    label_weights: Vec<f32>,
    from_logits: bool,
    buckets: Buckets,
}

impl Default for AUC {
    fn default() -> Self {
        Self {
            curve: Curve::default(),
            summation_method: SummationMethod::default(),
            multi_label: false,
            label_weights: Vec::new(),
            from_logits: false,
            buckets: Buckets::new(Thresholds::Even { count: 200, below_zero: true }),
        }
    }
}

impl AUC {
    /// Sets the number of thresholds, of which the first lies below 0 and the last above 1: at least 2.
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
    pub fn num_thresholds(mut self, num_thresholds: usize) -> Self {
        self.buckets = Buckets::new(Thresholds::Even { count: num_thresholds, below_zero: true });
        self
    }

    /// Sets the curve.
    ///
    /// ```
    /// use keras::{metrics::Curve, prelude::*};
    ///
    /// let mut auc = AUC::default().curve(Curve::PR);
    /// auc.update_arrays(&[[0.0], [1.0]], &[[0.9], [0.2]])?;
    /// assert!(auc.result() < 0.5);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curve = curve;
        self
    }

    /// Sets how the area between two thresholds is taken.
    ///
    /// ```
    /// use keras::{metrics::SummationMethod, prelude::*};
    ///
    /// let mut auc = AUC::default().num_thresholds(3).summation_method(SummationMethod::Majoring);
    /// auc.update_arrays(&[[0.0], [1.0]], &[[0.6], [0.9]])?;
    /// assert_eq!(auc.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn summation_method(mut self, summation_method: SummationMethod) -> Self {
        self.summation_method = summation_method;
        self
    }

    /// Sets the thresholds, in any order; one below 0 and one above 1 are added.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut auc = AUC::default().thresholds(&[0.75]);
    /// auc.update_arrays(&[[0.0], [1.0]], &[[0.6], [0.9]])?;
    /// assert_eq!(auc.result(), 1.0);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn thresholds(mut self, thresholds: &[f32]) -> Self {
        let mut sorted = thresholds.to_vec();
        sorted.sort_by(f32::total_cmp);
        let count = sorted.len() + 2;
        let step = 1.0 / (count - 1) as f32;
        let is_even = |(at, threshold): (usize, &f32)| {
            let even = (at + 1) as f32 * step;
            (threshold - even).abs() <= 1e-7 + 1e-5 * even
        };
        self.buckets = Buckets::new(if count > 2 && sorted.iter().enumerate().all(is_even) {
            Thresholds::Even { count, below_zero: true }
        } else {
            sorted.insert(0, -1e-7);
            sorted.push(1.0 + 1e-7);
            Thresholds::Given(sorted)
        });
        self
    }

    /// Gives each place of the last axis an area of its own, whose mean is the result. Otherwise, all values make one.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut auc = AUC::default().multi_label(true);
    /// auc.update_arrays(&[[0.0, 0.0], [1.0, 1.0]], &[[0.1, 0.9], [0.2, 0.8]])?; // right, wrong
    /// assert!((auc.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn multi_label(mut self, multi_label: bool) -> Self {
        self.multi_label = multi_label;
        self
    }

    /// Sets a weight for each place of the last axis: of its area with [`multi_label`](Self::multi_label), otherwise of its
    /// values.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut auc = AUC::default().multi_label(true).label_weights(&[3.0, 1.0]);
    /// auc.update_arrays(&[[0.0, 0.0], [1.0, 1.0]], &[[0.1, 0.9], [0.2, 0.8]])?; // right, wrong
    /// assert!((auc.result() - 0.75).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn label_weights(mut self, label_weights: &[f32]) -> Self {
        self.label_weights = label_weights.to_vec();
        self
    }

    /// Says that the output has had no sigmoid.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// let mut auc = AUC::default().from_logits(true);
    /// auc.update_arrays(&[[0.0], [1.0]], &[[2.0], [3.0]])?;
    /// assert!((auc.result() - 1.0).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub fn from_logits(mut self, from_logits: bool) -> Self {
        self.from_logits = from_logits;
        self
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

impl Metric for AUC {
    fn name(&self) -> &str {
        "auc"
    }

    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        match &self.buckets.thresholds {
            Thresholds::Even { count, .. } => {
                MetricError::expect(*count > 1, self.name(), "num_thresholds", *count as f64, "at least 2")?;
            }
            // The first and the last stand for less than 0 and more than 1.
            Thresholds::Given(thresholds) => {
                for threshold in thresholds.iter().skip(1).rev().skip(1) {
                    let right = (0.0..=1.0).contains(threshold);
                    MetricError::expect(right, self.name(), "thresholds", f64::from(*threshold), "from 0 to 1")?;
                }
            }
        }
        let last = prediction.dims.last();
        self.buckets.check(self.name(), if self.multi_label { last } else { 1 })?;
        if !self.label_weights.is_empty() {
            let (found, expected) = (self.label_weights.len(), format!("as many as the last axis is long, {last}"));
            MetricError::expect(found == last, self.name(), "label_weights", found as f64, &expected)?;
        }
        if self.multi_label {
            MetricError::expect_width(self.name(), self.buckets.labels(), last)?;
        }
        MetricError::expect_targets(self.name(), target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let probabilities: Vec<f32>;
        let mut prediction = *prediction;
        if self.from_logits {
            probabilities = prediction.values.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect();
            prediction.values = &probabilities;
        }
        let Self { multi_label, label_weights, buckets, .. } = self;
        let labels = if *multi_label { prediction.dims.last() } else { 1 };
        buckets.update(labels, target, &prediction, sample_weight, |at| {
            Some(if *multi_label { (at, 1.0) } else { (0, label_weights.get(at).copied().unwrap_or(1.0)) })
        })
    }

    fn result(&self) -> f32 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for label in 0..self.buckets.labels() {
            let weight = if self.multi_label { self.label_weights.get(label).copied().unwrap_or(1.0) } else { 1.0 };
            sum += self.area(&self.buckets.counts(label)) * f64::from(weight);
            weights += f64::from(weight);
        }
        ratio(sum, weights) as f32
    }

    fn reset(&mut self) {
        self.buckets.reset();
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
        let mut auc = AUC::default().multi_label(true);
        auc.update_arrays(&[[0.0, 1.0]], &[[0.2, 0.8]]).unwrap();
        let error = auc.update_arrays(&[[0.0]], &[[0.2]]).unwrap_err();
        assert_eq!(error.to_string(), "auc has seen 2 values at each position, but there are 1 now");
    }
}

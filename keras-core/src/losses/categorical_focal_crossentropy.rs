//! Categorical focal crossentropy.

use super::{
    Logits, Loss, LossError, Prediction, Reduction, Row, RowGradient, TargetView, Values,
    declare::{described, loss},
    math,
    rows::{self, by_vectors},
};
use crate::config::{ConfigError, ConfigValue, FromConfig};
use crate::kernels::{
    math::ln_outlined,
    rows::{Elements, RowFunction, Rows, Slopes, Softmax},
    simd::Vector,
    sums::Sum,
};

loss! {
    /// Categorical focal crossentropy: `-Σ αᵢ·(1 - pᵢ)^γ·yᵢ·ln pᵢ` over the last axis. Easy examples are down-weighted.
    /// [Keras' `CategoricalFocalCrossentropy`](https://keras.io/api/losses/probabilistic_losses/#categoricalfocalcrossentropy-class);
    /// [Lin et al. 2017](https://arxiv.org/abs/1708.02002).
    ///
    /// If the model ends in a softmax, the loss is computed from what went into it: no probability is clipped, and a class
    /// that is certain and wrong has a gradient. (Keras clips there too, so that such a class has none.) Probabilities from
    /// elsewhere are divided by their sum, then clipped to `1e-7 … 1 - 1e-7`.
    ///
    /// The classes lie along the last axis: Keras' `axis` is not taken.
    ///
    /// ```
    /// use keras::{losses::Reduction, prelude::*};
    ///
    /// let loss = CategoricalFocalCrossentropy::default().value(&[[0.0, 1.0, 0.0]], &[[0.1, 0.8, 0.1]])?;
    /// assert!((loss - 0.25 * 0.2f32.powi(2) * -0.8f32.ln()).abs() < 1e-6);
    /// let (y, p) = ([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]);
    /// let sum = CategoricalFocalCrossentropy::default().reduction(Reduction::Sum).value(&y, &p)?;
    /// assert!((sum - 2.0 * 0.25 * 0.25 * 2f32.ln()).abs() < 1e-6);
    ///
    /// sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }
    /// let (x, labels) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Labels::try_from([2, 0])?);
    /// let mut net = Net::with_seed(1);
    /// let mut compiled = net.compile(Adam::new(0.1), CategoricalFocalCrossentropy::default(), (Accuracy::default(),));
    /// compiled.fit(&x, labels.one_hot()?).epochs(50).verbose(0).run()?;
    /// assert_eq!(compiled.evaluate(&x, labels.one_hot()?)?["accuracy"], 1.0);
    /// # Ok::<(), keras::Error>(())
    /// ```
    #[derive(Clone, Debug)]
    pub struct CategoricalFocalCrossentropy {
        /// The weight of all classes, or an array with the weight of each.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (y, p) = ([[0.0, 1.0]], [[0.5, 0.5]]);
        /// let all = CategoricalFocalCrossentropy::default().alpha(0.5).value(&y, &p)?;
        /// assert_eq!(CategoricalFocalCrossentropy::default().alpha([0.1, 0.5]).value(&y, &p)?, all);
        /// let error = CategoricalFocalCrossentropy::default().alpha([0.1, 0.5, 0.4]).value(&y, &p).unwrap_err();
        /// assert_eq!(error.to_string(), "the alpha must hold 2 numbers, but it holds 3");
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        alpha: impl Into<Alpha> => Alpha = Alpha::All(0.25),
        /// The focusing parameter `γ`; with 0, all predictions count alike.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let (y, p) = ([[0.0, 1.0]], [[0.25, 0.75]]);
        /// let all_alike = CategoricalFocalCrossentropy::default().alpha(1.0).gamma(0.0).value(&y, &p)?;
        /// assert_eq!(all_alike, CategoricalCrossentropy::default().value(&y, &p)?);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        gamma: f32 = 2.0,
        /// Whether the predictions are logits, which have not passed a softmax.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = CategoricalFocalCrossentropy::default().from_logits(true).value(&[[0.0, 1.0]], &[[5.0, 5.0]])?;
        /// assert!((loss - 0.25 * 0.25 * 2f32.ln()).abs() < 1e-6);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        from_logits: bool = false,
        /// Label smoothing: `s` makes `y·(1 - s) + s/classes` of a target.
        ///
        /// ```
        /// use keras::prelude::*;
        ///
        /// let loss = CategoricalFocalCrossentropy::default();
        /// let soft = loss.value(&[[0.25, 0.75]], &[[0.25, 0.75]])?;
        /// assert_eq!(loss.label_smoothing(0.5).value(&[[0.0, 1.0]], &[[0.25, 0.75]])?, soft);
        /// # Ok::<(), keras::losses::LossError>(())
        /// ```
        label_smoothing: f32 = 0.0,
        const axis = -1,
    }
}

/// The weights of classes: what [`CategoricalFocalCrossentropy::alpha`] takes, a number or an array of them.
///
/// ```
/// use keras::{losses::Alpha, prelude::*};
///
/// assert_eq!(Alpha::from(0.5), Alpha::All(0.5));
/// assert_eq!(Alpha::from([0.2, 0.8]), Alpha::Each(vec![0.2, 0.8]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Alpha {
    /// One for all classes.
    All(f32),
    /// One for each class.
    Each(Vec<f32>),
}

impl FromConfig for Alpha {
    const EXPECTED: &'static str = "a number, or a list of them";

    fn from_config(value: &ConfigValue) -> Result<Option<Self>, ConfigError> {
        Ok(match f32::from_config(value)? {
            Some(alpha) => Some(Self::All(alpha)),
            None => Vec::from_config(value)?.map(Self::Each),
        })
    }
}

impl From<Alpha> for ConfigValue {
    fn from(alpha: Alpha) -> Self {
        match alpha {
            Alpha::All(alpha) => alpha.into(),
            Alpha::Each(alphas) => alphas.into(),
        }
    }
}

impl From<f32> for Alpha {
    fn from(alpha: f32) -> Self {
        Self::All(alpha)
    }
}

impl<const CLASSES: usize> From<[f32; CLASSES]> for Alpha {
    fn from(alphas: [f32; CLASSES]) -> Self {
        Self::Each(alphas.to_vec())
    }
}

impl From<Vec<f32>> for Alpha {
    fn from(alphas: Vec<f32>) -> Self {
        Self::Each(alphas)
    }
}

impl Loss for CategoricalFocalCrossentropy {
    type Target = Values;

    const MINIMUM_LAST: usize = 2;
    const FUSES: Option<Logits> = Some(Logits::Softmax);

    described!("categorical_focal_crossentropy");

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), LossError> {
        LossError::expect_smoothing(self.name(), self.label_smoothing)?;
        LossError::expect(self.gamma >= 0.0, self.name(), "gamma", self.gamma, "at least 0")?;
        if let Alpha::Each(alphas) = &self.alpha {
            LossError::expect_length("alpha", prediction.dims.last(), alphas.len())?;
        }
        let alphas = match &self.alpha {
            Alpha::All(alpha) => std::slice::from_ref(alpha),
            Alpha::Each(alphas) => alphas,
        };
        for &alpha in alphas {
            LossError::expect(alpha >= 0.0, self.name(), "alpha", alpha, "at least 0")?;
        }
        LossError::expect_targets(self.name(), prediction.values.len(), target.len())
    }

    by_vectors!();
}

impl CategoricalFocalCrossentropy {
    /// The weight of targets, which are smoothed.
    #[inline(always)]
    fn weight<V: Vector, const ALONG: bool>(&self, row: &Rows<'_, V, ALONG>, at: Elements) -> V {
        let (keep, add) = (V::splat(1.0 - self.label_smoothing), V::splat(self.label_smoothing / row.length() as f32));
        let alpha = match &self.alpha {
            Alpha::All(alpha) => V::splat(*alpha),
            Alpha::Each(alphas) => row.parameter(alphas, at),
        };
        alpha * row.target(at).mul_add(keep, add)
    }

    /// The loss of classes of a row by their probability, which is divided by the row's sum already, and its derivative.
    #[inline(always)]
    fn of_probability<V: Vector>(&self, weight: V, value: V) -> (V, V) {
        let p = rows::clip(value);
        let (focus, focus_slope) = rows::power(V::splat(1.0) - p, self.gamma, math::EPSILON);
        let ln = ln_outlined(p);
        let slope = weight * (focus_slope * ln - focus / p);
        (-(weight * focus * ln), V::select(p.eq(value), slope, V::zero()))
    }

    /// The loss of classes of a row, and the probability times the derivative by it.
    #[inline(always)]
    fn of_logit<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        softmax: &Softmax<'_, V, ALONG>,
        at: Elements,
    ) -> (V, V) {
        let (focus, focus_slope) = rows::power(softmax.complement(row, at), self.gamma, f32::MIN_POSITIVE);
        let (weight, cost) = (self.weight(row, at), softmax.negative_log(at));
        (weight * focus * cost, -(weight * (focus_slope * softmax.probability(at) * cost + focus)))
    }
}

impl RowFunction for CategoricalFocalCrossentropy {
    const OF_CLASSES: bool = false;

    #[inline(always)]
    fn apply<V: Vector, const ALONG: bool>(
        &self,
        row: &Rows<'_, V, ALONG>,
        slopes: Option<&mut Slopes<'_, V, ALONG>>,
    ) -> V {
        let (mut loss, mut shared) = (Sum::zero(), Sum::zero());
        if let Some(softmax) = row.softmax(self.from_logits) {
            for at in row.elements() {
                let (cost, slope) = self.of_logit(row, &softmax, at);
                row.add(&mut loss, at, cost);
                row.add(&mut shared, at, slope);
            }
            if let Some(slopes) = slopes {
                let total = row.total(shared);
                for at in row.elements() {
                    let (_, own) = self.of_logit(row, &softmax, at);
                    // `own - p·total`, which would be 0 where the probability rounds to 1
                    let others = softmax.probability(at) * (total - own);
                    slopes.write(at, own * softmax.complement(row, at) - others);
                }
            }
            return row.total(loss);
        }
        let share = rows::normalizer(row);
        for at in row.elements() {
            let p = row.value(at) * share;
            let (cost, slope) = self.of_probability(self.weight(row, at), p);
            row.add(&mut loss, at, cost);
            row.add(&mut shared, at, slope * p);
        }
        if let Some(slopes) = slopes {
            // what all probabilities lose when one grows
            let shared = row.total(shared);
            for at in row.elements() {
                let (_, slope) = self.of_probability(self.weight(row, at), row.value(at) * share);
                slopes.write(at, (slope - shared) * share);
            }
        }
        row.total(loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::testing;

    #[test]
    fn gradients() {
        let plain = CategoricalFocalCrossentropy::default;
        let each =
            [plain(), plain().alpha([0.2, 0.5, 0.3]), plain().gamma(0.0), plain().gamma(1.5).label_smoothing(0.1)];
        for loss in each {
            for target in [[0.0, 1.0, 0.0, 0.0, 0.0, 1.0], [0.1, 0.6, 0.3, 0.2, 0.2, 0.6]] {
                let target = TargetView::Values(&target);
                testing::check_gradient(&loss, target, &[0.2, 0.7, 0.1, 0.3, 0.5, 0.4], 3);
                let logits = &[0.2, -0.7, 3.1, 0.3, 1.3, 0.4];
                testing::check_gradient(&loss.clone().from_logits(true), target, logits, 3);
                testing::check_fused_gradient(&loss, target, logits, 3);
            }
        }
    }

    #[test]
    fn probabilities_are_normalised_before_they_are_clipped() {
        let loss = CategoricalFocalCrossentropy::default().alpha(1.0).gamma(0.0);
        assert!((loss.value(&[[1.0, 0.0]], &[[1.0, 3.0]]).unwrap() - 4f32.ln()).abs() < 1e-6);
        assert!((loss.value(&[[0.0, 1.0]], &[[2.0, 0.0]]).unwrap() - 16.118_095).abs() < 1e-5);
    }

    #[test]
    fn a_class_that_is_certain_has_a_loss_and_a_gradient() {
        let close = |found: f32, expected: f64| {
            assert!((f64::from(found) - expected).abs() <= 1e-5 * expected.abs(), "{found} is not {expected}");
        };
        let loss = CategoricalFocalCrossentropy::default().from_logits(true);
        let (value, gradient) = loss.value_and_gradient(&[[0.0, 1.0]], &[[255.0, 0.0]]).unwrap();
        close(value, 0.25 * 255.0);
        close(gradient[0][0], 0.25);
        close(gradient[0][1], -0.25);
        for gamma in [0.0, 0.5, 1.0] {
            let loss = loss.clone().alpha(1.0).gamma(gamma);
            let (value, gradient) = loss.value_and_gradient(&[[1.0, 0.0]], &[[19.0, 0.0]]).unwrap();
            let (gamma, rest) = (f64::from(gamma), 1.0 / (1.0 + 19f64.exp()));
            let cost = (-19f64).exp().ln_1p();
            close(value, rest.powf(gamma) * cost);
            let slope = rest.powf(gamma) * (gamma * cost * (1.0 - rest) + rest);
            close(gradient[0][0], -slope);
            close(gradient[0][1], slope);
        }
    }

    #[test]
    fn a_row_of_nothing_is_finite() {
        let loss = CategoricalFocalCrossentropy::default();
        let (value, gradient) = loss.value_and_gradient(&[[0.0, 1.0]], &[[0.0, 0.0]]).unwrap();
        assert!(value.is_finite());
        assert_eq!(gradient, [[0.0, 0.0]]);
    }
}

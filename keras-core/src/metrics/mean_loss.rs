//! Losses as metrics.

use super::{Direction, Metric, MetricError};
use crate::{
    config::{Arguments, Config, ConfigError, FromArguments},
    losses::{self, Loss, LossError, Prediction, TargetView},
};

/// The losses that Keras has as metrics, too.
const METRICS: [&str; 12] = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
];

/// Any loss as a metric: its mean over all positions, weighted if there are weights.
/// [Keras' `MeanMetricWrapper`](https://keras.io/api/metrics/reduction_metrics/#meanmetricwrapper-class).
///
/// Those that Keras has as metrics have their names here: [`MeanSquaredError`], [`BinaryCrossentropy`] and so on. They are
/// not in the prelude, which has the losses of these names. The loss's reduction has no effect: it is a weighted mean. Of a
/// loss that takes [whole batches](Loss::WHOLE_BATCH), each batch counts once.
///
/// ```
/// use keras::{metrics::MeanLoss, prelude::*};
///
/// let mut huber = MeanLoss::new(Huber::default());
/// huber.update_arrays(&[[0.0], [0.0]], &[[1.0], [3.0]])?;
/// huber.update_arrays(&[[0.0]], &[[0.0]])?;
/// assert_eq!((huber.name(), huber.result()), ("huber_loss", (0.5 + 2.5 + 0.0) / 3.0));
///
/// sequential! { struct Line { Input(1), Dense(1) } }
/// let mut line = Line::with_seed(1);
/// let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), (huber,));
/// let evaluation = compiled.evaluate(&Tensor::from([[1.0]]), &Tensor::from([[1.0]]))?;
/// assert!(evaluation["huber_loss"] <= 0.5 * evaluation.loss); // which is half the square, or less
/// # Ok::<(), keras::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanLoss<L> {
    loss: L,
    total: f64,
    weight: f64,
}

impl<L: Loss> MeanLoss<L> {
    /// The mean of this loss.
    ///
    /// ```
    /// use keras::{metrics::MeanLoss, prelude::*};
    ///
    /// let mut dice = MeanLoss::new(Dice::default());
    /// dice.update_arrays(&[[1.0, 1.0, 0.0]], &[[0.0, 1.0, 1.0]])?;
    /// assert!((dice.result() - 0.5).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn new(loss: L) -> Self {
        Self { loss, total: 0.0, weight: 0.0 }
    }
}

impl<L: Loss + FromArguments> FromArguments for MeanLoss<L> {
    fn from_arguments(arguments: &mut Arguments<'_>) -> Result<Self, ConfigError> {
        arguments.fixed("axis", (-1).into())?;
        L::from_arguments(arguments).map(Self::new)
    }
}

impl<L: Loss> Metric for MeanLoss<L> {
    fn name(&self) -> &str {
        self.loss.name()
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        let values = prediction.values.len();
        self.loss.check(target, prediction).map_err(|error| match error {
            LossError::Targets { expected, found, .. } if expected == values => {
                MetricError::Targets { metric: self.name().to_owned(), values, targets: found }
            }
            error => error.into(),
        })
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        self.check(target, prediction)?;
        let (total, weight) = if self.loss.properties().whole_batch {
            (f64::from(self.loss.evaluate(target, prediction, None, None)?.0), 1.0)
        } else {
            losses::totals(&self.loss, target, prediction, sample_weight)?
        };
        self.total += total;
        self.weight += weight;
        Ok(())
    }

    fn result(&self) -> f32 {
        if self.weight == 0.0 { 0.0 } else { (self.total / self.weight) as f32 }
    }

    fn reset(&mut self) {
        (self.total, self.weight) = (0.0, 0.0);
    }

    fn config(&self) -> Config {
        let loss = self.loss.config();
        let class = METRICS.into_iter().find(|class| loss.module() == "keras.losses" && loss.class_name() == *class);
        let config = Config::new("keras.metrics", class.unwrap_or("MeanMetricWrapper"));
        let config = config.with("name", self.name()).with("dtype", "float32");
        let Some(class) = class else { return config.with("fn", loss) };
        // As Keras has it, the axis is told by other classes than of the losses.
        let is_told = |name: &str| !["name", "reduction", "axis"].contains(&name);
        let arguments = loss.iter().filter(|(name, _)| is_told(name));
        let config = arguments.fold(config, |config, (name, value)| config.with(name.to_owned(), value.clone()));
        if class.ends_with("CategoricalCrossentropy") { config.with("axis", -1) } else { config }
    }
}

/// Mean squared error, as a metric.
/// [Keras' `MeanSquaredError`](https://keras.io/api/metrics/regression_metrics/#meansquarederror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{MeanSquaredError, Metric};
///
/// let mut error = MeanSquaredError::default();
/// error.update_arrays(&[[0.0, 1.0], [0.0, 0.0]], &[[2.0, 1.0], [0.0, 0.0]])?;
/// assert_eq!(error.result(), 1.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type MeanSquaredError = MeanLoss<losses::MeanSquaredError>;

/// Mean absolute error, as a metric.
/// [Keras' `MeanAbsoluteError`](https://keras.io/api/metrics/regression_metrics/#meanabsoluteerror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{MeanAbsoluteError, Metric};
///
/// let mut error = MeanAbsoluteError::default();
/// error.update_arrays(&[[0.0, 1.0], [0.0, 0.0]], &[[1.0, 1.0], [0.0, 0.0]])?;
/// assert_eq!(error.result(), 0.25);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type MeanAbsoluteError = MeanLoss<losses::MeanAbsoluteError>;

/// Mean absolute percentage error, as a metric.
/// [Keras' `MeanAbsolutePercentageError`](https://keras.io/api/metrics/regression_metrics/#meanabsolutepercentageerror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{MeanAbsolutePercentageError, Metric};
///
/// let mut error = MeanAbsolutePercentageError::default();
/// error.update_arrays(&[[2.0], [4.0]], &[[1.0], [5.0]])?;
/// assert_eq!(error.result(), (50.0 + 25.0) / 2.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type MeanAbsolutePercentageError = MeanLoss<losses::MeanAbsolutePercentageError>;

/// Mean squared logarithmic error, as a metric.
/// [Keras' `MeanSquaredLogarithmicError`](https://keras.io/api/metrics/regression_metrics/#meansquaredlogarithmicerror-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{MeanSquaredLogarithmicError, Metric};
///
/// let mut error = MeanSquaredLogarithmicError::default();
/// error.update_arrays(&[[0.0]], &[[1.0]])?;
/// assert!((error.result() - 2f32.ln().powi(2)).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type MeanSquaredLogarithmicError = MeanLoss<losses::MeanSquaredLogarithmicError>;

/// Cross-entropy between targets of 0 or 1 and probabilities, as a metric.
/// [Keras' `BinaryCrossentropy`](https://keras.io/api/metrics/probabilistic_metrics/#binarycrossentropy-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// The mean is over the last axis: Keras' `axis` is not taken.
///
/// ```
/// use keras::metrics::{BinaryCrossentropy, Metric};
///
/// let mut entropy = BinaryCrossentropy::default();
/// entropy.update_arrays(&[[1.0], [0.0]], &[[0.5], [0.5]])?;
/// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type BinaryCrossentropy = MeanLoss<losses::BinaryCrossentropy>;

impl BinaryCrossentropy {
    /// Whether the predictions are logits, which have not passed a sigmoid (default: `false`).
    ///
    /// ```
    /// use keras::metrics::{BinaryCrossentropy, Metric};
    ///
    /// let mut entropy = BinaryCrossentropy::default().from_logits(true);
    /// entropy.update_arrays(&[[1.0]], &[[0.0]])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.loss = self.loss.from_logits(from_logits);
        self
    }

    /// Label smoothing: `s` makes `y·(1 - s) + s/2` of a target (default: 0).
    ///
    /// ```
    /// use keras::metrics::{BinaryCrossentropy, Metric};
    ///
    /// let mut entropy = BinaryCrossentropy::default().label_smoothing(1.0);
    /// entropy.update_arrays(&[[1.0]], &[[0.5]])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.loss = self.loss.label_smoothing(label_smoothing);
        self
    }
}

/// Cross-entropy between target probabilities and predicted ones, as a metric.
/// [Keras' `CategoricalCrossentropy`](https://keras.io/api/metrics/probabilistic_metrics/#categoricalcrossentropy-class).
///
/// The classes lie along the last axis: Keras' `axis` is not taken.
///
/// ```
/// use keras::metrics::{CategoricalCrossentropy, Metric};
///
/// let mut entropy = CategoricalCrossentropy::default();
/// entropy.update_arrays(&[[0.0, 1.0]], &[[0.5, 0.5]])?;
/// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type CategoricalCrossentropy = MeanLoss<losses::CategoricalCrossentropy>;

impl CategoricalCrossentropy {
    /// Whether the predictions are logits, which have not passed a softmax (default: `false`).
    ///
    /// ```
    /// use keras::metrics::{CategoricalCrossentropy, Metric};
    ///
    /// let mut entropy = CategoricalCrossentropy::default().from_logits(true);
    /// entropy.update_arrays(&[[0.0, 1.0]], &[[5.0, 5.0]])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.loss = self.loss.from_logits(from_logits);
        self
    }

    /// Label smoothing: `s` makes `y·(1 - s) + s/classes` of a target (default: 0).
    ///
    /// ```
    /// use keras::metrics::{CategoricalCrossentropy, Metric};
    ///
    /// let mut entropy = CategoricalCrossentropy::default().label_smoothing(1.0);
    /// entropy.update_arrays(&[[0.0, 1.0]], &[[0.5, 0.5]])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn label_smoothing(mut self, label_smoothing: f32) -> Self {
        self.loss = self.loss.label_smoothing(label_smoothing);
        self
    }
}

/// Cross-entropy between class labels and predicted probabilities, as a metric.
/// [Keras' `SparseCategoricalCrossentropy`](https://keras.io/api/metrics/probabilistic_metrics/#sparsecategoricalcrossentropy-class).
///
/// A label that is not a class is an error.
///
/// The classes lie along the last axis: Keras' `axis` is not taken.
///
/// ```
/// use keras::metrics::{Metric, SparseCategoricalCrossentropy};
///
/// let mut entropy = SparseCategoricalCrossentropy::default();
/// entropy.update_arrays(&[1], &[[0.5, 0.5]])?;
/// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
/// assert!(entropy.update_arrays(&[2], &[[0.5, 0.5]]).is_err());
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type SparseCategoricalCrossentropy = MeanLoss<losses::SparseCategoricalCrossentropy>;

impl SparseCategoricalCrossentropy {
    /// Whether the predictions are logits, which have not passed a softmax (default: `false`).
    ///
    /// ```
    /// use keras::metrics::{Metric, SparseCategoricalCrossentropy};
    ///
    /// let mut entropy = SparseCategoricalCrossentropy::default().from_logits(true);
    /// entropy.update_arrays(&[1], &[[5.0, 5.0]])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn from_logits(mut self, from_logits: bool) -> Self {
        self.loss = self.loss.from_logits(from_logits);
        self
    }

    /// The class whose positions do not count (default: none); see
    /// [the loss](losses::SparseCategoricalCrossentropy::ignore_class).
    ///
    /// ```
    /// use keras::metrics::{Metric, SparseCategoricalCrossentropy};
    ///
    /// let mut entropy = SparseCategoricalCrossentropy::default().ignore_class(255);
    /// entropy.update_weighted(&[1, 255], &[[0.5, 0.5], [0.9, 0.1]], &[1.0, 1.0])?;
    /// assert!((entropy.result() - 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), keras::metrics::MetricError>(())
    /// ```
    pub const fn ignore_class(mut self, ignore_class: u32) -> Self {
        self.loss = self.loss.ignore_class(ignore_class);
        self
    }
}

/// Kullback-Leibler divergence, as a metric.
/// [Keras' `KLDivergence`](https://keras.io/api/metrics/probabilistic_metrics/#kldivergence-class).
///
/// ```
/// use keras::metrics::{KLDivergence, Metric};
///
/// let mut divergence = KLDivergence::default();
/// divergence.update_arrays(&[[0.5, 0.5]], &[[0.25, 0.75]])?;
/// assert!((divergence.result() - 0.5 * (4f32 / 3.0).ln()).abs() < 1e-6);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type KLDivergence = MeanLoss<losses::KLDivergence>;

/// Poisson loss, as a metric.
/// [Keras' `Poisson`](https://keras.io/api/metrics/probabilistic_metrics/#poisson-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{Metric, Poisson};
///
/// let mut poisson = Poisson::default();
/// poisson.update_arrays(&[[0.0], [0.0]], &[[1.0], [3.0]])?;
/// assert_eq!(poisson.result(), 2.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type Poisson = MeanLoss<losses::Poisson>;

/// Hinge loss, as a metric.
/// [Keras' `Hinge`](https://keras.io/api/metrics/hinge_metrics/#hinge-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{Hinge, Metric};
///
/// let mut hinge = Hinge::default();
/// hinge.update_arrays(&[[-1.0], [1.0]], &[[-0.5], [3.0]])?;
/// assert_eq!(hinge.result(), 0.25);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type Hinge = MeanLoss<losses::Hinge>;

/// Squared hinge loss, as a metric.
/// [Keras' `SquaredHinge`](https://keras.io/api/metrics/hinge_metrics/#squaredhinge-class).
///
/// Targets have the shape of the predictions. (Keras broadcasts one to the other.)
///
/// ```
/// use keras::metrics::{Metric, SquaredHinge};
///
/// let mut hinge = SquaredHinge::default();
/// hinge.update_arrays(&[[-1.0], [1.0]], &[[-0.5], [3.0]])?;
/// assert_eq!(hinge.result(), 0.125);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type SquaredHinge = MeanLoss<losses::SquaredHinge>;

/// Categorical hinge loss, as a metric.
/// [Keras' `CategoricalHinge`](https://keras.io/api/metrics/hinge_metrics/#categoricalhinge-class).
///
/// ```
/// use keras::metrics::{CategoricalHinge, Metric};
///
/// let mut hinge = CategoricalHinge::default();
/// hinge.update_arrays(&[[0.0, 1.0, 0.0]], &[[0.5, 1.25, 0.75]])?;
/// assert_eq!(hinge.result(), 0.75 - 1.25 + 1.0);
/// # Ok::<(), keras::metrics::MetricError>(())
/// ```
pub type CategoricalHinge = MeanLoss<losses::CategoricalHinge>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Dims;

    #[test]
    fn weights_divide() {
        let mut error = MeanSquaredError::default();
        let prediction = Prediction { values: &[3.0, 1.0, 1.0, 0.0], dims: Dims::new(&[2]), count: 2, logits: None };
        error.update(TargetView::Values(&[0.0, 1.0, 0.0, 0.0]), &prediction, Some(&[0.5, 1.5])).unwrap();
        assert_eq!(error.result(), (9.0 * 0.5 + 1.0 * 1.5) / 4.0);
        error.reset();
        assert_eq!(error.result(), 0.0);
        error.update(TargetView::Values(&[0.0, 1.0, 0.0, 0.0]), &prediction, Some(&[0.0, 0.0])).unwrap();
        assert_eq!(error.result(), 0.0, "nothing, of no weight");
        let wrong = error.update(TargetView::Values(&[0.0; 4]), &prediction, Some(&[1.0; 3]));
        assert!(matches!(wrong, Err(MetricError::Loss(_))));
    }
}

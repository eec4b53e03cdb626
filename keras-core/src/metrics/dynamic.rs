//! Metrics that are chosen at run time.

use super::{
    AUC, Accuracy, BinaryAccuracy, BinaryCrossentropy, BinaryIoU, CategoricalAccuracy, CategoricalCrossentropy,
    CategoricalHinge, ConcordanceCorrelation, CosineSimilarity, Direction, ExactAccuracy, F1Score, FBetaScore,
    FalseNegatives, FalsePositives, Hinge, IoU, KLDivergence, LogCoshError, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanIoU, MeanSquaredError, MeanSquaredLogarithmicError, Metric, MetricError,
    OneHotIoU, OneHotMeanIoU, PearsonCorrelation, Poisson, Precision, PrecisionAtRecall, R2Score, Recall,
    RecallAtPrecision, RootMeanSquaredError, SensitivityAtSpecificity, SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy, SpecificityAtSensitivity, SquaredHinge,
    TopKCategoricalAccuracy, TrueNegatives, TruePositives,
};
use crate::{
    config::{Arguments, Class, Classes, Config, ConfigError, ConfigValue, FromArguments},
    losses::{Prediction, TargetView},
};

/// All metrics. The first of the strings is the one that Keras' API names; a class's own name in a configuration is
/// [`ExactAccuracy`] for `Accuracy`.
const METRICS: Classes<Box<dyn Metric>> = Classes {
    module: "keras.metrics",
    classes: &[
        class::<ExactAccuracy>("Accuracy", &[]),
        class::<BinaryAccuracy>("BinaryAccuracy", &["binary_accuracy"]),
        class::<CategoricalAccuracy>("CategoricalAccuracy", &["categorical_accuracy"]),
        class::<SparseCategoricalAccuracy>("SparseCategoricalAccuracy", &["sparse_categorical_accuracy"]),
        class::<TopKCategoricalAccuracy>("TopKCategoricalAccuracy", &["top_k_categorical_accuracy"]),
        class::<SparseTopKCategoricalAccuracy>("SparseTopKCategoricalAccuracy", &["sparse_top_k_categorical_accuracy"]),
        class::<Precision>("Precision", &["precision"]),
        class::<Recall>("Recall", &["recall"]),
        class::<TruePositives>("TruePositives", &["true_positives"]),
        class::<TrueNegatives>("TrueNegatives", &["true_negatives"]),
        class::<FalsePositives>("FalsePositives", &["false_positives"]),
        class::<FalseNegatives>("FalseNegatives", &["false_negatives"]),
        class::<F1Score>("F1Score", &["f1_score"]),
        class::<FBetaScore>("FBetaScore", &["f_beta_score", "fbeta_score"]),
        class::<AUC>("AUC", &["auc"]),
        class::<PrecisionAtRecall>("PrecisionAtRecall", &["precision_at_recall"]),
        class::<RecallAtPrecision>("RecallAtPrecision", &["recall_at_precision"]),
        class::<SensitivityAtSpecificity>("SensitivityAtSpecificity", &["sensitivity_at_specificity"]),
        class::<SpecificityAtSensitivity>("SpecificityAtSensitivity", &["specificity_at_sensitivity"]),
        class::<IoU>("IoU", &["io_u"]),
        class::<BinaryIoU>("BinaryIoU", &["binary_io_u"]),
        class::<MeanIoU>("MeanIoU", &["mean_io_u"]),
        class::<OneHotIoU>("OneHotIoU", &["one_hot_io_u"]),
        class::<OneHotMeanIoU>("OneHotMeanIoU", &["one_hot_mean_io_u"]),
        class::<BinaryCrossentropy>("BinaryCrossentropy", &["binary_crossentropy", "bce", "BCE"]),
        class::<CategoricalCrossentropy>("CategoricalCrossentropy", &["categorical_crossentropy"]),
        class::<SparseCategoricalCrossentropy>("SparseCategoricalCrossentropy", &["sparse_categorical_crossentropy"]),
        class::<KLDivergence>("KLDivergence", &["kl_divergence"]),
        class::<Poisson>("Poisson", &["poisson"]),
        class::<Hinge>("Hinge", &["hinge"]),
        class::<SquaredHinge>("SquaredHinge", &["squared_hinge"]),
        class::<CategoricalHinge>("CategoricalHinge", &["categorical_hinge"]),
        class::<MeanSquaredError>("MeanSquaredError", &["mean_squared_error", "mse", "MSE"]),
        class::<RootMeanSquaredError>("RootMeanSquaredError", &["root_mean_squared_error"]),
        class::<MeanAbsoluteError>("MeanAbsoluteError", &["mean_absolute_error", "mae", "MAE"]),
        class::<MeanAbsolutePercentageError>(
            "MeanAbsolutePercentageError",
            &["mean_absolute_percentage_error", "mape", "MAPE"],
        ),
        class::<MeanSquaredLogarithmicError>(
            "MeanSquaredLogarithmicError",
            &["mean_squared_logarithmic_error", "msle", "MSLE"],
        ),
        class::<LogCoshError>("LogCoshError", &["log_cosh_error"]),
        class::<R2Score>("R2Score", &["r2_score"]),
        class::<CosineSimilarity>("CosineSimilarity", &["cosine_similarity"]),
        class::<PearsonCorrelation>("PearsonCorrelation", &["pearson_correlation"]),
        class::<ConcordanceCorrelation>("ConcordanceCorrelation", &["concordance_correlation"]),
    ],
};

const fn class<M: Metric + FromArguments + 'static>(
    name: &'static str,
    strings: &'static [&'static str],
) -> Class<Box<dyn Metric>> {
    fn make<M: Metric + FromArguments + 'static>(
        arguments: &mut Arguments<'_>,
    ) -> Result<Box<dyn Metric>, ConfigError> {
        // Compared below.
        arguments.skip("dtype");
        Ok(Box::new(M::from_arguments(arguments)?))
    }
    Class { name, strings, make: make::<M> }
}

/// A metric with its defaults, by Keras' string or the name of its class. [Keras' `get`](https://keras.io/api/metrics/).
///
/// `"accuracy"` and `"acc"` are the [`Accuracy`] that is resolved by shape, as in Keras' `compile`. A string is the metric's
/// name in a history, as there.
///
/// # Errors
/// If there is no such metric, or it has arguments without a default.
///
/// ```
/// use keras::{metrics, prelude::*};
///
/// sequential! { struct Net { Input(2), Dense(1, activation = "sigmoid", kernel_initializer = "ones") } }
///
/// let (x, y) = (Tensor::from([[1.0, 1.0], [-1.0, -1.0]]), Tensor::from([1.0, 0.0]));
/// let chosen = ["acc", "auc"].into_iter().map(metrics::get).collect::<Result<Vec<_>, _>>()?; // from the command line, say
/// let mut net = Net::new();
/// let evaluation = net.compile(SGD::default(), BinaryCrossentropy::default(), chosen).evaluate(&x, &y)?;
/// assert_eq!((evaluation["acc"], evaluation["auc"]), (1.0, 1.0));
/// # Ok::<(), keras::Error>(())
/// ```
pub fn get(name: &str) -> Result<Box<dyn Metric>, ConfigError> {
    let metric = match name {
        "accuracy" | "acc" => Box::new(Accuracy::default()),
        name => METRICS.get(name)?,
    };
    let is_class = metric.config().class_name() == name;
    Ok(if is_class || name == metric.name() { metric } else { Box::new(metric.named(name)) })
}

/// A metric from its configuration, at run time: of [`Metric::config`], or Keras' JSON.
/// [Keras' `deserialize`](https://keras.io/api/metrics/).
///
/// # Errors
/// If the class is not one of Keras' metrics, or the arguments are not those of the class.
///
/// ```
/// use keras::{metrics, prelude::*};
///
/// let config = r#"{"module": "keras.metrics", "class_name": "Recall", "config": {"name": "found", "thresholds": 0.1}}"#;
/// let mut recall = metrics::from_config(&config.parse()?)?;
/// recall.update_arrays(&[[1.0], [1.0]], &[[0.2], [0.0]])?;
/// assert_eq!((recall.name(), recall.result()), ("found", 0.5));
/// # Ok::<(), keras::Error>(())
/// ```
pub fn from_config(config: &Config) -> Result<Box<dyn Metric>, ConfigError> {
    let metric = METRICS.make(config)?;
    let own = metric.config();
    if let (Some(dtype), Some(expected)) = (config.get("dtype"), own.get("dtype"))
        && ![&ConfigValue::None, expected].contains(&dtype)
    {
        let (class, found) = (config.class_name().to_owned(), dtype.to_string());
        return Err(ConfigError::Value { class, argument: "dtype", found, expected: expected.to_string() });
    }
    Ok(match config.get("name") {
        Some(ConfigValue::Text(name)) if name != metric.name() => Box::new(metric.named(name)),
        _ => metric,
    })
}

impl<M: Metric + ?Sized> Metric for Box<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn direction(&self) -> Direction {
        (**self).direction()
    }

    fn check(&self, target: TargetView<'_>, prediction: &Prediction<'_>) -> Result<(), MetricError> {
        (**self).check(target, prediction)
    }

    fn update(
        &mut self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
    ) -> Result<(), MetricError> {
        (**self).update(target, prediction, sample_weight)
    }

    fn result(&self) -> f32 {
        (**self).result()
    }

    fn results(&self) -> Vec<(String, f32)> {
        (**self).results()
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn config(&self) -> Config {
        (**self).config()
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, METRICS, get};

    #[test]
    fn every_string_makes_its_metric() {
        let needs = ["AtRecall", "AtPrecision", "AtSpecificity", "AtSensitivity", "IoU"];
        for Class { name, strings, .. } in METRICS.classes {
            for string in [name].into_iter().chain(*strings) {
                match get(string) {
                    Ok(metric) => {
                        assert_eq!(metric.config().class_name(), *name);
                        assert!(string == name || metric.name() == *string, "{} of {string}", metric.name());
                    }
                    Err(error) => {
                        assert!(needs.iter().any(|end| name.ends_with(end)), "{error}");
                        assert!(error.to_string().starts_with(&format!("{name} needs the argument `")), "{error}");
                    }
                }
            }
        }
        assert_eq!(get("acc").unwrap().name(), "acc");
        assert_eq!(get("AUC").unwrap().name(), "auc");
        assert_eq!(get("MSE").unwrap().name(), "MSE");
        assert_eq!(
            get("precison").err().unwrap().to_string(),
            "there is no `precison` in keras.metrics; did you mean `precision`?"
        );
    }
}

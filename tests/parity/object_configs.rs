//! Configurations: classes, names of arguments and their values.

use std::collections::BTreeSet;

use keras::{
    config::{Config, ConfigValue},
    initializers::{Distribution, Fan, Initializer},
    losses::{self, ClassLabels, Loss, Values},
    metrics::{self, Metric},
    optimizers::{
        self, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, MultiOptimizer, Muon, Nadam,
        Optimizer, RMSprop, SGD, ScheduleFreeAdamW,
        schedules::{
            self, CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, LearningRateSchedule,
            PiecewiseConstantDecay, PolynomialDecay,
        },
    },
    prelude::Constraint,
    regularizers::{Mode, Regularizer},
};
use serde_json::Value;

/// The arguments that are told here, and that Keras leaves out: without them, an object of another value would be made.
const TOLD: [(&str, &str); 3] = [("AUC", "thresholds"), ("Huber", "delta"), ("Identity", "gain")];

#[test]
fn configurations() {
    let recorded: Value = serde_json::from_str(include_str!("../recordings/object_configs.json")).unwrap();
    let recorded = recorded.as_object().unwrap();
    let mut differences = Vec::new();
    let mut compared = BTreeSet::from(["keras".to_owned()]);
    let groups = [
        ("losses", of_losses()),
        ("metrics", of_metrics()),
        ("optimizers", of_optimizers()),
        ("optimizers.schedules", of_schedules()),
        ("initializers", of_initializers()),
        ("regularizers", of_regularizers()),
        ("constraints", of_constraints()),
    ];
    for (module, configs) in groups {
        for (call, config) in configs {
            let call = format!("keras.{module}.{call}");
            let ours: Value = serde_json::from_str(&config.to_string()).unwrap();
            let expected = recorded.get(&call).unwrap_or_else(|| panic!("{call} is not recorded"));
            compare(&call, &ours, expected, &mut differences);
            compared.insert(call);
        }
    }
    differences
        .extend(recorded.keys().filter(|call| !compared.contains(*call)).map(|call| format!("{call}: not compared")));
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

/// What is made from Keras' own configurations has these configurations.
#[test]
fn objects_from_configurations() {
    let recorded: Value = serde_json::from_str(include_str!("../recordings/object_configs.json")).unwrap();
    let mut differences = Vec::new();
    let mut count = 0;
    for (call, expected) in recorded.as_object().unwrap().iter().filter(|(call, _)| *call != "keras") {
        let config: Config = expected.to_string().parse().unwrap();
        let made = match config.module() {
            "keras.optimizers" => optimizers::from_config(&config).map(|made| made.config()),
            // A schedule is told by an optimizer.
            "keras.optimizers.schedules" => schedules::from_config(&config).map(|schedule| {
                let told = SGD::new(schedule).config();
                let Some(ConfigValue::Object(schedule)) = told.get("learning_rate") else { panic!("{told}") };
                schedule.clone()
            }),
            "keras.losses" => match losses::from_config::<Values>(&config) {
                Ok(made) => Ok(made.config()),
                Err(_) => losses::from_config::<ClassLabels>(&config).map(|made| made.config()),
            },
            // These two are no metrics here, and a wrapper is given a function in Keras.
            "keras.metrics" if ["Mean", "Sum", "MeanMetricWrapper"].contains(&config.class_name()) => continue,
            "keras.metrics" => metrics::from_config(&config).map(|made| made.config()),
            _ => continue,
        };
        count += 1;
        match made {
            Ok(made) => {
                let ours: Value = serde_json::from_str(&made.to_string()).unwrap();
                compare(call, &ours, expected, &mut differences);
            }
            Err(error) => differences.push(format!("{call}: {error}")),
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(count > 130, "{count}");
}

/// Numbers are the same if they are as `f32`: Keras has read some of them from such.
fn compare(what: &str, ours: &Value, expected: &Value, differences: &mut Vec<String>) {
    match (ours, expected) {
        (Value::Object(ours), Value::Object(expected)) => {
            let class = |told: &str| what.contains(&format!(".{told}("));
            let is_told = |name: &str| TOLD.iter().any(|(told, argument)| class(told) && *argument == name);
            for (name, value) in expected {
                match ours.get(name) {
                    Some(found) => compare(&format!("{what} {name}"), found, value, differences),
                    None => differences.push(format!("{what}: {name} is missing")),
                }
            }
            let more = ours.keys().filter(|name| !expected.contains_key(*name) && !is_told(name));
            differences.extend(more.map(|name| format!("{what}: {name} is too much")));
        }
        (Value::Array(ours), Value::Array(expected)) if ours.len() == expected.len() => {
            ours.iter().zip(expected).for_each(|(ours, expected)| compare(what, ours, expected, differences));
        }
        (Value::Number(ours), Value::Number(expected))
            if ours.as_f64().unwrap() as f32 == expected.as_f64().unwrap() as f32 => {}
        (ours, expected) if ours == expected => {}
        _ => differences.push(format!("{what}: {ours} instead of {expected}")),
    }
}

type Configs = Vec<(&'static str, Config)>;

/// The configurations of objects that are made by these calls in Keras.
macro_rules! configs {
    ($($call:literal: $object:expr,)*) => {
        vec![$(($call, $object.config())),*]
    };
}

fn of_losses() -> Configs {
    use losses::*;
    configs! {
        "BinaryCrossentropy()": BinaryCrossentropy::default(),
        "BinaryCrossentropy(from_logits=True, label_smoothing=0.125, reduction='sum')":
            BinaryCrossentropy::default().from_logits(true).label_smoothing(0.125).reduction(Reduction::Sum),
        "BinaryFocalCrossentropy()": BinaryFocalCrossentropy::default(),
        "BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.5, gamma=3.0, from_logits=True, label_smoothing=0.125)":
            BinaryFocalCrossentropy::default()
                .apply_class_balancing(true)
                .alpha(0.5)
                .gamma(3.0)
                .from_logits(true)
                .label_smoothing(0.125),
        "CategoricalCrossentropy()": CategoricalCrossentropy::default(),
        "CategoricalCrossentropy(from_logits=True, label_smoothing=0.125, reduction='mean_with_sample_weight')":
            CategoricalCrossentropy::default()
                .from_logits(true)
                .label_smoothing(0.125)
                .reduction(Reduction::MeanWithSampleWeight),
        "CategoricalFocalCrossentropy()": CategoricalFocalCrossentropy::default(),
        "CategoricalFocalCrossentropy(alpha=[0.25, 0.5], gamma=3.0, from_logits=True, label_smoothing=0.125)":
            CategoricalFocalCrossentropy::default().alpha([0.25, 0.5]).gamma(3.0).from_logits(true).label_smoothing(0.125),
        "CategoricalGeneralizedCrossEntropy()": CategoricalGeneralizedCrossEntropy::default(),
        "CategoricalGeneralizedCrossEntropy(q=0.25)": CategoricalGeneralizedCrossEntropy::default().q(0.25),
        "CategoricalHinge()": CategoricalHinge::default(),
        "CosineSimilarity()": CosineSimilarity::default(),
        "Dice()": Dice::default(),
        "Dice(axis=(1, 2), reduction='sum')": Dice::default().axis(&[1, 2]).reduction(Reduction::Sum),
        "Hinge()": Hinge::default(),
        "Huber()": Huber::default(),
        "Huber(delta=2.5)": Huber::default().delta(2.5),
        "KLDivergence()": KLDivergence::default(),
        "LogCosh()": LogCosh::default(),
        "MeanAbsoluteError()": MeanAbsoluteError::default(),
        "MeanAbsolutePercentageError()": MeanAbsolutePercentageError::default(),
        "MeanSquaredError()": MeanSquaredError::default(),
        "MeanSquaredError(reduction='sum')": MeanSquaredError::default().reduction(Reduction::Sum),
        "MeanSquaredLogarithmicError()": MeanSquaredLogarithmicError::default(),
        "Poisson()": Poisson::default(),
        "SparseCategoricalCrossentropy()": SparseCategoricalCrossentropy::default(),
        "SparseCategoricalCrossentropy(from_logits=True)": SparseCategoricalCrossentropy::default().from_logits(true),
        "SparseCategoricalCrossentropy(ignore_class=255)": SparseCategoricalCrossentropy::default().ignore_class(255),
        "SquaredHinge()": SquaredHinge::default(),
        "Tversky()": Tversky::default(),
        "Tversky(alpha=0.25, beta=0.75, axis=(-1,))": Tversky::default().alpha(0.25).beta(0.75).axis(&[-1]),
    }
}

fn of_metrics() -> Configs {
    use metrics::*;
    configs! {
        "AUC()": AUC::default(),
        "AUC(num_thresholds=50, curve='PR', summation_method='minoring', multi_label=True, label_weights=[0.5, 1.5], from_logits=True)":
            AUC::default()
                .num_thresholds(50)
                .curve(Curve::PR)
                .summation_method(SummationMethod::Minoring)
                .multi_label(true)
                .label_weights(&[0.5, 1.5])
                .from_logits(true),
        "AUC(curve='PRGAIN', summation_method='majoring', thresholds=[0.25, 0.625])":
            AUC::default()
                .curve(Curve::PRGain)
                .summation_method(SummationMethod::Majoring)
                .thresholds(&[0.25, 0.625]),
        "Accuracy()": Accuracy::default(),
        "BinaryAccuracy()": BinaryAccuracy::default(),
        "BinaryAccuracy(threshold=0.75)": BinaryAccuracy::default().threshold(0.75),
        "BinaryCrossentropy()": BinaryCrossentropy::default(),
        "BinaryCrossentropy(from_logits=True, label_smoothing=0.125)":
            BinaryCrossentropy::default().from_logits(true).label_smoothing(0.125),
        "BinaryIoU()": BinaryIoU::default(),
        "BinaryIoU(target_class_ids=[1], threshold=0.75)": BinaryIoU::default().target_class_ids(&[1]).threshold(0.75),
        "CategoricalAccuracy()": CategoricalAccuracy::default(),
        "CategoricalCrossentropy()": CategoricalCrossentropy::default(),
        "CategoricalCrossentropy(from_logits=True, label_smoothing=0.125)":
            CategoricalCrossentropy::default().from_logits(true).label_smoothing(0.125),
        "CategoricalHinge()": CategoricalHinge::default(),
        "ConcordanceCorrelation()": ConcordanceCorrelation::default(),
        "CosineSimilarity()": CosineSimilarity::default(),
        "F1Score(average='macro')": F1Score::default(),
        "F1Score(average='weighted', threshold=0.25)": F1Score::default().average(Average::Weighted).threshold(0.25),
        "FBetaScore(average='macro')": FBetaScore::default(),
        "FBetaScore(average='micro', beta=2.0, threshold=0.25)":
            FBetaScore::default().average(Average::Micro).beta(2.0).threshold(0.25),
        "FalseNegatives()": FalseNegatives::default(),
        "FalseNegatives(thresholds=0.25)": FalseNegatives::default().thresholds(0.25),
        "FalsePositives()": FalsePositives::default(),
        "FalsePositives(thresholds=0.25)": FalsePositives::default().thresholds(0.25),
        "Hinge()": Hinge::default(),
        "IoU(3, [0, 2])": IoU::new(3, &[0, 2]),
        "IoU(3, [0, 2], ignore_class=1, sparse_y_true=False, sparse_y_pred=False)":
            IoU::new(3, &[0, 2]).ignore_class(1).sparse_y_true(false).sparse_y_pred(false),
        "KLDivergence()": KLDivergence::default(),
        "LogCoshError()": LogCoshError::default(),
        "Mean()": Mean::default(),
        "MeanAbsoluteError()": MeanAbsoluteError::default(),
        "MeanAbsoluteError(name='mae')": MeanAbsoluteError::default().named("mae"),
        "MeanAbsolutePercentageError()": MeanAbsolutePercentageError::default(),
        "MeanIoU(3)": MeanIoU::new(3),
        "MeanIoU(3, ignore_class=1, sparse_y_true=False, sparse_y_pred=False)":
            MeanIoU::new(3).ignore_class(1).sparse_y_true(false).sparse_y_pred(false),
        "MeanMetricWrapper(keras.losses.LogCosh(), name='log_cosh')": MeanLoss::new(losses::LogCosh::default()),
        "MeanSquaredError()": MeanSquaredError::default(),
        "MeanSquaredLogarithmicError()": MeanSquaredLogarithmicError::default(),
        "OneHotIoU(3, [0, 2])": OneHotIoU::new(3, &[0, 2]),
        "OneHotIoU(3, [0, 2], ignore_class=1, sparse_y_pred=True)":
            OneHotIoU::new(3, &[0, 2]).ignore_class(1).sparse_y_pred(true),
        "OneHotMeanIoU(3)": OneHotMeanIoU::new(3),
        "OneHotMeanIoU(3, ignore_class=1, sparse_y_pred=True)": OneHotMeanIoU::new(3).ignore_class(1).sparse_y_pred(true),
        "PearsonCorrelation()": PearsonCorrelation::default(),
        "Poisson()": Poisson::default(),
        "Precision()": Precision::default(),
        "Precision(thresholds=[0.25, 0.75])": Precision::default().thresholds([0.25, 0.75]),
        "AUC(multi_label=True, num_labels=3)": AUC::default().multi_label(true).num_labels(3),
        "Accuracy()": ExactAccuracy::default(),
        "Precision(thresholds=0.25, top_k=2, class_id=1)": Precision::default().thresholds(0.25).top_k(2).class_id(1),
        "PrecisionAtRecall(0.75)": PrecisionAtRecall::new(0.75),
        "PrecisionAtRecall(0.75, num_thresholds=50, class_id=1)":
            PrecisionAtRecall::new(0.75).num_thresholds(50).class_id(1),
        "R2Score()": R2Score::default(),
        "R2Score(class_aggregation='variance_weighted_average', num_regressors=2)":
            R2Score::default().class_aggregation(ClassAggregation::VarianceWeightedAverage).num_regressors(2),
        "Recall()": Recall::default(),
        "Recall(thresholds=0.25, top_k=2, class_id=1)": Recall::default().thresholds(0.25).top_k(2).class_id(1),
        "RecallAtPrecision(0.75)": RecallAtPrecision::new(0.75),
        "RecallAtPrecision(0.75, num_thresholds=50, class_id=1)":
            RecallAtPrecision::new(0.75).num_thresholds(50).class_id(1),
        "RootMeanSquaredError()": RootMeanSquaredError::default(),
        "SensitivityAtSpecificity(0.75)": SensitivityAtSpecificity::new(0.75),
        "SensitivityAtSpecificity(0.75, num_thresholds=50, class_id=1)":
            SensitivityAtSpecificity::new(0.75).num_thresholds(50).class_id(1),
        "SparseCategoricalAccuracy()": SparseCategoricalAccuracy::default(),
        "SparseCategoricalCrossentropy()": SparseCategoricalCrossentropy::default(),
        "SparseCategoricalCrossentropy(from_logits=True)": SparseCategoricalCrossentropy::default().from_logits(true),
        "SparseCategoricalCrossentropy(ignore_class=255)": SparseCategoricalCrossentropy::default().ignore_class(255),
        "SparseTopKCategoricalAccuracy()": SparseTopKCategoricalAccuracy::default(),
        "SparseTopKCategoricalAccuracy(k=3)": SparseTopKCategoricalAccuracy::default().k(3),
        "SpecificityAtSensitivity(0.75)": SpecificityAtSensitivity::new(0.75),
        "SpecificityAtSensitivity(0.75, num_thresholds=50, class_id=1)":
            SpecificityAtSensitivity::new(0.75).num_thresholds(50).class_id(1),
        "SquaredHinge()": SquaredHinge::default(),
        "Sum()": Sum::default(),
        "TopKCategoricalAccuracy()": TopKCategoricalAccuracy::default(),
        "TopKCategoricalAccuracy(k=3)": TopKCategoricalAccuracy::default().k(3),
        "TrueNegatives()": TrueNegatives::default(),
        "TrueNegatives(thresholds=0.25)": TrueNegatives::default().thresholds(0.25),
        "TruePositives()": TruePositives::default(),
        "TruePositives(thresholds=0.25)": TruePositives::default().thresholds(0.25),
    }
}

fn of_optimizers() -> Configs {
    let common = Adam::new(0.25).weight_decay(0.01).clipnorm(1.5).use_ema(true).ema_momentum(0.75);
    configs! {
        "Adadelta()": Adadelta::default(),
        "Adadelta(rho=0.75, epsilon=1e-3)": Adadelta::default().rho(0.75).epsilon(1e-3),
        "ScheduleFreeAdamW()": ScheduleFreeAdamW::default(),
        "ScheduleFreeAdamW(0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, warmup_steps=10)":
            ScheduleFreeAdamW::new(0.5).beta_1(0.5).beta_2(0.75).epsilon(1e-3).warmup_steps(10),
        "MultiOptimizer(keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5), {'head(/.*)?': keras.optimizers.Adam(0.25)}))":
            MultiOptimizer::new(SGD::new(0.5)).with("head", Adam::new(0.25)),
        "Muon()": Muon::default(),
        "Muon(0.5, weight_decay=0.25, momentum=0.5, ns_steps=3, nesterov=False, rms_rate=None, exclude_layers=['head'])":
            Muon::new(0.5)
                .weight_decay(0.25)
                .momentum(0.5)
                .ns_steps(3)
                .nesterov(false)
                .rms_rate(None)
                .exclude_layers(["head".to_owned()]),
        "Adafactor()": Adafactor::default(),
        "Adafactor(beta_2_decay=-0.5, epsilon_1=1e-20, epsilon_2=1e-2, clip_threshold=2.0)":
            Adafactor::default().beta_2_decay(-0.5).epsilon_1(1e-20).epsilon_2(1e-2).clip_threshold(2.0),
        "Adagrad()": Adagrad::default(),
        "Adagrad(initial_accumulator_value=0.5, epsilon=1e-3)":
            Adagrad::default().initial_accumulator_value(0.5).epsilon(1e-3),
        "Adam()": Adam::default(),
        "Adam(0.25, weight_decay=0.01, clipnorm=1.5, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=5, gradient_accumulation_steps=4)":
            common.ema_overwrite_frequency(5).gradient_accumulation_steps(4),
        "Adam(clipvalue=0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, amsgrad=True)":
            Adam::default().clipvalue(0.5).beta_1(0.5).beta_2(0.75).epsilon(1e-3).amsgrad(true),
        "Adam(keras.optimizers.schedules.ExponentialDecay(0.5, 100, 0.25))": Adam::new(ExponentialDecay::new(0.5, 100, 0.25)),
        "AdamW()": AdamW::default(),
        "AdamW(weight_decay=0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, amsgrad=True)":
            AdamW::default().weight_decay(0.5).beta_1(0.5).beta_2(0.75).epsilon(1e-3).amsgrad(true),
        "Adamax()": Adamax::default(),
        "Adamax(beta_1=0.5, beta_2=0.75, epsilon=1e-3)": Adamax::default().beta_1(0.5).beta_2(0.75).epsilon(1e-3),
        "Ftrl()": Ftrl::default(),
        "Ftrl(learning_rate_power=-0.25, initial_accumulator_value=0.5, l1_regularization_strength=0.25, l2_regularization_strength=0.75, l2_shrinkage_regularization_strength=0.5, beta=0.125)":
            Ftrl::default()
                .learning_rate_power(-0.25)
                .initial_accumulator_value(0.5)
                .l1_regularization_strength(0.25)
                .l2_regularization_strength(0.75)
                .l2_shrinkage_regularization_strength(0.5)
                .beta(0.125),
        "Lamb()": Lamb::default(),
        "Lamb(beta_1=0.5, beta_2=0.75, epsilon=1e-3)": Lamb::default().beta_1(0.5).beta_2(0.75).epsilon(1e-3),
        "Lion()": Lion::default(),
        "Lion(beta_1=0.5, beta_2=0.75)": Lion::default().beta_1(0.5).beta_2(0.75),
        "Nadam()": Nadam::default(),
        "Nadam(beta_1=0.5, beta_2=0.75, epsilon=1e-3)": Nadam::default().beta_1(0.5).beta_2(0.75).epsilon(1e-3),
        "RMSprop()": RMSprop::default(),
        "RMSprop(rho=0.5, momentum=0.25, epsilon=1e-3, centered=True)":
            RMSprop::default().rho(0.5).momentum(0.25).epsilon(1e-3).centered(true),
        "SGD()": SGD::default(),
        "SGD(0.25, global_clipnorm=2.0, momentum=0.5, nesterov=True)":
            SGD::new(0.25).global_clipnorm(2.0).momentum(0.5).nesterov(true),
    }
}

fn of_schedules() -> Configs {
    configs! {
        "CosineDecay(0.5, 100)": CosineDecay::new(0.5, 100),
        "CosineDecay(0.5, 100, alpha=0.25, warmup_target=0.75, warmup_steps=10)":
            CosineDecay::new(0.5, 100).alpha(0.25).warmup_target(0.75).warmup_steps(10),
        "CosineDecayRestarts(0.5, 100)": CosineDecayRestarts::new(0.5, 100),
        "CosineDecayRestarts(0.5, 100, t_mul=1.5, m_mul=0.5, alpha=0.25)":
            CosineDecayRestarts::new(0.5, 100).t_mul(1.5).m_mul(0.5).alpha(0.25),
        "ExponentialDecay(0.5, 100, 0.25)": ExponentialDecay::new(0.5, 100, 0.25),
        "ExponentialDecay(0.5, 100, 0.25, staircase=True)": ExponentialDecay::new(0.5, 100, 0.25).staircase(true),
        "InverseTimeDecay(0.5, 100, 0.25)": InverseTimeDecay::new(0.5, 100, 0.25),
        "InverseTimeDecay(0.5, 100, 0.25, staircase=True)": InverseTimeDecay::new(0.5, 100, 0.25).staircase(true),
        "PiecewiseConstantDecay([10, 20], [0.5, 0.25, 0.125])": PiecewiseConstantDecay::new([10, 20], [0.5, 0.25, 0.125]),
        "PolynomialDecay(0.5, 100)": PolynomialDecay::new(0.5, 100),
        "PolynomialDecay(0.5, 100, end_learning_rate=0.25, power=2.0, cycle=True)":
            PolynomialDecay::new(0.5, 100).end_learning_rate(0.25).power(2.0).cycle(true),
    }
}

fn of_initializers() -> Configs {
    let scaled = Initializer::variance_scaling;
    configs! {
        "Constant(0.25)": Initializer::constant(0.25),
        "GlorotNormal()": Initializer::GLOROT_NORMAL,
        "GlorotUniform()": Initializer::GLOROT_UNIFORM,
        "HeNormal()": Initializer::HE_NORMAL,
        "HeUniform()": Initializer::HE_UNIFORM,
        "Identity()": Initializer::IDENTITY,
        "Identity(gain=0.5)": Initializer::identity(0.5),
        "LecunNormal()": Initializer::LECUN_NORMAL,
        "LecunUniform()": Initializer::LECUN_UNIFORM,
        "Ones()": Initializer::ONES,
        "Orthogonal()": Initializer::ORTHOGONAL,
        "Orthogonal(gain=0.5)": Initializer::orthogonal(0.5),
        "RandomNormal()": Initializer::RANDOM_NORMAL,
        "RandomNormal(mean=0.5, stddev=0.25)": Initializer::RandomNormal { mean: 0.5, stddev: 0.25 },
        "RandomUniform()": Initializer::RANDOM_UNIFORM,
        "RandomUniform(minval=-0.5, maxval=0.25)": Initializer::RandomUniform { minval: -0.5, maxval: 0.25 },
        "TruncatedNormal()": Initializer::TRUNCATED_NORMAL,
        "TruncatedNormal(mean=0.5, stddev=0.25)": Initializer::TruncatedNormal { mean: 0.5, stddev: 0.25 },
        "VarianceScaling(scale=3.0, mode='fan_out', distribution='untruncated_normal')":
            scaled(3.0, Fan::Out, Distribution::UntruncatedNormal),
        "VarianceScaling(scale=3.0, mode='fan_avg', distribution='truncated_normal')":
            scaled(3.0, Fan::Average, Distribution::TruncatedNormal),
        "VarianceScaling(scale=3.0, mode='fan_in', distribution='uniform')": scaled(3.0, Fan::In, Distribution::Uniform),
        "Zeros()": Initializer::ZEROS,
    }
}

fn of_regularizers() -> Configs {
    let regularizers = [
        ("L1()", Regularizer::L1_DEFAULT),
        ("L1(0.25)", Regularizer::l1(0.25)),
        ("L1L2(0.25, 0.5)", Regularizer::l1_l2(0.25, 0.5)),
        ("L2()", Regularizer::L2_DEFAULT),
        ("L2(0.25)", Regularizer::l2(0.25)),
        ("OrthogonalRegularizer()", Regularizer::ORTHOGONAL_REGULARIZER_DEFAULT),
        (
            "OrthogonalRegularizer(factor=0.25, mode='columns')",
            Regularizer::orthogonal_regularizer(0.25, Mode::Columns),
        ),
    ];
    regularizers.map(|(call, regularizer)| (call, regularizer.config().unwrap())).into()
}

fn of_constraints() -> Configs {
    let constraints = [
        ("MaxNorm()", Constraint::MAX_NORM),
        ("MaxNorm(3.0, axis=[0, 1, 2])", Constraint::max_norm(3.0, &[0, 1, 2])),
        ("MinMaxNorm()", Constraint::MIN_MAX_NORM),
        ("MinMaxNorm(0.25, 0.5, rate=0.75, axis=1)", Constraint::min_max_norm(0.25, 0.5, 0.75, &[1])),
        ("NonNeg()", Constraint::NON_NEG),
        ("UnitNorm()", Constraint::UNIT_NORM),
        ("UnitNorm(axis=[0, 1])", Constraint::unit_norm(&[0, 1])),
    ];
    constraints.map(|(call, constraint)| (call, constraint.config().unwrap())).into()
}

"""Records the configurations that Keras gives to its objects, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_object_configs.py

writes tests/recordings/object_configs.json: for each call what `keras.saving.serialize_keras_object` makes of the object: its module,
its class, and what its `get_config` gives. The tests make the same objects, in tests/parity/object_configs.rs.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

FILE = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "object_configs.json"

COMMON = """weight_decay=0.01, clipnorm=1.5, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=5,
    gradient_accumulation_steps=4"""
COMMON = " ".join(COMMON.split())

CALLS = {
    "losses": """
BinaryCrossentropy()
BinaryCrossentropy(from_logits=True, label_smoothing=0.125, reduction='sum')
BinaryFocalCrossentropy()
BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.5, gamma=3.0, from_logits=True, label_smoothing=0.125)
CategoricalCrossentropy()
CategoricalCrossentropy(from_logits=True, label_smoothing=0.125, reduction='mean_with_sample_weight')
CategoricalFocalCrossentropy()
CategoricalFocalCrossentropy(alpha=[0.25, 0.5], gamma=3.0, from_logits=True, label_smoothing=0.125)
CategoricalGeneralizedCrossEntropy()
CategoricalGeneralizedCrossEntropy(q=0.25)
CategoricalHinge()
CosineSimilarity()
Dice()
Dice(axis=(1, 2), reduction='sum')
Hinge()
Huber()
Huber(delta=2.5)
KLDivergence()
LogCosh()
MeanAbsoluteError()
MeanAbsolutePercentageError()
MeanSquaredError()
MeanSquaredError(reduction='sum')
MeanSquaredLogarithmicError()
Poisson()
SparseCategoricalCrossentropy()
SparseCategoricalCrossentropy(from_logits=True)
SparseCategoricalCrossentropy(ignore_class=255)
SquaredHinge()
Tversky()
Tversky(alpha=0.25, beta=0.75, axis=(-1,))
""",
    "metrics": """
AUC()
AUC(num_thresholds=50, curve='PR', summation_method='minoring', multi_label=True, label_weights=[0.5, 1.5], from_logits=True)
AUC(curve='PRGAIN', summation_method='majoring', thresholds=[0.25, 0.625])
AUC(multi_label=True, num_labels=3)
Accuracy()
BinaryAccuracy()
BinaryAccuracy(threshold=0.75)
BinaryCrossentropy()
BinaryCrossentropy(from_logits=True, label_smoothing=0.125)
BinaryIoU()
BinaryIoU(target_class_ids=[1], threshold=0.75)
CategoricalAccuracy()
CategoricalCrossentropy()
CategoricalCrossentropy(from_logits=True, label_smoothing=0.125)
CategoricalHinge()
ConcordanceCorrelation()
CosineSimilarity()
F1Score(average='macro')
F1Score(average='weighted', threshold=0.25)
FBetaScore(average='macro')
FBetaScore(average='micro', beta=2.0, threshold=0.25)
FalseNegatives()
FalseNegatives(thresholds=0.25)
FalsePositives()
FalsePositives(thresholds=0.25)
Hinge()
IoU(3, [0, 2])
IoU(3, [0, 2], ignore_class=1, sparse_y_true=False, sparse_y_pred=False)
KLDivergence()
LogCoshError()
Mean()
MeanAbsoluteError()
MeanAbsoluteError(name='mae')
MeanAbsolutePercentageError()
MeanIoU(3)
MeanIoU(3, ignore_class=1, sparse_y_true=False, sparse_y_pred=False)
MeanMetricWrapper(keras.losses.LogCosh(), name='log_cosh')
MeanSquaredError()
MeanSquaredLogarithmicError()
OneHotIoU(3, [0, 2])
OneHotIoU(3, [0, 2], ignore_class=1, sparse_y_pred=True)
OneHotMeanIoU(3)
OneHotMeanIoU(3, ignore_class=1, sparse_y_pred=True)
PearsonCorrelation()
Poisson()
Precision()
Precision(thresholds=0.25, top_k=2, class_id=1)
Precision(thresholds=[0.25, 0.75])
PrecisionAtRecall(0.75)
PrecisionAtRecall(0.75, num_thresholds=50, class_id=1)
R2Score()
R2Score(class_aggregation='variance_weighted_average', num_regressors=2)
Recall()
Recall(thresholds=0.25, top_k=2, class_id=1)
RecallAtPrecision(0.75)
RecallAtPrecision(0.75, num_thresholds=50, class_id=1)
RootMeanSquaredError()
SensitivityAtSpecificity(0.75)
SensitivityAtSpecificity(0.75, num_thresholds=50, class_id=1)
SparseCategoricalAccuracy()
SparseCategoricalCrossentropy()
SparseCategoricalCrossentropy(from_logits=True)
SparseCategoricalCrossentropy(ignore_class=255)
SparseTopKCategoricalAccuracy()
SparseTopKCategoricalAccuracy(k=3)
SpecificityAtSensitivity(0.75)
SpecificityAtSensitivity(0.75, num_thresholds=50, class_id=1)
SquaredHinge()
Sum()
TopKCategoricalAccuracy()
TopKCategoricalAccuracy(k=3)
TrueNegatives()
TrueNegatives(thresholds=0.25)
TruePositives()
TruePositives(thresholds=0.25)
""",
    "optimizers": f"""
Adadelta()
Adadelta(rho=0.75, epsilon=1e-3)
Adafactor()
ScheduleFreeAdamW()
ScheduleFreeAdamW(0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, warmup_steps=10)
MultiOptimizer(keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5), {{'head(/.*)?': keras.optimizers.Adam(0.25)}}))
Muon()
Muon(0.5, weight_decay=0.25, momentum=0.5, ns_steps=3, nesterov=False, rms_rate=None, exclude_layers=['head'])
Adafactor(beta_2_decay=-0.5, epsilon_1=1e-20, epsilon_2=1e-2, clip_threshold=2.0)
Adagrad()
Adagrad(initial_accumulator_value=0.5, epsilon=1e-3)
Adam()
Adam(0.25, {COMMON})
Adam(clipvalue=0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, amsgrad=True)
Adam(keras.optimizers.schedules.ExponentialDecay(0.5, 100, 0.25))
AdamW()
AdamW(weight_decay=0.5, beta_1=0.5, beta_2=0.75, epsilon=1e-3, amsgrad=True)
Adamax()
Adamax(beta_1=0.5, beta_2=0.75, epsilon=1e-3)
Ftrl()
Ftrl(learning_rate_power=-0.25, initial_accumulator_value=0.5, l1_regularization_strength=0.25,
    l2_regularization_strength=0.75, l2_shrinkage_regularization_strength=0.5, beta=0.125)
Lamb()
Lamb(beta_1=0.5, beta_2=0.75, epsilon=1e-3)
Lion()
Lion(beta_1=0.5, beta_2=0.75)
Nadam()
Nadam(beta_1=0.5, beta_2=0.75, epsilon=1e-3)
RMSprop()
RMSprop(rho=0.5, momentum=0.25, epsilon=1e-3, centered=True)
SGD()
SGD(0.25, global_clipnorm=2.0, momentum=0.5, nesterov=True)
""",
    "optimizers.schedules": """
CosineDecay(0.5, 100)
CosineDecay(0.5, 100, alpha=0.25, warmup_target=0.75, warmup_steps=10)
CosineDecayRestarts(0.5, 100)
CosineDecayRestarts(0.5, 100, t_mul=1.5, m_mul=0.5, alpha=0.25)
ExponentialDecay(0.5, 100, 0.25)
ExponentialDecay(0.5, 100, 0.25, staircase=True)
InverseTimeDecay(0.5, 100, 0.25)
InverseTimeDecay(0.5, 100, 0.25, staircase=True)
PiecewiseConstantDecay([10, 20], [0.5, 0.25, 0.125])
PolynomialDecay(0.5, 100)
PolynomialDecay(0.5, 100, end_learning_rate=0.25, power=2.0, cycle=True)
""",
    "initializers": """
Constant(0.25)
GlorotNormal()
GlorotUniform()
HeNormal()
HeUniform()
Identity()
Identity(gain=0.5)
LecunNormal()
LecunUniform()
Ones()
Orthogonal()
Orthogonal(gain=0.5)
RandomNormal()
RandomNormal(mean=0.5, stddev=0.25)
RandomUniform()
RandomUniform(minval=-0.5, maxval=0.25)
TruncatedNormal()
TruncatedNormal(mean=0.5, stddev=0.25)
VarianceScaling(scale=3.0, mode='fan_out', distribution='untruncated_normal')
VarianceScaling(scale=3.0, mode='fan_avg', distribution='truncated_normal')
VarianceScaling(scale=3.0, mode='fan_in', distribution='uniform')
Zeros()
""",
    "regularizers": """
L1()
L1(0.25)
L1L2(0.25, 0.5)
L2()
L2(0.25)
OrthogonalRegularizer()
OrthogonalRegularizer(factor=0.25, mode='columns')
""",
    "constraints": """
MaxNorm()
MaxNorm(3.0, axis=[0, 1, 2])
MinMaxNorm()
MinMaxNorm(0.25, 0.5, rate=0.75, axis=1)
NonNeg()
UnitNorm()
UnitNorm(axis=[0, 1])
""",
}


def plain(value):
    """A tensor as its numbers."""
    if isinstance(value, dict):
        if value.get("class_name") == "__tensor__":
            return value["config"]["value"]
        return {key: plain(part) for key, part in value.items() if key != "registered_name"}
    return value


def record(call):
    keras.backend.clear_session()  # or the second `Precision()` would be called `precision_1`
    serialized = keras.saving.serialize_keras_object(eval(call, {"keras": keras}))
    return plain({key: serialized[key] for key in ("module", "class_name", "config")})


if __name__ == "__main__":
    lines = []
    for module, calls in CALLS.items():
        for call in calls.replace(",\n    ", ", ").strip().split("\n"):
            call = f"keras.{module}.{call}"
            lines.append(f"  {json.dumps(call)}: {json.dumps(record(call))}")
    FILE.write_text("{\n" + f'  "keras": {json.dumps(keras.__version__)},\n' + ",\n".join(lines) + "\n}\n")
    print(f"{len(lines)} configurations")

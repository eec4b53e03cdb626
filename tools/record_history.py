"""Records the names that Keras gives to the figures of a run, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_history.py

writes tests/recordings/history.json: for each case the keys of the History of a `fit` with validation data, and those of an
`evaluate`, in alphabetical order, as Keras has both.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers, metrics

FILE = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "history.json"
SAMPLES = 4


def one_output():
    inputs = layers.Input((3,))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="score")(inputs))


def outputs_of(*names):
    def build():
        inputs = layers.Input((3,))
        return keras.Model(inputs, [layers.Dense(1, name=name)(inputs) for name in names])

    return build


def shared_layer():
    inputs = layers.Input((3,))
    layer = layers.Dense(3, name="twice")
    hidden = layer(inputs)
    return keras.Model(inputs, [hidden, layer(hidden)])


def without_names():
    keras.backend.clear_session()
    inputs = layers.Input((3,))
    hidden = layers.Dense(3)(inputs)
    activated = layers.Activation("relu")(layers.Dense(3)(hidden))
    return keras.Model(inputs, [activated, layers.Add()([layers.Dense(3)(hidden), hidden])])


# A model, metrics and weighted metrics.
CASES = {
    "strings": (one_output, ["mae", "acc", "AUC"], None),
    "full_strings": (one_output, ["mean_absolute_error", "accuracy"], None),
    "objects": (one_output, lambda: [metrics.MeanAbsoluteError(), metrics.Precision(), metrics.BinaryIoU()], None),
    "named_objects": (one_output, lambda: [metrics.MeanAbsoluteError(name="mae"), metrics.Recall(name="found")], None),
    "one_string_thrice": (one_output, ["mse", "mse", "mse"], None),
    "one_object_thrice": (one_output, lambda: [metrics.Precision(), metrics.Precision(), metrics.Precision()], None),
    "weighted": (one_output, ["mae", "mse"], ["mae", "mae", "acc"]),
    "weighted_twice": (one_output, ["mae", "mae"], ["mae", "mae", "mae"]),
    "weighted_alone": (one_output, None, ["mae", "mae"]),
    "two_outputs": (outputs_of("class", "reg"), [["acc"], ["mae", "mse"]], None),
    "two_outputs_by_name": (outputs_of("class", "reg"), {"reg": ["mae"]}, None),
    "two_outputs_without": (outputs_of("class", "reg"), None, None),
    "two_outputs_weighted": (outputs_of("class", "reg"), [["mae", "mae"], ["mae"]], [["mae", "mae"], ["mae"]]),
    "names_that_run_together": (
        outputs_of("a", "a_b"),
        lambda: [[metrics.MeanAbsoluteError(name="b_mae")], ["mae"]],
        None,
    ),
    "three_outputs": (outputs_of("c", "a", "b"), [["mae"], [], ["mse"]], None),
    "shared_layer": (shared_layer, [["mae"], ["mae"]], None),
    "without_names": (without_names, [["mae"], ["mae"]], None),
}


def record(build, given, weighted):
    model = build()
    given = given() if callable(given) else given
    inputs = np.zeros((SAMPLES, 3), np.float32)
    targets = [np.zeros((SAMPLES, output.shape[-1]), np.float32) for output in model.outputs]
    model.compile("sgd", loss="mse", metrics=given, weighted_metrics=weighted)
    data = (inputs, targets if len(targets) > 1 else targets[0])
    history = model.fit(*data, validation_data=data, verbose=0).history
    evaluation = model.evaluate(*data, verbose=0, return_dict=True)
    return {"history": sorted(history), "evaluate": sorted(evaluation)}


if __name__ == "__main__":
    lines = []
    for name, case in CASES.items():
        keras.backend.clear_session()
        lines.append(f"  {json.dumps(name)}: {json.dumps(record(*case))}")
    FILE.write_text("{\n" + f'  "keras": {json.dumps(keras.__version__)},\n' + ",\n".join(lines) + "\n}\n")
    print(f"{len(CASES)} cases")

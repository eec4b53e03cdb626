"""Records which names Keras has, and which arguments they take, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_names.py

writes tests/recordings/names.json: for each group of Keras' API its classes (of operations and activations: its
functions) with their arguments in order, and the other names that Keras gives to the same thing; then the methods that train
a model, and those of the classes that a program may call or write its own of.
"""

import inspect
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras.src import losses, metrics

FILE = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "names.json"

GROUPS = {
    "layers": keras.layers,
    "ops": keras.ops,
    "activations": keras.activations,
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "schedules": keras.optimizers.schedules,
    "callbacks": keras.callbacks,
}

# The strings that `compile` takes, with the function or class that each stands for.
STRINGS = {"losses": losses.ALL_OBJECTS_DICT, "metrics": metrics.ALL_OBJECTS_DICT}

METHODS = {
    keras.Model: """compile fit evaluate predict train_on_batch test_on_batch predict_on_batch train_step test_step
        predict_step compute_loss compute_metrics get_metrics_result reset_metrics""".split(),
    keras.losses.Loss: ["call"],
    keras.metrics.Metric: ["update_state", "result", "reset_state"],
    keras.optimizers.Optimizer: """apply apply_gradients build exclude_from_weight_decay finalize_variable_values iterations
        learning_rate scale_loss set_weights update_step variables""".split(),
}

# Groups whose items are functions.
FUNCTIONS = {"ops", "activations"}

# Groups whose classes have short forms too.
SHORT = {"layers", "losses", "metrics"}

# What functions call the tensors that they work on.
TENSORS = {"x", "x1", "x2"}

# What turns strings and dictionaries into objects, in every group.
TOOLS = {"get", "serialize", "deserialize"}


def arguments(item):
    parameters = inspect.signature(item).parameters.values()
    return [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def plain(name):
    return name.replace("_", "").lower()


def short_forms(name, module, item):
    """The functions and strings that stand for a class: `mean_squared_error` and `mse`."""
    if not inspect.isclass(item) or name in FUNCTIONS:
        return []
    functions = {known for known in dir(module) if inspect.isfunction(getattr(module, known))} - TOOLS
    functions = {known for known in functions if plain(known) == plain(item.__name__)} - {"Input"}
    strings = {known for known, of in STRINGS.get(name, {}).items() if plain(of.__name__) == plain(item.__name__)}
    return sorted((functions | strings) - {item.__name__})


def record(name, module):
    names = {}
    for attribute in sorted(dir(module)):
        item = getattr(module, attribute)
        if attribute.startswith("_") or attribute in TOOLS or not callable(item):
            continue
        # A function beside the classes is a short form of one of them; only `Input` is not.
        if inspect.isclass(item) or name in FUNCTIONS or attribute == "Input":
            names.setdefault(id(item), (item, []))[1].append(attribute)
    group = {}
    for item, known in names.values():
        canonical = item.__name__ if item.__name__ in known else known[0]
        also = [other for other in known if other != canonical]
        if name in SHORT:
            also += [other for other in short_forms(name, module, item) if other not in also]
        given = arguments(item)
        if name in FUNCTIONS:
            given = [argument for argument in given if argument not in TENSORS]
        group[canonical] = {"arguments": given, "also": also}
    return dict(sorted(group.items()))


def methods():
    group = {}
    for owner, names in METHODS.items():
        for name in names:
            method = getattr(owner, name)
            given = arguments(method)[1:] if callable(method) else []
            group[f"{owner.__name__}.{name}"] = {"arguments": given, "also": []}
    return group


if __name__ == "__main__":
    groups = {name: record(name, module) for name, module in GROUPS.items()}
    groups["methods"] = methods()
    lines = []
    for name, group in groups.items():
        entries = ",\n".join(f"    {json.dumps(item)}: {json.dumps(entry)}" for item, entry in group.items())
        lines.append(f"  {json.dumps(name)}: {{\n{entries}\n  }}")
    head = f'  "keras": {json.dumps(keras.__version__)},\n'
    FILE.write_text("{\n" + head + ",\n".join(lines) + "\n}\n")
    print({name: len(group) for name, group in groups.items()})

"""Records files of weights that Keras models of other dtypes are saved as, for the Rust tests to load.

    pip install -r tools/requirements.txt
    python tools/record_weights.py

writes tests/recordings/weights_<dtype>.safetensors, the weights of a model of that dtype by the names `<layer>/<weight>`, and
tests/recordings/weights.safetensors: `input`, and for each dtype `<dtype>/output`, what a float32 model of these weights predicts.
The tests declare the same model, in tests/saving.rs.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
import safetensors.numpy
import safetensors.tensorflow
import tensorflow

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "recordings"


def model(dtype):
    return keras.Sequential([
        keras.Input((6,)),
        keras.layers.Dense(4, activation="relu", name="hidden", dtype=dtype),
        keras.layers.BatchNormalization(name="norm", dtype=dtype),
        keras.layers.Dense(10, activation="softmax", name="scores", dtype=dtype),
    ])


def main():
    random = numpy.random.default_rng(7)
    numbers = {"input": random.standard_normal((5, 6)).astype("float32")}
    for dtype in ["float64", "float16", "bfloat16"]:
        other, plain = model(dtype), model("float32")
        for weight in other.weights:
            values = random.standard_normal(weight.shape)
            weight.assign(numpy.abs(values) + 0.5 if weight.name == "moving_variance" else values)
        for layer, wide in zip(other.layers, plain.layers):
            wide.set_weights([keras.ops.convert_to_numpy(keras.ops.cast(w, "float32")) for w in layer.weights])
        weights = {f"{layer.name}/{w.name}": tensorflow.convert_to_tensor(w.value) for layer in other.layers for w in layer.weights}
        safetensors.tensorflow.save_file(weights, str(FOLDER / f"weights_{dtype}.safetensors"))
        numbers[f"{dtype}/output"] = plain.predict(numbers["input"], verbose=0)
    safetensors.numpy.save_file(numbers, str(FOLDER / "weights.safetensors"))


main()

"""Records the configurations that real Keras gives of layers, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_configs.py

writes tests/recordings/configs.json: of each call of a layer what its `get_config` gives, without what the description of a
model says (name, trainable, dtype).
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import constraints, initializers, layers, regularizers

FILE = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "configs.json"

CALLS = """
Activation("log_sigmoid")
ActivityRegularization(l1=0.1, l2=0.2)
Add()
AlphaDropout(0.25)
Average()
AveragePooling2D(3)
AveragePooling2D((2, 3), strides=1, padding="same")
BatchNormalization()
BatchNormalization(momentum=0.5, epsilon=0.01, center=False, scale=False, gamma_regularizer="l1", beta_constraint="non_neg")
Concatenate()
Concatenate(axis=1)
Conv2D(4, 3)
Conv2D(6, (3, 5), strides=2, padding="same", groups=2, activation="relu", use_bias=False)
Conv2D(4, 3, dilation_rate=(2, 1), kernel_initializer="he_normal", bias_initializer="ones", activity_regularizer="l2")
Cropping2D(((1, 2), (3, 4)))
Dense(3)
Dense(3, "softmax", False, kernel_initializer=initializers.RandomNormal(0.5, 0.25))
Dense(3, kernel_regularizer=regularizers.L1L2(0.5, 0.25), bias_regularizer="l1", kernel_constraint=constraints.MaxNorm(2, axis=[0, 1]))
Dense(3, kernel_initializer=initializers.VarianceScaling(2.0, "fan_out", "uniform"), bias_initializer=initializers.Constant(0.5))
Dense(3, kernel_regularizer=regularizers.OrthogonalRegularizer(0.5, "columns"), bias_constraint=constraints.MinMaxNorm(0.5, 2.0, 0.25))
Dot(1)
Dot((2, 1), normalize=True)
Dropout(0.25)
ELU(0.5)
Embedding(10, 4)
Embedding(10, 4, mask_zero=True)
Embedding(10, 4, "orthogonal", embeddings_regularizer="l2", embeddings_constraint="unit_norm")
Flatten()
GaussianDropout(0.25)
GaussianNoise(0.5)
GlobalAveragePooling1D()
GlobalAveragePooling2D()
GlobalMaxPooling2D(keepdims=True)
Identity()
LayerNormalization()
LayerNormalization(axis=(1, 2), epsilon=0.01, scale=False, beta_regularizer="l2", gamma_constraint="non_neg")
LeakyReLU()
LeakyReLU(0.5)
Masking()
Masking(0.5)
MaxPooling2D()
MaxPooling2D((2, 3), strides=1, padding="same")
Maximum()
Minimum()
Multiply()
Normalization()
Normalization(axis=None)
Normalization(axis=(1, 2), mean=0.5, variance=2.0, invert=True)
Normalization(mean=[0.5, 1.5], variance=[1.0, 2.0])
PReLU()
PReLU("ones", "l2", "non_neg", shared_axes=[1, 2])
Permute((2, 1))
ReLU()
ReLU(6.0, 0.25, 0.5)
RepeatVector(3)
Rescaling(0.5)
Rescaling([0.5, 1.5], [1.0, 2.0])
Reshape((2, -1))
Softmax()
Softmax(axis=1)
SpatialDropout1D(0.25)
SpatialDropout2D(0.25)
Subtract()
TimeDistributed(layers.Dense(3))
TimeDistributed(layers.TimeDistributed(layers.Conv2D(4, 3, padding="same")))
UpSampling2D()
UpSampling2D((2, 3), interpolation="bilinear")
ZeroPadding2D()
ZeroPadding2D(((1, 2), (3, 4)))
"""


def of_the_layer(config):
    """What the layer itself says, and the layers that are its arguments."""
    entries = {name: value for name, value in config.items() if name not in ("name", "trainable", "dtype")}
    for value in entries.values():
        if isinstance(value, dict) and value.get("module") == "keras.layers":
            value["config"] = of_the_layer(value["config"])
    return entries


def config(call):
    return of_the_layer(eval(f"layers.{call}").get_config())


if __name__ == "__main__":
    lines = [f"  {json.dumps(call)}: {json.dumps(config(call))}" for call in CALLS.strip().splitlines()]
    head = f'  "keras": {json.dumps(keras.__version__)},\n'
    FILE.write_text("{\n" + head + ",\n".join(lines) + "\n}\n")
    print(f"{len(lines)} configurations")

"""Records what Keras' callbacks do with the learning rate and the weights, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_callbacks.py

writes tests/recordings/callbacks.json:

- `reduce_lr_on_plateau`: for each call and each script, a list of `val_loss` by epoch, the learning rate that the history shows
  of each epoch, and the last one.
- `swap_ema_weights`: for each call, the losses of a training run with validation data after each epoch, the weights that a
  callback after it sees at the end of each epoch, and the weights at the end.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

FILE = Path(__file__).resolve().parent.parent / "tests" / "recordings" / "callbacks.json"

SCRIPTS = (
    [3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [5.0, 4.9999, 4.99985, 4.9, 4.89995, 5.0, 3.0, 3.00001],
    [1.0, 2.0, 3.0, 2.5, 4.0, 4.0, 4.0],
    [2.0, float("nan"), 1.0, float("nan"), float("nan"), 0.5],
)
PLATEAU_CALLS = (
    "patience=1",
    "patience=2",
    "patience=0",
    "patience=2, factor=0.5",
    "patience=1, factor=0.5, cooldown=2",
    "patience=2, factor=0.5, cooldown=1, min_delta=0.5",
    "patience=1, min_lr=0.02",
    "patience=1, factor=0.5, min_lr=0.125",
    "patience=1, factor=0.5, min_delta=0.0",
    "patience=1, factor=0.5, mode='max'",
    "",
)


class Script(keras.callbacks.Callback):
    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs):
        logs["val_loss"] = self.values[epoch]


class Weights(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs):
        self.seen.append(flat(self.model))


def flat(model):
    return [float(number) for weight in model.get_weights() for number in weight.flatten()]


def line(optimizer):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.float32([[0.5]]), np.float32([-0.25])])
    model.compile(optimizer, "mse")
    return model


def plateau(arguments, values):
    model = line(keras.optimizers.SGD(0.25))
    reduce = eval(f"keras.callbacks.ReduceLROnPlateau({arguments})")
    ones = np.ones((2, 1), np.float32)
    history = model.fit(ones, ones, epochs=len(values), verbose=0, callbacks=[Script(values), reduce])
    return [float(rate) for rate in history.history["learning_rate"]] + [float(model.optimizer.learning_rate)]


def averages(arguments):
    model = line(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.75))
    x, y = np.float32([[0], [1], [2], [3]]), np.float32([[1], [3], [5], [7]])
    weights = Weights()
    swap = eval(f"keras.callbacks.SwapEMAWeights({arguments})")
    history = model.fit(
        x, y, epochs=4, batch_size=2, shuffle=False, verbose=0, validation_data=(x[1:], y[1:]), callbacks=[swap, weights]
    )
    return {**history.history, "weights": weights.seen, "last": flat(model)}


if __name__ == "__main__":
    recorded = {
        "keras": keras.__version__,
        "reduce_lr_on_plateau": [
            {"arguments": arguments, "values": [str(value) for value in values], "rates": plateau(arguments, values)}
            for arguments in PLATEAU_CALLS
            for values in SCRIPTS
        ],
        "swap_ema_weights": {
            arguments: averages(arguments) for arguments in ("", "swap_on_epoch=True")
        },
    }
    FILE.write_text(json.dumps(recorded, indent=1) + "\n")

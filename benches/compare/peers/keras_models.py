"""The workloads' models in Keras, whatever its backend: their logits."""

import keras
from keras import layers

from workloads import ADAM, BATCH_NORMALIZATION, SGD, SHAPES


def convolution(x, filters, strides, size):
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(**BATCH_NORMALIZATION)(x)


def block(x, filters, strides):
    y = layers.Activation("relu")(convolution(x, filters, strides, 3))
    y = convolution(y, filters, 1, 3)
    shortcut = x if strides == 1 else convolution(x, filters, strides, 1)
    return layers.Activation("relu")(layers.Add()([y, shortcut]))


def logits(workload, x):
    match workload:
        case "T1":
            x = layers.Dense(128, activation="relu")(x)
            x = layers.Dropout(0.2)(x)
        case "T2":
            x = layers.Dense(512, activation="relu")(x)
            x = layers.Dense(512, activation="relu")(x)
        case "T3":
            x = layers.AveragePooling2D(2)(layers.Conv2D(6, 3, activation="relu")(x))
            x = layers.AveragePooling2D(2)(layers.Conv2D(16, 3, activation="relu")(x))
            x = layers.Dense(120, activation="relu")(layers.Flatten()(x))
            x = layers.Dense(84, activation="relu")(x)
        case "T4":
            x = layers.MaxPooling2D(2)(layers.Conv2D(32, 3, activation="relu")(x))
            x = layers.MaxPooling2D(2)(layers.Conv2D(64, 3, activation="relu")(x))
            x = layers.Dropout(0.5)(layers.Flatten()(x))
        case "T5":
            x = layers.Activation("relu")(convolution(x, 16, 1, 3))
            for filters, strides in [(16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)]:
                x = block(x, filters, strides)
            x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(10)(x)


def model(workload):
    x = keras.Input(SHAPES[workload])
    return keras.Model(x, logits(workload, x))


def optimizer(workload):
    return keras.optimizers.SGD(**SGD) if workload == "T5" else keras.optimizers.Adam(**ADAM)


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

"""The workloads as data: what `benches/src/lib.rs` says in Rust."""

import numpy

SHAPES = {"T1": (784,), "T2": (784,), "T3": (32, 32, 1), "T4": (28, 28, 1), "T5": (32, 32, 3)}
CLASSES = 10
# Batches that training cycles through.
POOL = 8
# Times that training has gone through the pool before its loss is compared.
ROUNDS = 3
# Keras' defaults, which every peer is given.
ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
SGD = {"learning_rate": 0.01, "momentum": 0.9}
BATCH_NORMALIZATION = {"momentum": 0.99, "epsilon": 1e-3}


def samples(workload, batch, seed=1):
    """Samples that look random, in [0, 1), channels last."""
    return numpy.random.default_rng(seed).random((batch, *SHAPES[workload]), dtype=numpy.float32)


def classified(workload, batch, seed):
    """Samples of classes that can be told apart, and their classes: noise around the mean of each class, which has eight
    stripes of numbers in [-1, 1)."""
    stripes, length = 8, numpy.prod(SHAPES[workload])
    means = 2 * numpy.random.default_rng(1000).random((CLASSES, stripes), dtype=numpy.float32) - 1
    classes = numpy.random.default_rng(seed + 100).integers(0, CLASSES, batch)
    stripe = numpy.arange(length) * stripes // length
    return samples(workload, batch, seed) + means[classes][:, stripe].reshape(-1, *SHAPES[workload]) - 0.5, classes


def pool(workload, batch):
    """The batches of training."""
    return [classified(workload, batch, at + 1) for at in range(POOL)]

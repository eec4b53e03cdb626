"""The workloads as data: what `benches/src/lib.rs` says in Rust."""

import numpy

SHAPES = {"T1": (784,), "T2": (784,), "T3": (32, 32, 1), "T4": (28, 28, 1), "T5": (32, 32, 3)}
CLASSES = 10
# Batches that training cycles through: since they are always the same, the loss must fall where weights are updated.
POOL = 8
# Keras' defaults, which every peer is given.
ADAM = {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
SGD = {"learning_rate": 0.01, "momentum": 0.9}
BATCH_NORMALIZATION = {"momentum": 0.99, "epsilon": 1e-3}


def samples(workload, batch, seed=1):
    """Samples that look random, in [0, 1), channels last."""
    return numpy.random.default_rng(seed).random((batch, *SHAPES[workload]), dtype=numpy.float32)


def labels(batch, seed=100):
    return numpy.random.default_rng(seed).integers(0, CLASSES, batch)


def pool(workload, batch):
    """The batches of training."""
    return [(samples(workload, batch, seed + 1), labels(batch, seed + 100)) for seed in range(POOL)]

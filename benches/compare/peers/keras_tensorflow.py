"""Keras on TensorFlow, one graph a step. Variants: `graph`, TensorFlow's own kernels; `jit`, compiled by XLA."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import tensorflow  # noqa: E402

import keras_models  # noqa: E402
from turns import Training, Work, arguments, take_turns  # noqa: E402
from workloads import pool, samples  # noqa: E402


def main():
    options = arguments()
    tensorflow.config.threading.set_intra_op_parallelism_threads(options.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(options.threads)
    keras.utils.set_random_seed(1)
    net = keras_models.model(options.workload)
    version = f"{tensorflow.__version__}, Keras {keras.__version__}"
    graph = tensorflow.function(jit_compile=options.variant == "jit")
    if options.mode == "train":
        batches = [tuple(map(tensorflow.constant, each)) for each in pool(options.workload, options.batch)]
        optimizer, loss = keras_models.optimizer(options.workload), keras_models.loss()
        optimizer.build(net.trainable_variables)

        @graph
        def train(x, y):
            with tensorflow.GradientTape() as tape:
                value = loss(y, net(x, training=True))
            optimizer.apply(tape.gradient(value, net.trainable_variables), net.trainable_variables)
            return value

        last = None

        def step(at):
            nonlocal last
            last = train(*batches[at])

        take_turns(Training(step, lambda: last.numpy()), version)
    else:
        x = tensorflow.constant(samples(options.workload, options.batch))
        scores = graph(lambda x: keras.ops.softmax(net(x, training=False)))
        scores = scores.get_concrete_function(tensorflow.TensorSpec(x.shape, x.dtype))
        take_turns(Work(lambda: scores(x).numpy()), version)


if __name__ == "__main__":
    main()

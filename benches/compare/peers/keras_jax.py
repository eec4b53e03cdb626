"""Keras on JAX: a step or a call is one jitted function, the state given away (`donate_argnums`). One variant: `jit`."""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import keras  # noqa: E402

import keras_models  # noqa: E402
from turns import Training, Work, arguments, take_turns  # noqa: E402
from workloads import pool, samples  # noqa: E402


def main():
    options = arguments()
    keras.utils.set_random_seed(1)
    net = keras_models.model(options.workload)
    version = f"{jax.__version__}, Keras {keras.__version__}"
    trainable = [variable.value for variable in net.trainable_variables]
    others = [variable.value for variable in net.non_trainable_variables]
    if options.mode == "train":
        batches = [tuple(map(jax.numpy.asarray, each)) for each in pool(options.workload, options.batch)]
        optimizer, loss = keras_models.optimizer(options.workload), keras_models.loss()
        optimizer.build(net.trainable_variables)

        def forward(trainable, others, x, y):
            scores, others = net.stateless_call(trainable, others, x, training=True)
            return loss(y, scores), others

        def train(state, x, y):
            trainable, others, moments = state
            (value, others), gradients = jax.value_and_grad(forward, has_aux=True)(trainable, others, x, y)
            trainable, moments = optimizer.stateless_apply(moments, gradients, trainable)
            return (trainable, others, moments), value

        train = jax.jit(train, donate_argnums=0)
        state, last = (trainable, others, [variable.value for variable in optimizer.variables]), None

        def step(at):
            nonlocal state, last
            state, last = train(state, *batches[at])

        take_turns(Training(step, lambda: last.block_until_ready()), version)
    else:
        x = jax.numpy.asarray(samples(options.workload, options.batch))

        @jax.jit
        def scores(trainable, others, x):
            return keras.ops.softmax(net.stateless_call(trainable, others, x, training=False)[0])

        take_turns(Work(lambda: scores(trainable, others, x).block_until_ready()), version)


if __name__ == "__main__":
    main()

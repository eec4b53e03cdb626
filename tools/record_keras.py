"""Records what real Keras computes, for the Rust tests to compare against.

    pip install -r tools/requirements.txt
    python tools/record_keras.py

writes one safetensors file a group, and the README that describes every case,
into tests/recordings. Every case draws its data from a generator seeded with
the case's own name, so a re-run gives the same inputs, and adding a case
changes no other.
"""

import inspect
import json
import os
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import safetensors.numpy
import tensorflow as tf

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "recordings"


# --- Writing ---------------------------------------------------------------


class Group:
    """The cases of one safetensors file."""

    def __init__(self, name):
        self.name = name
        self.calls = {}
        self.tensors = {}

    def case(self, name, call):
        """Opens a case; returns the generator of its data."""
        assert name not in self.calls, f"{self.name} has two cases {name}"
        self.calls[name] = call
        self.tensors[name] = {}
        return np.random.default_rng(zlib.crc32(f"{self.name}/{name}".encode()))

    def put(self, case, **tensors):
        """Adds tensors to a case: numbers as float32, integers as int32."""
        for name, tensor in tensors.items():
            array = np.array(keras.ops.convert_to_numpy(tensor))
            kind = np.int32 if np.issubdtype(array.dtype, np.integer) else np.float32
            self.tensors[case][name] = array.astype(kind)

    def save(self):
        arrays = {
            f"{case}/{name}": array
            for case, tensors in self.tensors.items()
            for name, array in tensors.items()
        }
        metadata = {**self.calls, "keras": keras.__version__, "tensorflow": tf.__version__}
        content = with_sorted_header(safetensors.numpy.save(arrays, metadata))
        (FOLDER / f"{self.name}.safetensors").write_bytes(content)
        print(
            f"{self.name}: {len(self.calls)} cases, {len(arrays)} tensors, "
            f"{len(content) / 1024:.0f} KiB",
            flush=True,
        )


def with_sorted_header(content):
    """The same safetensors file with its header's keys in order: the library
    writes the metadata in another order each time."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:start]), sort_keys=True, separators=(",", ":"))
    header = header.encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[start:]


# --- Data ------------------------------------------------------------------


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def quantised(rng, *shape):
    """Few different values, so that a window holds its maximum several times."""
    return rng.integers(-2, 3, size=shape).astype(np.float32)


def ids(rng, *shape):
    """Whole numbers from 0 to 6, as floats."""
    return rng.integers(0, 7, size=shape).astype(np.float32)


def positive(rng, *shape):
    return rng.uniform(0.2, 2.0, size=shape).astype(np.float32)


def probabilities(rng, *shape):
    """Rows over the last axis that sum to 1."""
    exponentials = np.exp(1.5 * rng.normal(size=shape))
    return (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float32)


def unit(rng, *shape):
    """Numbers between 0 and 1."""
    return rng.uniform(0.02, 0.98, size=shape).astype(np.float32)


def labels(rng, *shape, classes):
    return rng.integers(0, classes, size=shape).astype(np.int32)


def one_hot(classes, count):
    return np.eye(count, dtype=np.float32)[classes]


def bits(rng, *shape):
    return rng.integers(0, 2, size=shape).astype(np.float32)


def kept(rng, *shape):
    """A mask of positions, of which each sample keeps its first."""
    mask = bits(rng, *shape)
    mask[:, 0] = 1
    return mask


def numbered(name, tensors):
    """{name: the only tensor} or {name_0: ..., name_1: ...}"""
    if len(tensors) == 1:
        return {name: tensors[0]}
    return {f"{name}_{i}": tensor for i, tensor in enumerate(tensors)}


# --- Layers ----------------------------------------------------------------


def record_layers():
    """`input` (or `input_0`, `input_1`, ...) goes through the layer, whose weights
    are `kernel`, `bias`, `gamma`, `beta`, `alpha`, `embeddings`, `mean`, `variance`,
    `moving_mean`, `moving_variance`: random numbers, not the initial ones. The result is `output`.

    The gradients `input_gradient` (or `input_gradient_0`, ...), `kernel_gradient`,
    `bias_gradient` and so on are those of sum(output · output_gradient),
    `output_gradient` being random too.

    `updated_moving_mean` and `updated_moving_variance` are the moving statistics
    after the call, where it is with training=True; the ones without `updated_`
    are always those before.

    In the cases `moments`, `mean` and `variance` are those of the output of many inputs
    that are all 1, or, `of_normal`, normal.

    In the cases `adapt`, `mean` and `variance` are what the layer measures of `input`.

    - Images are (batch, height, width, channels), a kernel of Conv2D is
      (height, width, input channels / groups, output channels).
    - Padding of "same" with an odd total has the larger half at the end. Average
      pooling does not count padding in its divisor.
    - The gradient of a maximum found several times in a window goes to the first
      of them, rows before columns.
    - The gradient of a maximum (or minimum) of several inputs goes to the first that
      holds it; that of a maximum over a whole image is shared out among the pixels
      that hold it.
    - The data of `ties` and `at_the_corners` are small integers, those of `negative`
      all lie below 0.
    - ReLU at a corner: at `max_value` itself the gradient passes through; at
      `threshold` the output and the gradient are 0, also with a `negative_slope`
      (but at 0 without a threshold the gradient is the `negative_slope`).
    - The moving variance takes in the biased variance of the batch, at every rank.
    """
    group = Group("layers")

    def record(name, construction, *shapes, data=normal, scale=1.0, shift=0.0, training=False, gradients=True):
        several = len(shapes) > 1
        arguments = ", ".join(f"input_{i}" for i in range(len(shapes)))
        arguments = f"[{arguments}]" if several else "input"
        rng = group.case(
            name, f"keras.layers.{construction}({arguments}, training={training})"
        )
        inputs = [tf.constant(scale * data(rng, *shape) + shift) for shape in shapes]

        layer = eval(f"keras.layers.{construction}")
        layer.build([*shapes] if several else shapes[0])
        for variable in layer.variables:
            if variable.dtype == "float32":
                draw = positive if variable.name in ("gamma", "moving_variance", "variance") else normal
                variable.assign(draw(rng, *variable.shape))
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # It works with copies of its weights.
        weights = [v for v in layer.variables if v.dtype == "float32"]
        trainable = layer.trainable_variables
        before = {v.name: v.numpy().copy() for v in weights}

        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = layer(inputs if several else inputs[0], training=training)
            output_gradient = normal(rng, *output.shape)
            total = tf.reduce_sum(output * output_gradient)
        group.put(name, **numbered("input", inputs), **before)
        group.put(name, output=output)
        if gradients:
            by_all = tape.gradient(total, inputs + [v.value for v in trainable])
            # Nothing follows ids smoothly.
            by_input = [tf.zeros_like(x) if g is None else g for x, g in zip(inputs, by_all)]
            group.put(name, output_gradient=output_gradient, **numbered("input_gradient", by_input))
            for variable, gradient in zip(trainable, by_all[len(inputs) :]):
                gradient = tf.convert_to_tensor(gradient)
                group.put(name, **{f"{variable.name}_gradient": gradient})
        if training:
            updated = {f"updated_{v.name}": v for v in weights if not v.trainable}
            group.put(name, **updated)

    record("dense.rank_2", "Dense(4)", (3, 5))
    record("dense.rank_3", "Dense(4)", (3, 4, 5))
    record("dense.rank_4", "Dense(4)", (3, 2, 3, 5))
    record("dense.no_bias", "Dense(4, use_bias=False)", (3, 5))
    record("dense.no_bias_rank_3", "Dense(2, use_bias=False)", (3, 4, 5))
    record("dense.relu", "Dense(6, activation='relu')", (3, 5))
    record("dense.gelu", "Dense(6, activation='gelu')", (3, 5))
    record("dense.softmax", "Dense(4, activation='softmax')", (3, 5))
    record("dense.softmax_rank_3", "Dense(4, activation='softmax')", (3, 2, 5))
    record("dense.one_unit_sigmoid", "Dense(1, activation='sigmoid')", (3, 5))

    record("activation.relu", "Activation('relu')", (3, 5))
    record("activation.tanh", "Activation('tanh')", (3, 4, 5))
    record("activation.gelu", "Activation('gelu')", (3, 2, 3, 4))
    record("activation.softmax", "Activation('softmax')", (3, 4, 5))

    image = (3, 7, 6, 2)
    record("conv2d.valid", "Conv2D(4, 3)", image)
    record("conv2d.same", "Conv2D(4, 3, padding='same')", image)
    record("conv2d.same_even_kernel", "Conv2D(3, (2, 4), padding='same')", image)
    record("conv2d.valid_stride2", "Conv2D(3, 3, strides=2)", image)
    record("conv2d.same_stride2", "Conv2D(3, 3, strides=2, padding='same')", image)
    record("conv2d.same_stride2_even", "Conv2D(3, 3, strides=2, padding='same')", (3, 6, 8, 2))
    record("conv2d.same_stride2_odd", "Conv2D(3, 3, strides=2, padding='same')", (3, 5, 7, 2))
    record("conv2d.same_stride2_1x1", "Conv2D(3, 1, strides=2, padding='same')", image)
    record("conv2d.same_stride3_2x2", "Conv2D(3, 2, strides=3, padding='same')", image)
    record("conv2d.valid_stride_2_1", "Conv2D(3, 3, strides=(2, 1))", image)
    record("conv2d.same_stride_2_1", "Conv2D(3, 3, strides=(2, 1), padding='same')", image)
    record("conv2d.valid_dilation2", "Conv2D(3, 3, dilation_rate=2)", image)
    record("conv2d.same_dilation2", "Conv2D(3, 3, dilation_rate=2, padding='same')", image)
    record("conv2d.same_dilation_1_2", "Conv2D(3, 3, dilation_rate=(1, 2), padding='same')", image)
    record("conv2d.valid_groups2", "Conv2D(6, 3, groups=2)", (3, 5, 4, 4))
    record("conv2d.same_groups2_stride2", "Conv2D(4, 3, groups=2, strides=2, padding='same')", (3, 5, 4, 4))
    record("conv2d.no_bias", "Conv2D(4, 3, use_bias=False)", image)
    record("conv2d.relu", "Conv2D(4, 3, activation='relu')", image)
    record("conv2d.tanh", "Conv2D(4, 3, padding='same', activation='tanh')", image)
    record("conv2d.kernel_1x1", "Conv2D(5, 1)", image)
    record("conv2d.kernel_5x3", "Conv2D(3, (5, 3))", image)
    record("conv2d.kernel_5x3_same", "Conv2D(3, (5, 3), padding='same')", image)

    record("max_pooling2d.default", "MaxPooling2D()", image)
    record("max_pooling2d.pool2", "MaxPooling2D(2)", (3, 6, 4, 2))
    record("max_pooling2d.pool2_same", "MaxPooling2D(2, padding='same')", (3, 5, 7, 2))
    record("max_pooling2d.pool3_stride2_same", "MaxPooling2D(3, strides=2, padding='same')", image)
    record("max_pooling2d.pool3_stride2_valid", "MaxPooling2D(3, strides=2)", image)
    record("max_pooling2d.pool_3_2_stride1", "MaxPooling2D((3, 2), strides=1, padding='valid')", image)
    record("max_pooling2d.stride_1_2", "MaxPooling2D(2, strides=(1, 2))", image)
    record("max_pooling2d.negative_same", "MaxPooling2D(3, strides=2, padding='same')", image, shift=-6.0)
    record("max_pooling2d.ties", "MaxPooling2D(2)", image, data=quantised)
    record("max_pooling2d.ties_overlapping_same", "MaxPooling2D(3, strides=2, padding='same')", image, data=quantised)

    record("average_pooling2d.pool2", "AveragePooling2D(2)", image)
    record("average_pooling2d.pool2_same", "AveragePooling2D(2, padding='same')", (3, 5, 7, 2))
    record("average_pooling2d.pool3_stride2_same", "AveragePooling2D(3, strides=2, padding='same')", image)
    record("average_pooling2d.pool3_stride1_same", "AveragePooling2D(3, strides=1, padding='same')", (3, 4, 5, 2))
    record("average_pooling2d.pool_3_2_stride1", "AveragePooling2D((3, 2), strides=1)", image)
    record("average_pooling2d.stride_1_2", "AveragePooling2D(2, strides=(1, 2))", image)

    record("global_average_pooling2d.default", "GlobalAveragePooling2D()", (3, 4, 5, 2))
    record("global_average_pooling2d.keepdims", "GlobalAveragePooling2D(keepdims=True)", (3, 4, 5, 2))

    record("global_average_pooling1d.default", "GlobalAveragePooling1D()", (3, 4, 2))
    record("global_average_pooling1d.keepdims", "GlobalAveragePooling1D(keepdims=True)", (3, 5, 3))
    record("global_average_pooling1d.one_step", "GlobalAveragePooling1D()", (3, 1, 2))
    record("masking.default", "Masking()", (3, 4, 2), data=quantised)
    record("masking.mask_value", "Masking(mask_value=1.0)", (3, 4, 1), data=quantised)
    record("masking.rank_2", "Masking()", (5, 1), data=quantised)

    record("flatten.rank_4", "Flatten()", (3, 2, 3, 4))
    record("flatten.rank_3", "Flatten()", (3, 4, 5))
    record("flatten.rank_2", "Flatten()", (3, 5))
    record("reshape.split", "Reshape((2, 3, 4))", (3, 24))
    record("reshape.inferred", "Reshape((-1, 6))", (3, 3, 4, 2))
    record("reshape.flat", "Reshape((12,))", (3, 3, 4))
    # Gradients are not asked for at inference, so there is none to compare of what is random in training.
    record("dropout.inference", "Dropout(0.5)", (3, 5), gradients=False)
    record("dropout.inference_rank_4", "Dropout(0.2)", (3, 2, 3, 4), gradients=False)

    record("spatial_dropout2d.inference", "SpatialDropout2D(0.5)", (3, 2, 3, 4), gradients=False)
    record("spatial_dropout1d.inference", "SpatialDropout1D(0.5)", (3, 4, 2), gradients=False)
    record("gaussian_dropout.inference", "GaussianDropout(0.5)", (3, 5), gradients=False)
    record("gaussian_noise.inference", "GaussianNoise(0.5)", (3, 5), gradients=False)
    record("alpha_dropout.inference", "AlphaDropout(0.5)", (3, 5), gradients=False)

    # Of random numbers, the moments: of each value (inputs of 1), and of outputs from normal inputs.
    for name, construction, scale, shift in (
        ("dropout.moments", "Dropout(0.3)", 0, 1),
        ("gaussian_dropout.moments", "GaussianDropout(0.3)", 0, 1),
        ("gaussian_noise.moments", "GaussianNoise(0.3)", 0, 1),
        ("alpha_dropout.moments", "AlphaDropout(0.3)", 0, 1),
        ("alpha_dropout.moments_of_normal", "AlphaDropout(0.3)", 1, 0),
        ("spatial_dropout2d.moments", "SpatialDropout2D(0.3)", 0, 1),
        ("spatial_dropout1d.moments", "SpatialDropout1D(0.3)", 0, 1),
    ):
        rng = group.case(name, f"keras.layers.{construction}(input, training=True)")
        keras.utils.set_random_seed(zlib.crc32(name.encode()))
        channels = {"spatial_dropout2d.moments": (2000, 2, 2, 100), "spatial_dropout1d.moments": (2000, 4, 100)}
        shape = channels.get(name, (2000, 200))
        inputs = tf.constant(scale * normal(rng, *shape) + shift, dtype="float32")
        output = eval(f"keras.layers.{construction}")(inputs, training=True).numpy()
        group.put(name, mean=output.mean(), variance=output.var())

    rows, images = (6, 4), (3, 3, 4, 2)
    for rank, shape in (("rank_2", rows), ("rank_4", images)):
        for mode in ("training", "inference"):
            options = {"shift": 0.5, "scale": 2.0, "training": mode == "training"}
            bn = f"batch_normalization.{mode}"
            record(f"{bn}_{rank}", "BatchNormalization()", shape, **options)
            record(f"{bn}_no_scale_{rank}", "BatchNormalization(scale=False)", shape, **options)
            record(f"{bn}_no_center_{rank}", "BatchNormalization(center=False)", shape, **options)
            record(f"{bn}_other_{rank}", "BatchNormalization(momentum=0.7, epsilon=0.1)", shape, **options)
    record("batch_normalization.training_plain", "BatchNormalization(scale=False, center=False)", rows, training=True)
    record("batch_normalization.training_rank_3", "BatchNormalization()", (3, 4, 2), training=True)
    record("batch_normalization.training_all_alike", "BatchNormalization()", rows, scale=0.0, shift=2.0, training=True)

    record("add.two", "Add()", (3, 5), (3, 5))
    record("add.three", "Add()", (3, 4, 2), (3, 4, 2), (3, 4, 2))
    record("add.images", "Add()", (3, 2, 3, 4), (3, 2, 3, 4))
    record("concatenate.two", "Concatenate()", (3, 5), (3, 2))
    record("concatenate.three", "Concatenate()", (3, 1), (3, 4), (3, 2))
    record("concatenate.images", "Concatenate(axis=-1)", (3, 2, 3, 4), (3, 2, 3, 1))
    record("concatenate.axis_1", "Concatenate(axis=1)", (3, 2, 4), (3, 3, 4))
    record("concatenate.axis_1_three", "Concatenate(axis=1)", (3, 2, 3, 2), (3, 1, 3, 2), (3, 4, 3, 2))

    record("softmax.default", "Softmax()", (3, 5), scale=3.0)
    record("softmax.rank_3", "Softmax(axis=-1)", (3, 4, 5), scale=3.0)
    record("softmax.axis_1", "Softmax(axis=1)", (3, 4, 5), scale=3.0)
    record("softmax.large", "Softmax()", (3, 5), scale=300.0)
    record("relu.default", "ReLU()", (3, 4, 5), scale=3.0)
    record("relu.max_value", "ReLU(max_value=2.0)", (3, 4, 5), scale=3.0)
    record("relu.negative_slope", "ReLU(negative_slope=0.1)", (3, 4, 5), scale=3.0)
    record("relu.threshold", "ReLU(threshold=0.5)", (3, 4, 5), scale=3.0)
    record("relu.all", "ReLU(max_value=3.0, negative_slope=0.2, threshold=1.0)", (3, 4, 5), scale=3.0)
    record("relu.at_the_corners", "ReLU(max_value=2.0, negative_slope=0.5, threshold=1.0)", (3, 4, 5), data=quantised)

    record("elu.default", "ELU()", (3, 4, 5), scale=3.0)
    record("elu.alpha", "ELU(alpha=0.5)", (3, 5), scale=3.0)
    record("elu.at_zero", "ELU(alpha=2.0)", (3, 4, 5), data=quantised)
    record("leaky_relu.default", "LeakyReLU()", (3, 4, 5), scale=3.0)
    record("leaky_relu.at_zero", "LeakyReLU(negative_slope=0.5)", (3, 4, 5), data=quantised)
    record("prelu.default", "PReLU()", (3, 5))
    record("prelu.rank_3", "PReLU()", (3, 4, 5))
    record("prelu.shared", "PReLU(shared_axes=[1, 2])", images)
    record("prelu.at_zero", "PReLU(shared_axes=[2])", images, data=quantised)

    options = {"shift": 0.5, "scale": 2.0}
    record("layer_normalization.default", "LayerNormalization()", (6, 4), **options)
    record("layer_normalization.long", "LayerNormalization()", (3, 2, 37), **options)
    record("layer_normalization.axis_1", "LayerNormalization(axis=1)", images, **options)
    record("layer_normalization.last_two", "LayerNormalization(axis=[2, 3], epsilon=0.1)", images, **options)
    record("layer_normalization.axes_1_3", "LayerNormalization(axis=[1, 3])", images, **options)
    record("layer_normalization.no_scale", "LayerNormalization(scale=False)", images, **options)
    record("layer_normalization.no_center", "LayerNormalization(center=False, axis=1)", (3, 5, 4), **options)
    record("layer_normalization.plain", "LayerNormalization(scale=False, center=False)", (3, 5, 4), **options)
    record("layer_normalization.all_alike", "LayerNormalization(epsilon=0.25)", (6, 4), scale=0.0, shift=2.0)
    record("normalization.default", "Normalization()", (6, 4))
    record("normalization.axis_1", "Normalization(axis=1)", images)
    record("normalization.axes", "Normalization(axis=(1, 3))", images)
    record("normalization.all", "Normalization(axis=None)", images)
    record("normalization.given", "Normalization(mean=[1.0, -2.0], variance=[4.0, 0.5])", images)
    record("normalization.given_once", "Normalization(mean=3.0, variance=2.0)", images)
    record("normalization.no_variance", "Normalization(mean=[1.0, 0.0], variance=[0.0, 1e-16])", images)
    record("normalization.inverted", "Normalization(mean=[1.0, -2.0], variance=[4.0, 0.5], invert=True)", images)

    # What `adapt` measures of the data.
    for name, construction, shape in (
        ("adapt.default", "Normalization()", (7, 3)),
        ("adapt.axis_1", "Normalization(axis=1)", (5, 3, 4, 2)),
        ("adapt.axes", "Normalization(axis=(1, 3))", (5, 3, 4, 2)),
        ("adapt.all", "Normalization(axis=None)", (5, 4, 2)),
        ("adapt.all_alike", "Normalization()", (7, 2)),
    ):
        rng = group.case(name, f"keras.layers.{construction}.adapt(input)")
        data = (2 * normal(rng, *shape) if name != "adapt.all_alike" else np.zeros(shape, np.float32)) + 0.5
        layer = eval(f"keras.layers.{construction}")
        layer.adapt(data)
        measured = {v.name: v for v in layer.weights if v.name != "count"}
        group.put(name, input=data, output=layer(data), **measured)

    record("embedding.vector", "Embedding(7, 4)", (3, 5), data=ids)
    record("embedding.one", "Embedding(7, 4)", (3,), data=ids)
    record("embedding.rank_3", "Embedding(7, 3)", (3, 2, 4), data=ids)

    pair = ((3, 4, 5), (3, 4, 5))
    record("subtract.two", "Subtract()", *pair)
    record("subtract.images", "Subtract()", images, images)
    record("multiply.two", "Multiply()", *pair)
    record("multiply.three", "Multiply()", *pair, (3, 4, 5))
    record("multiply.zeros", "Multiply()", *pair, (3, 4, 5), data=quantised)
    record("average.two", "Average()", *pair)
    record("average.three", "Average()", *pair, (3, 4, 5))
    record("maximum.two", "Maximum()", *pair)
    record("maximum.ties", "Maximum()", *pair, (3, 4, 5), data=quantised)
    record("minimum.two", "Minimum()", *pair)
    record("minimum.ties", "Minimum()", *pair, (3, 4, 5), data=quantised)
    record("dot.vectors", "Dot(axes=1)", (3, 5), (3, 5))
    record("dot.last", "Dot(axes=-1)", (3, 4, 5), (3, 2, 5))
    record("dot.pair", "Dot(axes=(1, 2))", (3, 5, 2), (3, 4, 5))
    record("dot.matrix_and_vector", "Dot(axes=(2, 1))", (3, 4, 5), (3, 5))
    record("dot.rank_4", "Dot(axes=(2, 3))", (3, 2, 4, 3), (3, 2, 3, 4))
    record("dot.cosines", "Dot(axes=-1, normalize=True)", (3, 5), (3, 5))
    record("dot.cosines_of_nothing", "Dot(axes=-1, normalize=True)", (3, 5), (3, 5), scale=0.0)
    record("dot.cosines_rank_3", "Dot(axes=(1, 2), normalize=True)", (3, 5, 2), (3, 4, 5))

    record("activity_regularization.rank_3", "ActivityRegularization(l1=0.1, l2=0.2)", (3, 4, 5))
    record("activity_regularization.rank_2", "ActivityRegularization(l2=0.2)", (3, 5))
    record("identity.rank_3", "Identity()", (3, 4, 5))
    record("identity.rank_2", "Identity()", (3, 5))
    record("rescaling.scale", "Rescaling(0.5)", (3, 5))
    record("rescaling.offset", "Rescaling(2.0, offset=-1.0)", images)
    record("rescaling.channels", "Rescaling([0.5, -2.0, 3.0], offset=[1.0, 0.0, -1.5])", (3, 4, 3))
    record("rescaling.scale_of_channels", "Rescaling([0.5, -2.0, 3.0], offset=0.25)", (3, 2, 4, 3))
    record("rescaling.offset_of_channels", "Rescaling(2.0, offset=[1.0, 0.0, -1.5])", (5, 3))
    record("permute.transposed", "Permute((2, 1))", (3, 4, 5))
    record("permute.rank_4", "Permute((3, 1, 2))", (3, 2, 3, 4))
    record("permute.same", "Permute((1, 2, 3))", (3, 2, 3, 4))
    record("repeat_vector.once", "RepeatVector(1)", (3, 5))
    record("repeat_vector.thrice", "RepeatVector(3)", (3, 5))

    record("time_distributed.dense", "TimeDistributed(keras.layers.Dense(4))", (3, 4, 5))
    record("time_distributed.dense_rank_4", "TimeDistributed(keras.layers.Dense(4))", (3, 2, 4, 5))
    record("time_distributed.softmax", "TimeDistributed(keras.layers.Dense(4, activation='softmax'))", (3, 4, 5))
    record("time_distributed.conv2d", "TimeDistributed(keras.layers.Conv2D(2, 3))", (2, 3, 5, 4, 2))
    record("time_distributed.flatten", "TimeDistributed(keras.layers.Flatten())", (3, 4, 5, 2))
    record("time_distributed.batch_normalization", "TimeDistributed(keras.layers.BatchNormalization())", (3, 4, 5))
    record("time_distributed.twice", "TimeDistributed(keras.layers.TimeDistributed(keras.layers.Dense(4)))", (3, 2, 4, 5))
    record("zero_padding2d.default", "ZeroPadding2D()", images)
    record("zero_padding2d.pair", "ZeroPadding2D((2, 1))", images)
    record("zero_padding2d.sides", "ZeroPadding2D(((0, 2), (1, 0)))", images)
    record("cropping2d.default", "Cropping2D()", images)
    record("cropping2d.one", "Cropping2D(1)", image)
    record("cropping2d.pair", "Cropping2D((2, 1))", image)
    record("cropping2d.sides", "Cropping2D(((0, 2), (1, 3)))", image)
    record("up_sampling2d.default", "UpSampling2D()", images)
    record("up_sampling2d.pair", "UpSampling2D((1, 3))", images)
    record("up_sampling2d.bilinear", "UpSampling2D(interpolation='bilinear')", images)
    record("up_sampling2d.bilinear_pair", "UpSampling2D((3, 2), interpolation='bilinear')", image)
    record("up_sampling2d.bilinear_pixel", "UpSampling2D(3, interpolation='bilinear')", (3, 1, 1, 2))
    record("global_max_pooling2d.default", "GlobalMaxPooling2D()", (3, 4, 5, 2))
    record("global_max_pooling2d.keepdims", "GlobalMaxPooling2D(keepdims=True)", (3, 4, 5, 2))
    record("global_max_pooling2d.ties", "GlobalMaxPooling2D()", (3, 4, 5, 2), data=quantised)

    return group


# --- Regularizers and constraints -------------------------------------------


def record_regularizers():
    """`value` is what the regularizer makes of `weight`, `gradient` its gradient. Some
    weights are exactly 0, where the gradient of their size is 0. In the cases `of_nothing`, a row
    and a column are.
    """
    group = Group("regularizers")

    def record(name, construction, *shape, draw=normal):
        rng = group.case(name, f"keras.regularizers.{construction}(weight)")
        weight = draw(rng, *shape)
        weight.flat[0] = 0
        if name.endswith("of_nothing"):
            weight[1], weight[:, 1] = 0, 0
        weight = tf.constant(weight)
        with tf.GradientTape() as tape:
            tape.watch(weight)
            value = eval(f"keras.regularizers.{construction}")(weight)
        group.put(name, weight=weight, value=value, gradient=tape.gradient(value, weight))

    record("l1.default", "L1()", 4, 3)
    record("l1.factor", "L1(0.3)", 3, 2, 4, 2)
    record("l2.default", "L2()", 4, 3)
    record("l2.factor", "L2(0.3)", 5)
    record("l1_l2.both", "L1L2(0.3, 0.2)", 4, 3)
    record("l1_l2.one", "L1L2(0.0, 0.2)", 4, 3)
    record("orthogonal.default", "OrthogonalRegularizer()", 4, 3)
    record("orthogonal.rows", "OrthogonalRegularizer(0.7, mode='rows')", 3, 6)
    record("orthogonal.columns", "OrthogonalRegularizer(0.7, mode='columns')", 5, 3)
    record("orthogonal.rows_of_nothing", "OrthogonalRegularizer(0.7)", 4, 5)
    record("orthogonal.columns_of_nothing", "OrthogonalRegularizer(0.7, mode='columns')", 4, 5)
    return group


def record_constraints():
    """`result` is what the constraint makes of `weight`. In the cases `of_nothing`, a row and a column are 0."""
    group = Group("constraints")

    def record(name, construction, *shape):
        rng = group.case(name, f"keras.constraints.{construction}(weight)")
        weight = 2 * normal(rng, *shape)
        weight.flat[0] = 0
        if name.endswith("of_nothing"):
            weight[1], weight[:, 1] = 0, 0
        group.put(name, weight=weight, result=eval(f"keras.constraints.{construction}")(weight))

    record("max_norm.default", "MaxNorm()", 4, 5)
    record("max_norm.vector", "MaxNorm(1.0)", 5)
    record("max_norm.rows", "MaxNorm(1.5, axis=1)", 4, 5)
    record("max_norm.filters", "MaxNorm(3.0, axis=[0, 1, 2])", 3, 2, 2, 4)
    record("max_norm.apart", "MaxNorm(2.0, axis=[0, 2])", 3, 2, 2, 4)
    record("min_max_norm.default", "MinMaxNorm()", 4, 5)
    record("min_max_norm.range", "MinMaxNorm(min_value=3.0, max_value=4.0)", 4, 5)
    record("min_max_norm.rate", "MinMaxNorm(min_value=3.0, max_value=4.0, rate=0.25, axis=-1)", 4, 5)
    record("non_neg.default", "NonNeg()", 4, 5)
    record("non_neg.filters", "NonNeg()", 3, 2, 2, 4)
    record("unit_norm.default", "UnitNorm()", 4, 5)
    record("unit_norm.last", "UnitNorm(axis=-1)", 3, 2, 4)
    record("unit_norm.of_nothing", "UnitNorm()", 4, 5)
    record("max_norm.of_nothing", "MaxNorm(1.0)", 4, 5)
    record("max_norm.zero", "MaxNorm(0.0)", 4, 5)
    record("min_max_norm.of_nothing", "MinMaxNorm(min_value=0.5, max_value=1.0)", 4, 5)
    return group


# --- Initializers ----------------------------------------------------------


def record_initializers():
    """Weights of the shape `shape`. Those without chance are `weight`. Of random numbers, of which Keras' own depend on
    its backend, over many weights: `mean`, `variance`, the `kurtosis` (1.8 if uniform, 3 if normal, less if truncated),
    and `least` and `largest` of those that are bounded. `product` is that of an orthogonal matrix and itself, whichever
    way around is the smaller.
    """
    group = Group("initializers")

    def open_case(name, construction, shape):
        """Opens a case; returns what draws a weight, another one each time."""
        group.case(name, f"keras.initializers.{construction}(shape)")
        group.put(name, shape=np.array(shape))
        keras.utils.set_random_seed(zlib.crc32(name.encode()))
        return lambda: keras.ops.convert_to_numpy(eval(f"keras.initializers.{construction}")(shape))

    def fixed(name, construction, *shape):
        group.put(name, weight=open_case(name, construction, shape)())

    def random(name, construction, *shape, bounded=True):
        draw = open_case(name, construction, shape)
        values = np.stack([draw() for _ in range(-(-400_000 // int(np.prod(shape))))]).astype(np.float64)
        mean, variance = values.mean(), values.var()
        group.put(name, mean=mean, variance=variance, kurtosis=((values - mean) ** 4).mean() / variance**2)
        if bounded:
            group.put(name, least=values.min(), largest=values.max())

    for item, case in (("Zeros", "zeros"), ("Ones", "ones")):
        fixed(f"{case}.vector", f"{item}()", 5)
        fixed(f"{case}.matrix", f"{item}()", 3, 4)
    fixed("constant.vector", "Constant(0.3)", 5)
    fixed("constant.matrix", "Constant(-2.0)", 3, 4)
    fixed("identity.square", "Identity()", 4, 4)
    fixed("identity.tall", "Identity(0.5)", 5, 3)
    fixed("identity.wide", "Identity(gain=2.0)", 3, 5)
    kernel, filters = (60, 40), (3, 2, 10, 20)
    scaled = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
    for item in scaled:
        case = item.replace("Uniform", "_uniform").replace("Normal", "_normal").lower()
        for shape_name, shape in (("kernel", kernel), ("filters", filters), ("vector", (400,))):
            random(f"{case}.{shape_name}", f"{item}()", *shape)
    for mode in ("fan_in", "fan_out", "fan_avg"):
        for distribution in ("truncated_normal", "untruncated_normal", "uniform"):
            construction = f"VarianceScaling(scale=3.0, mode='{mode}', distribution='{distribution}')"
            bounded = distribution != "untruncated_normal"
            random(f"variance_scaling.{mode}_{distribution}", construction, *filters, bounded=bounded)
    random("random_normal.default", "RandomNormal()", *kernel, bounded=False)
    random("random_normal.other", "RandomNormal(mean=1.0, stddev=0.5)", *kernel, bounded=False)
    random("random_uniform.default", "RandomUniform()", *kernel)
    random("random_uniform.other", "RandomUniform(minval=0.5, maxval=2.0)", *kernel)
    random("truncated_normal.default", "TruncatedNormal()", *kernel)
    random("truncated_normal.other", "TruncatedNormal(mean=1.0, stddev=0.5)", *kernel)
    for name, construction, shape in (
        ("orthogonal.square", "Orthogonal()", (20, 20)),
        ("orthogonal.tall", "Orthogonal(gain=0.5)", (30, 10)),
        ("orthogonal.wide", "Orthogonal(gain=2.0)", (10, 30)),
        ("orthogonal.filters", "Orthogonal()", (3, 2, 4, 8)),
    ):
        weight = open_case(name, construction, shape)().reshape(-1, shape[-1])
        smaller = weight.T @ weight if len(weight) >= shape[-1] else weight @ weight.T
        group.put(name, product=smaller)
    return group


# --- Activations -----------------------------------------------------------


def record_activations():
    """`output` is the function of `input`, `input_gradient` the gradient of
    sum(output · output_gradient). The inputs are a grid over [-12, 12], over [-3, 3]
    where the case is called `narrow`, that holds 0, ±3, ±6 and ±0.0001 (a quarter
    of that if narrow), in mixed order.

    The gradient at a corner is: relu 0 at 0 (its `negative_slope`, if there is one);
    relu6, and relu with max_value=6, 0 at 6, yet relu with another `max_value` 1
    there; leaky_relu its slope at 0; hard_sigmoid 0 at ±3; hard_silu 0 at -3 and
    1 at 3. The exact gelu keeps its digits far in the negative tail, where
    1 + erf(x) would be 0; elsewhere an absolute tolerance hides the difference.
    """
    group = Group("activations")
    # Steps of a quarter hit 0, ±3 and ±6 exactly.
    grid = np.linspace(-12, 12, 97)
    grid = np.concatenate([grid, [1e-4, -1e-4, 1e-3, -1e-3, 0.1, -0.1, 0.9999]])

    def record(name, function, options=""):
        rng = group.case(name, f"keras.activations.{function}(input{options})")
        # Mixed, so that the rows of softmax hold large and small numbers.
        mixed = rng.permutation(grid).reshape(-1, 8)
        x = tf.constant(mixed / 4 if name.endswith("narrow") else mixed, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = eval(group.calls[name], {"keras": keras, "input": x})
        output_gradient = normal(rng, *output.shape)
        gradient = tape.gradient(output, x, output_gradients=output_gradient)
        group.put(
            name,
            input=x,
            output=output,
            output_gradient=output_gradient,
            input_gradient=gradient,
        )

    functions = (
        "elu gelu leaky_relu linear relu selu sigmoid silu softmax softplus tanh exponential "
        "hard_sigmoid hard_silu log_sigmoid log_softmax mish relu6 softsign"
    )
    for function in functions.split():
        record(f"{function}.default", function)
        record(f"{function}.narrow", function)
    record("elu.alpha", "elu", ", alpha=0.5")
    record("gelu.approximate_default", "gelu", ", approximate=True")
    record("gelu.approximate_narrow", "gelu", ", approximate=True")
    record("leaky_relu.slope", "leaky_relu", ", negative_slope=0.05")
    record("relu.negative_slope", "relu", ", negative_slope=0.1")
    record("relu.max_value", "relu", ", max_value=1.5")
    record("relu.max_value_6", "relu", ", max_value=6")
    record("relu.threshold", "relu", ", threshold=0.75")
    record("softmax.axis_0", "softmax", ", axis=0")
    record("log_softmax.axis_0", "log_softmax", ", axis=0")
    return group


# --- Losses ----------------------------------------------------------------


def record_losses():
    """`value` is the loss of `target` (classes are int32) and `prediction`, with
    `sample_weight` where the call has it. `prediction_gradient` is the gradient with
    respect to `prediction` as it was passed: a probability or, with
    from_logits=True, a logit. With reduction=None `value` is an array, and the
    gradient is that of sum(value · value_gradient).

    The cases called `fused_` have `logits` and `logits_gradient` instead: the
    prediction is the output of a softmax or sigmoid, as in a model. Keras then
    computes the loss from the logits, without clipping: a logit of 100 on the wrong
    class costs 100, while probabilities passed as an array are clipped to
    [1e-7, 1 - 1e-7] and never cost more than 16.118.

    - Outside of the clipping range the gradient with respect to a probability is 0.
    - Sparse crossentropy clips the probabilities, then divides them by their sum;
      categorical crossentropy divides first. Their gradients and the values of
      saturated rows differ for it, see the cases `saturated_each`.
    - sum_over_batch_size divides by the number of values, also with weights;
      mean_with_sample_weight by the sum of the weights, and is 0 if that is 0.
    - Losses of pixels (2, 3, 4) take weights (2, 3, 4) or (2, 1, 1), in the cases
      `weighted_by_image`; weights (2,) are an error in Keras. In
      mean_with_sample_weight the divisor is the sum of the two weights (2, 1, 1) as
      they are, not once for every pixel.
    - Hinge losses take targets of 0 for -1, if there is nothing but 0 and 1 in the
      batch.
    - The gradient of a maximum of several classes is shared among them; a margin that
      is met exactly has the gradient of one that is not.
    - BinaryFocalCrossentropy is computed from logits where there are any, from_logits
      or not; CategoricalFocalCrossentropy always from clipped probabilities.
    - Dice and Tversky are one number for the whole batch, which the weights of the
      samples multiply as if each sample had it; with `axis` they are arrays.
    - In the cases `masked` the prediction carries `mask`, as a layer that masks positions
      leaves it there: sum_over_batch_size is then the mean over the positions that are
      kept, and 0 if there are none.
    """
    group = Group("losses")

    def record(name, arguments, prediction, target, weight=None, through=None, mask=None):
        """`prediction` and `target` draw arrays; `weight` is a shape or an array;
        `through` is the activation whose output the loss is given; `mask` draws a mask of the prediction."""
        item = name.split(".")[0].removeprefix("fused_")
        loss = "".join({"kl": "KL", "entropy": "Entropy"}.get(word, word.capitalize()) for word in item.split("_"))
        given = "logits" if through else "prediction"
        expression = f"keras.layers.Activation('{through}')(logits)" if through else given
        weighting = "" if weight is None else ", sample_weight=sample_weight"
        rng = group.case(
            name, f"keras.losses.{loss}({arguments})(target, {expression}{weighting})"
        )
        data = {given: tf.constant(prediction(rng)), "target": target(rng)}
        if weight is not None:
            data["sample_weight"] = positive(rng, *weight) if isinstance(weight, tuple) else weight
        if mask is not None:
            data["mask"] = mask(rng)
            data[given]._keras_mask = tf.constant(data["mask"] == 1)
        with tf.GradientTape() as tape:
            tape.watch(data[given])
            value = eval(group.calls[name], {"keras": keras, **data})
        upstream = {"value_gradient": normal(rng, *value.shape)} if value.shape.rank else {}
        gradient = tape.gradient(value, data[given], output_gradients=upstream.get("value_gradient"))
        group.put(name, **data, value=value, **upstream, **{f"{given}_gradient": gradient})

    reductions = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")

    def record_reductions(item, prediction, target, arguments=""):
        for reduction in reductions:
            options = f"{arguments}reduction={None if reduction == 'none' else reduction!r}"
            record(f"{item}.{reduction}", options, prediction, target)
            record(f"{item}.{reduction}_weighted", options, prediction, target, (5,))
        zero = np.zeros(5, np.float32)
        record(f"{item}.all_weights_zero", "reduction='mean_with_sample_weight'", prediction, target, zero)

    # Probabilities of exactly 0 and 1, and either side of the clipping at 1e-7.
    saturated = np.array(
        [[1, 0, 0], [1, 0, 0], [1e-8, 1, 1e-8], [1e-6, 0.999998, 1e-6], [0.5, 0.5, 0]], np.float32
    )
    saturated_labels = np.array([0, 1, 0, 2, 2], np.int32)
    extreme = np.array(
        [[100, 0, 0], [100, 0, 0], [-100, 100, 0], [0, 0, 0], [20, -20, 1000]], np.float32
    )

    categorical = {
        "sparse_categorical_crossentropy": lambda classes, count: classes,
        "categorical_crossentropy": one_hot,
    }
    for item, encode in categorical.items():

        def target(*shape, count):
            return lambda rng: encode(labels(rng, *shape, classes=count), count)

        def softmax(*shape):
            return lambda rng: probabilities(rng, *shape)

        def logits(*shape):
            return lambda rng: 3 * normal(rng, *shape)

        rows, pixels = target(5, count=4), target(2, 3, 4, count=3)
        record(f"{item}.default", "", softmax(5, 4), rows)
        record(f"{item}.weighted", "", softmax(5, 4), rows, (5,))
        record(f"{item}.from_logits", "from_logits=True", logits(5, 4), rows)
        record(f"{item}.from_logits_weighted", "from_logits=True", logits(5, 4), rows, (5,))
        record(f"{item}.unnormalised", "", lambda rng: unit(rng, 5, 4), rows)
        record(f"{item}.saturated", "", lambda rng: saturated, lambda rng: encode(saturated_labels, 3))
        record(
            f"{item}.saturated_each", "reduction=None",
            lambda rng: saturated, lambda rng: encode(saturated_labels, 3),
        )
        record(
            f"{item}.extreme_logits", "from_logits=True, reduction=None",
            lambda rng: extreme, lambda rng: encode(saturated_labels, 3),
        )
        record_reductions(item, softmax(5, 4), rows)
        record(f"{item}.pixels", "", softmax(2, 3, 4, 3), pixels)
        record(f"{item}.pixels_weighted", "", softmax(2, 3, 4, 3), pixels, (2, 3, 4))
        record(f"{item}.pixels_weighted_by_image", "", softmax(2, 3, 4, 3), pixels, (2, 1, 1))
        record(
            f"{item}.pixels_weighted_by_image_mean", "reduction='mean_with_sample_weight'",
            softmax(2, 3, 4, 3), pixels, (2, 1, 1),
        )
        record(f"{item}.pixels_from_logits", "from_logits=True", logits(2, 3, 4, 3), pixels)
        record(
            f"{item}.pixels_from_logits_weighted", "from_logits=True, reduction='mean_with_sample_weight'",
            logits(2, 3, 4, 3), pixels, (2, 3, 4),
        )
        record(f"fused_{item}.default", "", logits(5, 4), rows, through="softmax")
        record(f"fused_{item}.weighted", "", logits(5, 4), rows, (5,), through="softmax")
        record(f"fused_{item}.sum", "reduction='sum'", logits(5, 4), rows, through="softmax")
        record(f"fused_{item}.pixels", "", logits(2, 3, 4, 3), pixels, through="softmax")
        for reduction in ("'sum_over_batch_size'", "None"):
            suffix = "extreme_each" if reduction == "None" else "extreme"
            record(
                f"fused_{item}.{suffix}", f"reduction={reduction}",
                lambda rng: extreme, lambda rng: encode(saturated_labels, 3), through="softmax",
            )

        if item == "sparse_categorical_crossentropy":
            record(f"{item}.target_column", "", softmax(5, 4), target(5, 1, count=4))
        else:
            smooth = "label_smoothing=0.1"
            record(f"{item}.soft_target", "", softmax(5, 4), softmax(5, 4))
            record(f"{item}.label_smoothing", smooth, softmax(5, 4), rows)
            record(
                f"{item}.label_smoothing_saturated", smooth,
                lambda rng: saturated, lambda rng: one_hot(saturated_labels, 3),
            )
            record(f"{item}.label_smoothing_from_logits", f"from_logits=True, {smooth}", logits(5, 4), rows)
            record(
                f"{item}.label_smoothing_weighted", f"from_logits=True, {smooth}",
                logits(5, 4), rows, (5,),
            )
            record(f"fused_{item}.label_smoothing", smooth, logits(5, 4), rows, through="softmax")

    item = "binary_crossentropy"
    table, table_target = lambda rng: unit(rng, 5, 3), lambda rng: bits(rng, 5, 3)
    column, column_target = lambda rng: unit(rng, 5, 1), lambda rng: bits(rng, 5, 1)
    table_logits = lambda rng: 3 * normal(rng, 5, 3)
    column_logits = lambda rng: 3 * normal(rng, 5, 1)
    pixels, pixels_target = lambda rng: unit(rng, 2, 3, 4, 2), lambda rng: bits(rng, 2, 3, 4, 2)
    edge = np.array([[0], [0], [1], [1], [1e-8], [1e-6], [0.999999]], np.float32)
    edge_target = np.array([[0], [1], [0], [1], [1], [1], [0]], np.float32)
    edge_logits = np.array([[100], [100], [-100], [-100], [0], [0], [20]], np.float32)
    smooth = "label_smoothing=0.2"
    record(f"{item}.default", "", table, table_target)
    record(f"{item}.column", "", column, column_target)
    record(f"{item}.column_flat_target", "", column, lambda rng: bits(rng, 5))
    record(f"{item}.soft_target", "", table, table)
    record(f"{item}.weighted", "", table, table_target, (5,))
    record(f"{item}.from_logits", "from_logits=True", table_logits, table_target)
    record(f"{item}.from_logits_weighted", "from_logits=True", table_logits, table_target, (5,))
    record(f"{item}.label_smoothing", smooth, table, table_target)
    record(f"{item}.label_smoothing_from_logits", f"from_logits=True, {smooth}", table_logits, table_target)
    record(f"{item}.saturated", "", lambda rng: edge, lambda rng: edge_target)
    record(f"{item}.saturated_each", "reduction=None", lambda rng: edge, lambda rng: edge_target)
    record(
        f"{item}.extreme_logits", "from_logits=True, reduction=None",
        lambda rng: edge_logits, lambda rng: edge_target,
    )
    record_reductions(item, table, table_target)
    record(f"{item}.pixels", "", pixels, pixels_target)
    record(f"{item}.pixels_weighted", "", pixels, pixels_target, (2, 3, 4))
    record(f"fused_{item}.default", "", column_logits, column_target, through="sigmoid")
    record(f"fused_{item}.table", "", table_logits, table_target, through="sigmoid")
    record(f"fused_{item}.weighted", "", table_logits, table_target, (5,), through="sigmoid")
    record(f"fused_{item}.label_smoothing", smooth, table_logits, table_target, through="sigmoid")
    record(
        f"fused_{item}.extreme", "reduction='sum_over_batch_size'",
        lambda rng: edge_logits, lambda rng: edge_target, through="sigmoid",
    )
    record(
        f"fused_{item}.extreme_each", "reduction=None",
        lambda rng: edge_logits, lambda rng: edge_target, through="sigmoid",
    )

    for item in ("mean_squared_error", "mean_absolute_error"):
        table, image = lambda rng: normal(rng, 5, 3), lambda rng: normal(rng, 2, 3, 4, 2)
        few = lambda rng: quantised(rng, 5, 3)
        record(f"{item}.default", "", table, table)
        record(f"{item}.weighted", "", table, table, (5,))
        record(f"{item}.column_flat_target", "", lambda rng: normal(rng, 5, 1), lambda rng: normal(rng, 5))
        record(f"{item}.some_equal", "", few, few)
        record_reductions(item, table, table)
        record(f"{item}.image", "", image, image)
        record(f"{item}.image_weighted", "", image, image, (2, 3, 4))
    table, image = lambda rng: normal(rng, 5, 3), lambda rng: normal(rng, 2, 3, 4, 2)
    few = lambda rng: quantised(rng, 5, 3)
    above_zero, positive_image = lambda rng: positive(rng, 5, 3), lambda rng: positive(rng, 2, 3, 4, 2)
    # Zeros, negative numbers, and either side of the 1e-7 that divides or is added.
    tiny = np.array([[0, 0, 1e-8], [1e-6, -1, 2], [-1e-8, 1e-7, -2], [0, 1, 0]], np.float32)
    other = np.array([[0, 1, -1e-8], [-1e-6, -1, 3], [1e-7, -1e-7, 2], [2, 1, -1]], np.float32)
    counts = np.array([[0, 0, 1], [1, 2, 0], [0, 3, 1], [0, 1, 7]], np.float32)
    means = np.array([[0, 1, 0], [1e-8, 2, 1e-6], [1e-7, 3, 0.5], [2, 1, 7]], np.float32)
    signs = lambda rng: 2 * bits(rng, 5, 3) - 1
    # Exactly at the margin of 1, on both sides of it, and at 0.
    margin = np.array([[1, -1, 0], [0.5, 1.5, -1], [2, -2, 1], [0, 0, 0]], np.float32)
    sides = np.array([[1, -1, 1], [1, 1, -1], [-1, -1, -1], [1, -1, 1]], np.float32)

    def record_values(item, prediction, target, *others, arguments=""):
        """Without arguments, and with others; weighted, reduced, of an image."""
        for name, options in (("default", ""), *others):
            record(f"{item}.{name}", options, prediction[0], target[0])
            record(f"{item}.{name}_weighted", options, prediction[0], target[0], (5,))
            record(f"{item}.{name}_image", options, prediction[1], target[1])
        record(f"{item}.image_weighted", "", prediction[1], target[1], (2, 3, 4))
        record_reductions(item, prediction[0], target[0])

    normals = (table, image)
    positives = (above_zero, positive_image)
    chances = (lambda rng: probabilities(rng, 5, 4), lambda rng: probabilities(rng, 2, 3, 4, 3))
    units = (lambda rng: unit(rng, 5, 3), lambda rng: unit(rng, 2, 3, 4, 2))
    flags = (lambda rng: bits(rng, 5, 3), lambda rng: bits(rng, 2, 3, 4, 2))
    hot = (
        lambda rng: one_hot(labels(rng, 5, classes=4), 4),
        lambda rng: one_hot(labels(rng, 2, 3, 4, classes=3), 3),
    )

    record_values("mean_absolute_percentage_error", normals, normals)
    record_values("mean_squared_logarithmic_error", positives, positives)
    record_values("huber", normals, normals, ("delta", "delta=0.3"))
    record_values("log_cosh", normals, normals)
    record_values("poisson", positives, positives)
    record_values("cosine_similarity", normals, normals)
    record_values("hinge", normals, flags)
    record_values("squared_hinge", normals, flags)
    record_values("categorical_hinge", (lambda rng: normal(rng, 5, 4), lambda rng: normal(rng, 2, 3, 4, 3)), hot)
    record_values("kl_divergence", chances, chances)
    for item in "mean_absolute_percentage_error mean_squared_logarithmic_error huber log_cosh poisson".split():
        record(f"{item}.column_flat_target", "", lambda rng: positive(rng, 5, 1), lambda rng: positive(rng, 5))
    for item in "mean_absolute_percentage_error mean_squared_logarithmic_error huber log_cosh".split():
        record(f"{item}.some_equal", "", few, few)
        record(f"{item}.edges", "reduction=None", lambda rng: other, lambda rng: tiny)
    record("huber.at_delta", "delta=2.0", few, lambda rng: np.zeros((5, 3), np.float32))
    record("log_cosh.large", "", lambda rng: 30 * normal(rng, 5, 3), table)
    record("poisson.edges", "reduction=None", lambda rng: means, lambda rng: counts)
    record("kl_divergence.one_hot", "", chances[0], hot[0])
    record("kl_divergence.saturated", "reduction=None", lambda rng: saturated, lambda rng: one_hot(saturated_labels, 3))
    record("kl_divergence.beyond_one", "", lambda rng: positive(rng, 5, 3), lambda rng: positive(rng, 5, 3))
    record("cosine_similarity.zero_target", "reduction=None", table, lambda rng: quantised(rng, 5, 1) * np.float32([0, 0, 0]))
    record("cosine_similarity.short", "reduction=None", lambda rng: 1e-8 * normal(rng, 5, 3), table)
    for item in ("hinge", "squared_hinge"):
        record(f"{item}.signs", "", table, signs)
        record(f"{item}.margin", "reduction=None", lambda rng: margin, lambda rng: sides)
        record(f"{item}.soft_target", "", table, table)
        record(f"{item}.column_flat_target", "", lambda rng: normal(rng, 5, 1), lambda rng: bits(rng, 5))
    record("categorical_hinge.ties", "reduction=None", lambda rng: quantised(rng, 5, 4), hot[0])
    record("categorical_hinge.soft_target", "", lambda rng: normal(rng, 5, 4), chances[0])
    record("categorical_hinge.all_negative", "", lambda rng: -positive(rng, 5, 4), hot[0])

    item = "binary_focal_crossentropy"
    balanced = "apply_class_balancing=True"
    smooth = "label_smoothing=0.2"
    record_values(
        item, units, flags,
        ("gamma", "gamma=3.5"), ("gamma_zero", "gamma=0.0"), ("balanced", balanced),
        ("balanced_alpha", f"{balanced}, alpha=0.7, gamma=1.0"), ("smooth", smooth),
    )
    for name, options in (("", ""), ("_balanced", f"{balanced}, "), ("_smooth", f"{smooth}, "), ("_gamma", "gamma=1.5, ")):
        record(f"{item}.from_logits{name}", f"{options}from_logits=True", table_logits, table_target)
        record(f"fused_{item}.default{name}", options.removesuffix(", "), table_logits, table_target, through="sigmoid")
    record(f"fused_{item}.weighted", "", table_logits, table_target, (5,), through="sigmoid")
    record(f"{item}.saturated", "reduction=None", lambda rng: edge, lambda rng: edge_target)
    record(f"{item}.extreme_logits", "from_logits=True, reduction=None", lambda rng: edge_logits, lambda rng: edge_target)
    record(f"fused_{item}.extreme", "reduction=None", lambda rng: edge_logits, lambda rng: edge_target, through="sigmoid")

    item = "categorical_focal_crossentropy"
    smooth = "label_smoothing=0.1"
    record_values(
        item, chances, hot,
        ("alpha", "alpha=0.75"), ("gamma", "gamma=3.5"), ("gamma_zero", "gamma=0.0"), ("smooth", smooth),
    )
    each = "alpha=[0.1, 0.2, 0.3, 0.4]"
    four_logits = lambda rng: 3 * normal(rng, 5, 4)
    record(f"{item}.alpha_each", each, chances[0], hot[0])
    record(f"{item}.soft_target", "", chances[0], chances[0])
    record(f"{item}.unnormalised", "", lambda rng: unit(rng, 5, 4), hot[0])
    record(f"{item}.saturated", "reduction=None", lambda rng: saturated, lambda rng: one_hot(saturated_labels, 3))
    for name, options in (("", ""), ("_each", f"{each}, "), ("_smooth", f"{smooth}, "), ("_gamma", "gamma=1.5, ")):
        record(f"{item}.from_logits{name}", f"{options}from_logits=True", four_logits, hot[0])
    record(
        f"{item}.extreme_logits", "from_logits=True, reduction=None",
        lambda rng: extreme, lambda rng: one_hot(saturated_labels, 3),
    )

    item = "categorical_generalized_cross_entropy"
    classes_of = (lambda rng: labels(rng, 5, classes=4), lambda rng: labels(rng, 2, 3, 4, classes=3))
    record_values(item, chances, classes_of, ("q", "q=0.2"), ("near_one", "q=0.9"))
    record(f"{item}.unnormalised", "", lambda rng: unit(rng, 5, 4), classes_of[0])

    for item, others in (("dice", ()), ("tversky", ("alpha=0.3, beta=0.9",))):
        for name, options in (("default", ""), *((f"other_{i}", option) for i, option in enumerate(others))):
            separator = ", " if options else ""
            record(f"{item}.{name}", options, *(draw[0] for draw in (units, flags)))
            record(f"{item}.{name}_image", options, *(draw[1] for draw in (units, flags)))
            for axis in ("(0,)", "(-1,)", "(1, 2, 3)", "(0, 1, 2)", "(1, 2)", "(0, 2)"):
                of_image = len(axis) > 5
                data = (draw[of_image] for draw in (units, flags))
                suffix = axis.strip("(),").replace(", ", "_").replace("-1", "last")
                record(f"{item}.{name}_axis_{suffix}", f"{options}{separator}axis={axis}", *data)
        for reduction in reductions[:3]:
            option = f"reduction={reduction!r}"
            record(f"{item}.{reduction}_weighted", option, units[0], flags[0], (5,))
            record(f"{item}.{reduction}_axis_weighted", f"{option}, axis=(1, 2, 3)", units[1], flags[1], (2,))
        record(f"{item}.each_axis", "reduction=None, axis=(1, 2, 3)", units[1], flags[1])
        nothing = lambda rng: np.zeros((5, 3), np.float32)
        record(f"{item}.nothing", "", nothing, nothing)
        record(f"{item}.nothing_predicted", "", nothing, flags[0])
        record(f"{item}.nothing_there", "", units[0], nothing)

    steps = lambda draw: lambda rng: draw(rng, 5, 4, 3)
    classes_of_steps = lambda rng: labels(rng, 5, 4, classes=3)
    positions, nothing = lambda rng: kept(rng, 5, 4), lambda rng: np.zeros((5, 4), np.float32)
    for case, mask in (("masked", positions), ("masked_nothing_kept", nothing)):
        record(f"mean_squared_error.{case}", "", steps(normal), steps(normal), mask=mask)
        record(f"sparse_categorical_crossentropy.{case}", "", steps(probabilities), classes_of_steps, mask=mask)

    # Class 1 of 4, and 255, which is none of 3 classes.
    item = "sparse_categorical_crossentropy"
    chance, logits_of = lambda rng: probabilities(rng, 12, 4), lambda rng: 3 * normal(rng, 12, 4)
    images, image_logits = lambda rng: probabilities(rng, 2, 3, 4, 3), lambda rng: 3 * normal(rng, 2, 3, 4, 3)
    rows = lambda rng: labels(rng, 12, classes=4)

    def void(rng):
        image = labels(rng, 2, 3, 4, classes=4)
        return np.where(image == 3, 255, image).astype(np.int32)

    for reduction in reductions:
        options = f"ignore_class=1, reduction={None if reduction == 'none' else reduction!r}"
        record(f"{item}.ignore_class_{reduction}", options, chance, rows)
        record(f"{item}.ignore_class_{reduction}_weighted", options, chance, rows, (12,))
        options = options.replace("=1", "=255")
        record(f"{item}.ignore_class_{reduction}_pixels", f"{options}, from_logits=True", image_logits, void, (2, 3, 4))
        record(f"fused_{item}.ignore_class_{reduction}", options, image_logits, void, (2, 3, 4), through="softmax")
    record(f"{item}.ignore_class_pixels", "ignore_class=255", images, void)
    record(f"fused_{item}.ignore_class", "ignore_class=1", logits_of, rows, (12,), through="softmax")
    record(f"{item}.ignore_class_everywhere", "ignore_class=1", chance, lambda rng: np.ones(12, np.int32))
    return group


# --- Metrics ---------------------------------------------------------------


def record_metrics():
    """Three batches, of 5, 3 and 1 samples: `target_0`, `prediction_0` and, where
    the call has it, `sample_weight_0` are the first, and `result_0` what the metric
    says after it; `result_2` is over all three batches. Mean and Sum have `values_0`
    instead of targets and predictions.

    - Ties between classes count for the first of them, thresholds are strict
      (a prediction equal to the threshold is negative), 0/0 is 0.
    - The weight of a sample counts for all its elements, if it has several.
    - Of values equal to the last of the k largest, all are among them; but of
      Precision's and Recall's top_k, the first.
    - With average=None and class_aggregation=None the result is an array.
    - AUC's thresholds are in single precision, and so is in which of them a
      prediction falls.
    - SparseCategoricalCrossentropy's positions of the `ignore_class` are 0, and count in
      the mean unless there are weights.
    - In the cases `masked` the predictions carry `mask_0` and so on, as a layer that masks
      positions leaves it there: the same as weights of 0 and 1.
    - `loss.evaluate` is a whole evaluation of 9 samples in batches of 4:
      `step_loss` is every batch's own loss, `loss` the evaluation's (each batch's
      loss counted as often as the batch has samples), `mae` a metric given by
      `metrics=`, which sees no sample weights, and `mse` one by
      `weighted_metrics=`, which does and divides by their sum.
    """
    group = Group("metrics")
    sizes = (5, 3, 1)

    def record(name, construction, target, prediction, weighted=False, mask=None):
        weighting = ", sample_weight=sample_weight_<i>" if weighted else ""
        rng = group.case(
            name, f"keras.metrics.{construction}; update_state(target_<i>, prediction_<i>{weighting})"
        )
        metric = eval(f"keras.metrics.{construction}")
        for i, size in enumerate(sizes):
            batch = {"target": target(rng, size), "prediction": prediction(rng, size)}
            if weighted:
                draw = weighted if callable(weighted) else positive
                batch["sample_weight"] = draw(rng, size)
            if mask is not None:
                batch["mask"] = mask(rng, size)
                batch["prediction"] = tf.constant(batch["prediction"])
                batch["prediction"]._keras_mask = tf.constant(batch["mask"] == 1)
            metric.update_state(
                batch["target"], batch["prediction"], sample_weight=batch.get("sample_weight")
            )
            batch["result"] = metric.result()
            group.put(name, **{f"{key}_{i}": value for key, value in batch.items()})

    def both(name, construction, target, prediction):
        record(name, construction, target, prediction)
        record(f"{name}_weighted", construction, target, prediction, weighted=True)

    def of_no_weight(name, construction, target, prediction):
        """The first batch has no weight at all, the others some samples of none."""
        weights = lambda rng, n: np.zeros(n, np.float32) if n == sizes[0] else bits(rng, n) * positive(rng, n)
        record(f"{name}_of_no_weight", construction, target, prediction, weighted=weights)

    def classes(rng, n):
        return labels(rng, n, classes=3)

    def softmax(rng, n):
        return probabilities(rng, n, 3)

    def tied(rng, n):
        return quantised(rng, n, 3)

    both("sparse_categorical_accuracy.default", "SparseCategoricalAccuracy()", classes, softmax)
    both("sparse_categorical_accuracy.ties", "SparseCategoricalAccuracy()", classes, tied)
    record(
        "sparse_categorical_accuracy.target_column", "SparseCategoricalAccuracy()",
        lambda rng, n: labels(rng, n, 1, classes=3), softmax,
    )
    record(
        "sparse_categorical_accuracy.pixels", "SparseCategoricalAccuracy()",
        lambda rng, n: labels(rng, n, 2, 3, classes=3), lambda rng, n: probabilities(rng, n, 2, 3, 3),
    )
    hot = lambda rng, n: one_hot(classes(rng, n), 3)
    both("categorical_accuracy.default", "CategoricalAccuracy()", hot, softmax)
    both("categorical_accuracy.ties", "CategoricalAccuracy()", hot, tied)
    record("categorical_accuracy.soft_target", "CategoricalAccuracy()", softmax, softmax)

    column, column_bits = lambda rng, n: unit(rng, n, 1), lambda rng, n: bits(rng, n, 1)
    table, table_bits = lambda rng, n: unit(rng, n, 3), lambda rng, n: bits(rng, n, 3)
    # Halves hit the threshold of .5 exactly, tenths that of .3 (as float32).
    halves = lambda rng, n: rng.choice(np.float32([0.25, 0.5, 0.5, 0.75]), size=(n, 1))
    tenths = lambda rng, n: rng.choice(np.float32([0.2, 0.3, 0.3, 0.4]), size=(n, 1))
    nothing = lambda rng, n: np.zeros((n, 1), np.float32)
    both("binary_accuracy.default", "BinaryAccuracy()", column_bits, column)
    both("binary_accuracy.table", "BinaryAccuracy()", table_bits, table)
    both("binary_accuracy.ties", "BinaryAccuracy()", column_bits, halves)
    both("binary_accuracy.threshold", "BinaryAccuracy(threshold=0.3)", column_bits, tenths)
    record("binary_accuracy.flat_target", "BinaryAccuracy()", lambda rng, n: bits(rng, n), column)

    both("accuracy.default", "Accuracy()", column_bits, lambda rng, n: bits(rng, n, 1))
    both("accuracy.table", "Accuracy()", lambda rng, n: quantised(rng, n, 3), lambda rng, n: quantised(rng, n, 3))
    both("accuracy.probabilities", "Accuracy()", table_bits, table)

    both("mean_absolute_error.default", "MeanAbsoluteError()",
         lambda rng, n: normal(rng, n, 1), lambda rng, n: normal(rng, n, 1))
    both("mean_absolute_error.table", "MeanAbsoluteError()",
         lambda rng, n: normal(rng, n, 3), lambda rng, n: normal(rng, n, 3))
    record("mean_absolute_error.flat_target", "MeanAbsoluteError()",
           lambda rng, n: normal(rng, n), lambda rng, n: normal(rng, n, 1))

    for item, name in (("precision", "Precision"), ("recall", "Recall")):
        both(f"{item}.default", f"{name}()", column_bits, column)
        both(f"{item}.table", f"{name}()", table_bits, table)
        both(f"{item}.thresholds", f"{name}(thresholds=0.3)", column_bits, column)
        both(f"{item}.ties", f"{name}()", column_bits, halves)
        both(f"{item}.thresholds_ties", f"{name}(thresholds=0.3)", column_bits, tenths)
        record(f"{item}.no_positive_target", f"{name}()", nothing, column)
        record(f"{item}.no_positive_prediction", f"{name}()", column_bits, nothing)
        record(f"{item}.flat_target", f"{name}()", lambda rng, n: bits(rng, n), column)
        both(f"{item}.list_of_thresholds", f"{name}(thresholds=[0.6, 0.3, 0.9])", column_bits, column)
        record(f"{item}.list_of_one", f"{name}(thresholds=[0.3])", column_bits, tenths)
        both(f"{item}.top_k_list_of_thresholds", f"{name}(top_k=2, thresholds=[0.2, 0.5])", table_bits, table)

    for item in ("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"):
        name = "SparseTopKCategoricalAccuracy" if item.startswith("sparse") else "TopKCategoricalAccuracy"
        ten = lambda rng, n: labels(rng, n, classes=10)
        target = ten if item.startswith("sparse") else lambda rng, n: one_hot(ten(rng, n), 10)
        both(f"{item}.default", f"{name}()", target, lambda rng, n: probabilities(rng, n, 10))
        both(f"{item}.k", f"{name}(k=2)", target, lambda rng, n: probabilities(rng, n, 10))
        both(f"{item}.ties", f"{name}(k=3)", target, lambda rng, n: quantised(rng, n, 10))
        of_no_weight(item, f"{name}(k=2)", target, lambda rng, n: probabilities(rng, n, 10))
        record(f"{item}.more_than_there_are", f"{name}(k=12)", target, lambda rng, n: probabilities(rng, n, 10))

    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
        item = {"T": "true_", "F": "false_"}[name[0]] + name.removeprefix("True").removeprefix("False").lower()
        both(f"{item}.default", f"{name}()", column_bits, column)
        both(f"{item}.table", f"{name}()", table_bits, table)
        both(f"{item}.ties", f"{name}(thresholds=0.3)", column_bits, tenths)
        record(f"{item}.pixels", f"{name}()", lambda rng, n: bits(rng, n, 2, 3, 2), lambda rng, n: unit(rng, n, 2, 3, 2))
        record(f"{item}.no_positive_target", f"{name}()", nothing, column)
        record(f"{item}.no_positive_prediction", f"{name}()", column_bits, nothing)
        of_no_weight(item, f"{name}()", column_bits, column)
        both(f"{item}.list_of_thresholds", f"{name}(thresholds=[0.6, 0.3, 0.9])", column_bits, column)

    for item, name in (("precision", "Precision"), ("recall", "Recall")):
        for case, options in (
            ("top_k", "top_k=1"), ("top_2", "top_k=2"), ("class_id", "class_id=1"),
            ("top_k_of_class", "top_k=2, class_id=0"), ("top_k_threshold", "top_k=2, thresholds=0.4"),
        ):
            both(f"{item}.{case}", f"{name}({options})", table_bits, table)

    hot_bits = lambda rng, n: one_hot(classes(rng, n), 3)
    for average in ("None", "'micro'", "'macro'", "'weighted'"):
        case = average.strip("'").lower()
        both(f"f1_score.{case}", f"F1Score(average={average})", hot_bits, softmax)
        both(f"f1_score.{case}_threshold", f"F1Score(average={average}, threshold=0.5)", table_bits, table)
        both(f"fbeta_score.{case}", f"FBetaScore(average={average}, beta=2.0)", hot_bits, softmax)
        both(f"fbeta_score.{case}_threshold", f"FBetaScore(average={average}, beta=0.5, threshold=0.3)", table_bits, table)
        record(f"f1_score.{case}_ties", f"F1Score(average={average})", hot_bits, lambda rng, n: 0.25 * (2 + quantised(rng, n, 3)))
        record(
            f"fbeta_score.{case}_ties", f"FBetaScore(average={average}, beta=2.0)", hot_bits,
            lambda rng, n: 0.25 * (2 + quantised(rng, n, 3)),
        )
        record(
            f"fbeta_score.{case}_empty_class", f"FBetaScore(average={average}, beta=0.5)",
            lambda rng, n: one_hot(labels(rng, n, classes=2), 3), softmax,
        )
        of_no_weight(f"fbeta_score.{case}", f"FBetaScore(average={average}, beta=2.0)", hot_bits, softmax)
        record(f"f1_score.{case}_nothing", f"F1Score(average={average})", lambda rng, n: np.zeros((n, 3), np.float32), softmax)

    fourths = lambda rng, n: rng.choice(np.float32([0, 0.25, 0.5, 0.75, 1]), size=(n, 1))
    for curve in ("ROC", "PR", "PRGAIN"):
        case = f"auc.{curve.lower()}"
        both(case, f"AUC(curve='{curve}')", column_bits, column)
        both(f"{case}_table", f"AUC(curve='{curve}')", table_bits, table)
        both(f"{case}_ties", f"AUC(num_thresholds=5, curve='{curve}')", column_bits, fourths)
        for method in ("interpolation", "minoring", "majoring"):
            both(f"{case}_{method}", f"AUC(num_thresholds=9, curve='{curve}', summation_method='{method}')", column_bits, column)
        both(f"{case}_thresholds", f"AUC(curve='{curve}', thresholds=[0.7, 0.1, 0.35])", column_bits, column)
        both(f"{case}_thresholds_ties", f"AUC(curve='{curve}', thresholds=[0.2, 0.75])", column_bits, fourths)
        both(f"{case}_even_thresholds", f"AUC(curve='{curve}', thresholds=[0.25, 0.5, 0.75])", column_bits, fourths)
        both(f"{case}_multi_label", f"AUC(curve='{curve}', multi_label=True)", table_bits, table)
        record(
            f"{case}_multi_label_of_weights", f"AUC(curve='{curve}', multi_label=True, label_weights=[0.5, 1.0, 3.0])",
            table_bits, table,
        )
        record(f"{case}_label_weights", f"AUC(curve='{curve}', label_weights=[0.5, 1.0, 3.0])", table_bits, table)
        record(f"{case}_no_positive_target", f"AUC(curve='{curve}')", nothing, column)
        record(f"{case}_no_negative_target", f"AUC(curve='{curve}')", lambda rng, n: 1 - nothing(rng, n), column)
    both("auc.num_labels", "AUC(multi_label=True, num_labels=3)", table_bits, table)
    record("auc.from_logits", "AUC(from_logits=True)", column_bits, lambda rng, n: 3 * normal(rng, n, 1))
    record("auc.beyond", "AUC(num_thresholds=5)", column_bits, lambda rng, n: normal(rng, n, 1))

    for item, name in (
        ("sensitivity_at_specificity", "SensitivityAtSpecificity"),
        ("specificity_at_sensitivity", "SpecificityAtSensitivity"),
        ("precision_at_recall", "PrecisionAtRecall"),
        ("recall_at_precision", "RecallAtPrecision"),
    ):
        both(f"{item}.half", f"{name}(0.5)", column_bits, column)
        both(f"{item}.table", f"{name}(0.7)", table_bits, table)
        both(f"{item}.few_ties", f"{name}(0.6, num_thresholds=5)", column_bits, fourths)
        record(f"{item}.one_threshold", f"{name}(0.3, num_thresholds=1)", column_bits, halves)
        record(f"{item}.class_id", f"{name}(0.5, class_id=2)", table_bits, table)
        record(f"{item}.all", f"{name}(1.0)", table_bits, table)
        record(f"{item}.nothing", f"{name}(0.5)", nothing, column)

    numbers, column_numbers = lambda rng, n: normal(rng, n, 3), lambda rng, n: normal(rng, n, 1)
    positives, images = lambda rng, n: positive(rng, n, 3), lambda rng, n: normal(rng, n, 2, 3)
    for item, name, draw in (
        ("mean_squared_error", "MeanSquaredError", numbers),
        ("root_mean_squared_error", "RootMeanSquaredError", numbers),
        ("mean_absolute_percentage_error", "MeanAbsolutePercentageError", numbers),
        ("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", positives),
        ("log_cosh_error", "LogCoshError", numbers),
        ("cosine_similarity", "CosineSimilarity", numbers),
        ("poisson", "Poisson", positives),
        ("pearson_correlation", "PearsonCorrelation", lambda rng, n: normal(rng, n, 6)),
        ("concordance_correlation", "ConcordanceCorrelation", lambda rng, n: normal(rng, n, 6)),
    ):
        both(f"{item}.default", f"{name}()", draw, draw)
    record("root_mean_squared_error.column", "RootMeanSquaredError()", column_numbers, column_numbers)
    record("cosine_similarity.image", "CosineSimilarity()", images, images)
    record("mean_squared_error.image", "MeanSquaredError()", images, images)
    for case, options in (
        ("default", ""), ("variance_weighted", "class_aggregation='variance_weighted_average'"),
        ("each", "class_aggregation=None"), ("num_regressors", "num_regressors=2"), ("too_many", "num_regressors=40"),
    ):
        both(f"r2_score.{case}", f"R2Score({options})", numbers, numbers)
    of_no_weight("r2_score", "R2Score()", numbers, numbers)
    record("r2_score.column", "R2Score()", column_numbers, column_numbers)

    sides = lambda rng, n: 2 * bits(rng, n, 3) - 1
    both("hinge.default", "Hinge()", sides, numbers)
    both("hinge.bits", "Hinge()", lambda rng, n: bits(rng, n, 3), numbers)
    both("squared_hinge.default", "SquaredHinge()", sides, numbers)
    both("categorical_hinge.default", "CategoricalHinge()", hot, numbers)
    both("kl_divergence.default", "KLDivergence()", softmax, softmax)
    both("binary_crossentropy.default", "BinaryCrossentropy()", table_bits, table)
    record("binary_crossentropy.from_logits", "BinaryCrossentropy(from_logits=True)", table_bits, numbers)
    record("binary_crossentropy.label_smoothing", "BinaryCrossentropy(label_smoothing=0.2)", table_bits, table)
    both("categorical_crossentropy.default", "CategoricalCrossentropy()", hot, softmax)
    record("categorical_crossentropy.from_logits", "CategoricalCrossentropy(from_logits=True)", hot, numbers)
    record("categorical_crossentropy.label_smoothing", "CategoricalCrossentropy(label_smoothing=0.1)", hot, softmax)
    both("sparse_categorical_crossentropy.default", "SparseCategoricalCrossentropy()", classes, softmax)
    record("sparse_categorical_crossentropy.from_logits", "SparseCategoricalCrossentropy(from_logits=True)", classes, numbers)
    both("sparse_categorical_crossentropy.ignore_class", "SparseCategoricalCrossentropy(ignore_class=1)", classes, softmax)
    both(
        "sparse_categorical_crossentropy.ignore_class_none_of_them",
        "SparseCategoricalCrossentropy(ignore_class=255, from_logits=True)",
        lambda rng, n: np.array([0, 1, 255], np.int32)[classes(rng, n)], numbers,
    )
    record(
        "sparse_categorical_crossentropy.pixels", "SparseCategoricalCrossentropy()",
        lambda rng, n: labels(rng, n, 2, 3, classes=3), lambda rng, n: probabilities(rng, n, 2, 3, 3),
    )

    # Their weights are whole numbers unless they are told to count in numbers with a point.
    real = "dtype='float32'"
    predicted = lambda rng, n: labels(rng, n, 1, classes=3).astype(np.float32)
    class_column = lambda rng, n: labels(rng, n, 1, classes=3)
    both("io_u.two", f"IoU(3, target_class_ids=[0, 2], {real})", class_column, predicted)
    record("io_u.pixels", "IoU(3, target_class_ids=[1])",
           lambda rng, n: labels(rng, n, 2, 3, classes=3), lambda rng, n: labels(rng, n, 2, 3, classes=3).astype(np.float32))
    both("io_u.scores", f"IoU(3, target_class_ids=[0, 1], sparse_y_pred=False, {real})", classes, softmax)
    both("mean_io_u.default", f"MeanIoU(3, {real})", class_column, predicted)
    record("mean_io_u.absent_class", "MeanIoU(5)", class_column, predicted)
    both("mean_io_u.ignore_class", f"MeanIoU(3, ignore_class=1, {real})", class_column, predicted)
    both("mean_io_u.one_hot", f"MeanIoU(3, sparse_y_true=False, sparse_y_pred=False, {real})", hot, softmax)
    both("mean_io_u.ties", f"MeanIoU(3, sparse_y_true=False, sparse_y_pred=False, {real})", hot, tied)
    both("binary_io_u.default", f"BinaryIoU({real})", column_bits, column)
    both("binary_io_u.ties", f"BinaryIoU(threshold=0.3, {real})", column_bits, tenths)
    both("binary_io_u.one_class", f"BinaryIoU(target_class_ids=[1], {real})", column_bits, halves)
    both("one_hot_io_u.two", f"OneHotIoU(3, target_class_ids=[0, 2], {real})", hot, softmax)
    record("one_hot_io_u.ignore_class", "OneHotIoU(3, target_class_ids=[0, 2], ignore_class=0)", hot, softmax)
    both("one_hot_io_u.sparse_y_pred", f"OneHotIoU(3, target_class_ids=[0, 1], sparse_y_pred=True, {real})", hot, predicted)
    both("one_hot_mean_io_u.sparse_y_pred", f"OneHotMeanIoU(3, sparse_y_pred=True, {real})", hot, predicted)
    both("one_hot_mean_io_u.default", f"OneHotMeanIoU(3, {real})", hot, softmax)

    of_no_weight("binary_accuracy", "BinaryAccuracy()", column_bits, column)
    of_no_weight("categorical_accuracy", "CategoricalAccuracy()", hot, softmax)
    of_no_weight("sparse_categorical_accuracy", "SparseCategoricalAccuracy()", classes, softmax)
    of_no_weight("precision", "Precision()", column_bits, column)
    of_no_weight("recall", "Recall()", column_bits, column)
    of_no_weight("f1_score", "F1Score(average='weighted')", hot_bits, softmax)
    of_no_weight("auc", "AUC()", column_bits, column)
    of_no_weight("sensitivity_at_specificity", "SensitivityAtSpecificity(0.5)", column_bits, column)
    of_no_weight("root_mean_squared_error", "RootMeanSquaredError()", numbers, numbers)
    of_no_weight("cosine_similarity", "CosineSimilarity()", numbers, numbers)
    of_no_weight("categorical_crossentropy", "CategoricalCrossentropy()", hot, softmax)
    of_no_weight("mean_io_u", f"MeanIoU(3, {real})", class_column, predicted)

    # Where a divisor or a logarithm would be that of 0, or nothing has a size.
    few, zeros = lambda rng, n: quantised(rng, n, 3), lambda rng, n: np.zeros((n, 3), np.float32)
    ones = lambda rng, n: np.ones((n, 3), np.float32)
    both("mean_absolute_percentage_error.zeros", "MeanAbsolutePercentageError()", few, numbers)
    both("mean_squared_logarithmic_error.negative", "MeanSquaredLogarithmicError()", few, numbers)
    both("log_cosh_error.large", "LogCoshError()", numbers, lambda rng, n: 30 * normal(rng, n, 3))
    both("cosine_similarity.zeros", "CosineSimilarity()", few, zeros)
    both("poisson.zeros", "Poisson()", zeros, zeros)
    both("mean_squared_error.ties", "MeanSquaredError()", few, few)
    both("mean_absolute_error.ties", "MeanAbsoluteError()", few, few)
    both("root_mean_squared_error.zeros", "RootMeanSquaredError()", zeros, zeros)
    both("r2_score.constant_target", "R2Score()", ones, numbers)
    both("kl_divergence.saturated", "KLDivergence()", hot, hot)
    both("binary_crossentropy.saturated", "BinaryCrossentropy()", table_bits, table_bits)
    both("categorical_crossentropy.saturated", "CategoricalCrossentropy()", hot, hot)
    both("sparse_categorical_crossentropy.saturated", "SparseCategoricalCrossentropy()", classes, hot)
    both("categorical_hinge.ties", "CategoricalHinge()", hot, few)
    both("hinge.ties", "Hinge()", sides, few)
    both("squared_hinge.ties", "SquaredHinge()", sides, few)
    both("squared_hinge.bits", "SquaredHinge()", table_bits, numbers)
    both("one_hot_io_u.ties", f"OneHotIoU(3, target_class_ids=[0, 2], {real})", hot, tied)
    both("one_hot_mean_io_u.ties", f"OneHotMeanIoU(3, {real})", hot, tied)
    both("one_hot_mean_io_u.absent_class", f"OneHotMeanIoU(3, {real})", hot, lambda rng, n: one_hot(0 * classes(rng, n), 3))
    both("io_u.absent_class", f"IoU(5, target_class_ids=[0, 4], {real})", class_column, predicted)
    both("io_u.only_absent_classes", f"IoU(5, target_class_ids=[3, 4], {real})", class_column, predicted)
    both("binary_io_u.nothing", f"BinaryIoU({real})", nothing, nothing)
    many = lambda rng, n: positive(rng, n, 6)
    both("pearson_correlation.wide", "PearsonCorrelation()", many, lambda rng, n: 30 * normal(rng, n, 6))
    both("concordance_correlation.positive", "ConcordanceCorrelation()", many, many)

    for item in ("Mean", "Sum"):
        for case, weighted in (("default", False), ("weighted", True), ("of_no_weight", True)):
            name = f"{item.lower()}.{case}"
            weighting = ", sample_weight=sample_weight_<i>" if weighted else ""
            rng = group.case(name, f"keras.metrics.{item}(); update_state(values_<i>{weighting})")
            metric = eval(f"keras.metrics.{item}()")
            for i, size in enumerate(sizes):
                values = normal(rng, size)
                weight = positive(rng, size) if weighted else None
                if case == "of_no_weight":
                    weight = np.zeros(size, np.float32)
                metric.update_state(values, sample_weight=weight)
                group.put(name, **{f"values_{i}": values, f"result_{i}": metric.result()})
                if weighted:
                    group.put(name, **{f"sample_weight_{i}": weight})

    # What `evaluate` reports: the batches' losses, each counted as often as it has samples.
    for name, weighted in (("loss.evaluate", False), ("loss.evaluate_weighted", True)):
        weighting = ", sample_weight=sample_weight" if weighted else ""
        rng = group.case(
            name,
            "m = keras.Sequential([keras.Input((3,)), keras.layers.Activation('linear')]); "
            "m.compile(loss='mse', metrics=['mae'], weighted_metrics=['mse']); "
            f"m.evaluate(prediction, target, batch_size=4{weighting})",
        )
        data = {"target": normal(rng, 9, 3), "prediction": normal(rng, 9, 3)}
        if weighted:
            data["sample_weight"] = positive(rng, 9)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
        model.compile(loss="mse", metrics=["mae"], weighted_metrics=["mse"], jit_compile=False)
        step_loss = []
        for start in range(0, 9, 4):
            part = {key: value[start : start + 4] for key, value in data.items()}
            model.reset_metrics()
            step_loss.append(
                model.test_on_batch(
                    part["prediction"], part["target"], sample_weight=part.get("sample_weight")
                )[0]
            )
        results = model.evaluate(
            data["prediction"], data["target"], batch_size=4,
            sample_weight=data.get("sample_weight"), verbose=0, return_dict=True,
        )
        group.put(name, **data, step_loss=step_loss, **results)

    steps = lambda draw: lambda rng, n: draw(rng, n, 4, 3)
    positions = lambda rng, n: kept(rng, n, 4)
    record("mean_squared_error.masked", "MeanSquaredError()", steps(normal), steps(normal), mask=positions)
    record("mean_absolute_error.masked", "MeanAbsoluteError()", steps(normal), steps(normal), mask=positions)
    record(
        "sparse_categorical_accuracy.masked", "SparseCategoricalAccuracy()",
        lambda rng, n: labels(rng, n, 4, classes=3), steps(probabilities), mask=positions,
    )
    record(
        "sparse_categorical_crossentropy.masked", "SparseCategoricalCrossentropy()",
        lambda rng, n: labels(rng, n, 4, classes=3), steps(probabilities), mask=positions,
    )
    return group


# --- Optimizers ------------------------------------------------------------


def record_optimizers():
    """Two variables, called kernel and bias, start at `initial_0` and `initial_1`. In
    each of 10 steps the optimizer is given `gradient_0[step]` and `gradient_1[step]`;
    `value_0[step]` and `value_1[step]` are the variables after the step, and with
    use_ema=True `average_0[step]` and `average_1[step]` their averages. Gradients
    shrink from step to step, so that clipping bites first and not last; some are
    exactly 0.

    - A schedule is asked with the number of calls, with gradient accumulation too.
    - With gradient accumulation, averages take in the weights after every call, and
      are the weights until the first update is counted.
    - Adafactor's relative_step changes nothing.
    - ScheduleFreeAdamW is recorded as it computes with JAX, and as it is published: with TensorFlow, what it keeps as
      the momentum before the step is the variable itself, which has changed when it is read.
    - Muon is given the names `kernel` and `bias`; of variables that are not matrices it is Adam.
    """
    group = Group("optimizers")
    steps = 10

    class Momentum:
        """A variable whose value is a copy, as with JAX, and not what will change with the variable."""

        def __init__(self, variable):
            self.variable = variable

        @property
        def value(self):
            return tf.identity(self.variable.value)

        def __tf_tensor__(self, dtype=None, name=None):
            return tf.convert_to_tensor(self.variable.value, dtype, name)

    def copy_momentums(optimizer):
        subtract = optimizer.assign_sub
        optimizer._momentums = [Momentum(variable) for variable in optimizer._momentums]
        optimizer.assign_sub = lambda to, value: subtract(to.variable if isinstance(to, Momentum) else to, value)

    def record(name, construction, shapes=((3, 4), (4,)), exclude=None):
        configuration = "" if exclude is None else f"; exclude_from_weight_decay(var_names={exclude})"
        rng = group.case(name, f"keras.optimizers.{construction}{configuration}")
        initial = [normal(rng, *shape) for shape in shapes]
        # Some gradients exceed the clipping limits, some do not, and some are exactly 0.
        size = np.linspace(2.0, 0.1, steps)
        gradients = [
            (normal(rng, steps, *shape) * size.reshape(-1, *[1] * len(shape))).astype(np.float32)
            for shape in shapes
        ]
        gradients[0][:, 0, 0] = 0
        gradients[1][4] = 0
        variables = [
            keras.Variable(value, name=name) for value, name in zip(initial, ("kernel", "bias"))
        ]
        optimizer = eval(f"keras.optimizers.{construction}")
        if exclude is not None:
            optimizer.exclude_from_weight_decay(var_names=exclude)
        optimizer.build(variables)
        if isinstance(optimizer, keras.optimizers.ScheduleFreeAdamW):
            copy_momentums(optimizer)
        values, averages = [[], []], [[], []]
        for step in range(steps):
            optimizer.apply([tf.constant(gradient[step]) for gradient in gradients], variables)
            for history, variable in zip(values, variables):
                history.append(variable.numpy().copy())
            if optimizer.use_ema:
                for history, average in zip(averages, optimizer._model_variables_moving_average):
                    history.append(average.numpy().copy())
        group.put(name, **numbered("initial", initial))
        group.put(name, **numbered("gradient", gradients))
        group.put(name, **numbered("value", [np.stack(history) for history in values]))
        if optimizer.use_ema:
            group.put(name, **numbered("average", [np.stack(history) for history in averages]))

    record("sgd.default", "SGD()")
    record("sgd.plain", "SGD(0.1)")
    record("sgd.momentum", "SGD(0.1, momentum=0.9)")
    record("sgd.nesterov", "SGD(0.1, momentum=0.9, nesterov=True)")
    record("sgd.weight_decay", "SGD(0.1, weight_decay=0.05)")
    record("sgd.momentum_weight_decay", "SGD(0.1, momentum=0.5, weight_decay=0.05)")
    record("rmsprop.default", "RMSprop()")
    record("rmsprop.rho", "RMSprop(0.01, rho=0.5, epsilon=0.1)")
    record("rmsprop.momentum", "RMSprop(0.01, momentum=0.9)")
    record("rmsprop.centered", "RMSprop(0.01, centered=True)")
    record("rmsprop.centered_momentum", "RMSprop(0.01, momentum=0.9, centered=True)")
    record("adam.default", "Adam()")
    record("adam.betas", "Adam(0.05, beta_1=0.7, beta_2=0.95)")
    record("adam.amsgrad", "Adam(0.05, beta_2=0.9, amsgrad=True)")
    record("adam.epsilon", "Adam(0.05, epsilon=0.1)")
    record("adam.weight_decay", "Adam(0.05, weight_decay=0.01)")
    record("adamw.default", "AdamW()")
    record("adamw.other", "AdamW(0.05, weight_decay=0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-4)")
    record("adamw.amsgrad_global_clipnorm", "AdamW(0.05, amsgrad=True, global_clipnorm=1.0)")

    others = {
        "Adagrad": ("initial_accumulator_value=0.7, epsilon=1e-3",),
        "Adadelta": ("rho=0.8", "epsilon=0.01"),
        "Adamax": ("beta_1=0.7, beta_2=0.95", "epsilon=0.1"),
        "Nadam": ("beta_1=0.7, beta_2=0.95", "epsilon=0.1"),
        "Lion": ("beta_1=0.6, beta_2=0.8",),
        "Ftrl": (
            "learning_rate_power=-0.7", "learning_rate_power=0.0", "initial_accumulator_value=0.7",
            "l1_regularization_strength=0.5", "l2_regularization_strength=0.3",
            "l2_shrinkage_regularization_strength=0.2", "beta=0.4",
        ),
        "Adafactor": ("beta_2_decay=-0.5", "epsilon_1=0.1", "epsilon_2=0.9", "clip_threshold=0.4", "relative_step=False"),
        "Lamb": ("beta_1=0.7, beta_2=0.95", "epsilon=0.1"),
        "ScheduleFreeAdamW": ("beta_1=0.7, beta_2=0.95", "epsilon=0.1", "warmup_steps=4"),
        "Muon": (
            "momentum=0.7", "nesterov=False", "ns_steps=2", "rms_rate=None", "adam_lr_ratio=0.5", "adam_weight_decay=None",
            "muon_a=3.0, muon_b=-4.0, muon_c=1.5", "adam_beta_1=0.7, adam_beta_2=0.95, epsilon=0.1",
            "exclude_layers=['ker']",
        ),
    }
    for item, options in others.items():
        case = item.lower()
        record(f"{case}.default", f"{item}()")
        record(f"{case}.fast", f"{item}(0.1)")
        for at, option in enumerate(options):
            record(f"{case}.option_{at}", f"{item}(0.1, {option})")
        record(f"{case}.weight_decay", f"{item}(0.1, weight_decay=0.05)")
    record("muon.tall", "Muon(0.1)", ((6, 2), (2,)))
    record("muon.square", "Muon(0.1)", ((4, 4), (4,)))
    record("muon.convolution", "Muon(0.1)", ((3, 3, 2, 4), (4,)))
    momentum, adam = "keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=1.0)", "keras.optimizers.Adam(0.05, weight_decay=0.1)"
    record("multioptimizer.one", f"MultiOptimizer(keras.optimizers.OptimizerMap({momentum}))")
    record("multioptimizer.two", f"MultiOptimizer(keras.optimizers.OptimizerMap({momentum}, {{'bias': {adam}}}))")
    record("adafactor.unit_rate", "Adafactor(1.0)")
    record("adafactor.rank_3", "Adafactor(0.1)", ((2, 3, 4), (4,)))
    record("adafactor.one_column", "Adafactor(0.1)", ((5, 1), (1,)))
    record("adafactor.one_row", "Adafactor(0.1)", ((1, 5), (5,)))
    record("adafactor.one_row_each", "Adafactor(0.1)", ((3, 1, 4), (4,)))
    record("adafactor.convolution", "Adafactor(0.1)", ((3, 3, 2, 4), (4,)))

    every = ("SGD(0.1, momentum=0.9", "RMSprop(0.1", "Adam(0.1", "AdamW(0.1", *(f"{item}(0.1" for item in others))
    for start in every:
        case = start.split("(")[0].lower()
        record(f"{case}.accumulation", f"{start}, gradient_accumulation_steps=3)")
        record(f"{case}.ema", f"{start}, use_ema=True, ema_momentum=0.8)")
        record(f"{case}.ema_overwrite", f"{start}, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)")
        record(f"{case}.clipnorm", f"{start}, clipnorm=1.0)")
        record(f"{case}.clipvalue", f"{start}, clipvalue=0.5)")
        record(f"{case}.global_clipnorm", f"{start}, global_clipnorm=1.0)")
        record(f"{case}.scheduled", start.replace("0.1", "keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)") + ")")
        record(f"{case}.excluded", f"{start}, weight_decay=0.1)", exclude=["bias"])
    record("sgd.accumulation_clipnorm", "SGD(0.1, clipnorm=1.0, weight_decay=0.1, gradient_accumulation_steps=2)")
    record("adam.ema_default", "Adam(0.1, use_ema=True)")
    record("sgd.ema_overwrite_always", "SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=1)")
    record(
        "sgd.ema_accumulation",
        "SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2, gradient_accumulation_steps=3)",
    )
    record(
        "sgd.scheduled_accumulation",
        "SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), gradient_accumulation_steps=2)",
    )
    record("sgd.scheduled_weight_decay", "SGD(keras.optimizers.schedules.CosineDecay(0.1, 8), weight_decay=0.1)")
    record("adam.excluded_both", "Adam(0.1, weight_decay=0.1)", exclude=["bias", "kernel"])
    return group


def record_schedules():
    """`value[i]` is the learning rate of the step `step[i]`, the first step being 0."""
    group = Group("schedules")
    steps = np.concatenate([np.arange(35), [49, 50, 69, 70, 71, 99, 100, 101, 150, 309, 310, 1000, 12345]])

    def record(name, construction):
        group.case(name, f"keras.optimizers.schedules.{construction}")
        schedule = eval(group.calls[name])
        values = [schedule(int(step)) for step in steps]
        group.put(name, step=steps.astype(np.int32), value=np.array(values, np.float32))

    record("exponential_decay.default", "ExponentialDecay(0.1, 10, 0.5)")
    record("exponential_decay.staircase", "ExponentialDecay(0.1, 10, 0.96, staircase=True)")
    record("exponential_decay.growing", "ExponentialDecay(0.001, 100, 1.1)")
    record("inverse_time_decay.default", "InverseTimeDecay(0.1, 10, 0.5)")
    record("inverse_time_decay.staircase", "InverseTimeDecay(0.1, 7, 2.0, staircase=True)")
    record("piecewise_constant_decay.default", "PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])")
    record("piecewise_constant_decay.one_boundary", "PiecewiseConstantDecay([0], [0.1, 0.01])")
    record("piecewise_constant_decay.four", "PiecewiseConstantDecay([1, 2, 30, 100], [0.5, 0.4, 0.3, 0.2, 0.1])")
    record("polynomial_decay.default", "PolynomialDecay(0.1, 30)")
    record("polynomial_decay.power", "PolynomialDecay(0.1, 70, end_learning_rate=0.01, power=0.5)")
    record("polynomial_decay.square", "PolynomialDecay(0.1, 70, end_learning_rate=0.0, power=2.0)")
    record("polynomial_decay.cycle", "PolynomialDecay(0.1, 10, end_learning_rate=0.01, cycle=True)")
    record("polynomial_decay.cycle_power", "PolynomialDecay(0.1, 15, end_learning_rate=0.01, power=2.0, cycle=True)")
    record("cosine_decay.default", "CosineDecay(0.1, 30)")
    record("cosine_decay.alpha", "CosineDecay(0.1, 70, alpha=0.25)")
    record("cosine_decay.warmup", "CosineDecay(0.0, 30, warmup_target=0.1, warmup_steps=10)")
    record("cosine_decay.warmup_alpha", "CosineDecay(0.01, 60, alpha=0.1, warmup_target=0.1, warmup_steps=10)")
    record("cosine_decay.warmup_without_steps", "CosineDecay(0.01, 60, warmup_target=0.1)")
    record("cosine_decay.steps_without_target", "CosineDecay(0.1, 60, warmup_steps=10)")
    record("cosine_decay_restarts.default", "CosineDecayRestarts(0.1, 10)")
    record("cosine_decay_restarts.same_length", "CosineDecayRestarts(0.1, 10, t_mul=1.0)")
    record("cosine_decay_restarts.falling", "CosineDecayRestarts(0.1, 10, m_mul=0.5, alpha=0.1)")
    record("cosine_decay_restarts.half_longer", "CosineDecayRestarts(0.1, 7, t_mul=1.5, m_mul=0.9)")
    record("cosine_decay_restarts.same_length_falling", "CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.8)")
    return group


# --- Training --------------------------------------------------------------


def mlp_adam():
    model = keras.Sequential([
        keras.Input((12,)),
        keras.layers.Dense(16, activation="relu", name="hidden_1"),
        keras.layers.Dense(8, activation="tanh", name="hidden_2"),
        keras.layers.Dense(4, activation="softmax", name="classes"),
    ])
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


def mlp_one_hot():
    model = mlp_adam()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2), loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"]
    )
    return model


def cnn_sgd_momentum():
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(6, 3, activation="relu", name="conv_1"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_2"),
        keras.layers.Flatten(),
        keras.layers.Dense(5, activation="softmax", name="classes"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    return model


def two_heads():
    x = keras.Input((6,))
    hidden = keras.layers.Dense(8, activation="tanh", name="hidden")(x)
    model = keras.Model(x, [
        keras.layers.Dense(3, activation="softmax", name="class")(hidden),
        keras.layers.Dense(2, name="score")(hidden),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss=["sparse_categorical_crossentropy", "mean_squared_error"],
        loss_weights=[1.0, 0.25],
        metrics=[["accuracy"], [keras.metrics.MeanAbsoluteError()]],
        weighted_metrics=[["accuracy"], [keras.metrics.RootMeanSquaredError(), keras.metrics.MeanAbsoluteError()]],
    )
    return model


def ignored_pixels():
    model = keras.Sequential([
        keras.Input((12, 12, 1)),
        keras.layers.Conv2D(64, 3, padding="same", activation="tanh", name="features"),
        keras.layers.Dense(3, activation="softmax", name="classes"),
    ])
    model.compile(
        optimizer=keras.optimizers.SGD(0.05),
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=255),
    )
    return model


def functional_bn_two_losses():
    image = keras.Input((6, 6, 2), name="image")
    meta = keras.Input((3,), name="meta")
    x = keras.layers.Conv2D(
        4, 3, padding="same", use_bias=False,
        kernel_regularizer=keras.regularizers.L2(1e-3), name="conv",
    )(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Activation("relu")(x)
    shortcut = keras.layers.Conv2D(4, 1, name="shortcut")(image)
    x = keras.layers.Add()([x, shortcut])
    x = keras.layers.GlobalAveragePooling2D()(x)
    y = keras.layers.Dense(5, activation="relu", name="meta_dense")(meta)
    x = keras.layers.Concatenate()([x, y])
    model = keras.Model(
        inputs={"image": image, "meta": meta},
        outputs={
            "class": keras.layers.Dense(3, activation="softmax", name="class")(x),
            "score": keras.layers.Dense(1, name="score")(x),
        },
    )
    model.compile(
        optimizer=keras.optimizers.RMSprop(2e-3),
        loss={
            "class": keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            "score": keras.losses.MeanSquaredError(),
        },
        loss_weights={"class": 1.0, "score": 0.5},
        metrics={"class": ["accuracy"]},
    )
    return model


def regularized_and_constrained():
    l1_l2 = keras.regularizers.L1L2(1e-3, 2e-3)
    model = keras.Sequential([
        keras.Input((6, 6, 2)),
        keras.layers.Conv2D(
            4, 3, bias_regularizer=keras.regularizers.L1(1e-2), activity_regularizer="l2",
            kernel_constraint=keras.constraints.MaxNorm(0.9, axis=[0, 1, 2]), name="conv",
        ),
        keras.layers.BatchNormalization(
            gamma_regularizer=l1_l2, beta_regularizer=l1_l2, gamma_constraint="non_neg", name="batch_norm"
        ),
        keras.layers.PReLU(shared_axes=[1, 2], alpha_regularizer="l2", alpha_constraint="non_neg", name="slopes"),
        keras.layers.ActivityRegularization(l1=1e-3, l2=2e-3),
        keras.layers.Flatten(),
        keras.layers.Dense(
            6, activation="tanh", activity_regularizer=l1_l2,
            kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.1, mode="columns"),
            bias_constraint=keras.constraints.MinMaxNorm(0.5, 1.0, rate=0.5), name="hidden",
        ),
        keras.layers.LayerNormalization(
            gamma_regularizer=l1_l2, beta_constraint=keras.constraints.MaxNorm(0.3), name="layer_norm"
        ),
        keras.layers.Dense(2, kernel_constraint=keras.constraints.UnitNorm(axis=0), name="scores"),
    ])
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.5), loss=keras.losses.MeanSquaredError())
    return model


def regularized_heads():
    x = keras.Input((6,))
    hidden = keras.layers.Dense(
        8, activation="relu", kernel_regularizer=keras.regularizers.L1(2e-3),
        bias_regularizer=keras.regularizers.L2(1e-2), activity_regularizer=keras.regularizers.L1(1e-3),
        kernel_constraint=keras.constraints.MaxNorm(1.5, axis=0), name="hidden",
    )(x)
    rows = keras.layers.Dense(
        5, activation="tanh", kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.05, mode="rows"),
        bias_constraint="non_neg", name="rows",
    )(hidden)
    scores = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L1L2(1e-3, 2e-3), activity_regularizer="l2", name="scores")(rows)
    model = keras.Model(x, scores)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0, weight_decay=0.01),
        loss=keras.losses.MeanAbsoluteError(),
        metrics=[keras.metrics.MeanAbsoluteError()],
    )
    return model


def record_training():
    """Whole runs: 3 epochs, batches of 16 in order, without shuffling, the last one
    partial. The call is the source of the model below (the layers' names are in the
    names of the tensors).

    - `input`, `target` are the data; `input/image`, `target/class` and so on where
      the model has several.
    - `initial/<layer>/<variable>` are the weights at the start and
      `final/<layer>/<variable>` those after the last step, moving statistics
      included.
    - `step/loss` holds every step's own loss (not a running mean), before the
      step's update and including regularisation; `step/<output>_loss` an output's
      loss, unweighted; `step/accuracy` the batch's own accuracy.
    - `epoch/<key>` is the history that `fit(shuffle=False)` returns for the same run.
      The runs `…_fit_options`, `two_heads_…weighted` and `ignored_pixels_fit` have nothing but this: they
      show the options of `fit`, and a mean over the positions of a whole batch. `weight`, or `weight/<output>`, are
      weights of samples.
    - `test_on_batch/<key>` and `predict_on_batch` are what the trained model says of the
      first batch. In the runs `…_on_batch…` there is one for every step, with metrics reset
      before, and `train_on_batch/<key>` is what the step says: its loss before the update.
      Predictions lie batch after batch, those of two outputs side by side.
    - `two_heads` has

          loss=["sparse_categorical_crossentropy", "mean_squared_error"], loss_weights=[1.0, 0.25],
          metrics=[["accuracy"], [MeanAbsoluteError()]],
          weighted_metrics=[["accuracy"], [RootMeanSquaredError(), MeanAbsoluteError()]]
    - `ignored_pixels` is

          Conv2D(64, 3, padding="same", activation="tanh"), Dense(3, activation="softmax")
          optimizer=SGD(0.05), loss=SparseCategoricalCrossentropy(ignore_class=255)
    - `prediction` (or `prediction/<output>`) is `predict`, and `evaluate/<key>`
      is `evaluate`, on the same data after the run.

    A run in float64 from the same weights differs by less than 5e-7 in every step's
    loss and in every final weight: none of these runs amplifies rounding.
    """
    group = Group("training")
    epochs, batch_size = 3, 16

    def batches(data):
        """Splits an array, or a dictionary of arrays, into batches in order."""
        count = len(next(iter(data.values())) if isinstance(data, dict) else data)
        for start in range(0, count, batch_size):
            take = slice(start, start + batch_size)
            yield {k: v[take] for k, v in data.items()} if isinstance(data, dict) else data[take]

    def fresh(build, initial):
        model = build()
        model.jit_compile = False
        model.set_weights(initial)
        return model

    def named(prefix, model):
        """The weights as <prefix>/<layer>/<variable>."""
        paths = ["/".join(v.path.split("/")[-2:]) for v in model.weights]
        return {f"{prefix}/{path}": v.numpy().copy() for path, v in zip(paths, model.weights)}

    def prefixed(prefix, data):
        if not isinstance(data, dict):
            return {prefix: data}
        return {f"{prefix}/{name}": array for name, array in data.items()}

    def record(build, data):
        name = build.__name__
        rng = group.case(name, inspect.getsource(build))
        inputs, targets = data(rng)
        keras.backend.clear_session()
        keras.utils.set_random_seed(zlib.crc32(name.encode()))
        draw = lambda v: {"gamma": positive, "moving_variance": positive}.get(v.name, normal)
        initial = []
        for variable in build().weights:
            fans = int(np.prod(variable.shape[:-1])) if variable.name == "kernel" else 10
            value = draw(variable)(rng, *variable.shape)
            positive_only = variable.name in ("gamma", "moving_variance")
            initial.append(value if positive_only else (value / np.sqrt(fans)).astype(np.float32))

        # Step by step, for every step's own loss.
        model = fresh(build, initial)
        group.put(name, **prefixed("input", inputs), **prefixed("target", targets))
        group.put(name, **named("initial", model))
        steps = []
        for _ in range(epochs):
            for x, y in zip(batches(inputs), batches(targets)):
                model.reset_metrics()
                steps.append(model.train_on_batch(x, y, return_dict=True))
        group.put(name, **{f"step/{key}": [step[key] for step in steps] for key in steps[0]})
        group.put(name, **named("final", model))
        group.put(name, **prefixed("prediction", model.predict(inputs, verbose=0)))
        evaluated = model.evaluate(
            inputs, targets, batch_size=batch_size, verbose=0, return_dict=True
        )
        group.put(name, **prefixed("evaluate", evaluated))

        # The same run by `fit`, for what the history says of every epoch.
        again = fresh(build, initial)
        history = again.fit(
            inputs, targets, batch_size=batch_size, epochs=epochs, shuffle=False, verbose=0
        ).history
        group.put(name, **prefixed("epoch", history))
        for one, other in zip(model.get_weights(), again.get_weights()):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)

    def classified(*shape, classes):
        """Normal inputs; the class is the largest of random linear functions."""

        def data(rng):
            inputs = normal(rng, *shape)
            flat = inputs.reshape(len(inputs), -1)
            scores = flat @ normal(rng, flat.shape[1], classes)
            return inputs, scores.argmax(axis=1).astype(np.int32)

        return data

    def two_outputs(rng):
        inputs = {"image": normal(rng, 40, 6, 6, 2), "meta": normal(rng, 40, 3)}
        means = np.concatenate([inputs["image"].mean(axis=(1, 2)) * 6, inputs["meta"]], axis=1)
        classes = (means @ normal(rng, 5, 3)).argmax(axis=1)
        score = means @ normal(rng, 5, 1) + 0.1 * normal(rng, 40, 1)
        return inputs, {"class": one_hot(classes, 3), "score": score}

    record(mlp_adam, classified(70, 12, classes=4))
    record(cnn_sgd_momentum, classified(42, 8, 8, 1, classes=5))
    record(functional_bn_two_losses, two_outputs)

    def begin(name, described, build, data):
        """The data of a run and its model, both recorded as they are before it."""
        rng = group.case(name, described)
        given = dict(zip(("input", "target", "weight"), data(rng)))
        model = fresh(build, [0.5 * normal(rng, *variable.shape) for variable in build().weights])
        for key, value in given.items():
            group.put(name, **prefixed(key, value))
        group.put(name, **named("initial", model))
        return given, model

    def record_fit(name, build, data, options, on_batch=False):
        """What the history of a run with these options says. Data of several outputs are dictionaries, of which
        `fit` is given the values; `weight` are weights of samples. `on_batch` asks the trained model for the results
        of `test_on_batch` and `predict_on_batch` on the first batch, which is not the whole data."""
        given, model = begin(name, f"{build.__name__}().fit(input, target, {options})", build, data)
        lists = {key: list(value.values()) if isinstance(value, dict) else value for key, value in given.items()}
        history = eval(
            f"model.fit(input, target, batch_size=16, shuffle=False, verbose=0, {options})",
            {"model": model, **lists},
        ).history
        group.put(name, **prefixed("epoch", history), **named("final", model))
        if on_batch:
            x, y = given["input"][:batch_size], given["target"][:batch_size]
            model.reset_metrics()
            group.put(name, **prefixed("test_on_batch", model.test_on_batch(x, y, return_dict=True)))
            group.put(name, predict_on_batch=model.predict_on_batch(x))

    def record_on_batch(name, build, data, train_options="", test_options=""):
        """Every step's figures by `train_on_batch`, and after it those of the same batch by `test_on_batch` and the
        predictions by `predict_on_batch`. Data are as in `record_fit`."""
        call = lambda method, options: f"{method}(input, target{options and ', ' + options}, return_dict=True)"
        train, test = call("train_on_batch", train_options), call("test_on_batch", test_options)
        described = f"model = {build.__name__}(); model.{train}; model.{test}; model.predict_on_batch(input)"
        given, model = begin(name, described, build, data)
        trained, tested, predicted = [], [], []
        for _ in range(epochs):
            for batch in zip(*(batches(value) for value in given.values())):
                arguments = {k: list(v.values()) if isinstance(v, dict) else v for k, v in zip(given, batch)}
                model.reset_metrics()
                trained.append(eval(f"model.{train}", {"model": model, **arguments}))
                model.reset_metrics()
                tested.append(eval(f"model.{test}", {"model": model, **arguments}))
                predicted.append(model.predict_on_batch(arguments["input"]))
        outputs = predicted if isinstance(predicted[0], np.ndarray) else [np.hstack(each) for each in predicted]
        group.put(name, predict_on_batch=np.concatenate(outputs))
        for prefix, steps in (("train_on_batch", trained), ("test_on_batch", tested)):
            group.put(name, **{f"{prefix}/{key}": [step[key] for step in steps] for key in steps[0]})
        group.put(name, **named("final", model))

    record_fit(
        "mlp_fit_options", mlp_adam, classified(70, 12, classes=4),
        "class_weight={0: 2.0, 2: 0.25}, initial_epoch=2, epochs=8, steps_per_epoch=2, validation_split=0.2, "
        "validation_freq=3",
    )

    def one_hot_classes(rng):
        inputs, classes = classified(70, 12, classes=4)(rng)
        return inputs, one_hot(classes, 4)

    record_fit(
        "mlp_one_hot_fit_options", mlp_one_hot, one_hot_classes,
        "class_weight={0: 2.0, 2: 0.25}, epochs=4, steps_per_epoch=3, validation_split=0.2, validation_freq=2",
        on_batch=True,
    )

    def pixels(rng):
        """Classes of pixels, of which each image leaves another part out."""
        inputs = normal(rng, 24, 12, 12, 1)
        classes = np.digitize(inputs[..., 0], (-0.4, 0.4))
        void = rng.uniform(size=classes.shape) < np.linspace(0, 0.9, 24)[:, None, None]
        return inputs, np.where(void, 255, classes).astype(np.int32)

    record_fit("ignored_pixels_fit", ignored_pixels, pixels, "epochs=3")

    def classes_and_scores(rng):
        inputs = normal(rng, 48, 6)
        scores = inputs @ normal(rng, 6, 3)
        targets = {"class": scores.argmax(axis=1).astype(np.int32), "score": scores[:, :2]}
        return inputs, targets, {"class": positive(rng, 48), "score": positive(rng, 48)}

    record_fit(
        "two_heads_weighted", two_heads, classes_and_scores,
        "sample_weight=weight, epochs=3, "
        "validation_data=(input[:16], [y[:16] for y in target], [w[:16] for w in weight])",
    )
    record_fit(
        "two_heads_one_weighted", two_heads, classes_and_scores,
        "sample_weight=[weight[0], None], epochs=2, validation_split=1 / 3",
    )

    def classes_and_weights(rng):
        return *classified(40, 12, classes=4)(rng), positive(rng, 40)

    record_on_batch("mlp_on_batch", mlp_adam, classified(40, 12, classes=4))
    record_on_batch(
        "mlp_on_batch_class_weight", mlp_adam, classified(40, 12, classes=4), "class_weight={0: 2.0, 2: 0.25}"
    )
    record_on_batch(
        "mlp_on_batch_sample_weight", mlp_adam, classes_and_weights, "sample_weight=weight", "sample_weight=weight"
    )
    record_on_batch(
        "two_heads_on_batch_sample_weight", two_heads, classes_and_scores, "sample_weight=weight", "sample_weight=weight"
    )

    def means(rng):
        inputs = normal(rng, 40, 6, 6, 2)
        return inputs, inputs.mean(axis=(1, 2)) @ normal(rng, 2, 2) + 0.1 * normal(rng, 40, 2)

    record(regularized_and_constrained, means)

    def linear(rng):
        inputs = normal(rng, 40, 6)
        return inputs, inputs @ normal(rng, 6, 3)

    record(regularized_heads, linear)
    return group


# --- Operations ------------------------------------------------------------


def record_ops():
    """`input` (or `input_0`, `input_1`) goes through the operation, and the result is `output`. The gradients
    `input_gradient` (or `input_gradient_0`, ...) are those of sum(output · output_gradient), `output_gradient` being
    random.

    - The data of `positive` lie above 0, those of `ties` are small integers, those of `zeros` nothing but 0.
    - Keras lines up the batch with another axis where the inputs of `add` and the like have unlike ranks: those cases go
      through the layer, which does not.
    - The gradient of a maximum found several times along its axes is shared out among the places that hold it; that of the
      larger of two that are equal goes to the first, also if that is a number.
    """
    group = Group("ops")

    def record(name, call, *shapes, data=normal, scale=1.0):
        rng = group.case(name, call)
        inputs = [tf.constant(scale * data(rng, *shape)) for shape in shapes]
        names = {"input": inputs[0]} if len(inputs) == 1 else {f"input_{i}": x for i, x in enumerate(inputs)}
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = eval(call, {"keras": keras}, names)
            output_gradient = normal(rng, *output.shape)
            total = tf.reduce_sum(output * output_gradient)
        gradients = tape.gradient(total, inputs)
        group.put(name, **numbered("input", inputs), output=output, output_gradient=output_gradient)
        group.put(name, **numbered("input_gradient", [tf.convert_to_tensor(g) for g in gradients]))

    one, wide = (3, 4, 5), (3, 2, 4, 5)
    for item in (
        "abs", "absolute", "exp", "hard_sigmoid", "hard_silu", "hard_swish", "log_sigmoid", "log_softmax", "negative",
        "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "square", "swish", "tanh",
    ):
        record(f"{item}.default", f"keras.ops.{item}(input)", one, scale=2.0)
        record(f"{item}.wide", f"keras.ops.{item}(input)", wide, scale=20.0)
        record(f"{item}.ties", f"keras.ops.{item}(input)", wide, data=quantised, scale=3.0)
    for item in ("log", "reciprocal", "rsqrt", "sqrt"):
        record(f"{item}.positive", f"keras.ops.{item}(input)", one, data=positive)
        record(f"{item}.small", f"keras.ops.{item}(input)", wide, data=positive, scale=1e-3)
        record(f"{item}.zeros", f"keras.ops.{item}(input)", one, data=positive, scale=0.0)
    record("reciprocal.negative", "keras.ops.reciprocal(input)", one, data=positive, scale=-1.0)
    record("softmax.axis_1", "keras.ops.softmax(input, axis=1)", one, scale=2.0)
    record("clip.default", "keras.ops.clip(input, -0.5, 0.75)", one)
    record("clip.ties", "keras.ops.clip(input, -1.0, 1.0)", one, data=quantised)

    pair = (one, one)
    for item in ("add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum"):
        data = positive if "divide" in item else normal
        record(f"{item}.two", f"keras.ops.{item}(input_0, input_1)", *pair, data=data)
        record(f"{item}.repeated", f"keras.ops.{item}(input_0, input_1)", (3, 4, 1), (3, 1, 5), data=data)
        record(f"{item}.number", f"keras.ops.{item}(input, 0.7)", one, data=data)
        record(f"{item}.of_number", f"keras.ops.{item}(0.7, input)", one, data=data)
    for item in ("maximum", "minimum"):
        record(f"{item}.ties", f"keras.ops.{item}(input_0, input_1)", *pair, data=quantised)
        record(f"{item}.number_ties", f"keras.ops.{item}(input, 1.0)", one, data=quantised)
        record(f"{item}.of_number_ties", f"keras.ops.{item}(1.0, input)", one, data=quantised)
    for item in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        call = f"keras.layers.{item}()([input_0, input_1])"
        record(f"{item.lower()}.layer", call, (3, 4, 5), (3, 5))
        record(f"{item.lower()}.layer_other_way", call, (3, 1, 5), (3, 2, 4, 1))
        record(f"{item.lower()}.layer_ties", call, (3, 4, 5), (3, 1), data=quantised)

    for item in ("sum", "mean", "max", "min", "amax", "amin"):
        record(f"{item}.axis_1", f"keras.ops.{item}(input, axis=1)", one)
        record(f"{item}.last", f"keras.ops.{item}(input, axis=-1)", wide)
        record(f"{item}.several", f"keras.ops.{item}(input, axis=(1, 3), keepdims=True)", wide)
        record(f"{item}.all", f"keras.ops.{item}(input, axis=(1, 2, 3))", wide)
        record(f"{item}.ties", f"keras.ops.{item}(input, axis=2, keepdims=True)", wide, data=quantised)

    record("matmul.one", "keras.ops.matmul(input_0, input_1)", (3, 4, 5), (3, 5, 2))
    record("matmul.several", "keras.ops.matmul(input_0, input_1)", (3, 2, 4, 5), (3, 2, 5, 3))
    record("matmul.repeated", "keras.ops.matmul(input_0, input_1)", (3, 2, 4, 5), (3, 1, 5, 3))
    record("matmul.zeros", "keras.ops.matmul(input_0, input_1)", (3, 4, 5), (3, 5, 2), scale=0.0)
    record("divide.by_zeros", "keras.ops.divide(input, 0.0)", one)
    record("reshape.split", "keras.ops.reshape(input, (-1, 2, 10))", one)
    record("reshape.flat", "keras.ops.reshape(input, (-1, 40))", wide)
    record("transpose.last_two", "keras.ops.transpose(input, (0, 2, 1))", one)
    record("transpose.rank_4", "keras.ops.transpose(input, (0, 3, 1, 2))", wide)
    record("get_item.range", "input[:, 1:3]", one)
    record("get_item.element", "input[:, -1]", one)
    record("get_item.several", "input[:, 0, 1:, -3:-1]", wide)
    record("get_item.rest", "input[..., 2]", wide)
    return group


# --- README ----------------------------------------------------------------

INTRODUCTION = """\
# What Keras computes

Recorded from Keras {keras} on TensorFlow {tensorflow} (CPU, without oneDNN), by
`python tools/record_keras.py`, which also writes this file. `pip install -r
tools/requirements.txt` installs what it needs.

There is one safetensors file a group. Its tensors are called `<case>/<tensor>`, for
example `conv2d.same_stride2/kernel`; a case is `<item>.<case>`, or only a name for a
whole training run. Labels of classes are int32, everything else is float32, and
scalars have the shape (). The metadata of a file holds the Keras call of every case,
under the case's name, and the versions, under `keras` and `tensorflow`.

Every case below is its name, its Keras call, and its tensors with their shapes.

All numbers are float32 computations. An element that we compute may differ from the
recorded one by `limit * |recorded| + 1e-6 * largest`, `largest` being the largest
magnitude in the recorded tensor. The limit is

- 1e-5 for what is computed forward: outputs, losses, metrics, schedules, and the
  weights and averages after each step of an optimizer;
- 1e-4 for gradients;
- 1e-3 for what a whole training run leads to.

The second term is what rounding costs an element that is a small difference of large
numbers: sums are added up in another order. A tensor of the states of an optimizer or
of a layer has such elements, so that a relative limit alone would not be fair. (Spreads
of random initial weights, in the cases `moments`, are compared with a limit of their own:
two generators agree only as far as the number of draws goes.)
"""


def record_masks():
    """Small models whose first layer masks steps: `output` at inference, `loss` and `metric` of the
    batch, `weighted_loss` and `weighted_metric` with `sample_weight`, and the gradients of `loss` by
    each weight, `<weight>_gradient`. Weights are called `<layer>.<weight>`.
    """
    group = Group("masks")
    layers = keras.layers

    def record(name, call, inputs, output, loss, metric, make_x, make_y, make_weight):
        rng = group.case(name, call)
        model = keras.Model(inputs, output)
        x, y, sample_weight = make_x(rng), make_y(rng), make_weight(rng)
        for index, one in enumerate(x if isinstance(x, list) else [x]):
            group.put(name, **{f"x_{index}": one})
        group.put(name, y=y, sample_weight=sample_weight)
        for weight in model.weights:
            weight.assign(normal(rng, *weight.shape))
            group.put(name, **{weight.path.replace("/", "."): weight})
        with tf.GradientTape() as tape:
            predicted = model(x, training=False)
            value = loss(y, predicted)
        gradients = tape.gradient(value, [weight.value for weight in model.trainable_weights])
        group.put(name, output=predicted, loss=value)
        group.put(name, weighted_loss=loss(y, predicted, sample_weight))
        for weight, gradient in zip(model.trainable_weights, gradients):
            group.put(name, **{weight.path.replace("/", ".") + "_gradient": tf.convert_to_tensor(gradient)})
        metric.update_state(y, predicted)
        group.put(name, metric=metric.result())
        metric.reset_state()
        metric.update_state(y, predicted, sample_weight)
        group.put(name, weighted_metric=metric.result())

    def sequences(rng, count=5, steps=6, features=3):
        x = normal(rng, count, steps, features)
        for sample, length in enumerate(rng.integers(1, steps + 1, size=count)):
            x[sample, length:] = 0
        return x

    def padded_ids(rng, count=5, steps=6):
        x = rng.integers(1, 12, size=(count, steps))
        for sample, length in enumerate(rng.integers(1, steps + 1, size=count)):
            x[sample, length:] = 0
        x[0, 0] = 0
        x[0, 1] = 3
        return x.astype(np.int32)

    def padded_texts(rng, count=5, sentences=2, words=3):
        # The mean over no word at all would not be a number.
        x = rng.integers(1, 12, size=(count, sentences, words))
        for sentence, length in zip(x.reshape(-1, words), rng.integers(1, words + 1, size=count * sentences)):
            sentence[length:] = 0
        return x.astype(np.int32)

    ids_in = layers.Input((6,), dtype="int32")
    pooled = layers.GlobalAveragePooling1D(name="pool")(layers.Embedding(12, 4, mask_zero=True, name="embedding")(ids_in))
    record(
        "Bag.mean",
        "Embedding(12, 4, mask_zero=True), GlobalAveragePooling1D(), Dense(1)",
        ids_in,
        layers.Dense(1, name="dense")(pooled),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        padded_ids,
        lambda rng: normal(rng, 5, 1),
        lambda rng: positive(rng, 5),
    )

    steps_in = layers.Input((6, 3))
    through = layers.Masking(name="masking")(steps_in)
    through = layers.Dense(4, activation="tanh", name="dense")(through)
    through = layers.LayerNormalization(name="norm")(through)
    through = layers.Dropout(0.0, name="dropout")(through)
    record(
        "Through.steps",
        "Masking(), Dense(4, activation='tanh'), LayerNormalization(), Dropout(0.0), Dense(2)",
        steps_in,
        layers.Dense(2, name="scores")(through),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        sequences,
        lambda rng: normal(rng, 5, 6, 2),
        lambda rng: positive(rng, 5, 6),
    )

    for reduction in ("sum", "mean_with_sample_weight"):
        steps_in = layers.Input((6, 3))
        record(
            f"Reduced.{reduction}",
            "Masking(), Dense(2)",
            steps_in,
            layers.Dense(2, name="dense")(layers.Masking(name="masking")(steps_in)),
            keras.losses.MeanSquaredError(reduction=reduction),
            keras.metrics.MeanAbsoluteError(),
            sequences,
            lambda rng: normal(rng, 5, 6, 2),
            lambda rng: positive(rng, 5, 6),
        )

    left_in, right_in = layers.Input((6, 3)), layers.Input((6, 3))
    left, right = layers.Masking(name="left")(left_in), layers.Masking(name="right")(right_in)
    joined = layers.Concatenate(name="join")([layers.Add(name="add")([left, right]), right])
    record(
        "Merged.add_concatenate",
        "Concatenate()([Add()([Masking()(a), Masking()(b)]), Masking()(b)]), Dense(2)",
        [left_in, right_in],
        layers.Dense(2, name="dense")(joined),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        lambda rng: [sequences(rng), sequences(rng)],
        lambda rng: normal(rng, 5, 6, 2),
        lambda rng: positive(rng, 5, 6),
    )

    steps_in = layers.Input((6, 3))
    through = layers.TimeDistributed(layers.Dense(4, activation="tanh", name="hidden"), name="first")(
        layers.Masking(name="masking")(steps_in)
    )
    record(
        "Steps.mask",
        "Masking(), TimeDistributed(Dense(4, activation='tanh')), TimeDistributed(Dense(2))",
        steps_in,
        layers.TimeDistributed(layers.Dense(2, name="scores"), name="last")(through),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        sequences,
        lambda rng: normal(rng, 5, 6, 2),
        lambda rng: positive(rng, 5, 6),
    )

    # A mask of two axes: the layer that reads masks is given that of each step.
    texts_in = layers.Input((2, 3), dtype="int32")
    words = layers.Embedding(12, 4, mask_zero=True, name="embedding")(texts_in)
    means = layers.TimeDistributed(layers.GlobalAveragePooling1D(), name="means")(words)
    record(
        "Texts.mean",
        "Embedding(12, 4, mask_zero=True), TimeDistributed(GlobalAveragePooling1D()), Flatten(), Dense(1)",
        texts_in,
        layers.Dense(1, name="dense")(layers.Flatten(name="flatten")(means)),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        padded_texts,
        lambda rng: normal(rng, 5, 1),
        lambda rng: positive(rng, 5),
    )

    first_in, second_in = layers.Input((6, 3)), layers.Input((2, 3))
    record(
        "Merged.steps_follow",
        "Concatenate(axis=1)([Masking()(a), b]), Dense(2)",
        [first_in, second_in],
        layers.Dense(2, name="dense")(
            layers.Concatenate(axis=1, name="join")([layers.Masking(name="masking")(first_in), second_in])
        ),
        keras.losses.MeanSquaredError(),
        keras.metrics.MeanAbsoluteError(),
        lambda rng: [sequences(rng), normal(rng, 5, 2, 3)],
        lambda rng: normal(rng, 5, 8, 2),
        lambda rng: positive(rng, 5, 8),
    )

    for weights in ("samples", "steps"):
        tags_in = layers.Input((6,), dtype="int32")
        record(
            f"Tags.weights_of_{weights}",
            "Embedding(12, 4, mask_zero=True), Dense(3, activation='softmax')",
            tags_in,
            layers.Dense(3, activation="softmax", name="dense")(
                layers.Embedding(12, 4, mask_zero=True, name="embedding")(tags_in)
            ),
            keras.losses.SparseCategoricalCrossentropy(),
            keras.metrics.SparseCategoricalAccuracy(),
            padded_ids,
            lambda rng: labels(rng, 5, 6, classes=3),
            lambda rng: positive(rng, 5, 1) if weights == "samples" else positive(rng, 5, 6),
        )
    return group


def readme(groups):
    parts = [INTRODUCTION.format(keras=keras.__version__, tensorflow=tf.__version__)]
    for group, notes in groups:
        parts.append(f"## {group.name}.safetensors\n\n{notes}\n")
        for case, call in group.calls.items():
            shapes = [
                f"{tensor} {array.shape}".replace(",)", ")")
                for tensor, array in group.tensors[case].items()
            ]
            code = f"\n```python\n{call}```" if "\n" in call else f"`{call}`  "
            parts.append(f"**{case}**: {code}\n{'; '.join(shapes)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.get_logger().setLevel("ERROR")
    FOLDER.mkdir(parents=True, exist_ok=True)
    groups = []
    for make in (
        record_layers,
        record_regularizers,
        record_constraints,
        record_initializers,
        record_ops,
        record_activations,
        record_losses,
        record_metrics,
        record_optimizers,
        record_schedules,
        record_training,
        record_masks,
    ):
        group = make()
        group.save()
        groups.append((group, inspect.getdoc(make)))
    (FOLDER / "README.md").write_text(readme(groups))

"""The workloads' models as ONNX files, for the runtimes of inference: `onnx_models.py FOLDER`.

The weights are random, the batch is open. BatchNormalization is part of the convolutions, as runtimes make it anyway.
"""

import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from workloads import SHAPES


class Graph:
    """A graph in the making: each method adds a node, and gives the name of its output."""

    def __init__(self):
        self.nodes, self.weights, self.random = [], [], numpy.random.default_rng(1)

    def node(self, kind, *inputs, **attributes):
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def weight(self, *shape):
        values = self.random.normal(0, numpy.prod(shape[1:]) ** -0.5, shape).astype(numpy.float32)
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def dense(self, x, inputs, units):
        return self.node("Gemm", x, self.weight(units, inputs), self.weight(units), transB=1)

    def convolution(self, x, inputs, filters, size, stride=1, padding=0):
        kernel, bias = self.weight(filters, inputs, size, size), self.weight(filters)
        return self.node("Conv", x, kernel, bias, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[padding] * 4)

    def relu(self, x):
        return self.node("Relu", x)

    def pool(self, kind, x):
        return self.node(kind, x, kernel_shape=[2, 2], strides=[2, 2])

    def block(self, x, inputs, filters, stride):
        y = self.relu(self.convolution(x, inputs, filters, 3, stride, 1))
        y = self.convolution(y, filters, filters, 3, 1, 1)
        shortcut = x if stride == 1 else self.convolution(x, inputs, filters, 1, stride)
        return self.relu(self.node("Add", y, shortcut))

    def logits(self, workload, x):
        match workload:
            case "T1":
                return self.dense(self.relu(self.dense(x, 784, 128)), 128, 10)
            case "T2":
                x = self.relu(self.dense(x, 784, 512))
                return self.dense(self.relu(self.dense(x, 512, 512)), 512, 10)
            case "T3":
                x = self.pool("AveragePool", self.relu(self.convolution(x, 1, 6, 3)))
                x = self.pool("AveragePool", self.relu(self.convolution(x, 6, 16, 3)))
                x = self.relu(self.dense(self.node("Flatten", x), 576, 120))
                return self.dense(self.relu(self.dense(x, 120, 84)), 84, 10)
            case "T4":
                x = self.pool("MaxPool", self.relu(self.convolution(x, 1, 32, 3)))
                x = self.pool("MaxPool", self.relu(self.convolution(x, 32, 64, 3)))
                return self.dense(self.node("Flatten", x), 1600, 10)
            case "T5":
                x, inputs = self.relu(self.convolution(x, 3, 16, 3, 1, 1)), 16
                for filters, stride in [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2:
                    x, inputs = self.block(x, inputs, filters, stride), filters
                return self.dense(self.node("Flatten", self.node("GlobalAveragePool", x)), 64, 10)


def model(workload):
    graph = Graph()
    scores = graph.node("Softmax", graph.logits(workload, "x"), axis=1)
    *image, channels = SHAPES[workload]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", channels, *image])
    y = helper.make_tensor_value_info(scores, TensorProto.FLOAT, ["batch", 10])
    made = helper.make_graph(graph.nodes, workload, [x], [y], graph.weights)
    # Versions that every runtime knows.
    made = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for workload in SHAPES:
        onnx.save(model(workload), folder / f"{workload}.onnx")

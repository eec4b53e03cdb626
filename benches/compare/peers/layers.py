"""Single layers of other libraries, turning from job to job. Variants: `onednn`, through PyTorch; `xla`, through JAX; of dense
layers at inference also `mkl`, through PyTorch, `onnxruntime`, which packs the kernel once, and `openblas`, through NumPy, whose
figure is that of the product alone."""

import os
import pathlib
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import numpy  # noqa: E402

from shapes import Layer  # noqa: E402
from turns import Work, arguments, take_turns  # noqa: E402


def values(layer, batch):
    """Input, kernel, bias and the gradient of the output, as numbers that look random."""
    random = numpy.random.default_rng(1)
    shapes = (batch, *layer.input_shape()), layer.kernel_shape(), layer.output_shape()[-1:], (batch, *layer.output_shape())
    return [random.random(shape, numpy.float32) for shape in shapes]


class Layers(Work):
    """Work that turns from layer to layer."""

    def __init__(self, make, wait=lambda: None):
        super().__init__(lambda: None, wait)
        self.make = make

    def turn_to(self, job_pass, written, batch):
        self.start = None
        self.start, self.wait = self.make(job_pass, Layer(written), int(batch))
        return True


def onednn(options):
    import torch
    from torch.nn import functional

    torch.set_num_threads(options.threads)

    def make(job_pass, layer, batch):
        x, kernel, bias, gradient = map(torch.from_numpy, values(layer, batch))
        if layer.is_dense:
            kernel = kernel.T.contiguous()  # as `nn.Linear` has it
        else:
            kernel = kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
            x, gradient = (each.permute(0, 3, 1, 2) for each in (x, gradient))  # channels last already
            (top, bottom), (left, right) = layer.padding()
            even = (top, left) == (bottom, right)

        def forward():
            if layer.is_dense:
                return functional.relu(functional.linear(x, kernel, bias))
            padded = x if even else functional.pad(x, (left, right, top, bottom))
            padding = (top, left) if even else 0
            return functional.relu(functional.conv2d(padded, kernel, bias, layer.stride, padding, 1, layer.groups))

        def infer():
            with torch.inference_mode():
                forward()

        def train():
            torch.autograd.grad(forward(), (x, kernel, bias), gradient)

        if job_pass == "train":
            for each in (x, kernel, bias):
                each.requires_grad_()
        return (train if job_pass == "train" else infer), lambda: None

    take_turns(Layers(make), torch.__version__)


def xla():
    import jax

    def make(job_pass, layer, batch):
        x, kernel, bias, gradient = map(jax.numpy.asarray, values(layer, batch))

        def forward(x, kernel, bias):
            if layer.is_dense:
                return jax.nn.relu(x @ kernel + bias)
            y = jax.lax.conv_general_dilated(
                x,
                kernel,
                (layer.stride, layer.stride),
                layer.padding(),
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
                feature_group_count=layer.groups,
            )
            return jax.nn.relu(y + bias)

        def gradients(x, kernel, bias, gradient):
            y, backward = jax.vjp(forward, x, kernel, bias)
            return y, backward(gradient)

        last = None

        def infer():
            nonlocal last
            last = infer_compiled(x, kernel, bias)

        def train():
            nonlocal last
            last = train_compiled(x, kernel, bias, gradient)

        infer_compiled, train_compiled = jax.jit(forward), jax.jit(gradients)
        return (train if job_pass == "train" else infer), lambda: jax.block_until_ready(last)

    take_turns(Layers(make), jax.__version__)


def openblas():
    def make(_, layer, batch):
        x, kernel, _, y = values(layer, batch)
        return lambda: numpy.matmul(x, kernel, out=y), lambda: None

    take_turns(Layers(make), numpy.__version__)


def onnxruntime(options):
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = options.threads
    session_options.inter_op_num_threads = 1

    def make(_, layer, batch):
        x, kernel, bias, _ = values(layer, batch)
        graph = helper.make_graph(
            [helper.make_node("Gemm", ["x", "kernel", "bias"], ["sums"]), helper.make_node("Relu", ["sums"], ["y"])],
            "dense",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, layer.units])],
            [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias, "bias")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        session = onnxruntime.InferenceSession(model.SerializeToString(), session_options, providers=["CPUExecutionProvider"])
        inputs = {"x": x}
        return lambda: session.run(None, inputs), lambda: None

    take_turns(Layers(make), onnxruntime.__version__)


def main():
    options = arguments()
    match options.variant:
        case "xla":
            xla()
        case "openblas":
            openblas()
        case "onnxruntime":
            onnxruntime(options)
        case _:
            onednn(options)


if __name__ == "__main__":
    main()

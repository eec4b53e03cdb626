"""ONNX Runtime, inference only, on the files that `onnx_models.py` wrote to the folder in `ONNX_MODELS`."""

import os

import numpy
import onnxruntime

from turns import Work, arguments, take_turns
from workloads import samples


def main():
    options = arguments()
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = options.threads
    session_options.inter_op_num_threads = 1
    session_options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    path = os.path.join(os.environ["ONNX_MODELS"], f"{options.workload}.onnx")
    session = onnxruntime.InferenceSession(path, session_options, providers=["CPUExecutionProvider"])
    x = samples(options.workload, options.batch)
    if x.ndim == 4:
        x = numpy.ascontiguousarray(x.transpose(0, 3, 1, 2))
    inputs = {"x": x}
    take_turns(Work(lambda: session.run(None, inputs)), onnxruntime.__version__)


if __name__ == "__main__":
    main()

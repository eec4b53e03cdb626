"""Products of matrices. Variants: `openblas`, through NumPy; `mkl`, through PyTorch (or what else that was built with).

A product is written as its m, k and n and what is transposed in memory: `128x784x512`, `784x128x512,ta`, `256x256x256,tatb`.
"""

import numpy

from turns import Work, arguments, take_turns


def main():
    options = arguments()
    sizes, _, transposed = options.workload.partition(",")
    m, k, n = map(int, sizes.split("x"))
    random = numpy.random.default_rng(1)
    a = random.random((k, m), numpy.float32).T if "ta" in transposed else random.random((m, k), numpy.float32)
    b = random.random((n, k), numpy.float32).T if "tb" in transposed else random.random((k, n), numpy.float32)
    c = numpy.empty((m, n), numpy.float32)
    if options.variant == "openblas":
        take_turns(Work(lambda: numpy.matmul(a, b, out=c)), numpy.__version__)
    else:
        import torch

        torch.set_num_threads(options.threads)
        a, b, c = map(torch.from_numpy, (a, b, c))
        take_turns(Work(lambda: torch.mm(a, b, out=c)), torch.__version__)


if __name__ == "__main__":
    main()

"""Makes keras-core/src/datasets/digits.bin: the handwritten digits that `keras::datasets::digits` reads.

Needs scikit-learn (`pip install scikit-learn`), which carries the test set of the UCI data set. The file is gzip over
65 bytes a digit: 64 pixels from 0 to 16, row by row, and the label.
"""

import gzip
import pathlib

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
rows = numpy.concatenate([digits.data, digits.target[:, None]], axis=1).astype(numpy.uint8)
target = pathlib.Path(__file__).parent.parent / "keras-core/src/datasets/digits.bin"
target.write_bytes(gzip.compress(rows.tobytes(), 9, mtime=0))
print(f"{len(rows)} digits, {target.stat().st_size} bytes: {target}")

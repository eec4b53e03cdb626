"""The layers of the sweep: convolutions with padding "same" and dense layers of well-known networks, each with a bias and a
rectifier.

A convolution is written as its image (height, width, channels), its window and its filters, and where they are not 1 its stride and
groups: `56x56x128,3x3,128,stride2`. Along one axis the height is 1. A dense layer is written as its inputs and units: `2048x1000`.
"""

import math

NETWORKS = {
    "ResNet-50": [
        "224x224x3,7x7,64,stride2",
        "56x56x64,1x1,64",
        "56x56x64,3x3,64",
        "56x56x64,1x1,256",
        "56x56x256,1x1,128",
        "56x56x128,3x3,128,stride2",
        "56x56x256,1x1,512,stride2",
        "28x28x128,3x3,128",
        "28x28x128,1x1,512",
        "28x28x512,1x1,256",
        "28x28x256,3x3,256,stride2",
        "14x14x256,3x3,256",
        "14x14x256,1x1,1024",
        "14x14x1024,1x1,256",
        "14x14x1024,1x1,2048,stride2",
        "7x7x512,3x3,512",
        "7x7x512,1x1,2048",
        "7x7x2048,1x1,512",
        "2048x1000",
    ],
    # On images of 64×64, as for Tiny ImageNet.
    "VGG-16": [
        "64x64x3,3x3,64",
        "64x64x64,3x3,64",
        "32x32x64,3x3,128",
        "32x32x128,3x3,128",
        "16x16x128,3x3,256",
        "16x16x256,3x3,256",
        "8x8x256,3x3,512",
        "8x8x512,3x3,512",
        "4x4x512,3x3,512",
        "2048x4096",
        "4096x4096",
        "4096x1000",
    ],
    # On images of 128×128.
    "MobileNetV2": [
        "128x128x3,3x3,32,stride2",
        "64x64x32,3x3,32,groups32",
        "64x64x32,1x1,16",
        "64x64x16,1x1,96",
        "64x64x96,3x3,96,stride2,groups96",
        "32x32x96,1x1,24",
        "32x32x24,1x1,144",
        "32x32x144,3x3,144,groups144",
        "32x32x144,3x3,144,stride2,groups144",
        "16x16x144,1x1,32",
        "16x16x192,3x3,192,groups192",
        "8x8x384,3x3,384,groups384",
        "8x8x64,1x1,384",
        "8x8x384,1x1,96",
        "4x4x960,3x3,960,groups960",
        "4x4x160,1x1,960",
        "4x4x320,1x1,1280",
        "1280x1000",
    ],
    # On images of 64×64.
    "U-Net": [
        "64x64x1,3x3,32",
        "64x64x32,3x3,32",
        "32x32x32,3x3,64",
        "16x16x64,3x3,128",
        "16x16x256,3x3,128",
        "32x32x128,3x3,64",
        "64x64x64,3x3,32",
        "64x64x32,1x1,2",
    ],
    "text CNN": [
        "1x400x50,1x3,250",
        "1x500x128,1x7,128",
        "1x1000x100,1x5,128",
        "1x256x300,1x4,100",
        "250x250",
    ],
}
BATCHES = (1, 8, 32, 128)
# Dense layers, whose inference is compared with libraries of matrix products: inputs and units of 32 to 4,096, powers of two
# and others.
DENSE = [
    *(f"{inputs}x{units}" for inputs in (32, 128, 512, 1024, 4096) for units in (32, 128, 512, 1024, 4096)),
    *("100x10", "300x300", "784x500", "1000x1000", "1536x768", "768x3072", "2048x2048", "3000x200"),
]
DENSE_BATCHES = (1, 2, 4, 7, 16, 32, 64, 128, 256)
PASSES = ("infer", "train")


class Layer:
    """A layer as it is written, by its numbers: a convolution's `image`, `window`, `filters`, `stride` and `groups`, or a dense
    layer's `inputs` and `units`."""

    def __init__(self, written):
        first, *more = written.split(",")
        numbers = tuple(map(int, first.split("x")))
        self.is_dense = not more
        if self.is_dense:
            self.inputs, self.units = numbers
            return
        window, filters, *more = more
        self.image, self.window, self.filters = numbers, tuple(map(int, window.split("x"))), int(filters)
        named = {part.rstrip("0123456789"): int(part.lstrip("abcdefghijklmnopqrstuvwxyz")) for part in more}
        self.stride, self.groups = named.get("stride", 1), named.get("groups", 1)

    def output(self):
        """The axes of a convolution's output."""
        return tuple(math.ceil(size / self.stride) for size in self.image[:2])

    def padding(self):
        """Of each axis, the padding before and after."""
        needed = [
            max((output - 1) * self.stride + window - size, 0)
            for size, window, output in zip(self.image, self.window, self.output())
        ]
        return [(each // 2, each - each // 2) for each in needed]

    def input_shape(self):
        return (self.inputs,) if self.is_dense else self.image

    def kernel_shape(self):
        if self.is_dense:
            return self.inputs, self.units
        return *self.window, self.image[2] // self.groups, self.filters

    def output_shape(self):
        return (self.units,) if self.is_dense else (*self.output(), self.filters)

    def operations(self, job_pass):
        """Multiplications and additions for a sample; a rectifier and a bias are not counted."""
        pixels = 1 if self.is_dense else math.prod(self.output())
        return 2 * pixels * math.prod(self.kernel_shape()) * (3 if job_pass == "train" else 1)

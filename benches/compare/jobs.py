"""What is compared, with whom, and what is wanted of it."""

import platform
import re

OURS = "keras-rs"

TRAIN = [("T1", 32), ("T1", 128), ("T2", 128), ("T3", 32), ("T3", 128), ("T4", 128), ("T5", 128)]
INFER = [(workload, batch) for workload in ("T1", "T2", "T3", "T4", "T5") for batch in (1, 32, 256)]
MEMORY = [("T4", 128), ("T5", 128)]
FIT = [("T1", 32), ("T1", 128), ("T2", 128), ("T3", 32), ("T4", 128)]
# The dense layers of T1 and T2 at their batches, as rows, inputs and units: forward, by the kernel, by the input.
DENSE = [(32, 784, 128), (128, 784, 128), (128, 784, 512), (128, 512, 512), (128, 128, 10), (128, 512, 10)]
MATMUL = [
    written
    for m, k, n in DENSE
    for written in (f"{m}x{k}x{n}", f"{k}x{m}x{n},ta", f"{m}x{n}x{k},tb")
]
MATMUL += ["256x784x128", "256x784x512", "256x512x512"]
MATMUL += [f"{n}x{n}x{n}{transposed}" for n in (256, 512, 1024) for transposed in ("", ",ta", ",tb", ",tatb")]

# How many times as fast as the best peer ours is to be.
FASTER = {
    "train": {"T1": 1.5, "T2": 1.1, "T3": 2.0, "T4": 1.2, "T5": 1.1},
    "latency": {"T1": 1.3, "T2": 1.1, "T3": 2.0, "T4": 1.2, "T5": 1.2},
    "infer": {"T1": 1.1, "T2": 1.1, "T3": 1.3, "T4": 1.1, "T5": 1.1},
}
PRODUCT = 0.95
# How many times as fast as with one thread a product is to be with two.
SCALING = 1.7
# Of PyTorch's memory, and of the time of the steps alone.
MEMORY_SHARE = 0.5
FIT_RATIO = 1.03

# Large blocks from the heap instead of fresh pages from the kernel each time.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824"}


class Job:
    """A mode, a workload, a batch and a number of threads: what is measured together."""

    def __init__(self, mode, workload, batch, threads):
        self.mode, self.workload, self.batch, self.threads = mode, workload, batch, threads
        self.key = "/".join(map(str, [mode, workload, *([] if mode == "matmul" else [batch]), threads]))

    @classmethod
    def from_key(cls, key):
        mode, workload, *batch, threads = key.split("/")
        return cls(mode, workload, int(batch[0]) if batch else 1, int(threads))

    def arguments(self):
        mode = "train" if self.mode == "memory" else self.mode
        return [mode, self.workload, "--batch", str(self.batch), "--threads", str(self.threads)]

    def unit(self):
        if self.mode == "matmul":
            return "GFLOP/s"
        return "µs" if self.mode == "infer" and self.batch == 1 else "samples/s"

    def figure(self, seconds):
        """What a call of so many seconds is in the unit."""
        if self.mode == "matmul":
            m, k, n = map(int, self.workload.partition(",")[0].split("x"))
            return 2e-9 * m * k * n / seconds
        return seconds * 1e6 if self.unit() == "µs" else self.batch / seconds

    def ratio(self, ours, peer):
        """How many times as fast ours is."""
        return peer / ours if self.unit() == "µs" else ours / peer

    def target(self):
        """The ratio that is wanted."""
        if self.mode == "matmul":
            return PRODUCT
        return FASTER["latency" if self.unit() == "µs" else self.mode][self.workload]


def jobs(threads, only):
    """All jobs whose key matches."""
    for count in threads:
        every = [Job("train", *each, count) for each in TRAIN] + [Job("infer", *each, count) for each in INFER]
        every += [Job("matmul", each, 1, count) for each in MATMUL]
        every += [Job("memory", *each, count) for each in MEMORY] + [Job("fit", *each, count) for each in FIT]
        yield from (job for job in every if re.search(only, job.key))


class Variant:
    """A way to run a peer: the script if there is one, the name of the variant, and whether `malloc` keeps large blocks."""

    def __init__(self, peer, script=None, variant="", malloc=False):
        self.peer, self.script, self.variant, self.malloc = peer, script, variant, malloc

    def environment(self):
        return MALLOC if self.malloc else {}


def variants(job, malloc):
    """The variants of peers in a job, with `malloc` as it is (`plain`), keeping large blocks (`kept`), or either (`both`)."""
    if job.mode == "fit":
        return []
    if job.mode == "matmul":  # allocates nothing
        return [Variant("numpy", "products.py", "openblas"), Variant("torch", "products.py", "mkl")]
    peers = [Variant("torch", "pytorch.py", name) for name in ("eager", "compile")]
    if job.mode == "memory":
        return peers
    peers += [Variant("tensorflow", "keras_tensorflow.py", name) for name in ("graph", "jit")]
    peers.append(Variant("jax", "keras_jax.py", "jit"))
    if job.mode == "infer":
        peers += [Variant("onnxruntime", "onnx_runtime.py"), Variant("rten"), Variant("tract")]
    peers += [Variant("burn", variant=name) for name in ("flex", "ndarray")]
    peers.append(Variant("candle"))
    if platform.libc_ver()[0] != "glibc":
        return peers
    kept = [Variant(each.peer, each.script, each.variant, malloc=True) for each in peers]
    return {"plain": peers, "kept": kept, "both": peers + kept}[malloc]

"""Compares single layers at the shapes of well-known networks (`shapes.py`) with oneDNN, through PyTorch, and XLA, through JAX; dense layers with libraries of matrix products; or either with another checkout of this repository.

    python3 benches/compare/sweep.py
    python3 benches/compare/sweep.py --dense
    git worktree add ../before HEAD~1
    python3 benches/compare/sweep.py --quick --against ../before

A job is a pass, a layer and a batch: `infer 56x56x64,3x3,128 32`. All programs stay alive and turn from job to job; in a job they
alternate in short windows, and a figure is the median of a program's windows. A ratio is our speed over that of the fastest other
program. The quick half, every second layer at batches of 8 and 32, takes some five minutes against another checkout.
"""

import argparse
import collections
import json
import math
import pathlib
import re
import statistics
import sys

import install
import programs
from shapes import BATCHES, DENSE, DENSE_BATCHES, NETWORKS, PASSES, Layer

# Floats of a job's largest tensor, at most: half a gigabyte.
LARGEST = 1 << 27


def jobs(options):
    """Every job that is asked for, with its network; of dense layers, with its batch."""
    if options.dense:
        for batch in DENSE_BATCHES:
            for written in DENSE[:: 3 if options.quick else 1]:
                job = f"infer {written} {batch}"
                if re.search(options.only, job):
                    yield f"batch {batch}", job
        return
    for network, layers in NETWORKS.items():
        for written in layers[:: 2 if options.quick else 1]:
            for job_pass in PASSES:
                for batch in (8, 32) if options.quick else BATCHES:
                    job = f"{job_pass} {written} {batch}"
                    if re.search(options.only, job):
                        yield network, job


def largest(job):
    """Floats of the larger of input and output."""
    _, written, batch = job.split()
    layer = Layer(written)
    return int(batch) * max(math.prod(layer.input_shape()), math.prod(layer.output_shape()))


def start(running, name, command, options, environment=None):
    program = programs.Program(name, "", "plain", command, options.threads, environment or {})
    running.append(program)
    program.start()


def start_all(running, options):
    """Starts the programs, ours first; each is listed before it starts, so that whoever fails can stop them all."""
    ours = install.build_ours()["workloads"]
    turns = ["sweep", "--threads", str(options.threads), "--turns"]
    # XLA takes as many threads as there are cores to run on, whatever it is told: `Program` confines it.
    start(running, "keras", [ours, *turns], options)
    if options.against:
        other = install.build_ours(options.against.resolve())["workloads"]
        start(running, "other", [other, *turns], options)
        return
    if options.dense:
        variants = ("numpy", "openblas"), ("torch", "mkl"), ("onnxruntime", "onnxruntime")
    else:
        variants = ("torch", "onednn"), ("jax", "xla")
    names = [name for name, _ in variants]
    if options.python:
        peers = {name: install.Peer([str(options.python)], {}) for name in names}
    else:
        peers, missing = install.peers(names, None, install.TARGET, lambda text: print(text, file=sys.stderr))
        for name, reason in missing.items():
            print(f"without {name}: {reason}", file=sys.stderr)
    script = str(install.HERE / "peers" / "layers.py")
    for name, variant in variants:
        if name in peers:
            command = [*peers[name].command, script, "sweep", "--threads", str(options.threads), "--variant", variant]
            start(running, variant, command, options, peers[name].environment)


def measure(job, running, options):
    """The seconds of a call for each program, by its name."""
    windows = {program.peer: [] for program in running}
    for program in running:
        program.turn_to(job)
        program.window(options.seconds / 4, "wall")
    for turn in range(options.repeats):
        for program in running[turn % len(running) :] + running[: turn % len(running)]:
            windows[program.peer].append(program.window(options.seconds, "wall"))
    return {name: statistics.median(times) for name, times in windows.items()}


def summary(results):
    """Lines on the ratios of each pass and network."""
    groups = collections.defaultdict(list)
    for result in results:
        job_pass = result["job"].split()[0]
        groups[job_pass, "all"].append(result["ratio"])
        groups[job_pass, result["network"]].append(result["ratio"])
    for (job_pass, network), ratios in groups.items():
        below = sum(ratio < 0.9 for ratio in ratios)
        yield (
            f"{job_pass} {network:12} median {statistics.median(ratios):5.2f}   lowest {min(ratios):5.2f}   "
            f"below 0.9: {below} of {len(ratios)}"
        )


def picture(results, path):
    """Draws the ratios, a point for a job, as SVG or what else the name of the file says."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "sweep"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(PASSES), figsize=(11, 4.5), sharey=True)
    for which, job_pass in enumerate(PASSES):
        axis = axes[which]
        for network, color in zip(NETWORKS, pyplot.rcParams["axes.prop_cycle"].by_key()["color"]):
            chosen = [each for each in results if each["network"] == network and each["job"].startswith(job_pass)]
            intensity = [Layer(each["job"].split()[1]).operations(job_pass) * int(each["job"].split()[2]) for each in chosen]
            axis.scatter(intensity, [each["ratio"] for each in chosen], s=14, color=color, label=network)
        axis.axhline(1, color="gray", linewidth=1)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_yticks([0.5, 0.7, 1, 1.5, 2, 3, 5, 10], ["0.5", "0.7", "1", "1.5", "2", "3", "5", "10"])
        axis.set_title({"infer": "forward pass", "train": "forward and backward pass"}[job_pass])
        axis.set_xlabel("operations of a call")
    axes[0].set_ylabel("our speed / that of the faster of oneDNN and XLA")
    axes[1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="REGEX", help="jobs that match, for example '^train 56x56'")
    parser.add_argument("--quick", action="store_true", help="every second layer, at batches of 8 and 32; every third dense one")
    parser.add_argument("--dense", action="store_true", help="inference of dense layers, with libraries of matrix products")
    parser.add_argument("--against", type=pathlib.Path, metavar="CHECKOUT", help="another checkout, instead of the peers")
    parser.add_argument("--least", type=float, default=0.9, help="the least ratio that is no regression, with `--against`")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5, help="windows of each program")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a window")
    parser.add_argument("--python", type=pathlib.Path, help="a Python interpreter with the peers already installed")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="writes every result; `--resume` continues such a file")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--picture", type=pathlib.Path, metavar="FILE", help="draws the ratios; needs matplotlib")
    options = parser.parse_args()
    results = json.loads(options.json.read_text()) if options.resume and options.json.exists() else []
    known = {result["job"] for result in results}
    asked = [(network, job) for network, job in jobs(options) if job not in known]
    running = []
    try:
        if asked:
            start_all(running, options)
        for network, job in asked:
            if largest(job) > LARGEST:
                continue
            times = measure(job, running, options)
            ours, others = times["keras"], {name: seconds for name, seconds in times.items() if name != "keras"}
            if not others:
                sys.exit("there is nothing to compare with")
            best = min(others, key=others.get)
            result = {"network": network, "job": job, "ratio": others[best] / ours, "seconds": times}
            results.append(result)
            _, written, batch = job.split()
            speed = Layer(written).operations(job.split()[0]) * int(batch) / ours / 1e9
            print(f"{job:48} {result['ratio']:6.2f}  {best:8} {speed:7.1f} GFLOP/s", flush=True)
            if options.json:
                options.json.write_text(json.dumps(results, indent=1))
    finally:
        for program in running:
            program.stop()
    print("\n".join(summary(results)))
    if options.picture:
        picture(results, options.picture)
    slower = [result["job"] for result in results if options.against and result["ratio"] < options.least]
    if slower:
        sys.exit(f"slower than {options.least}: {', '.join(slower)}")


if __name__ == "__main__":
    main()

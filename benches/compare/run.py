#!/usr/bin/env python3
"""Runs this project's workloads beside other libraries' and prints who is how fast: `python3 benches/compare/run.py`.

Everything it needs but Python and Rust it builds and installs under `target/`. All programs of a job stay alive and take
turns at short windows, so that what else the machine does meets them all alike. `../README.md` says what is compared.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import statistics
import sys

import install
from programs import Failure, Program

TRAIN = [("T1", 32), ("T1", 128), ("T2", 128), ("T3", 32), ("T3", 128), ("T4", 128), ("T5", 128)]
INFER = [(workload, batch) for workload in ("T1", "T2", "T3", "T4", "T5") for batch in (1, 32, 256)]
# The products of T1 and T2: forward, by the kernel (`ta`), by the input (`tb`); then square ones.
MATMUL = ["32x784x128", "128x784x128", "784x128x128,ta", "128x784x512", "784x128x512,ta", "128x512x512"]
MATMUL += ["512x128x512,ta", "128x512x512,tb", "256x256x256", "512x512x512", "1024x1024x1024"]
MEMORY = [("T4", 128), ("T5", 128)]

# Large blocks from the heap instead of fresh pages from the kernel each time.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824"}
OURS = "keras-rs"
PEERS = pathlib.Path(__file__).resolve().parent / "peers"


class Job:
    """A mode, a workload, a batch and a number of threads: one line of the table."""

    def __init__(self, mode, workload, batch, threads):
        self.mode, self.workload, self.batch, self.threads = mode, workload, batch, threads
        self.key = "/".join(map(str, [mode, workload, *([] if mode == "matmul" else [batch]), threads]))

    def arguments(self):
        return [self.mode, self.workload, "--batch", str(self.batch), "--threads", str(self.threads)]

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


def jobs(threads, only):
    """All jobs whose key matches."""
    for count in threads:
        every = [Job("train", *each, count) for each in TRAIN] + [Job("infer", *each, count) for each in INFER]
        every += [Job("matmul", each, 1, count) for each in MATMUL]
        yield from (job for job in every if re.search(only, job.key))


def variants(job):
    """The peers of a job: name, variant, the script if there is one, and variables of its environment."""
    if job.mode == "matmul":
        return [("numpy", "openblas", "products.py", {}), ("torch", "mkl", "products.py", {})]
    peers = [("torch", variant, "pytorch.py", {}) for variant in ("eager", "compile")]
    if platform.libc_ver()[0] == "glibc":
        peers += [(name, f"{variant}, malloc", script, MALLOC) for name, variant, script, _ in peers]
    peers += [("tensorflow", variant, "keras_tensorflow.py", {}) for variant in ("graph", "jit")]
    peers.append(("jax", "jit", "keras_jax.py", {}))
    peers += [("burn", variant, None, {}) for variant in ("flex", "ndarray")]
    peers.append(("candle", "", None, {}))
    if job.mode == "infer":
        peers += [("onnxruntime", "", "onnx_runtime.py", {}), ("rten", "", None, {})]
        if job.threads == 1:  # it uses no more
            peers.append(("tract", "", None, {}))
    return peers


def programs(job, ours, installed):
    """The programs of a job, not yet started: ours first."""
    yield Program(OURS, "", [ours, *job.arguments(), "--turns"], job.threads, {})
    for peer, variant, script, environment in variants(job):
        if peer in installed:
            command = [*installed[peer].command, *([str(PEERS / script)] if script else []), *job.arguments()]
            if variant:
                command += ["--variant", variant.partition(",")[0]]
            yield Program(peer, variant, command, job.threads, {**installed[peer].environment, **environment})


def measure(job, ours, installed, options):
    """Lets all programs of a job take turns; gives a result for each that did the work."""
    seconds = {}
    try:
        for program in programs(job, ours, installed):
            with left_out_if_it_fails(job, program, seconds):
                program.start()
                program.window(options.seconds, options.clock)  # warms up
                seconds[program] = []
        for _ in range(options.repeats):
            for program in list(seconds):
                with left_out_if_it_fails(job, program, seconds):
                    seconds[program].append(program.window(options.seconds, options.clock))
        for program in seconds:
            losses = {}
            if job.mode == "train":
                first, last = program.first_loss, program.loss()
                losses = {"first_loss": first, "last_loss": last}
                if first is None or last is None or not last < first:
                    note(f"{job.key}: without {program.label()}: its loss went from {first} to {last}")
                    continue
            figures = [job.figure(each) for each in seconds[program]]
            yield {
                "job": job.key,
                "peer": program.peer,
                "variant": program.variant,
                "version": program.version,
                "unit": job.unit(),
                "value": statistics.median(figures),
                "lowest": min(figures),
                "highest": max(figures),
                "clock": options.clock,
                **losses,
            }
    finally:
        for program in seconds:
            program.stop()


@contextlib.contextmanager
def left_out_if_it_fails(job, program, seconds):
    try:
        yield
    except Failure as failure:
        note(f"{job.key}: without {program.label()}: {failure}")
        seconds.pop(program, None)


def best(job, results):
    """The best result of each peer, the best peer first."""
    ranked = sorted(results, key=lambda result: result["value"], reverse=job.unit() != "µs")
    return list({result["peer"]: result for result in reversed(ranked)}.values())[::-1] if ranked else []


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def label(result):
    return " ".join(part for part in (result["peer"], result["variant"]) if part)


def table(head, rows):
    """A table in Markdown; figures stand right."""
    right = ["---:" if rows and re.fullmatch(r"[\d,.]+|–", rows[0][at]) else "---" for at in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, right, *rows])


def comparison(measured):
    """Ours, the best peer, and how many times as fast ours is; then every peer's best."""
    rows, every = [], {}
    for job, results in measured:
        ours = next((result for result in results if result["peer"] == OURS), None)
        peers = best(job, [result for result in results if result["peer"] != OURS])
        if ours is None:
            continue
        first = peers[0] if peers else None
        rows.append([
            job.key,
            job.unit(),
            number(ours["value"]),
            number(first["value"]) if first else "–",
            label(first) if first else "–",
            f"{job.ratio(ours['value'], first['value']):.2f}" if first else "–",
        ])
        every[job.key] = {result["peer"]: number(result["value"]) for result in [ours, *peers]}
    names = list(dict.fromkeys(peer for figures in every.values() for peer in figures))
    print(table(["job", "unit", OURS, "best peer", "which", "ratio"], rows))
    if len(names) > 2:
        print("\nEach peer's best:\n")
        print(table(["job", *names], [[key, *(each.get(name, "–") for name in names)] for key, each in every.items()]))


def memory(ours, installed, options):
    """The peak resident memory of training, ours and PyTorch's."""
    rows = []
    for workload, batch in MEMORY:
        for threads in options.threads:
            job, sizes = Job("train", workload, batch, threads), {}
            if not re.search(options.only, job.key):
                continue
            for program in programs(job, ours, installed):
                with left_out_if_it_fails(job, program, sizes):
                    program.start()
                    for _ in range(options.repeats):
                        program.window(options.seconds, "wall")
                    sizes[program] = program.stop()
            mine = next((size for program, size in sizes.items() if program.peer == OURS), None)
            for program, size in sizes.items():
                ratio = f"{size / mine:.2f}" if mine else "–"
                rows.append([job.key, program.label(), f"{size / 2**20:.0f}", ratio])
    print(table(["job", "program", "peak resident memory, MiB", "times ours"], rows))


def note(text):
    print(text, file=sys.stderr, flush=True)


def describe_machine():
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {len(install.cores())} cores; {platform.system()}"


def parse():
    parser = argparse.ArgumentParser(description="This project's speed beside other libraries'.")
    parser.add_argument("--only", default="", metavar="REGEX", help="the jobs whose key matches: 'train/T1', matmul, '/1$'")
    parser.add_argument("--peers", metavar="NAMES", help=f"of {', '.join(install.PEERS)} (all); or none")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (1,2)")
    parser.add_argument("--repeats", type=int, default=7, help="windows of each program (7)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of a window (0.2)")
    parser.add_argument(
        "--clock",
        choices=["wall", "cpu"],
        default="wall",
        help="cpu: the processor's time that a program took, for one thread on a machine with other work to do (Linux)",
    )
    parser.add_argument("--json", metavar="FILE", help="where to write every result")
    parser.add_argument("--memory", action="store_true", help="the peak memory of training instead of speed")
    parser.add_argument("--python", help="an interpreter that has the peers (instead of installing them under target/)")
    parser.add_argument("--list", action="store_true", help="print the jobs' keys and do nothing")
    options = parser.parse_args()
    options.threads = [int(count) for count in options.threads.split(",")]
    for count in [count for count in options.threads if count > len(install.cores())]:
        note(f"without {count} threads: there are {len(install.cores())} cores")
        options.threads.remove(count)
    if options.clock == "cpu" and any(count > 1 for count in options.threads):
        parser.error("--clock cpu says nothing of several threads: add --threads 1")
    names = install.PEERS if options.peers is None else [name for name in options.peers.split(",") if name != "none"]
    for name in names:
        if name not in install.PEERS:
            parser.error(f"there is no peer {name}: there are {', '.join(install.PEERS)}")
    if options.memory:
        names = [name for name in names if name == "torch"]
    options.peers = names
    return options


def main():
    options = parse()
    selected = list(jobs(options.threads, options.only))
    if options.list:
        print("\n".join(job.key for job in selected))
        return
    needed = {"torch"} if options.memory else {peer for job in selected for peer, *_ in variants(job)}
    ours = install.build_ours()
    installed = install.peers([peer for peer in options.peers if peer in needed], options.python, note)
    print(f"{describe_machine()}\n")
    if options.memory:
        memory(ours, installed, options)
        return
    measured = []
    for at, job in enumerate(selected):
        note(f"[{at + 1}/{len(selected)}] {job.key}")
        measured.append((job, list(measure(job, ours, installed, options))))
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump([result for _, results in measured for result in results], file, indent=1, ensure_ascii=False)
    comparison(measured)


if __name__ == "__main__":
    main()

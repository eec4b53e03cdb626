"""Compares the workloads of this checkout with those of another one, in turns: what a change costs, or gains.

    git worktree add ../before HEAD~1
    python3 benches/compare/builds.py ../before

Both programs of a job stay alive and alternate in short windows. Where a process has its memory makes some difference, so each job
starts them anew several times; the figure is the median of the starts' medians. Above 1 this checkout is faster. It takes some five
minutes, and ends with status 1 if a job is slower than `--least`.
"""

import argparse
import pathlib
import re
import statistics
import sys

import install
import programs

JOBS = [
    (mode, workload, batch)
    for mode, batches in (("infer", (1, 32)), ("train", (32, 128)))
    for workload in ("T1", "T2", "T3", "T4", "T5")
    for batch in batches
]


def start(binary, job, threads):
    """A program of a job that is ready for its turns."""
    mode, workload, batch = job
    command = [binary, mode, workload, "--batch", str(batch), "--threads", str(threads), "--turns"]
    program = programs.Program("keras", "", "plain", command, threads, {})
    program.start()
    program.calls(1)
    return program


def ratio(binaries, job, options):
    """How many times as fast the second program is, by one start of both."""
    pair = [start(binary, job, options.threads) for binary in binaries]
    try:
        ratios = []
        for turn in range(options.repeats):
            seconds = [0.0, 0.0]
            for which in (0, 1) if turn % 2 else (1, 0):
                seconds[which] = pair[which].window(options.seconds, options.clock)
            ratios.append(seconds[0] / seconds[1])
        return statistics.median(ratios)
    finally:
        for program in pair:
            program.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=pathlib.Path, help="the other checkout")
    parser.add_argument("--only", default="", metavar="REGEX", help="jobs whose name matches, for example 'train T1'")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=11, help="windows of each start")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a window")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--least", type=float, default=0.95, help="the least ratio that is no regression")
    options = parser.parse_args()
    binaries = [install.build_ours(root)["workloads"] for root in (options.other.resolve(), install.ROOT)]
    slower = []
    for job in JOBS:
        name = " ".join(map(str, job))
        if not re.search(options.only, name):
            continue
        starts = [ratio(binaries, job, options) for _ in range(options.starts)]
        median = statistics.median(starts)
        print(f"{name:14} {median:.3f}   (starts: {', '.join(f'{start:.3f}' for start in sorted(starts))})", flush=True)
        if median < options.least:
            slower.append(name)
    if slower:
        sys.exit(f"slower than {options.least}: {', '.join(slower)}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs this project's workloads beside other libraries' and prints who is how fast: `python3 benches/compare/run.py`.

Everything it needs but Python and Rust it builds and installs under `target/`. All programs of a job stay alive and take
turns at short windows, so that what else the machine does meets them all alike. `../README.md` says what is compared.
"""

import argparse
import json
import os
import pathlib
import platform
import sys

import install
from jobs import OURS, jobs, variants
from programs import Failure, Program, once
from tables import Report, summary

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
# Of the first loss: below this it must have fallen after `ROUNDS` of `peers/workloads.py`.
LEARNT = 0.9
# A peer that takes so many times as long as the fastest one is measured once: it is not the best.
SLOW = 3
# Steps of a job of memory.
STEPS = 24


class Run:
    """The jobs of a run, its results, and what was left out and why."""

    def __init__(self, options, ours, installed, missing, record):
        self.options, self.ours, self.installed, self.missing = options, ours, installed, missing
        self.record = record

    def measure(self, job):
        if job.mode == "fit":
            self.fit(job)
        elif job.mode == "memory":
            self.memory(job)
        else:
            self.speed(job)

    def programs(self, job):
        """The programs of a job, not yet started: ours first."""
        yield Program(OURS, "", False, [self.ours["workloads"], *job.arguments(), "--turns"], job.threads, {})
        for variant in variants(job, self.options.malloc):
            if variant.peer in self.installed:
                peer = self.installed[variant.peer]
                script = [str(PEERS / variant.script)] if variant.script else []
                name = ["--variant", variant.variant] if variant.variant else []
                command = [*peer.command, *script, *job.arguments(), *name]
                environment = {**peer.environment, **variant.environment()}
                yield Program(variant.peer, variant.variant, variant.malloc, command, job.threads, environment)
            elif variant.peer in self.missing:
                self.leave_out(job, variant, self.missing[variant.peer])

    def leave_out(self, job, left, why):
        """Notes why a program or a variant has no result."""
        variant = ", ".join(filter(None, (left.variant, "large blocks kept" if left.malloc else "")))
        self.record["left_out"].append({"job": job.key, "peer": left.peer, "variant": variant, "why": str(why)})
        note(f"{job.key}: without {' '.join(filter(None, (left.peer, variant)))}: {why}")

    def result(self, job, program, figures):
        described = {"peer": program.peer, "variant": program.variant, "malloc": program.malloc}
        self.record["results"].append({"job": job.key, **described, "version": program.version, **figures})

    def speed(self, job):
        """Lets all programs of a job take turns. A slow peer is measured once, and ends before the next begins."""
        clock = self.options.clock if job.threads == 1 else "wall"
        seconds, losses, slow, fastest = {}, {}, set(), None
        try:
            for program in self.programs(job):
                if (program.peer, program.variant) in slow:
                    self.leave_out(job, program, "slow without it, too")
                    continue
                try:
                    program.start()
                    losses[program] = {}
                    if job.mode == "train":
                        first, last = program.learn()
                        if first is None or last is None or not last < LEARNT * first:
                            raise Failure(f"it does not learn: its loss went from {first} to {last}")
                        losses[program] = {"first_loss": first, "last_loss": last}
                    call = program.window(self.options.seconds, clock)  # warms up
                    if program.peer != OURS:
                        fastest = min(call, fastest or call)
                    if fastest and call > SLOW * fastest:
                        slow.add((program.peer, program.variant))
                        call = program.window(self.options.seconds, clock)
                        program.stop()
                        self.speed_result(job, program, [call], clock, losses[program])
                    else:
                        seconds[program] = []
                except Failure as failure:
                    program.stop()
                    self.leave_out(job, program, failure)
            for _ in range(self.options.repeats):
                for program in list(seconds):
                    try:
                        seconds[program].append(program.window(self.options.seconds, clock))
                    except Failure as failure:
                        del seconds[program]
                        program.stop()
                        self.leave_out(job, program, failure)
            for program, each in seconds.items():
                self.speed_result(job, program, each, clock, losses[program])
        finally:
            for program in seconds:
                program.stop()

    def speed_result(self, job, program, seconds, clock, losses):
        figures = summary([job.figure(each) for each in seconds])
        self.result(job, program, {"unit": job.unit(), **figures, "clock": clock, **losses})

    def memory(self, job):
        """The highest resident memory of as many steps, one program after the other."""
        for program in self.programs(job):
            try:
                program.start()
                before = program.resident()
                program.calls(STEPS)
                peak = program.stop()
                growth = None if before is None else peak - before
                self.result(job, program, {"unit": "bytes", "peak": peak, "before": before, "growth": growth})
            except Failure as failure:
                program.stop()
                self.leave_out(job, program, failure)

    def fit(self, job):
        program = Program(OURS, "", False, [self.ours["fit"], *job.arguments()[1:], "--json"], job.threads, {})
        try:
            self.result(job, program, once(program))
        except Failure as failure:
            self.leave_out(job, program, failure)


def note(text):
    print(text, file=sys.stderr, flush=True)


def describe_machine():
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {len(install.cores())} cores; {platform.system()}"


def describe_conditions(options):
    clock = "; the processor's time where there is one thread" if options.clock == "cpu" else ""
    return f"medians of {options.repeats} windows of {options.seconds} seconds{clock}"


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
        help="cpu: the processor's time that a program took, where it has one thread (Linux)",
    )
    parser.add_argument(
        "--malloc",
        choices=["plain", "kept", "both"],
        default="both",
        help="the peers with the C library's malloc as it is, keeping large blocks, or each both ways (both; glibc)",
    )
    parser.add_argument("--json", metavar="FILE", help="where to write every result, after each job")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the file of --json")
    parser.add_argument("--table", metavar="FILE", help="print the tables of such a file again, and do nothing else")
    parser.add_argument("--python", help="an interpreter that has the peers (instead of installing them)")
    parser.add_argument("--built", metavar="FOLDER", type=pathlib.Path, default=install.TARGET,
                        help="where peers are, or are built and installed (target/compare)")
    parser.add_argument("--build", action="store_true", help="build and install what the jobs need, and measure nothing")
    parser.add_argument("--list", action="store_true", help="print the jobs' keys and do nothing")
    options = parser.parse_args()
    options.threads = [int(count) for count in options.threads.split(",")]
    for count in [count for count in options.threads if count > len(install.cores())]:
        note(f"without {count} threads: there are {len(install.cores())} cores")
        options.threads.remove(count)
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    if options.resume and not options.json:
        parser.error("--resume needs --json")
    names = install.PEERS if options.peers is None else [name for name in options.peers.split(",") if name != "none"]
    for name in names:
        if name not in install.PEERS:
            parser.error(f"there is no peer {name}: there are {', '.join(install.PEERS)}")
    options.peers = names
    return options


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, record):
    """Never leaves half a file."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1, ensure_ascii=False)
    os.replace(path + ".new", path)


def main():
    options = parse()
    if options.table:
        Report(load(options.table)).print()
        return
    selected = list(jobs(options.threads, options.only))
    if options.list:
        print("\n".join(job.key for job in selected))
        return
    record = {"machine": describe_machine(), "conditions": describe_conditions(options), "done": [], "results": [], "left_out": []}
    if options.resume and os.path.exists(options.json):
        record = load(options.json)
        selected = [job for job in selected if job.key not in record["done"]]
    needed = {variant.peer for job in selected for variant in variants(job, options.malloc)}
    ours = install.build_ours()
    names = [name for name in options.peers if name in needed]
    installed, missing = install.peers(names, options.python, options.built.resolve(), note)
    if options.build:
        return
    run = Run(options, ours, installed, missing, record)
    for at, job in enumerate(selected):
        note(f"[{at + 1}/{len(selected)}] {job.key}")
        run.measure(job)
        record["done"].append(job.key)
        if options.json:
            save(options.json, record)
    Report(record).print()


if __name__ == "__main__":
    main()

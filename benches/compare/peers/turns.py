"""Work that is done when told to, so that several programs can take turns: a line in, a line out.

`window 0.2` does calls for about as many seconds; `loss` trains up to the first batch of the pool and tells its loss.
"""

import argparse
import json
import sys
import time

from workloads import POOL


def arguments():
    """What the program is to do: a mode, a workload, a batch, threads, and a variant of the peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["train", "infer", "matmul"])
    parser.add_argument("workload")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variant", default="")
    return parser.parse_args()


class Work:
    """Calls that are counted. A call may return before it is done; then `wait` ends once all are."""

    def __init__(self, call, wait=lambda: None):
        self.start, self.wait, self.calls = call, wait, 0

    def window(self, calls):
        """The seconds that so many calls take."""
        started = time.perf_counter()
        for _ in range(calls):
            self.call()
        self.wait()
        return time.perf_counter() - started

    def call(self):
        self.start()

    def loss(self):
        return None


class Training(Work):
    """Steps that cycle through the pool: `step(at)` trains on a batch of it, and `last_loss()` is that step's."""

    def __init__(self, step, last_loss):
        super().__init__(step, last_loss)
        self.last_loss = last_loss

    def call(self):
        self.start(self.calls % POOL)
        self.calls += 1

    def loss(self):
        while self.calls % POOL:
            self.call()
        self.call()
        return float(self.last_loss())


def take_turns(work, version):
    """Answers the commands on standard input until it ends."""
    first = work.loss()
    work.window(1)  # compiles, where there is anything to compile
    call = work.window(1)
    say({"version": version, "loss": first})
    for line in sys.stdin:
        command, *seconds = line.split()
        if command == "window":
            calls = max(1, round(float(seconds[0]) / call))
            taken = work.window(calls)
            call = taken / calls
            say({"calls": calls, "seconds": taken})
        elif command == "loss":
            say({"loss": work.loss()})
        else:
            say({"error": f"{command} is no command"})


def say(answer):
    print(json.dumps(answer), flush=True)

"""Work that is done when told to, so that several programs can take turns: a line in, a line out.

`learn` goes through the pool and tells the loss before and after; `window 0.2` does calls for about as many seconds, `calls 20`
as many as are said; `job …` turns to another job.
"""

import argparse
import json
import sys
import time

from workloads import POOL, ROUNDS


def arguments():
    """What the program is to do: a mode, a workload, a batch, threads, and a variant of the peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["train", "infer", "matmul", "sweep"])
    parser.add_argument("workload", nargs="?")
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

    def learn(self):
        """For training: goes through the pool several times, to the batch it is at; this one's loss before and after."""
        return None, None

    def turn_to(self, *job):
        """Turns to another job; gives whether it can do that."""
        return False


class Training(Work):
    """Steps that cycle through the pool: `step(at)` trains on a batch of it, and `last_loss()` is that step's."""

    def __init__(self, step, last_loss):
        super().__init__(step, last_loss)
        self.last_loss = last_loss

    def call(self):
        self.start(self.calls % POOL)
        self.calls += 1

    def learn(self):
        self.call()
        first = float(self.last_loss())
        for _ in range(ROUNDS * POOL):
            self.call()
        return first, float(self.last_loss())


def take_turns(work, version):
    """Answers the commands on standard input until it ends."""
    call = None  # the seconds of one, as far as is known
    say({"version": version})
    for line in sys.stdin:
        command, *number = line.split()
        if command == "learn":
            first, last = work.learn()
            say({"first": first, "last": last})
            continue
        if command == "job" and work.turn_to(*number):
            call = None
            say({})
            continue
        if command == "window":
            if call is None:
                work.window(1)  # compiles, where there is anything to compile
                call = work.window(1)
            calls = max(1, round(float(number[0]) / call))
        elif command == "calls":
            calls = int(number[0])
        else:
            say({"error": f"{command} is no command"})
            continue
        taken = work.window(calls)
        call = taken / calls
        say({"calls": calls, "seconds": taken})


def say(answer):
    print(json.dumps(answer), flush=True)

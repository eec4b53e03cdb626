"""Programs that stay alive and work when told to: see `peers/turns.py` for what they are told."""

import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time

import install


class Failure(Exception):
    """A program that did not do as told."""


class Program:
    # The first step of `torch.compile` and of XLA compiles for a minute or more on a busy machine.
    PATIENCE = 900

    def __init__(self, peer, variant, malloc, command, threads, environment):
        self.peer, self.variant, self.malloc = peer, variant, malloc
        self.command, self.threads, self.environment = command, threads, environment
        self.process, self.version, self.highest = None, None, 0

    def spawn(self):
        """Starts it on as many cores as it is to have threads."""
        count = str(self.threads)
        names = ["OMP", "MKL", "OPENBLAS", "RAYON", "RTEN", "MATMUL"]
        threads = {f"{name}_NUM_THREADS": count for name in names}
        environment = {**os.environ, **threads, "CUDA_VISIBLE_DEVICES": "", **self.environment}
        cores = install.cores()[-self.threads :]
        confine = (lambda: os.sched_setaffinity(0, cores)) if hasattr(os, "sched_setaffinity") else None
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            text=True,
            preexec_fn=confine,
        )
        self.answers = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()

    def start(self):
        """Starts it, and waits until it is ready."""
        self.spawn()
        self.version = self.answer()["version"]

    def listen(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.answers.put(json.loads(line))
        self.answers.put(None)

    def answer(self):
        try:
            answer = self.answers.get(timeout=self.PATIENCE)
        except queue.Empty:
            self.stop(kill=True)
            raise Failure(f"no answer in {self.PATIENCE} seconds") from None
        if answer is None or "error" in answer:
            self.stop()
            raise Failure(answer["error"] if answer else self.last_words())
        return answer

    def last_words(self):
        """Why it ended: what it wrote last that is no remark on where."""
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors.read().decode(errors="replace").splitlines()]
        lines = [line for line in lines if line and not line.startswith("note: ")]
        if self.process.returncode < 0:
            return f"it was ended by signal {-self.process.returncode}"
        return re.sub(r"\s+", " ", lines[-1])[:300] if lines else "it ended"

    def tell(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` says what became of it
        return self.answer()

    def learn(self):
        """The loss of a batch before training and after."""
        told = self.tell("learn")
        return told["first"], told["last"]

    def turn_to(self, job):
        os.kill(self.process.pid, signal.SIGCONT)
        self.tell(f"job {job}")

    def calls(self, count):
        self.tell(f"calls {count}")

    def window(self, seconds, clock):
        """The seconds of a call, over a window of calls: by the clock on the wall, or the processor's time."""
        # Until its next turn it is stopped: threads of some go on for a while after their work, and would take from whoever
        # comes next.
        os.kill(self.process.pid, signal.SIGCONT)
        before = self.processor_seconds() if clock == "cpu" else 0
        window = self.tell(f"window {seconds}")
        taken = self.processor_seconds() - before if clock == "cpu" else window["seconds"]
        os.kill(self.process.pid, signal.SIGSTOP)
        return taken / window["calls"]

    def processor_seconds(self):
        """What all its threads have had of the processor so far."""
        # As the C library's `clock_getcpuclockid` makes the clock of another process.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def resident(self):
        """Its resident memory in bytes, if the system tells."""
        return self.status("VmRSS")

    def status(self, name):
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
                return next((int(line.split()[1]) * 1024 for line in file if line.startswith(name)), None)
        except FileNotFoundError:
            return None

    def stop(self, kill=False):
        """Ends it; gives its peak resident memory in bytes."""
        if self.process is None:
            return None
        if self.process.returncode is None:
            if kill:
                self.process.kill()
            os.kill(self.process.pid, signal.SIGCONT)
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            # Kilobytes on Linux, bytes on macOS.
            self.highest = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
        return self.highest


def once(program):
    """What a program says that is told nothing."""
    program.spawn()
    answer = program.answer()
    program.stop()
    return answer

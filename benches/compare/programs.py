"""Programs that stay alive and work when told to: see `peers/turns.py` for what they are told."""

import glob
import json
import os
import queue
import subprocess
import tempfile
import threading

import install


class Failure(Exception):
    """A program that did not do as told."""


class Program:
    # The first step of `torch.compile` and of XLA compiles for a minute or more on a busy machine.
    PATIENCE = 900

    def __init__(self, peer, variant, command, threads, environment):
        self.peer, self.variant, self.command, self.threads = peer, variant, command, threads
        self.environment = environment
        self.process, self.version, self.first_loss = None, None, None

    def label(self):
        return " ".join(part for part in (self.peer, self.variant) if part)

    def start(self):
        """Starts it on as many cores as it is to have threads, and waits until it is ready."""
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
        ready = self.answer()
        self.version, self.first_loss = ready["version"], ready["loss"]

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
            self.errors.seek(0)
            last = self.errors.read().decode(errors="replace").strip().splitlines()[-1:] or ["it ended"]
            self.stop()
            raise Failure(answer["error"] if answer else last[0])
        return answer

    def tell(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` says what became of it
        return self.answer()

    def window(self, seconds, clock):
        """The seconds of a call, over a window of calls: by the clock on the wall, or the processor's time."""
        before = self.processor_seconds() if clock == "cpu" else 0
        window = self.tell(f"window {seconds}")
        taken = self.processor_seconds() - before if clock == "cpu" else window["seconds"]
        return taken / window["calls"]

    def processor_seconds(self):
        """What its threads have had of the processor so far."""
        nanoseconds = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as file:
                nanoseconds += int(file.read().split()[0])
        return nanoseconds / 1e9

    def loss(self):
        """The loss of the first batch of the pool now."""
        return self.tell("loss")["loss"]

    def stop(self, kill=False):
        """Ends it; gives its peak resident memory in bytes."""
        if self.process.returncode is not None:
            return None
        if kill:
            self.process.kill()
        self.process.stdin.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        # Kilobytes on Linux, bytes on macOS.
        return usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)

"""Builds ours, and installs the peers under `target/`."""

import functools
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "compare"

# What is to be installed for a peer; `requirements.txt` has the versions.
PEERS = {
    "torch": ["torch", "numpy"],
    "tensorflow": ["tensorflow-cpu", "keras"],
    "jax": ["jax", "jaxlib", "keras"],
    "onnxruntime": ["onnxruntime", "onnx"],
    "numpy": ["numpy"],
}


class Peer:
    """An installed peer: how to run a program of it."""

    def __init__(self, python, environment):
        self.python, self.environment = python, environment

    def command(self, script):
        return [str(self.python), str(HERE / "peers" / script)]


@functools.cache
def cores():
    """The processors that programs may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def build_ours():
    """Builds the workloads; gives the program."""
    command = ["cargo", "bench", "--bench", "workloads", "--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        sys.exit("the workloads do not build")
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "workloads":
            return message["executable"]
    sys.exit("cargo built no program of the workloads")


def peers(names, python, note):
    """Installs the peers, each by itself: one that cannot be installed is left out. Gives what was installed by name."""
    if names and python is None:
        python = make_environment(note)
        names = [name for name in names if pip(python, name, note)]
    elif python is not None:
        python = pathlib.Path(python).absolute()
    installed = {name: Peer(python, {}) for name in names}
    if "onnxruntime" in installed:
        models = TARGET / "onnx"
        made = subprocess.run([*Peer(python, {}).command("onnx_models.py"), models], check=False)
        if made.returncode == 0:
            installed["onnxruntime"].environment["ONNX_MODELS"] = str(models)
        else:
            note("without onnxruntime: its models could not be made")
            del installed["onnxruntime"]
    return installed


def make_environment(note):
    """Makes the virtual environment if there is none; gives its interpreter."""
    folder = TARGET / "python"
    python = folder / "bin" / "python"
    if not python.exists():
        note(f"making {folder}")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return python


def pip(python, name, note):
    """Installs a peer; says whether that could be done."""
    note(f"installing {name}")
    versions = ["--constraint", HERE / "requirements.txt"]
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *versions, *PEERS[name]]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
        note(f"without {name}: {reason}")
    return done.returncode == 0

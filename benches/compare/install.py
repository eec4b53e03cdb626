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

# What is to be installed for a peer from Python; `requirements.txt` has the versions.
PYTHON = {
    "torch": ["torch", "numpy"],
    "tensorflow": ["tensorflow-cpu", "keras"],
    "jax": ["jax", "jaxlib", "keras"],
    "onnxruntime": ["onnxruntime", "onnx"],
    "numpy": ["numpy"],
}
# The peers from Rust: features and programs of the project in `rust`, whose lock file has the versions.
RUST = ["burn", "candle", "tract", "rten"]
PEERS = [*PYTHON, *RUST]
# The peers that are given ONNX files.
ONNX = {"onnxruntime", "tract", "rten"}


class Peer:
    """An installed peer: what starts a program of it, and variables of its environment."""

    def __init__(self, command, environment):
        self.command, self.environment = command, environment


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
    from_python = [name for name in names if name in PYTHON]
    runtimes = [name for name in names if name in ONNX]
    environment = {}
    if python is None and (from_python or runtimes):
        python = make_environment(note)
        from_python = [name for name in from_python if pip(python, name, PYTHON[name], note)]
        if runtimes:
            pip(python, "onnx", ["onnx"], note)
    if runtimes and (models := make_models(python, note)):
        environment["ONNX_MODELS"] = str(models)
    installed = {name: Peer([str(python)], environment) for name in from_python}
    for name in names:
        if name in RUST and (program := build(name, note)):
            installed[name] = Peer([str(program)], environment)
    for name in runtimes:
        if not environment and installed.pop(name, None):
            note(f"without {name}: its models could not be made")
    return installed


def make_models(python, note):
    """Writes the ONNX files; gives their folder, or `None` if that could not be done."""
    folder = TARGET / "onnx"
    made = subprocess.run([python, HERE / "peers" / "onnx_models.py", folder], check=False)
    return folder if made.returncode == 0 else None


def build(name, note):
    """Builds a peer from Rust for this very processor; gives its program, or `None` if that could not be done."""
    note(f"building {name}")
    target = TARGET / "rust"
    program = f"peer-{name}"
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--features", name, "--bin", program]
    flags = f"{os.environ.get('RUSTFLAGS', '')} -C target-cpu=native".strip()
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": flags}
    if subprocess.run(command, cwd=HERE / "rust", env=environment, check=False).returncode != 0:
        note(f"without {name}: it does not build")
        return None
    return target / "release" / program


def make_environment(note):
    """Makes the virtual environment if there is none; gives its interpreter."""
    folder = TARGET / "python"
    python = folder / "bin" / "python"
    if not python.exists():
        note(f"making {folder}")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return python


def pip(python, name, packages, note):
    """Installs packages; says whether that could be done."""
    note(f"installing {name}")
    versions = ["--constraint", HERE / "requirements.txt"]
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *versions, *packages]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
        note(f"without {name}: {reason}")
    return done.returncode == 0

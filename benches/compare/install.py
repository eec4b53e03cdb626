"""Builds ours, and installs the peers under `target/`."""

import functools
import hashlib
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


def build_ours(root=ROOT):
    """Builds the programs of a checkout of ours; gives them by name."""
    names = ["workloads", "fit"]
    command = ["cargo", "bench", *(word for name in names for word in ("--bench", name))]
    command += ["--no-run", "--message-format=json-render-diagnostics"]
    built = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        sys.exit("the workloads do not build")
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    programs = {each["target"]["name"]: each["executable"] for each in messages if each.get("executable")}
    if not all(name in programs for name in names):
        sys.exit("cargo built no program of the workloads")
    return programs


def peers(names, python, folder, note):
    """Installs the peers, each by itself. Gives what was installed by name, and why others were not."""
    installed, missing = {}, {}
    from_python = [name for name in names if name in PYTHON]
    runtimes = [name for name in names if name in ONNX]
    if python is None and (from_python or runtimes):
        python = make_environment(folder / "python", note)
        for name in from_python:
            if reason := pip(python, name, PYTHON[name], note):
                missing[name] = reason
        if runtimes:
            pip(python, "onnx", ["onnx"], note)
    # What `torch.compile` made is kept beside the peers.
    environment = {"TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor")}
    if runtimes:
        models, reason = make_models(python, folder / "onnx")
        environment["ONNX_MODELS"] = str(models)
        missing.update({name: reason for name in runtimes if reason})
    for name in names:
        if name in missing:
            note(f"without {name}: {missing[name]}")
        elif name in PYTHON:
            installed[name] = Peer([str(python)], environment)
        else:
            program, reason = build(name, folder / "rust", note)
            if reason:
                missing[name] = reason
                note(f"without {name}: {reason}")
            else:
                installed[name] = Peer([str(program)], environment)
    return installed, missing


def make_models(python, folder):
    """Writes the ONNX files; gives their folder, and why that could not be done."""
    made = subprocess.run([python, HERE / "peers" / "onnx_models.py", folder], stderr=subprocess.PIPE, text=True, check=False)
    last = made.stderr.strip().splitlines()[-1:] or ["it failed"]
    return folder, f"its models could not be made: {last[0]}" if made.returncode else None


def build(name, target, note):
    """Builds a peer from Rust for this very processor, unless that was done; gives its program, and why there is none."""
    program = f"peer-{name}"
    flags = f"{os.environ.get('RUSTFLAGS', '')} -C target-cpu=native".strip()
    # Cargo would build again what was built in another checkout.
    built, sources = target / "release" / program, target / f"{program}.sources"
    fingerprint = source_fingerprint(name, flags)
    if built.exists() and sources.exists() and sources.read_text(encoding="ascii") == fingerprint:
        return built, None
    note(f"building {name}")
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--features", name, "--bin", program]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "RUSTFLAGS": flags}
    made = subprocess.run(command, cwd=HERE / "rust", env=environment, stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        reason = next((line for line in made.stderr.splitlines() if line.startswith("error")), "cargo failed")
        return None, f"it does not build: {reason}"
    sources.write_text(fingerprint, encoding="ascii")
    return built, None


def source_fingerprint(name, flags):
    """What a peer's program is built from."""
    files = [HERE / "rust" / file for file in ("Cargo.toml", "Cargo.lock", "src/lib.rs", f"src/{name}.rs")]
    files.append(ROOT / "benches" / "src" / "turns.rs")
    return hashlib.sha256(flags.encode() + b"".join(file.read_bytes() for file in files)).hexdigest()


def make_environment(folder, note):
    """Makes the virtual environment if there is none; gives its interpreter."""
    python = folder / "bin" / "python"
    if not python.exists():
        note(f"making {folder}")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return python


def pip(python, name, packages, note):
    """Installs packages; gives why that could not be done."""
    note(f"installing {name}")
    versions = ["--constraint", HERE / "requirements.txt"]
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *versions, *packages]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 0:
        return None
    return next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")

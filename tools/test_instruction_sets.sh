#!/usr/bin/env bash
# Runs the tests of whole models on emulated processors, so that each set of vector instructions is met:
#
#   tools/test_instruction_sets.sh [portable|avx2|neon]    all three without an argument
#
# The tests of single kernels go through every set of this machine by themselves; on NEON they run here too.
#
# Needs, from Debian, the emulator (`qemu-user`) and for NEON a linker (`gcc-aarch64-linux-gnu`, `libc6-dev-arm64-cross`), and
# the standard library of the target: rustup target add aarch64-unknown-linux-gnu
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=target/emulated
export CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0

# models TARGET: the emulator has more to do here than the compiler, so that optimizing a little pays.
models() {
    cargo test --config profile.dev.package.keras-core.opt-level=1 --target "$1" \
        -p keras --test parity --test gradients --test determinism
}

x86=x86_64-unknown-linux-gnu
arm=aarch64-unknown-linux-gnu

[ $# -gt 0 ] || set -- portable avx2 neon
for set in "$@"; do
    printf '\n== %s\n' "$set"
    case $set in
    # A processor before AVX: an instruction of a later one would end the program.
    portable) CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu Nehalem" models $x86 ;;
    avx2) CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu max,-avx512f" models $x86 ;;
    neon)
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
        export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
        cargo test --target $arm -p keras-core --lib --tests
        models $arm
        ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done

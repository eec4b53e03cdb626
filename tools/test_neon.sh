#!/usr/bin/env bash
# Runs the tests of the kernels and of whole models on AArch64, whose kernels use NEON, by emulation.
#
# Needs the target's standard library and, from Debian, a linker and the emulator:
#   rustup target add aarch64-unknown-linux-gnu
#   apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
export CARGO_TARGET_DIR=target/neon
export CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0
cargo test --target aarch64-unknown-linux-gnu -p keras-core --lib --tests
# Here the emulator has more to do than the compiler.
cargo test --config profile.dev.package.keras-core.opt-level=1 --target aarch64-unknown-linux-gnu \
    -p keras --test parity --test gradients --test determinism

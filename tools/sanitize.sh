#!/usr/bin/env bash
# Runs the tests that exercise `unsafe` code under a sanitizer of the nightly compiler.
#
#   tools/sanitize.sh address    memory that is not ours: kernels, weights, embedding, training (the default)
#   tools/sanitize.sh thread     races: kernels, determinism, training; builds the standard library anew (`rust-src`)
#
# Nothing is optimized: the compiler may remove an access that an optimized program does not need, and with it the report.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=${1:-address}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
build=() skipped=()
case $sanitizer in
address)
    # Tests leak on purpose: `Box::leak` makes the static slices that a model of embedded weights has.
    export ASAN_OPTIONS=detect_leaks=0
    tests=(--test determinism --test gradients --test listings --test models --test no_allocation --test parity
        --test saving --test training)
    # It limits a program's memory, and the sanitizer reserves terabytes of addresses.
    skipped=(--skip a_file_that_does_not_fit_takes_no_memory_for_its_data)
    ;;
thread)
    # The standard library's own locks and channels are seen only if it is instrumented too.
    build=(-Zbuild-std)
    # More threads than cores, so that work changes hands.
    export RAYON_NUM_THREADS=4
    tests=(--test determinism --test models --test training)
    ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

export RUSTFLAGS="-Zsanitizer=$sanitizer"
export CARGO_TARGET_DIR="target/sanitize-$sanitizer"
export CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0
# With a target named, build scripts and macros are not instrumented.
cargo +nightly test "${build[@]}" --target "$host" -p keras-core --lib --tests
cargo +nightly test "${build[@]}" --target "$host" -p keras "${tests[@]}" -- "${skipped[@]}"

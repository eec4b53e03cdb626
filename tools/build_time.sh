#!/usr/bin/env bash
# Says what a large model costs whoever builds a program: the seconds that ResNet-50 (174 layers, with its normalizations and
# activations) adds to a release build, and how much code its listing becomes. It may add 5 seconds (LIMIT=… changes that).
#
#   tools/build_time.sh
#
# The programs lie in `target/build-time`. `cargo` builds what they depend on first; then each is built three times, and the
# fastest counts.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-5}
root=$PWD
folder=target/build-time
mkdir -p "$folder/src/bin"
cp Cargo.lock "$folder/"
cat >"$folder/Cargo.toml" <<END
[package]
name = "build-time"
edition = "2024"

[dependencies]
keras = { path = "$root" }

[workspace]
END

cat >"$folder/src/bin/nothing.rs" <<'END'
use keras::prelude::*;

fn main() {
    println!("{:?}", Tensor::from([[1.0]]));
}
END

# program NAME INPUT: a program that trains, saves and uses the model `Net`, which stands on the standard input.
program() {
    {
        echo 'use keras::prelude::*;'
        cat
        cat <<END
fn main() -> keras::Result<()> {
    let x = Tensor::<$2>::from_vec(vec![0.5; 2 * <$2 as Shape>::LEN])?;
    let y = Labels::try_from([0, 1])?;
    let mut net = Net::with_seed(1);
    let mut compiled = net.compile(Adam::default(), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
    println!("{:?}", compiled.fit(&x, &y).run()?);
    println!("{:?}", compiled.evaluate(&x, &y)?);
    net.save("net.safetensors")?;
    println!("{:?}", net.predict(&x)?);
    Ok(())
}
END
    } >"$folder/src/bin/$1.rs"
}

program small "Shape3<224, 224, 3>" <<'END'
sequential! { struct Net { Input(224, 224, 3), GlobalAveragePooling2D(), Dense(1000, activation = "softmax") } }
END

program residual "Shape3<224, 224, 3>" <<'END'
model! {
    struct Net(image: Input(224, 224, 3)) {
        fn convolution(x, filters, size, strides) {
            let x = Conv2D(filters, size, strides = strides, padding = "same", use_bias = false)(x);
            BatchNormalization()(x)
        }
        fn block(x, filters, wide) {
            let y = Activation("relu")(convolution(x, filters, 1, 1));
            let y = Activation("relu")(convolution(y, filters, 3, 1));
            Activation("relu")(Add()([convolution(y, wide, 1, 1), x]))
        }
        fn widening_block(x, filters, wide, strides) {
            let y = Activation("relu")(convolution(x, filters, 1, strides));
            let y = Activation("relu")(convolution(y, filters, 3, 1));
            Activation("relu")(Add()([convolution(y, wide, 1, 1), convolution(x, wide, 1, strides)]))
        }
        let x = Activation("relu")(convolution(image, 64, 7, 2));
        let x = MaxPooling2D(3, strides = 2, padding = "same")(x);
        let x = widening_block(x, 64, 256, 1);
        for _ in 1..3 { x = block(x, 64, 256); }
        let x = widening_block(x, 128, 512, 2);
        for _ in 1..4 { x = block(x, 128, 512); }
        let x = widening_block(x, 256, 1024, 2);
        for _ in 1..6 { x = block(x, 256, 1024); }
        let x = widening_block(x, 512, 2048, 2);
        for _ in 1..3 { x = block(x, 512, 2048); }
        Dense(1000, activation = "softmax")(GlobalAveragePooling2D()(x))
    }
}
END

build() { cargo build --quiet --release --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target" --bin "$1"; }

# seconds NAME: processor time of the fastest of three builds of a program alone. It does not depend on what else the machine does,
# and is more than a build takes where there are several processors.
seconds() {
    local TIMEFORMAT='%U %S' times=()
    for _ in 1 2 3; do
        touch "$folder/src/bin/$1.rs"
        times+=("$({ time build "$1"; } 2>&1)") || { echo "${times[-1]}" >&2; exit 1; }
    done
    printf '%s\n' "${times[@]}" | awk '{ print $1 + $2 }' | sort -n | head -1
}

build nothing
nothing=$(seconds nothing)
small=$(seconds small)
residual=$(seconds residual)
printf 'a program without a model    %5.1f s\n' "$nothing"
printf 'with a model of two layers   %5.1f s\n' "$small"
printf 'with one of 174 layers       %5.1f s\n' "$residual"
added=$(awk "BEGIN { print $residual - $nothing }")
printf 'the 174 layers add           %5.1f s\n' "$added"

# rustc prints what macros become only if told that it may.
RUSTC_BOOTSTRAP=1 cargo rustc --quiet --release --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target" \
    --bin residual -- -Zunpretty=expanded >"$folder/expanded.rs"
printf 'their listing becomes %d lines, %d bytes\n' "$(wc -l <"$folder/expanded.rs")" "$(wc -c <"$folder/expanded.rs")"

awk "BEGIN { exit !($added <= $limit) }" || { echo "that is more than $limit s" >&2; exit 1; }

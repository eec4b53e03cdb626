//! The tables that Keras 3 prints for the same models.

use super::*;
use crate::{
    initializers::Initializer,
    layers::{Weight, Weights},
    model::{ANY_LAYER, CallDescription, InputDescription, LayerDescription, OutputDescription},
};

const fn plain(output: &[usize]) -> Built {
    Built::new(Dims::new(output))
}

const fn with(built: Built, lengths: &[usize]) -> Built {
    built.weight(Weight::new("weight", Dims::new(lengths), Initializer::Zeros))
}

const fn dense(inputs: usize, units: usize) -> Built {
    with(with(plain(&[units]), &[inputs, units]), &[units])
}

const fn layer(name: &'static str, kind: &'static str, built: &'static Built) -> LayerDescription {
    LayerDescription::new(name, kind, built, ANY_LAYER)
}

const fn frozen(name: &'static str, kind: &'static str, built: &'static Built) -> LayerDescription {
    LayerDescription::new(name, kind, built, ANY_LAYER).frozen()
}

const fn call(
    layer: usize,
    built: &'static Built,
    inputs: &'static [usize],
    output: usize,
) -> CallDescription<'static> {
    CallDescription { layer, built, inputs, output }
}

const fn input(name: &'static str, lengths: &[usize]) -> InputDescription {
    InputDescription { name, dims: Dims::new(lengths), dtype: crate::shape::Dtype::Float32 }
}

/// Compares line by line: a difference in a table is hard to see otherwise.
fn assert_table(summary: Summary, expected: &str) {
    let text = summary.to_string();
    for (ours, theirs) in text.lines().zip(expected.lines()) {
        assert_eq!(ours, theirs, "in\n{text}");
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "{text}");
}

#[test]
fn sequential() {
    static CONV: Built = with(with(plain(&[26, 26, 32]), &[3, 3, 1, 32]), &[32]);
    static POOL: Built = plain(&[13, 13, 32]);
    static NORM: Built = with(with(plain(&[13, 13, 32]), &[32]), &[32])
        .weight(Weight::non_trainable("moving_mean", Dims::new(&[32]), Initializer::Zeros))
        .weight(Weight::non_trainable("moving_variance", Dims::new(&[32]), Initializer::Ones));
    static FLAT: Built = plain(&[5408]);
    static DENSE: Built = dense(5408, 10);
    static MODEL: Description = Description::new(
        "mnist_cnn",
        false,
        &[input("input", &[28, 28, 1])],
        &[
            layer("conv2d", "Conv2D", &CONV),
            layer("max_pooling2d", "MaxPooling2D", &POOL),
            layer("batch_normalization", "BatchNormalization", &NORM),
            layer("flatten", "Flatten", &FLAT),
            layer("dropout", "Dropout", &FLAT),
            layer("dense", "Dense", &DENSE),
        ],
        &[
            call(0, &CONV, &[0], 1),
            call(1, &POOL, &[1], 2),
            call(2, &NORM, &[2], 3),
            call(3, &FLAT, &[3], 4),
            call(4, &FLAT, &[4], 5),
            call(5, &DENSE, &[5], 6),
        ],
        &[OutputDescription { name: "dense", tensor: 6 }],
    );
    assert_table(
        Summary::new(&MODEL),
        r#"Model: "mnist_cnn"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                      │ (None, 26, 26, 32)          │             320 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ max_pooling2d (MaxPooling2D)         │ (None, 13, 13, 32)          │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ batch_normalization                  │ (None, 13, 13, 32)          │             128 │
│ (BatchNormalization)                 │                             │                 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ flatten (Flatten)                    │ (None, 5408)                │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dropout (Dropout)                    │ (None, 5408)                │               0 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ dense (Dense)                        │ (None, 10)                  │          54,090 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 54,538 (213.04 KB)
 Trainable params: 54,474 (212.79 KB)
 Non-trainable params: 64 (256.00 B)"#,
    );
}

static WIDE: Built = dense(8, 8);
static SUM: Built = plain(&[8]);
static ONE: Built = dense(8, 1);
static THREE: Built = dense(8, 3);
static TWO_HEADS: Description = Description::new(
    "two_heads",
    true,
    &[input("x", &[8])],
    &[
        frozen("dense_1", "Dense", &WIDE),
        layer("skip", "Add", &SUM),
        layer("reg", "Dense", &ONE),
        layer("cls", "Dense", &THREE),
    ],
    &[call(0, &WIDE, &[0], 1), call(1, &SUM, &[0, 1], 2), call(2, &ONE, &[2], 3), call(3, &THREE, &[2], 4)],
    &[OutputDescription { name: "cls", tensor: 4 }, OutputDescription { name: "reg", tensor: 3 }],
);

#[test]
fn functional_with_trainable() {
    assert_table(
        Summary::new(&TWO_HEADS).show_trainable(true).line_length(96),
        r#"Model: "two_heads"
┏━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)           ┃ Output Shape         ┃      Param # ┃ Connected to        ┃ Traina… ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ x (InputLayer)         │ (None, 8)            │            0 │ -                   │    -    │
├────────────────────────┼──────────────────────┼──────────────┼─────────────────────┼─────────┤
│ dense_1 (Dense)        │ (None, 8)            │           72 │ x[0][0]             │    N    │
├────────────────────────┼──────────────────────┼──────────────┼─────────────────────┼─────────┤
│ skip (Add)             │ (None, 8)            │            0 │ x[0][0],            │    -    │
│                        │                      │              │ dense_1[0][0]       │         │
├────────────────────────┼──────────────────────┼──────────────┼─────────────────────┼─────────┤
│ reg (Dense)            │ (None, 1)            │            9 │ skip[0][0]          │    Y    │
├────────────────────────┼──────────────────────┼──────────────┼─────────────────────┼─────────┤
│ cls (Dense)            │ (None, 3)            │           27 │ skip[0][0]          │    Y    │
└────────────────────────┴──────────────────────┴──────────────┴─────────────────────┴─────────┘
 Total params: 108 (432.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 72 (288.00 B)"#,
    );
}

static TWO: Built = dense(8, 2);
static LAST: Built = dense(2, 2);
static INNER: Description = Description::new(
    "Inner",
    false,
    &[input("input", &[8])],
    &[layer("dense_2", "Dense", &TWO), layer("dense_3", "Dense", &LAST)],
    &[call(0, &TWO, &[0], 1), call(1, &LAST, &[1], 2)],
    &[OutputDescription { name: "dense_3", tensor: 2 }],
);
static NESTED: Built = {
    let mut built = plain(&[2]);
    built.weights = Weights::Model(&INNER);
    built
};
static OUTER: Description = Description::new(
    "sequential",
    false,
    &[input("input", &[8])],
    &[frozen("dense_1", "Dense", &WIDE), layer("inner", "Inner", &NESTED)],
    &[call(0, &WIDE, &[0], 1), call(1, &NESTED, &[1], 2)],
    &[OutputDescription { name: "inner", tensor: 2 }],
);

#[test]
fn inner_models() {
    assert_table(
        Summary::new(&OUTER).expand_nested(true),
        r#"Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ dense_1 (Dense)                      │ (None, 8)                   │              72 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│ inner (Sequential)                   │ (None, 2)                   │              24 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│    └ dense_2 (Dense)                 │ (None, 2)                   │              18 │
├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤
│    └ dense_3 (Dense)                 │ (None, 2)                   │               6 │
└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘
 Total params: 96 (384.00 B)
 Trainable params: 24 (96.00 B)
 Non-trainable params: 72 (288.00 B)"#,
    );
    assert!(!Summary::new(&OUTER).to_string().contains("dense_2"));
}

#[test]
fn the_weights_of_a_frozen_inner_model_are_not_trainable() {
    static FROZEN: Description = Description::new(
        "frozen",
        false,
        &[input("input", &[8])],
        &[frozen("inner", "Inner", &NESTED)],
        &[call(0, &NESTED, &[0], 1)],
        &[OutputDescription { name: "inner", tensor: 1 }],
    );
    let text = Summary::new(&FROZEN).expand_nested(true).show_trainable(true).to_string();
    assert_eq!(text.matches("  N  ").count(), 3, "{text}");
    assert!(text.contains(" Trainable params: 0 (0.00 B)"), "{text}");
}

#[test]
fn a_shared_layer_lists_the_inputs_of_all_its_calls() {
    static MODEL: Description = Description::new(
        "shared",
        true,
        &[input("a", &[8]), input("b", &[8])],
        &[layer("encode", "Dense", &WIDE), layer("add", "Add", &SUM)],
        &[call(0, &WIDE, &[0], 2), call(0, &WIDE, &[1], 3), call(1, &SUM, &[2, 3], 4)],
        &[OutputDescription { name: "add", tensor: 4 }],
    );
    assert_eq!(connections(&MODEL, 0), "a[0][0], b[0][0]");
    assert_eq!(connections(&MODEL, 1), "encode[0][0], encode[1][0]");
    assert_eq!(Summary::new(&MODEL).to_string().matches("encode (Dense)").count(), 1);
    assert_eq!(Summary::new(&MODEL).to_string().lines().nth(1).map(|line| line.chars().count()), Some(108));
}

#[test]
fn numbers() {
    assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    assert_eq!(with_memory(0), "0 (0.00 B)");
    assert_eq!(with_memory(255), "255 (1020.00 B)");
    assert_eq!(with_memory(256), "256 (1.00 KB)");
    assert_eq!(with_memory(25_636_712), "25,636,712 (97.80 MB)");
    assert_eq!(with_batch(Dims::SCALAR), "(None)");
}

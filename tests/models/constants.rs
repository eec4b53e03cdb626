//! The public constants of models against figures worked out by hand.
//!
//! A place in the workspace is a multiple of 16 floats, and the first hole that fits is taken.

use keras::prelude::*;

sequential! {
    struct Digits {
        Input(8, 8, 1),                       // read where it is
        Conv2D(16, 3, activation = "relu"),   // (6, 6, 16): 576 floats at 0, of 3·3·1 products each
        MaxPooling2D(2),                      // (3, 3, 16): 144 floats at 576
        Flatten(),                            // in place
        Dropout(0.25),                        // in place
        Dense(10, activation = "softmax"),    // 16 floats at 0
    }
}

model! {
    struct Residual(x: Input(4, 4, 3)) {                                            // read where it is
        let y = Conv2D(3, 3, padding = "same", use_bias = false)(x);                // 48 floats at 0
        let y = BatchNormalization()(y);                                            // in place; its factors take 16 more
        let z = Activation("relu")(x + y);                                          // at 48, then at 0
        Dense(2)(GlobalAveragePooling2D()(z))                                       // 16 floats at 48, at 0
    }
}

sequential! {
    struct Inner { Input(5), Dense(7), Dense(5) }                                   // 16 floats at 0, at 16
}

model! {
    struct Twins(a: Input(5), b: Input(5)) {                                        // read where they are
        let inner = Inner(trainable = false);                                       // 16 floats at 0 and at 16, in 32 more
        let x = inner(a) + inner(b);                                                // at 32
        (Dense(3)(x), Dense(1, use_bias = false)(x))                                // at 0, at 16
    }
}

// They are constants.
const _: () = assert!(Digits::PARAMETERS < 10_000 && Digits::WORKSPACE_BYTES < 4096);

#[test]
fn a_chain() {
    assert_eq!(Digits::PARAMETERS, (3 * 3 * 16 + 16) + (144 * 10 + 10));
    assert_eq!(Digits::TRAINABLE_PARAMETERS, Digits::PARAMETERS);
    assert_eq!(Digits::MACS, 576 * 9 + 144 * 10);
    assert_eq!((Digits::WORKSPACE, Digits::WORKSPACE_BYTES), (576 + 144, 4 * (576 + 144)));
}

#[test]
fn a_graph_with_moving_averages() {
    assert_eq!(Residual::PARAMETERS, 3 * 3 * 3 * 3 + 4 * 3 + (3 * 2 + 2));
    assert_eq!(Residual::TRAINABLE_PARAMETERS, Residual::PARAMETERS - 2 * 3);
    assert_eq!(Residual::MACS, 16 * 81 + 48 + 3 * 2);
    assert_eq!((Residual::WORKSPACE, Residual::WORKSPACE_BYTES), (2 * 48 + 16, 4 * (2 * 48 + 16)));
}

#[test]
fn a_frozen_inner_model_that_is_called_twice() {
    assert_eq!(Inner::PARAMETERS, (5 * 7 + 7) + (7 * 5 + 5));
    assert_eq!((Inner::MACS, Inner::WORKSPACE), (5 * 7 + 7 * 5, 32));
    assert_eq!(Twins::PARAMETERS, Inner::PARAMETERS + (5 * 3 + 3) + 5);
    assert_eq!(Twins::TRAINABLE_PARAMETERS, (5 * 3 + 3) + 5);
    assert_eq!(Twins::MACS, 2 * Inner::MACS + 5 * 3 + 5);
    assert_eq!((Twins::WORKSPACE, Twins::WORKSPACE_BYTES), (64, 256));
}

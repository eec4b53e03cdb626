//! Shapes and plans of deep models are computed within what rustc allows: neither too long nor too deep.
#![deny(long_running_const_eval)]

use keras::prelude::*;

model! {
    struct Chain(x: Input(8)) {
        for _ in 0..250 {
            x = LayerNormalization()(x);
            x = Dense(8, activation = "relu")(x);
        }
        x
    }
}

model! {
    struct Residual(image: Input(4, 4, 2)) {
        fn block(x) {
            let y = Conv2D(2, 3, padding = "same", use_bias = false)(x);
            let y = Activation("relu")(BatchNormalization()(y));
            Add()([x, y])
        }
        let x = image;
        for _ in 0..125 { x = block(x); }
        Dense(10, activation = "softmax")(GlobalAveragePooling2D()(x))
    }
}

model! {
    struct Wide<const UNITS: usize>(x: Input(8)) -> Shape1<UNITS> {
        for _ in 0..200 { x = Dense(UNITS)(x); }
        x
    }
}

sequential! { struct Outer { Input(8), Wide<8>(), Chain(), Dense(2) } }

fn main() {
    assert_eq!(Chain::PARAMETERS, 250 * (2 * 8 + 8 * 8 + 8));
    assert!(Chain::WORKSPACE <= 2 * 16, "what no later layer reads gives its place back");
    assert_eq!(Residual::PARAMETERS, 125 * (3 * 3 * 2 * 2 + 4 * 2) + 2 * 10 + 10);
    assert_eq!(Outer::PARAMETERS, 200 * (8 * 8 + 8) + Chain::PARAMETERS + 8 * 2 + 2);
    let scores = Residual::with_seed(1).predict_one(&[0.5; 32]);
    assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert!(Outer::with_seed(1).predict_one(&[0.5; 8]).iter().all(|score| score.is_finite()));
}

//! More layers in a row than rustc lets constants wait for one another.
use keras::prelude::*;

model! {
    struct Deep(x: Input(2)) {
        for _ in 0..75 {
            x = Activation("relu")(Dense(2, kernel_initializer = "identity")(x));
        }
        Dense(1, kernel_initializer = "ones")(x)
    }
}

model! {
    struct Generic<const WIDTH: usize>(x: Input(WIDTH)) -> Shape1<1> {
        for _ in 0..150 { x = Dense(2, kernel_initializer = "ones")(x) * 0.5; }
        Dense(1, kernel_initializer = "ones")(x)
    }
}

fn main() {
    assert_eq!(Deep::new().predict_one(&[1.0, 2.0]), [3.0]);
    assert_eq!(Generic::<2>::new().predict(&Tensor::from([[1.0, 3.0]])).unwrap().values(), [4.0]);
}

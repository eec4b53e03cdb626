use keras::prelude::*;

sequential! { struct Inner { Input(4), Dense(3), BatchNormalization() } }
model! { struct Outer(a: Input(4), b: Input(4)) { let i = Inner(); Dense(2)(i(a) + i(b)) } }
sequential! { struct Most { Input(8), Reshape((2, 4)), Flatten(), Dense(4), Inner(name = "core", trainable = false) } }

fn main() {
    assert_eq!(Most::TRAINABLE_PARAMETERS, 36);
    let _ = Outer::new().predict_one(&[0.0; 4], &[1.0; 4]);
}

use keras::prelude::*;

sequential! {
    pub struct Digits {
        Input(8, 8, 1),
        Conv2D(8, 3, activation = "relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(64, activation = "relu"),
        Dense(10, activation = "softmax"),
    }
}

static DIGITS: Digits<Embedded> = embed!(Digits, "../../examples/weights/digits.safetensors");

fn main() {
    println!("{:?}", DIGITS.predict_one(&[0.0; 64]));
}

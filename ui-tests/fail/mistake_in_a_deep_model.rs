use keras::prelude::*;

model! {
    pub struct Deep(x: Input(4)) {
        for _ in 0..75 { x = Activation("relu")(Dense(4)(x)); }
        let x = Reshape((3,))(x);
        for _ in 0..75 { x = Activation("relu")(Dense(4)(x)); }
        Dense(1)(x)
    }
}

fn main() {}

use keras::prelude::*;

model! {
    pub struct Net(x: Input(4, name = "x")) {
        Dense(2)(x)
    }
}

fn main() {}

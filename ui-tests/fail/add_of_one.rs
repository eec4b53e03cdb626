use keras::prelude::*;

model! {
    pub struct Net(a: Input(4)) {
        Dense(2)(Add()([a]))
    }
}

fn main() {}

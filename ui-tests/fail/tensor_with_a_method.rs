use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = Dense(8)(x).relu();
        Dense(2)(y)
    }
}

fn main() {}

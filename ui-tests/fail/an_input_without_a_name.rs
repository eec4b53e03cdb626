use keras::prelude::*;

model! {
    struct Net(Input(4)) {
        Dense(3)(x)
    }
}

fn main() {}

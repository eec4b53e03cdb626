use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        for _ in 0..1000000000 {}
        Dense(4)(x)
    }
}

fn main() {}

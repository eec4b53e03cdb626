use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        const UNITS: usize = 8;
        Dense(UNITS)(x)
    }
}

fn main() {}

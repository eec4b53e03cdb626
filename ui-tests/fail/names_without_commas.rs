use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let (a b) = (Dense(4)(x), Dense(2)(x));
        (a, b)
    }
}

fn main() {}

use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = Dense(4)(x);
        y += x;
        y
    }
}

fn main() {}

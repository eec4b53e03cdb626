use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        for _ in 0..2 {
            x = Dense(4)(x)
        }
        x
    }
}

fn main() {}

use keras::prelude::*;

model! {
    struct Net(x: Input(4)) {
        let y = Dense(8)(x);
        return Dense(2)(y);
    }
}

fn main() {}

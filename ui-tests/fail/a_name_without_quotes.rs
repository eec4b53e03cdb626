use keras::prelude::*;

sequential! {
    struct Net {
        Input(4),
        Dense(3, activation = relu),
    }
}

fn main() {}

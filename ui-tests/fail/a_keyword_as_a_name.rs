use keras::prelude::*;

sequential! {
    struct type {
        Input(8),
        Dense(2),
    }
}

fn main() {}

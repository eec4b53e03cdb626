use keras::prelude::*;

sequential! {
    Net {
        Input(4),
        Dense(3),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(4, name = "a b"),
        Dense(4, name = "a_b"),
    }
}

fn main() {}

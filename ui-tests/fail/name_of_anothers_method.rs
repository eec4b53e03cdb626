use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(4, name = "dense_a"),
        Dense(4, name = "dense_a_mut"),
    }
}

fn main() {}

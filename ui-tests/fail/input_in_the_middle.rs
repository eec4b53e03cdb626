use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(4),
        Input(4),
    }
}

fn main() {}

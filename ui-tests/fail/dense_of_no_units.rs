use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(0),
    }
}

fn main() {}

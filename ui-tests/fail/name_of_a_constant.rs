use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dense(4, name = "WORKSPACE"),
    }
}

fn main() {}

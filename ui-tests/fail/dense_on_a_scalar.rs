use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(),
        Dense(2),
    }
}

fn main() {}

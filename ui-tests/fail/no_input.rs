use keras::prelude::*;

sequential! {
    pub struct Net {
        Dense(4),
    }
}

fn main() {}

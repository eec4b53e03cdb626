use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Embedding(1000),
    }
}

fn main() {}

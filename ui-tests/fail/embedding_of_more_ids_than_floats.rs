use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Embedding(20_000_000, 4),
    }
}

fn main() {}

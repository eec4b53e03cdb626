use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Embedding(0, 16),
    }
}

fn main() {}

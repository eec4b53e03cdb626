use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        Normalization(axis = 3),
    }
}

fn main() {}

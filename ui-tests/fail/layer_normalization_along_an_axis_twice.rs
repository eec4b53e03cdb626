use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        LayerNormalization(axis = (2, -1)),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        LayerNormalization(axis = (0, 1)),
    }
}

fn main() {}

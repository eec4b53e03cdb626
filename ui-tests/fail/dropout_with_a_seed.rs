use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dropout(0.5, seed = 1),
    }
}

fn main() {}

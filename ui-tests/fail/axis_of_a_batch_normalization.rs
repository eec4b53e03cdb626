use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        BatchNormalization(1, 0.9),
    }
}

fn main() {}

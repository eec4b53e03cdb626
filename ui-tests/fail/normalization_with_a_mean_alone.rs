use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        Normalization(mean = 0.5),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4),
        Normalization(mean = (1, 2, 3), variance = 1),
    }
}

fn main() {}

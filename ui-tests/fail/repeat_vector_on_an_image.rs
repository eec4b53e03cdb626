use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        RepeatVector(4),
    }
}

fn main() {}

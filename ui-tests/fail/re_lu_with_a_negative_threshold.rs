use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        ReLU(threshold = -1),
    }
}

fn main() {}

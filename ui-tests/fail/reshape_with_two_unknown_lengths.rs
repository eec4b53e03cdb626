use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(12),
        Reshape((-1, 2, -1)),
    }
}

fn main() {}

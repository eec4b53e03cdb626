use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 4, 3),
        Permute((2, 1, 2)),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Conv2D(0, 3),
    }
}

fn main() {}

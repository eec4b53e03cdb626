use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(64),
        Conv2D(16, 3),
    }
}

fn main() {}

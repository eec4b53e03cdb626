use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 0, 1),
        Flatten(),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Flatten(3),
    }
}

fn main() {}

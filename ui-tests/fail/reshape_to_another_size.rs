use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Reshape((3, 4)),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Identity(8),
    }
}

fn main() {}

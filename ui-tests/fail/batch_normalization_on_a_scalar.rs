use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(),
        BatchNormalization(),
    }
}

fn main() {}

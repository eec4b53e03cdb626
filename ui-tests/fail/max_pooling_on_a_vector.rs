use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(64),
        MaxPooling2D(2),
    }
}

fn main() {}

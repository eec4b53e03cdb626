use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(64),
        AveragePooling2D(2),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        MaxPooling2D(2, strides = 0),
    }
}

fn main() {}

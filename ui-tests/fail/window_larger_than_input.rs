use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(3, 3, 1),
        MaxPooling2D((4, 2)),
    }
}

fn main() {}

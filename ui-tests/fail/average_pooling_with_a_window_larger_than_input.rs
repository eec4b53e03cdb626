use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4, 8, 1),
        AveragePooling2D((5, 2)),
    }
}

fn main() {}

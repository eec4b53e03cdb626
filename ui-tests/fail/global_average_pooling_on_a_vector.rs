use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(64),
        GlobalAveragePooling2D(),
    }
}

fn main() {}

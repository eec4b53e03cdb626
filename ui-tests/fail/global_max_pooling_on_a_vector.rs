use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        GlobalMaxPooling2D(),
    }
}

fn main() {}

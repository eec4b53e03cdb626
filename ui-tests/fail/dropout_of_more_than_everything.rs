use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Dropout(1.5),
    }
}

fn main() {}

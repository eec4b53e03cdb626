use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dropout("half"),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net<const CLASSES: usize> {
        Input(4),
        Dense(CLASSES),
    }
}

fn main() {}

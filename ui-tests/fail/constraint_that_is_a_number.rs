use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, kernel_constraint = 2.0),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(3, kernel_constraint = max_norm(2)),
    }
}

fn main() {}

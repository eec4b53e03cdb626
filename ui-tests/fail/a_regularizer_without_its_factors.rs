use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(3, kernel_regularizer = "l1_l2"),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Conv2D(4, 3, kernel_regularizer = "orthogonal_regularizer"),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        Dense(3, kernel_initializer = HeNormal()),
    }
}

fn main() {}

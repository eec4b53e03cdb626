use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, bias_initializer = "orthogonal"),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, activity_regularizer = "orthogonal_regularizer"),
    }
}

fn main() {}

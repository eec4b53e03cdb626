use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, bias_regularizer = Regularizer::l2(-0.1)),
    }
}

fn main() {}

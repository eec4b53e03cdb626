use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4),
        LeakyReLU(negative_slope = -0.1),
    }
}

fn main() {}

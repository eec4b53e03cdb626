use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        ReLU(negative_slope = -0.1),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        ReLU(6.0, 0.0, 0.0, 1.0),
    }
}

fn main() {}

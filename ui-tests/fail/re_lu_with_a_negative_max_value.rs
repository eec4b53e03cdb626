use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        ReLU(max_value = -1.0),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(10),
        Softmax(axis = 2),
    }
}

fn main() {}

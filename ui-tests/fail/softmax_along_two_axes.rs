use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(4, 3),
        Softmax(axis = (1, 2)),
    }
}

fn main() {}

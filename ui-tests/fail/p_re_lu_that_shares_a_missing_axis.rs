use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 3),
        PReLU(shared_axes = (1, 2, 4)),
    }
}

fn main() {}

use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Rescaling(offset = 1.0),
    }
}

fn main() {}
